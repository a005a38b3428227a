"""The list of companies as it was read last, on disk: searched without its source, and at the same cost in memory
whether they are a hundred or a hundred thousand.

It is a copy that can be read again: a file of another layout, or a damaged one, is thrown away.
"""

import asyncio
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, Integer, MetaData, Select, Table, Text, delete, func, insert, select
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.dialects.sqlite import insert as upsert

from desktop.adapters.directory.matching import Row, fold
from desktop.adapters.storage.database import Database, converted_errors, suspicion
from desktop.adapters.storage.tables import Instant
from desktop.domain.company import Company
from desktop.domain.errors import Code, Transient

_LAYOUT: Final = 1
_MASK: Final = str.maketrans("", "", " ./-")
_PART_OF_A_CNPJ: Final = re.compile(r"(?=.*[0-9])[0-9A-Z]{1,14}")
_BEHIND_ALL: Final = "\U0010ffff"

_METADATA: Final = MetaData()
_LISTS: Final = Table(
    "lists",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("read_at", Instant),  # null while it is being read
)
_COMPANIES: Final = Table(
    "companies",
    _METADATA,
    Column("list", Integer, primary_key=True),
    Column("cnpj", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("jid", Text),
    Index("companies_by_name", "list", "folded"),
    sqlite_with_rowid=False,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptList:
    """What there is of one source's companies."""

    companies: int
    read_at: datetime


class CompanyCache:
    """Lists of one source at a time; whoever reads one writes it page by page beside the one that is searched.

    Raises Transient(DATABASE_UNAVAILABLE) where the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: Database | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def known(self, source: str) -> KeptList | None:
        """The list that can be searched; None where this source's was never read to its end."""
        return await (await self._opened()).read(lambda line: _known(line, source))

    async def begin(self, source: str) -> int:
        """A new list that nobody sees yet; what another reader left unfinished is dropped."""

        def work(line: Connection) -> int:
            _drop_lists(line, select(_LISTS.c.id).where(_LISTS.c.read_at.is_(None)))
            return int(line.execute(insert(_LISTS).values(source=source).returning(_LISTS.c.id)).scalar_one())

        return await (await self._opened()).write(work)

    async def add(self, number: int, rows: Sequence[Row]) -> None:
        """The first row of a company stands, unless it has no group and a later one has."""
        if not rows:
            return

        def work(line: Connection) -> None:
            values = [(number, row.cnpj, row.name, fold(row.name), row.group) for row in rows]
            line.exec_driver_sql(_added(), values)

        await (await self._opened()).write(work)

    async def finish(self, number: int, read_at: datetime) -> KeptList:
        """Let the list take the place of all others, in one step."""

        def work(line: Connection) -> KeptList:
            line.execute(_LISTS.update().where(_LISTS.c.id == number).values(read_at=read_at))
            _drop_lists(line, select(_LISTS.c.id).where(_LISTS.c.id != number))
            return KeptList(_count(line, number), read_at)

        return await (await self._opened()).write(work)

    async def search(self, source: str, text: str, limit: int) -> list[Company]:
        """At most `limit`: names that begin with the text, then names that contain it, then CNPJs that do.

        Each group is in alphabetical order; an empty text finds everything.
        """
        return await (await self._opened()).read(lambda line: _found(line, source, text, limit))

    async def close(self) -> None:
        async with self._opening:
            self._closed = True
            if self._database is not None:
                await self._database.close()
                self._database = None

    async def _opened(self) -> Database:
        async with self._opening:
            if self._closed:
                raise Transient(Code.DATABASE_UNAVAILABLE, detail=f"{self._path} is closed")
            if self._database is None:
                self._database = await self._open()
            return self._database

    async def _open(self) -> Database:
        if suspicion(self._path).exists():
            await asyncio.to_thread(_throw_away, self._path)
        database = Database(self._path, durable=False)
        try:
            await database.write(_lay_out)
        except Transient:
            await database.close()
            if not suspicion(self._path).exists():
                raise
            _log.warning("%s is damaged and is made anew", self._path)
            await asyncio.to_thread(_throw_away, self._path)
            database = Database(self._path, durable=False)
            await database.write(_lay_out)
        return database


def _throw_away(path: Path) -> None:
    with converted_errors(path):
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"), suspicion(path)):
            name.unlink(missing_ok=True)


def _lay_out(line: Connection) -> None:
    if line.exec_driver_sql("PRAGMA user_version").scalar_one() != _LAYOUT:
        _METADATA.drop_all(line)
        _METADATA.create_all(line)
        line.exec_driver_sql(f"PRAGMA user_version = {_LAYOUT}")


@cache
def _added() -> str:
    """As text: what SQLAlchemy does for each row of a statement costs more than the row."""
    added = upsert(_COMPANIES)
    told = added.on_conflict_do_update(
        index_elements=[_COMPANIES.c.list, _COMPANIES.c.cnpj],
        set_={name: added.excluded[name] for name in ("name", "folded", "jid")},
        where=_COMPANIES.c.jid.is_(None) & added.excluded.jid.is_not(None),
    )
    return str(told.compile(dialect=dialect()))


def _drop_lists(line: Connection, numbers: Select[Any]) -> None:
    line.execute(delete(_COMPANIES).where(_COMPANIES.c.list.in_(numbers)))
    line.execute(delete(_LISTS).where(_LISTS.c.id.in_(numbers)))


def _number(line: Connection, source: str) -> int | None:
    finished = (_LISTS.c.source == source) & _LISTS.c.read_at.is_not(None)
    return line.execute(select(_LISTS.c.id).where(finished)).scalar_one_or_none()


def _known(line: Connection, source: str) -> KeptList | None:
    number = _number(line, source)
    if number is None:
        return None
    read_at = line.execute(select(_LISTS.c.read_at).where(_LISTS.c.id == number)).scalar_one()
    return KeptList(_count(line, number), read_at)


def _count(line: Connection, number: int) -> int:
    return int(line.execute(select(func.count()).where(_COMPANIES.c.list == number)).scalar_one())


def _found(line: Connection, source: str, text: str, limit: int) -> list[Company]:
    number = _number(line, source)
    if number is None:
        return []
    found: list[Company] = []
    for matches in _choices(number, text):
        if len(found) < limit:
            rows = line.execute(matches.limit(limit - len(found)))
            found += [Row(row.cnpj, row.name, row.jid).company() for row in rows]
    return found


def _choices(number: int, text: str) -> Iterable[Select[Any]]:
    """Queries whose answers have nothing in common, the most wanted first."""
    needle = fold(text)
    every = select(_COMPANIES.c.cnpj, _COMPANIES.c.name, _COMPANIES.c.jid).where(_COMPANIES.c.list == number)
    every = every.order_by(_COMPANIES.c.folded, _COMPANIES.c.cnpj)
    begins = (_COMPANIES.c.folded >= needle) & (_COMPANIES.c.folded < needle + _BEHIND_ALL)
    contains = func.instr(_COMPANIES.c.folded, needle) > 0
    yield every.where(begins)
    yield every.where(contains & ~begins)
    part = text.translate(_MASK).upper()
    if _PART_OF_A_CNPJ.fullmatch(part):
        yield every.where((func.instr(_COMPANIES.c.cnpj, part) > 0) & ~contains)
