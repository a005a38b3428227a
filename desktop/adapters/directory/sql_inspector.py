"""Looks through the tables and views of any database that SQLAlchemy knows for the one of the companies."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from desktop.adapters.directory.sql import SqlDirectory, columns_of, table_of
from desktop.domain.mapping import Cell, Column, RawRow, Role, TableMapping

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DEADLINE: Final = 30.0
"""Seconds for one question: a person waits for it knowingly."""


class SqlInspector:
    """Implements ports.directory_inspector.DirectoryInspector over the directory's own connections.

    It looks at the schema that the login begins in; a table of another one is named with its schema.
    """

    def __init__(self, directory: SqlDirectory) -> None:
        self._directory = directory

    async def candidates(self) -> list[Column]:
        return await self._directory.run(lambda line: list(_all_columns(line)), deadline=_DEADLINE)

    async def tables(self, containing: str) -> list[str]:
        names = await self._directory.run(_tables, deadline=_DEADLINE)
        return [name for name in names if containing.casefold() in name.casefold()]

    async def columns(self, table: str) -> list[Column]:
        return await self._directory.run(lambda line: _columns(line, table), deadline=_DEADLINE)

    async def sample(self, mapping: TableMapping, most: int) -> list[RawRow]:
        return await self._directory.run(lambda line: _sample(line, mapping, most), deadline=_DEADLINE)


def _tables(line: "Connection") -> list[str]:
    from sqlalchemy import inspect

    inspector = inspect(line)
    return sorted({*inspector.get_table_names(), *inspector.get_view_names()})


def _all_columns(line: "Connection") -> Iterator[Column]:
    from sqlalchemy import inspect
    from sqlalchemy.engine.reflection import ObjectKind

    found = inspect(line).get_multi_columns(kind=ObjectKind.ANY)
    for (schema, table), columns in sorted(found.items(), key=lambda entry: entry[0][1]):
        name = table if schema is None else f"{schema}.{table}"
        for column in columns:
            yield Column(table=name, name=column["name"], text=_holds_text(column["type"]))


def _columns(line: "Connection", table: str) -> list[Column]:
    described = table_of(line, table)
    return [Column(table=table, name=column.name, text=_holds_text(column.type)) for column in described.columns]


def _holds_text(kind: Any) -> bool:
    """Also what the database gave no type, as SQLite may."""
    from sqlalchemy.types import NullType, String

    return isinstance(kind, String | NullType)


def _sample(line: "Connection", mapping: TableMapping, most: int) -> list[RawRow]:
    from sqlalchemy import select

    table = table_of(line, mapping.table)
    names = {Role.CNPJ: mapping.cnpj, Role.GROUP: mapping.group} | mapping.columns
    columns = columns_of(table, names)
    rows = []
    for values in line.execute(select(*columns.values()).limit(most)):
        cells = {role: _cell(value) for role, value in zip(columns, values, strict=True)}
        name = cells.get(Role.NAME)
        rows.append(
            RawRow(
                cnpj=cells[Role.CNPJ],
                group=cells[Role.GROUP],
                name="" if mapping.name and name is None else name,
                active=cells.get(Role.ACTIVE),
            )
        )
    return rows


def _cell(value: object) -> Cell:
    return value if value is None or isinstance(value, str | int | float | Decimal) else str(value)
