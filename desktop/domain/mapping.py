"""Which table and columns hold the companies, proposed by their names and types, and what is odd about their rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from re import compile as regex
from typing import Final
from unicodedata import category, normalize

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Rejected
from desktop.domain.recipient import Recipient

Cell = str | int | float | Decimal | None
"""A column's value as the source holds it."""


class Role(StrEnum):
    CNPJ = "cnpj"
    GROUP = "group"
    NAME = "name"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that may be read, as the source's own dictionary names it."""

    table: str
    """With its owner in front where that is another than the user; empty in a file that has one table."""
    name: str
    text: bool
    """Whether it holds text; else numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    table: str = ""
    cnpj: str
    group: str
    name: str = ""
    """Empty where there is none."""
    active: str = ""
    """The flag of companies that still exist; empty: all do."""

    @property
    def columns(self) -> dict[Role, str]:
        """The ones that there are, in the order of a row."""
        named = {Role.CNPJ: self.cnpj, Role.GROUP: self.group, Role.NAME: self.name, Role.ACTIVE: self.active}
        return {role: column for role, column in named.items() if column}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    cnpj: Cell
    group: Cell
    name: Cell = None
    active: Cell = None


# What a word in a column's name is worth; the longest names come first where one holds another.
_WORDS: Final[Mapping[Role, Mapping[str, int]]] = {
    Role.CNPJ: {"CNPJ": 10, "CGC": 7, "CNPJCPF": 8, "CPFCNPJ": 8},
    Role.GROUP: {"WHATSAPP": 8, "WHATS": 7, "GRUPO": 6, "JID": 8, "ZAP": 6, "GROUP": 5},
    Role.NAME: {"RAZAO": 9, "FANTASIA": 8, "NOME": 7, "EMPRESA": 4, "DESCRICAO": 3, "NAME": 3},
    Role.ACTIVE: {"ATIVO": 9, "ATIVA": 9, "INATIVO": 0, "SITUACAO": 5, "STATUS": 4, "ACTIVE": 5},
}
_LEAST: Final = 5
"""What a CNPJ's or a group's column must be worth."""
_LIKELY_TABLE: Final = 2
_TABLE_WORDS: Final = ("EMPRESA", "FILIA", "LOJA", "CLIENTE", "ESTABELEC")
_NEITHER: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.CNPJ: ("RAIZ", "BASE", "MATRIZ", "TRANSP", "FORN", "CONTADOR", "TIPO", "DATA", "DT"),
    Role.GROUP: ("PRODUTO", "FISCAL", "PRECO", "COD", "CD", "DATA", "DT", "ECONOMICO"),
    Role.NAME: (
        "CIDADE",
        "BAIRRO",
        "CONTATO",
        "USUARIO",
        "GRUPO",
        "WHATS",
        "CNPJ",
        "ARQUIVO",
        "DATA",
        "DT",
        "COD",
        "CD",
    ),
    Role.ACTIVE: ("DATA", "DT", "WHATS"),
}
_NOT_IN_A_WORD: Final = regex(r"[^A-Z0-9]+")

_ACTIVE: Final = frozenset({"S", "SIM", "1", "A", "ATIVO", "ATIVA", "T", "TRUE", "V", "Y", "YES"})
_INACTIVE: Final = frozenset({"N", "NAO", "0", "I", "INATIVO", "INATIVA", "F", "FALSE", "NO"})


def folded(name: str) -> str:
    """In upper case, without accents, with one underscore between words."""
    bare = "".join(letter for letter in normalize("NFKD", name) if category(letter) != "Mn")
    return _NOT_IN_A_WORD.sub("_", bare.upper()).strip("_")


def worth(column: Column, role: Role) -> int:
    """How much a column's name and type speak for a role; 0: not at all."""
    name = folded(column.name)
    words = name.split("_")
    if any(word.startswith(other) for word in words for other in _NEITHER[role]):
        return 0
    if not column.text and role in (Role.GROUP, Role.NAME):
        return 0  # a jid and a name need letters
    joined = name.replace("_", "")
    values = [value for word, value in _WORDS[role].items() if word in joined]
    if role is Role.GROUP and {"WHATS", "GRUPO"} <= {word for word in _WORDS[role] if word in joined}:
        values.append(14)  # NUMERO_WHATSAPP_GRUPO and its like
    if not values:
        return 0
    # a number lost its zeros and holds no letters; a name of one word is the thing itself
    return max(values) + (2 if len(words) == 1 else 0) - (0 if column.text else 3)


def propose(columns: Iterable[Column], most: int = 5) -> list[TableMapping]:
    """The tables that have a CNPJ and a group, the likeliest first, each with its likeliest columns."""
    tables: dict[str, list[Column]] = {}
    for column in columns:
        tables.setdefault(column.table, []).append(column)
    ranked = []
    for table, there in tables.items():
        chosen = {role: _likeliest(there, role) for role in Role}
        cnpj, group = chosen[Role.CNPJ], chosen[Role.GROUP]
        if cnpj is None or group is None or min(worth(cnpj, Role.CNPJ), worth(group, Role.GROUP)) < _LEAST:
            continue
        named, flag = chosen[Role.NAME], chosen[Role.ACTIVE]
        mapping = TableMapping(
            table=table,
            cnpj=cnpj.name,
            group=group.name,
            name=named.name if named else "",
            active=flag.name if flag else "",
        )
        score = sum(worth(column, role) for role, column in chosen.items() if column)
        if any(word in folded(table) for word in _TABLE_WORDS):
            score += _LIKELY_TABLE
        ranked.append((-score, table, mapping))
    return [mapping for _, _, mapping in sorted(ranked, key=lambda entry: entry[:2])[:most]]


def _likeliest(columns: Sequence[Column], role: Role) -> Column | None:
    fitting = [column for column in columns if worth(column, role)]
    return min(fitting, key=lambda column: (-worth(column, role), len(column.name), column.name), default=None)


class Finding(StrEnum):
    CNPJ_MASKED = "cnpj_masked"
    CNPJ_PADDED = "cnpj_padded"
    CNPJ_LOWER_CASE = "cnpj_lower_case"
    CNPJ_NUMERIC = "cnpj_numeric"
    """A number: it lost its zeros, and a new CNPJ with letters will not fit in."""
    CNPJ_CHECK_DIGITS = "cnpj_check_digits"
    CNPJ_EMPTY = "cnpj_empty"
    CNPJ_UNREADABLE = "cnpj_unreadable"
    CNPJ_REPEATED = "cnpj_repeated"
    """The same company with two groups: nothing is sent to either."""
    GROUP_MISSING = "group_missing"
    GROUP_INVALID = "group_invalid"
    NAME_EMPTY = "name_empty"
    INACTIVE = "inactive"
    ACTIVE_UNKNOWN = "active_unknown"
    """A flag that says neither yes nor no; it counts as yes."""

    @property
    def hinders(self) -> bool:
        """Whether nothing can be sent to such a company; the others are worth knowing only."""
        return self in _HINDERING


_HINDERING: Final = frozenset(
    {
        Finding.CNPJ_EMPTY,
        Finding.CNPJ_UNREADABLE,
        Finding.CNPJ_REPEATED,
        Finding.GROUP_MISSING,
        Finding.GROUP_INVALID,
        Finding.INACTIVE,
    }
)
_MOST_EXAMPLES: Final = 3
_LONGEST_EXAMPLE: Final = 60


@dataclass(slots=True)
class Found:
    count: int = 0
    examples: list[str] = field(default_factory=list)
    """The first few values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    rows: int
    usable: int
    """Companies that a report can be sent to."""
    found: Mapping[Finding, Found]
    """In the order of Finding, what there is of it."""


def is_active(flag: Cell) -> bool | None:
    """What a flag says; an empty one counts as active, None is one that says neither."""
    word = folded(_plain(flag))
    return True if not word or word in _ACTIVE else False if word in _INACTIVE else None


def examine(rows: Iterable[RawRow]) -> Examination:
    """Look at every row as a lookup would."""
    seen = _Seen()
    groups: dict[str, set[str]] = {}
    count = 0
    for row in rows:
        count += 1
        cnpj = _examined_cnpj(row.cnpj, seen)
        group = _examined_group(row.group, seen)
        if row.name is not None and not _plain(row.name).strip():
            seen.note(Finding.NAME_EMPTY, row.cnpj)
        active = is_active(row.active)
        if active is False:
            seen.note(Finding.INACTIVE, row.cnpj)
        elif active is None:
            seen.note(Finding.ACTIVE_UNKNOWN, row.active)
        if cnpj and group and active is not False:
            groups.setdefault(cnpj, set()).add(group)
    repeated = [cnpj for cnpj, different in groups.items() if len(different) > 1]
    for cnpj in repeated:
        seen.note(Finding.CNPJ_REPEATED, cnpj)
    found = {finding: seen.found[finding] for finding in Finding if finding in seen.found}
    return Examination(rows=count, usable=len(groups) - len(repeated), found=found)


class _Seen:
    def __init__(self) -> None:
        self.found: dict[Finding, Found] = {}

    def note(self, finding: Finding, value: Cell) -> None:
        found = self.found.setdefault(finding, Found())
        found.count += 1
        if len(found.examples) < _MOST_EXAMPLES:
            found.examples.append(_plain(value)[:_LONGEST_EXAMPLE])


def _plain(value: Cell) -> str:
    if (isinstance(value, float) and value.is_integer()) or (
        isinstance(value, Decimal) and value == value.to_integral_value()
    ):
        value = int(value)
    return "" if value is None else str(value)


def _examined_cnpj(value: Cell, seen: _Seen) -> str:
    """The compacted CNPJ, empty where the cell holds none; how it is written is noted."""
    written = _plain(value)
    if not written.strip():
        seen.note(Finding.CNPJ_EMPTY, value)
        return ""
    number = not isinstance(value, str)
    try:
        cnpj = Cnpj.parse(written.zfill(14) if number else written)
    except Rejected:
        seen.note(Finding.CNPJ_UNREADABLE, value)
        return ""
    stripped = written.strip()
    odd: Sequence[tuple[Finding, bool]] = (
        (Finding.CNPJ_NUMERIC, number),
        (Finding.CNPJ_PADDED, stripped != written),
        (Finding.CNPJ_LOWER_CASE, stripped != stripped.upper()),
        (Finding.CNPJ_MASKED, not number and stripped.upper() != cnpj.value),
        (Finding.CNPJ_CHECK_DIGITS, not cnpj.check_digits_hold),
    )
    for finding, holds in odd:
        if holds:
            seen.note(finding, value)
    return cnpj.value


def _examined_group(value: Cell, seen: _Seen) -> str:
    written = _plain(value).strip()
    if not written:
        seen.note(Finding.GROUP_MISSING, value)
        return ""
    try:
        return Recipient.group(written).jid
    except Rejected:
        seen.note(Finding.GROUP_INVALID, value)
        return ""
