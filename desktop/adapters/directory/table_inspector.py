"""Looks into the owner's file for the columns of the companies."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from desktop.adapters.directory.table import file_errors, titles_of
from desktop.adapters.directory.table_file import Cells, places, signature, table_rows
from desktop.domain.errors import Code, NeedsHuman
from desktop.domain.mapping import Cell, Column, RawRow, Role, TableMapping
from desktop.domain.settings import TableSource


class TableInspector:
    """Implements ports.directory_inspector.DirectoryInspector: a file is one table without a name."""

    def __init__(self, source: Callable[[], TableSource]) -> None:
        self._source = source

    async def candidates(self) -> list[Column]:
        return await asyncio.to_thread(self._columns)

    async def tables(self, containing: str) -> list[str]:
        return []

    async def columns(self, table: str) -> list[Column]:
        return await asyncio.to_thread(self._columns)

    async def sample(self, mapping: TableMapping, most: int) -> list[RawRow]:
        return await asyncio.to_thread(self._rows, mapping, most)

    def _columns(self) -> list[Column]:
        path = self._path()
        with file_errors(path):
            _, header = next(_rows(path), (1, ()))
            return [Column(table="", name=title, text=True) for cell in header if (title := str(cell).strip())]

    def _rows(self, mapping: TableMapping, most: int) -> list[RawRow]:
        path = self._path()
        with file_errors(path):
            rows = _rows(path)
            line, header = next(rows, (1, ()))
            at = places(header, line, mapping if mapping.cnpj else titles_of(self._source()))
            return [_raw(cells, at) for _, cells in islice(rows, most)]

    def _path(self) -> Path:
        written = self._source().path.strip()
        if not written:
            raise NeedsHuman(Code.DIRECTORY_NOT_CONFIGURED)
        return Path(written)


def _rows(path: Path) -> Iterator[tuple[int, Cells]]:
    return table_rows(path, signature(path))


def _raw(cells: Sequence[object], at: dict[Role, int]) -> RawRow:
    def cell(role: Role) -> Cell:
        place = at.get(role)
        if place is None:
            return None
        value = cells[place] if place < len(cells) else ""
        return value if isinstance(value, str | int | float) else "" if value is None else str(value)

    return RawRow(cnpj=cell(Role.CNPJ), group=cell(Role.GROUP), name=cell(Role.NAME), active=cell(Role.ACTIVE))
