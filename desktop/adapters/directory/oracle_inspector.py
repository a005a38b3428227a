"""Looks through what an Oracle user may read for the table of companies."""

from collections.abc import Callable
from typing import Final

from desktop.adapters.directory import oracle_dictionary as dictionary
from desktop.adapters.directory.oracle import OracleDirectory
from desktop.adapters.directory.oracle_query import NameNotAllowedError
from desktop.domain.errors import Code, Rejected
from desktop.domain.mapping import Column, RawRow, Role, TableMapping

_DEADLINE: Final = 30.0
"""Seconds for one question: the dictionary of a large ERP is slow, and a person waits for it knowingly."""
_MOST_CANDIDATES: Final = 40
"""Tables that are looked at closely."""


class OracleInspector:
    """Implements ports.directory_inspector.DirectoryInspector over the directory's own connection."""

    def __init__(self, directory: OracleDirectory) -> None:
        self._directory = directory

    async def candidates(self) -> list[Column]:
        hinted = [await self._read(dictionary.hinted(role)) for role in (Role.CNPJ, Role.GROUP)]
        with_cnpj, with_group = ({(str(owner), str(table)) for owner, table in rows} for rows in hinted)
        found: list[Column] = []
        for owner, table in sorted(with_cnpj & with_group)[:_MOST_CANDIDATES]:
            found += await self.columns(f"{owner}.{table}")
        return found

    async def tables(self, containing: str) -> list[str]:
        found: set[str] = set()
        for statement in dictionary.tables(containing):
            named = [dictionary.table_name(owner, table) for owner, table in await self._read(statement)]
            found.update(name for name in named if name and containing.upper() in name.partition(".")[2])
        return sorted(found)

    async def columns(self, table: str) -> list[Column]:
        try:
            statement = dictionary.columns(table)
        except NameNotAllowedError:
            return []  # made in quotes by somebody: no setting can name it
        described = [dictionary.described(row) for row in await self._read(statement)]
        return [column for column in described if column is not None]

    async def sample(self, mapping: TableMapping, most: int) -> list[RawRow]:
        statement = _named(lambda: dictionary.sample(mapping, most))
        return [dictionary.raw_row(mapping, row) for row in await self._read(statement)]

    async def _read(self, statement: dictionary.Statement) -> list[list[str | int | float | None]]:
        return await self._directory.read(statement.sql, statement.binds, rows=statement.rows, deadline=_DEADLINE)


def _named(make: Callable[[], dictionary.Statement]) -> dictionary.Statement:
    try:
        return make()
    except NameNotAllowedError as error:
        raise Rejected(Code.SETTING_INVALID, name=error.name, reason="identifier") from error
