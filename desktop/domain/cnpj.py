"""The key of a company. Its form and its check digits are two questions (see the class)."""

from dataclasses import dataclass
from re import compile as regex

from stdnum.br import cnpj as stdnum_cnpj

from desktop.domain.errors import Code, Rejected

_FORM = regex(r"[0-9A-Z]{12}[0-9]{2}")


@dataclass(frozen=True, slots=True, order=True)
class Cnpj:
    """A CNPJ of sound form: 12 of [0-9A-Z] and two digits, without mask (IN RFB 2.229/2024).

    The check digits do not decide: ERPs hold rows whose digits are wrong and which must be found as they are.
    """

    value: str

    def __post_init__(self) -> None:
        if not _FORM.fullmatch(self.value):
            raise ValueError(f"not a compacted CNPJ: {self.value!r}")

    @classmethod
    def parse(cls, text: str) -> "Cnpj":
        """Read a CNPJ masked or not, in any case, with spaces.

        Raises Rejected(CNPJ_INVALID) with a fact `reason`: `empty`, `missing_zero` (with `suggestion`), `length`
        (with `length`) or `characters`.
        """
        compact = stdnum_cnpj.compact(text).strip()
        if _FORM.fullmatch(compact):
            return cls(compact)
        if not compact:
            raise Rejected(Code.CNPJ_INVALID, reason="empty")
        padded = compact.zfill(14)
        if len(compact) == 13 and stdnum_cnpj.is_valid(padded):
            raise Rejected(Code.CNPJ_INVALID, reason="missing_zero", suggestion=padded)
        if len(compact) != 14:
            raise Rejected(Code.CNPJ_INVALID, reason="length", length=len(compact))
        raise Rejected(Code.CNPJ_INVALID, reason="characters")

    @property
    def expected(self) -> "Cnpj":
        """The same CNPJ with the check digits that its first twelve characters ask for."""
        return Cnpj(self.value[:12] + stdnum_cnpj.calc_check_digits(self.value))

    @property
    def check_digits_hold(self) -> bool:
        return self.expected == self

    @property
    def masked(self) -> str:
        """As people write it: 62.567.108/0001-01."""
        v = self.value
        return f"{v[:2]}.{v[2:5]}.{v[5:8]}/{v[8:12]}-{v[12:]}"

    def __str__(self) -> str:
        return self.value
