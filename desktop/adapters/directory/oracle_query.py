"""The directory's SQL, in 11g's syntax, and what its columns hold, turned into text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from stdnum.br import cpf as stdnum_cpf

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Rejected

_NAME: Final = r"[A-Za-z][A-Za-z0-9_$#]{0,29}"
_COLUMN: Final = re.compile(_NAME)
_TABLE: Final = re.compile(rf"(?:{_NAME}\.)?{_NAME}")
_MASK: Final = str.maketrans("", "", " \t./-")
_FORM: Final = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_CNPJ_CHARACTERS: Final = 14
_CPF_DIGITS: Final = 11
_NO_LIST: Final = "SELECT NULL, NULL FROM DUAL WHERE 1 = 0"
_FEWEST: Final = 8
"""Characters of a CNPJ whose leading zeros were lost; fewer may be anything."""


class NameNotAllowedError(Exception):
    """A configured name that no table or column of Oracle's can have; it never enters a statement."""

    def __init__(self, name: str, *, of_table: bool) -> None:
        super().__init__(name)
        self.name = name
        self.of_table = of_table


def checked_table(name: str) -> str:
    """The name, with its owner or without; raises NameNotAllowedError."""
    if not _TABLE.fullmatch(name):
        raise NameNotAllowedError(name, of_table=True)
    return name


def checked_column(name: str) -> str:
    if not _COLUMN.fullmatch(name):
        raise NameNotAllowedError(name, of_table=False)
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Where the companies are; every name has been checked, so that it may be put into SQL."""

    table: str
    column_cnpj: str
    column_group: str
    column_name: str
    """Empty where the table has no name."""
    column_active: str = ""
    """The flag of companies that still exist; empty: all do."""
    own: str = ""
    """The owner's SELECT of one company by `:cnpj`, its group and perhaps its name: it stands for all of the above."""
    own_list: str = ""
    """The one of all companies: CNPJ, group and perhaps name; empty where they cannot be listed."""

    @classmethod
    def checked(cls, names: Mapping[str, str]) -> "Query":
        """From the settings' names; NameNotAllowedError for one that is no identifier."""
        query = cls(
            table=names["table"],
            column_cnpj=names["column_cnpj"],
            column_group=names["column_group"],
            column_name=names.get("column_name", ""),
            column_active=names.get("column_active", ""),
            own=names.get("own", ""),
            own_list=names.get("own_list", ""),
        )
        if not query.own:
            checked_table(query.table)
            for column in query._columns:
                checked_column(column)
        return query

    @property
    def _columns(self) -> list[str]:
        columns = [self.column_cnpj, self.column_group]
        if self.column_active:
            return [*columns, self.column_name or "NULL", self.column_active]
        return [*columns, self.column_name] if self.column_name else columns

    def all(self) -> str:
        """CNPJ, group and, where there are such, name and flag of every company."""
        if self.own:
            return self.own_list or _NO_LIST
        return f"SELECT {', '.join(self._columns)} FROM {self.table}"  # noqa: S608 (checked names only)

    def equal(self) -> str:
        """The companies whose column equals `:cnpj`: no function on it, so that its index serves."""
        return f"{self.all()} WHERE {self.column_cnpj} = :cnpj"

    def like(self, count: int) -> str:
        """The companies whose column is like one of `:form0` and so on."""
        choices = " OR ".join(f"{self.column_cnpj} LIKE :form{number}" for number in range(count))
        return f"{self.all()} WHERE {choices}"

    def count(self) -> str:
        if self.own:
            return f"SELECT COUNT(*) FROM ({self.all()})"  # noqa: S608 (checked when it was configured)
        return f"SELECT COUNT(*) FROM {self.table}"  # noqa: S608 (checked names only)


def other_forms(cnpj: str) -> list[str]:
    """LIKE patterns for how a text column may hold a compacted CNPJ: padded, masked, in lower case, without its zeros.

    They match too much on purpose: `read_cnpj` of what comes back decides.
    """
    masked = Cnpj(cnpj).masked
    forms = [cnpj, masked, cnpj.lower(), masked.lower()]
    bare = cnpj.lstrip("0")
    if len(bare) >= _FEWEST:
        forms.append(bare)
    return [f"{form}%" for form in dict.fromkeys(forms)]


def as_number(cnpj: str) -> int | None:
    """The CNPJ as a NUMBER column holds it; None where it has letters, which no such column can hold."""
    return int(cnpj) if cnpj.isascii() and cnpj.isdigit() else None


def read_cnpj(value: object) -> str | None:
    """The compacted CNPJ in a column's value, or None where it holds none for certain.

    A number of 12 or 13 digits lost its leading zeros. What is shorter, or a text, lost them only where check digits
    say so, and what may just as well be a person's CPF is left alone.
    """
    if isinstance(value, int | float | Decimal):
        if value < 0 or value != int(value):
            return None
        digits = str(int(value))
        surely_a_cnpj = len(digits) > _CPF_DIGITS
    elif isinstance(value, str):
        digits = value.translate(_MASK).upper()
        if _FORM.fullmatch(digits):  # nearly every row, and a hundred thousand of them are read at once
            return digits
        surely_a_cnpj = len(digits) == _CNPJ_CHARACTERS
    else:
        return None
    try:
        cnpj = Cnpj.parse(digits.zfill(_CNPJ_CHARACTERS))
    except Rejected:
        return None
    if surely_a_cnpj:
        return cnpj.value
    proven = len(digits) >= _FEWEST and cnpj.check_digits_hold
    return cnpj.value if proven and not stdnum_cpf.is_valid(digits.zfill(_CPF_DIGITS)) else None


def read_text(value: object) -> str | None:
    """A column's value as text without its padding; None where nothing is left."""
    return None if value is None else str(value).strip() or None
