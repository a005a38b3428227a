"""Oracle's own list of what a user may read: the SELECTs over it, in 11g's syntax, and what they return.

Names of tables and columns are put into SQL only in quotes and only where they are names that need none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from desktop.adapters.directory.oracle_query import NameNotAllowedError, checked_column, checked_table
from desktop.domain.mapping import Cell, Column, RawRow, Role, TableMapping

_SYSTEM_OWNERS: Final = (
    "SYS",
    "SYSTEM",
    "XDB",
    "MDSYS",
    "CTXSYS",
    "WMSYS",
    "ORDSYS",
    "ORDDATA",
    "OLAPSYS",
    "EXFSYS",
    "DBSNMP",
    "OUTLN",
    "APEX_030200",
    "FLOWS_FILES",
)
_TEXT: Final = ("VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR")
_KINDS: Final = (*_TEXT, "NUMBER", "FLOAT")
"""Types that a CNPJ, a group, a name or a flag may have."""
_HINTS: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.CNPJ: ("%CNPJ%", "%CGC%"),
    Role.GROUP: ("%WHATS%", "%GRUPO%", "%GROUP%", "%JID%", "%ZAP%"),
}
MOST_NAMES: Final = 5000
"""Rows of the dictionary that are read at once: an ERP has a hundred thousand columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    sql: str
    binds: Mapping[str, object]
    rows: int
    """No more than these are read."""


def tables(containing: str) -> tuple[Statement, Statement]:
    """Owner and name of tables, and of views; `_` in the text stands for any letter, as in every LIKE."""
    return _names("ALL_TABLES", "TABLE_NAME", containing), _names("ALL_VIEWS", "VIEW_NAME", containing)


def _names(view: str, column: str, containing: str) -> Statement:
    binds: dict[str, object] = {"part": f"%{containing.upper()}%", "most": MOST_NAMES}
    sql = (
        f"SELECT OWNER, {column} FROM (SELECT OWNER, {column} FROM {view}"  # noqa: S608 (binds and fixed names only)
        f" WHERE {column} LIKE :part AND {_not_the_systems(binds)} ORDER BY OWNER, {column}) WHERE ROWNUM <= :most"
    )
    return Statement(sql=sql, binds=binds, rows=MOST_NAMES)


def hinted(role: Role) -> Statement:
    """Owner and table of columns that a role's names are like."""
    binds: dict[str, object] = {"most": MOST_NAMES}
    choices = []
    for number, pattern in enumerate(_HINTS[role]):
        binds[f"like{number}"] = pattern
        choices.append(f"COLUMN_NAME LIKE :like{number}")
    sql = (
        "SELECT OWNER, TABLE_NAME FROM"  # noqa: S608 (binds and fixed names only)
        " (SELECT OWNER, TABLE_NAME FROM ALL_TAB_COLUMNS"
        f" WHERE ({' OR '.join(choices)}) AND {_not_the_systems(binds)} ORDER BY OWNER, TABLE_NAME)"
        " WHERE ROWNUM <= :most"
    )
    return Statement(sql=sql, binds=binds, rows=MOST_NAMES)


def columns(table: str) -> Statement:
    """Owner, table, name and type of a table's columns that may be of use, in their order.

    Without an owner, those of every table of that name. Raises NameNotAllowedError.
    """
    owner, _, name = checked_table(table).upper().rpartition(".")
    binds: dict[str, object] = {"tab": name}
    if owner:
        binds["own"] = owner
    kinds = _listed("kind", _KINDS, binds)
    sql = (
        "SELECT OWNER, TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM ALL_TAB_COLUMNS"  # noqa: S608 (binds only)
        f" WHERE TABLE_NAME = :tab{' AND OWNER = :own' if owner else ''} AND DATA_TYPE IN ({kinds})"
        " ORDER BY OWNER, COLUMN_ID"
    )
    return Statement(sql=sql, binds=binds, rows=MOST_NAMES)


def table_name(owner: Cell, table: Cell) -> str | None:
    """As the settings name it; None for one that was made in quotes, which they cannot hold."""
    full = f"{owner}.{table}"
    return full if _is_plain(full, checked_table) else None


def described(row: Sequence[Cell]) -> Column | None:
    """A row of `columns`; None for a name that the settings cannot hold."""
    owner, table, name, kind = row
    full = table_name(owner, table)
    if full is None or not _is_plain(str(name), checked_column):
        return None
    return Column(table=full, name=str(name), text=kind in _TEXT)


def _is_plain(name: str, checked: Callable[[str], str]) -> bool:
    try:
        return checked(name) == name.upper()
    except NameNotAllowedError:
        return False


def sample(mapping: TableMapping, most: int) -> Statement:
    """The first rows of a mapping's columns; NameNotAllowedError for what is no name."""
    for needed in (mapping.cnpj, mapping.group):
        checked_column(needed)
    table = ".".join(f'"{part}"' for part in checked_table(mapping.table).upper().split("."))
    chosen = ", ".join(f'"{checked_column(name).upper()}"' for name in mapping.columns.values())
    sql = f"SELECT {chosen} FROM {table} WHERE ROWNUM <= :most"  # noqa: S608 (checked names in quotes only)
    return Statement(sql=sql, binds={"most": most}, rows=most)


def raw_row(mapping: TableMapping, cells: Sequence[Cell]) -> RawRow:
    """A row of `sample`; an empty name is an empty text where there is a column for it, since Oracle has no other."""
    by_role = dict(zip(mapping.columns, cells, strict=True))
    name = by_role.get(Role.NAME)
    return RawRow(
        cnpj=by_role[Role.CNPJ],
        group=by_role[Role.GROUP],
        name="" if mapping.name and name is None else name,
        active=by_role.get(Role.ACTIVE),
    )


def as_cell(value: object) -> str | int | float | None:
    """A value of the driver's as it can cross to the parent."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def _not_the_systems(binds: dict[str, object]) -> str:
    return f"OWNER NOT IN ({_listed('system', _SYSTEM_OWNERS, binds)})"


def _listed(stem: str, values: Sequence[str], binds: dict[str, object]) -> str:
    """Placeholders for the values, which go into `binds`."""
    for number, value in enumerate(values):
        binds[f"{stem}{number}"] = value
    return ", ".join(f":{stem}{number}" for number in range(len(values)))
