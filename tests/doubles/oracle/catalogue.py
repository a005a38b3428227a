"""Which tables there are for a session's user, and the views of the data dictionary that list them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from .tables import Table


class Catalogue:
    """The tables by name, with or without their owner in front; DUAL and the data dictionary are always there."""

    def __init__(self, owner: str, tables: Mapping[str, Table]) -> None:
        self.owner = owner.upper()
        self._tables = {name.upper(): table for name, table in tables.items()}
        self._dual = Table.of({"DUMMY": "VARCHAR2(1)"}, [{"DUMMY": "X"}])

    def put(self, name: str, table: Table) -> None:
        self._tables[name.upper()] = table

    def owned(self) -> list[tuple[str, str, Table]]:
        """Every declared table with its owner (the session's user where none was named) and its name."""
        found = []
        for name, table in list(self._tables.items()):
            owner, _, bare = name.rpartition(".")
            found.append((owner or self.owner, bare, table))
        return sorted(found, key=lambda entry: entry[:2])

    def find(self, name: str) -> Table | None:
        """Look a name up as the session's user would: a foreign owner's table is not there unless put in so named."""
        upper = name.upper()
        if upper in self._tables:
            return self._tables[upper]
        owner, _, bare = upper.rpartition(".")
        if owner in ("", "SYS", "PUBLIC"):
            build = DICTIONARY.get(bare)
            return build(self.owner, self.owned()) if build else (self._dual if bare == "DUAL" else None)
        return self._tables.get(bare) if owner == self.owner else None


Owned: TypeAlias = Sequence[tuple[str, str, Table]]


def _listed(owner: str | None, tables: Owned) -> Table:
    """ALL_TABLES, or one owner's."""
    declared = {
        "OWNER": "VARCHAR2(30)",
        "TABLE_NAME": "VARCHAR2(30)",
        "TABLESPACE_NAME": "VARCHAR2(30)",
        "NUM_ROWS": "NUMBER",
    }
    rows = [
        {"OWNER": of, "TABLE_NAME": name, "TABLESPACE_NAME": "USERS", "NUM_ROWS": len(table.rows)}
        for of, name, table in tables
        if not table.view and owner in (None, of)
    ]
    return _dictionary(declared, rows, owner)


def _views(owner: str | None, tables: Owned) -> Table:
    declared = {"OWNER": "VARCHAR2(30)", "VIEW_NAME": "VARCHAR2(30)"}
    rows = [{"OWNER": of, "VIEW_NAME": name} for of, name, table in tables if table.view and owner in (None, of)]
    return _dictionary(declared, rows, owner)


def _columns(owner: str | None, tables: Owned) -> Table:
    """Lengths are in bytes, as where a database keeps one byte for each declared character."""
    declared = {
        "OWNER": "VARCHAR2(30)",
        "TABLE_NAME": "VARCHAR2(30)",
        "COLUMN_NAME": "VARCHAR2(30)",
        "DATA_TYPE": "VARCHAR2(106)",
        "DATA_LENGTH": "NUMBER",
        "DATA_PRECISION": "NUMBER",
        "DATA_SCALE": "NUMBER",
        "NULLABLE": "VARCHAR2(1)",
        "COLUMN_ID": "NUMBER",
        "CHAR_LENGTH": "NUMBER",
    }
    rows = [
        {
            "OWNER": of,
            "TABLE_NAME": name,
            "COLUMN_NAME": column.name,
            "DATA_TYPE": column.kind,
            "DATA_LENGTH": column.size if column.is_text else {"NUMBER": 22, "DATE": 7}[column.kind],
            "DATA_PRECISION": column.size or None if column.kind == "NUMBER" else None,
            "DATA_SCALE": column.scale,
            "NULLABLE": "Y",
            "COLUMN_ID": number,
            "CHAR_LENGTH": column.size if column.is_text else 0,
        }
        for of, name, table in tables
        if owner in (None, of)
        for number, column in enumerate(table.columns, start=1)
    ]
    return _dictionary(declared, rows, owner)


def _dictionary(declared: dict[str, str], rows: Sequence[Mapping[str, object]], owner: str | None) -> Table:
    """A USER_ view has no column for the owner."""
    if owner is not None:
        del declared["OWNER"]
        rows = [{name: value for name, value in row.items() if name != "OWNER"} for row in rows]
    return Table.of(declared, rows)


DICTIONARY: Mapping[str, Callable[[str, Owned], Table]] = {
    "ALL_TABLES": lambda _user, tables: _listed(None, tables),
    "ALL_VIEWS": lambda _user, tables: _views(None, tables),
    "ALL_TAB_COLUMNS": lambda _user, tables: _columns(None, tables),
    "USER_TABLES": _listed,
    "USER_VIEWS": _views,
    "USER_TAB_COLUMNS": _columns,
}
"""Only what this session's user may see is declared in a double, so an ALL_ view shows all of it."""
