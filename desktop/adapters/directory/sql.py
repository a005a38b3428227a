"""Companies from any database that SQLAlchemy has a driver for: one live at every send, all in memory for the picker.

SQLAlchemy's drivers block, and some hang: every call has a thread of its own that is left behind at its deadline.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from desktop.adapters.abandonable import AbandonableCalls, LeftBehindError
from desktop.adapters.directory.examining import examine_by
from desktop.adapters.directory.matching import CompanyIndex, Row
from desktop.adapters.directory.oracle_query import as_number, other_forms, read_cnpj, read_text
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company, DirectoryCheck
from desktop.domain.diagnosis import Step
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.mapping import Role, is_active
from desktop.domain.secret import Credentials
from desktop.domain.settings import DatabaseSource
from desktop.ports.secrets import Secrets

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Engine, Select, Table

T = TypeVar("T")
_log = logging.getLogger(__name__)

_MOST_STUCK: Final = 4
_MOST_ROWS: Final = 250_000
_MOST_MATCHES: Final = 20
_LIST_SECONDS: Final = 60.0
"""For all companies; a lookup has the source's own deadline."""
_AGAIN_AFTER: Final = 30.0
"""Seconds before a person's own test may send a refused password once more."""

# What each driver calls the seconds it may take: without them a server that says nothing holds the thread for ever.
_TIMEOUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "pg8000": ("timeout",),
    "psycopg": ("connect_timeout",),
    "psycopg2": ("connect_timeout",),
    "pymysql": ("connect_timeout", "read_timeout"),
    "pymssql": ("login_timeout", "timeout"),
    "pytds": ("login_timeout", "timeout"),
    "pysqlite": ("timeout",),
}


@dataclass(frozen=True, slots=True)
class _Opened:
    """An engine, and what it was made from: another source or another password means another engine."""

    source: DatabaseSource
    credentials: tuple[str, str]
    engine: "Engine"


@dataclass(frozen=True, slots=True)
class _Listed:
    source: DatabaseSource
    companies: CompanyIndex
    read_at: datetime


class SqlDirectory:
    """Implements ports.directory.Directory. SQLAlchemy and the driver are imported with the first question."""

    def __init__(
        self,
        source: Callable[[], DatabaseSource],
        secrets: Secrets,
        *,
        fresh_for: float = 300.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """A list older than `fresh_for` seconds is read again, and used still where that fails."""
        self._source = source
        self._secrets = secrets
        self._fresh_for = timedelta(seconds=fresh_for)
        self._now = now
        self._calls = AbandonableCalls("database", limit=_MOST_STUCK)
        self._listing = asyncio.Lock()
        self._opened: _Opened | None = None
        self._opening = Lock()
        self._listed: _Listed | None = None
        self._refused: tuple[DatabaseSource, tuple[str, str], float] | None = None
        """The last login that was refused, and when (monotonic): it is not sent again, which might lock the account."""
        self._proven: tuple[DatabaseSource, tuple[str, str]] | None = None
        """The login that worked last."""
        self._proving = asyncio.Lock()

    async def find(self, cnpj: Cnpj) -> Company | None:
        """Beyond the port's errors NeedsHuman(DIRECTORY_UNAVAILABLE) with reason `duplicate`: two rows, two groups."""
        source = self._configured()
        rows = await self.run(lambda line: _matching(line, source, cnpj), deadline=source.deadline)
        if not rows:
            return None
        groups = sorted({row.group for row in rows if row.group})
        if len(groups) > 1:
            raise NeedsHuman(Code.DIRECTORY_UNAVAILABLE, reason="duplicate", cnpj=cnpj.value, groups=len(groups))
        return Company(
            cnpj=cnpj, name=next((row.name for row in rows if row.name), ""), group=groups[0] if groups else None
        )

    async def search(self, text: str, limit: int) -> list[Company]:
        return (await self._list()).companies.search(text, limit)

    async def everybody(self) -> list[Company]:
        source = self._configured()
        rows = await self.run(lambda line: _all(line, source), deadline=_LIST_SECONDS)
        return [row.company() for row in rows]

    async def check(self) -> DirectoryCheck:
        source = self._configured()
        companies = await self.run(lambda line: _count(line, source), deadline=source.deadline, by_person=True)
        return DirectoryCheck(source=source.url, companies=companies)

    async def examine(self, told: Callable[[Step], None]) -> None:
        await examine_by(self.check, told)

    def freshness(self) -> datetime | None:
        return None if self._listed is None else self._listed.read_at

    async def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await asyncio.to_thread(opened.engine.dispose)

    async def run(self, work: Callable[["Connection"], T], *, deadline: float, by_person: bool = False) -> T:
        """Do something with a connection; raises DIRECTORY_UNAVAILABLE and what reading the keyring raises."""
        source = self._configured()
        kept = await self._secrets.credentials(source.secret) if not _needs_no_login(source) else None
        login = ("", "") if kept is None else _login(kept)
        hidden = login[1]

        def call() -> T:
            from desktop.adapters.directory.sql_errors import sql_errors

            with sql_errors(hidden):
                opened = self._open(source, login)
                with opened.engine.connect() as line:
                    self._proven = (source, login)
                    return work(line)

        try:
            async with asyncio.timeout(deadline), self._in_turn(source, login):
                self._refuse(source, login, by_person=by_person)
                refused = self._refused
                try:
                    found = await self._calls.run(call, deadline=deadline)
                except NeedsHuman as exc:
                    if exc.code is Code.DIRECTORY_CREDENTIALS:
                        self._refused, self._proven = (source, login, time.monotonic()), None
                    raise
        except (LeftBehindError, TimeoutError) as exc:
            raise Transient(Code.DIRECTORY_UNAVAILABLE, reason="timeout") from exc
        # What was refused meanwhile was another login, about which this answer says nothing.
        if self._refused is refused:
            self._refused = None
        return found

    def _configured(self) -> DatabaseSource:
        source = self._source()
        if not source.url:
            raise NeedsHuman(Code.DIRECTORY_NOT_CONFIGURED)
        return source

    @asynccontextmanager
    async def _in_turn(self, source: DatabaseSource, login: tuple[str, str]) -> AsyncIterator[None]:
        """One call at a time as long as nobody knows that the password is right: each of them would send it."""
        if not _needs_no_login(source) and self._proven != (source, login):
            async with self._proving:
                if self._proven != (source, login):
                    yield
                    return
        yield

    def _refuse(self, source: DatabaseSource, login: tuple[str, str], *, by_person: bool) -> None:
        if self._refused is None or self._refused[:2] != (source, login):
            return
        if not (by_person and time.monotonic() - self._refused[2] >= _AGAIN_AFTER):
            raise NeedsHuman(Code.DIRECTORY_CREDENTIALS, reason="wrong")

    def _open(self, source: DatabaseSource, login: tuple[str, str]) -> _Opened:
        """In the call's thread; what another thread has just opened for the same source is as good."""
        with self._opening:
            opened = self._opened
            if opened is not None and (opened.source, opened.credentials) == (source, login):
                return opened
            fresh = self._opened = _Opened(source, login, _engine(source, login))
        if opened is not None:
            opened.engine.dispose()
        return fresh

    async def _list(self) -> _Listed:
        source = replace(self._configured(), deadline=0.0)
        async with self._listing:
            known = self._listed if self._listed is not None and self._listed.source == source else None
            if known is not None and timedelta() <= self._now() - known.read_at < self._fresh_for:
                return known
            try:
                companies = await self.run(lambda line: CompanyIndex(_all(line, source)), deadline=_LIST_SECONDS)
            except AppError as error:
                if known is None:
                    raise
                _log.warning("the list of companies could not be read again: %s", error)
                # not tried again at every letter that is typed
                self._listed = replace(known, read_at=self._now())
                return known
            self._listed = _Listed(source, companies, self._now())
            return self._listed


def _needs_no_login(source: DatabaseSource) -> bool:
    return source.url.startswith("sqlite")


def _login(credentials: Credentials) -> tuple[str, str]:
    return credentials.user, credentials.password.reveal()


def _engine(source: DatabaseSource, login: tuple[str, str]) -> "Engine":
    from sqlalchemy import create_engine, make_url

    url = make_url(source.url)
    user, password = login
    if user:
        url = url.set(username=user, password=password)
    seconds = max(1, round(source.deadline))
    timeouts = dict.fromkeys(_TIMEOUTS.get(url.get_dialect().driver, ()), seconds)
    return create_engine(url, pool_pre_ping=True, pool_recycle=300, connect_args=timeouts)


def table_of(line: "Connection", name: str) -> "Table":
    """The table or view as the database describes it; NoSuchTableError where there is none."""
    from sqlalchemy import MetaData, Table

    schema, _, bare = name.rpartition(".")
    return Table(bare, MetaData(), schema=schema or None, autoload_with=line, resolve_fks=False)


def columns_of(table: "Table", names: Mapping[Role, str]) -> "dict[Role, ColumnElement[Any]]":
    """The columns of those names, whatever their case; DIRECTORY_UNAVAILABLE with `column` where one is missing."""
    from desktop.adapters.directory.sql_errors import unavailable

    there = {column.name.casefold(): column for column in table.columns}
    found: dict[Role, ColumnElement[Any]] = {}
    for role, name in names.items():
        if name.casefold() not in there:
            raise unavailable("column_not_found", column=name)
        found[role] = table.columns[name] if name in table.columns else there[name.casefold()]
    return found


def _names(source: DatabaseSource) -> dict[Role, str]:
    named = {
        Role.CNPJ: source.column_cnpj,
        Role.GROUP: source.column_group,
        Role.NAME: source.column_name,
        Role.ACTIVE: source.column_active,
    }
    return {role: name for role, name in named.items() if name}


def _columns(line: "Connection", source: DatabaseSource) -> "dict[Role, ColumnElement[Any]]":
    return columns_of(table_of(line, source.table), _names(source))


def _matching(line: "Connection", source: DatabaseSource, cnpj: Cnpj) -> list[Row]:
    from sqlalchemy import Numeric, or_, select
    from sqlalchemy.types import Integer

    columns = _columns(line, source)
    column = columns[Role.CNPJ]
    query = select(*columns.values())
    if isinstance(column.type, Integer | Numeric):
        number = as_number(cnpj.value)
        ways = [] if number is None else [query.where(column == number)]
    else:
        # the plain form first, which an index answers; then whatever else the column may hold it as
        ways = [query.where(column == cnpj.value), query.where(or_(*map(column.like, other_forms(cnpj.value))))]
    for way in ways:
        found = [row for row in _rows(line, way.limit(_MOST_MATCHES), list(columns)) if row.cnpj == cnpj.value]
        if found:
            return found
    return []


def _all(line: "Connection", source: DatabaseSource) -> list[Row]:
    """The first row of a company stands, unless it has no group and a later one has."""
    from sqlalchemy import select

    columns = _columns(line, source)
    companies: dict[str, Row] = {}
    for row in _rows(line, select(*columns.values()).limit(_MOST_ROWS), list(columns)):
        earlier = companies.get(row.cnpj)
        if earlier is None or (not earlier.group and row.group):
            companies[row.cnpj] = row
    return list(companies.values())


def _count(line: "Connection", source: DatabaseSource) -> int:
    from sqlalchemy import func, select

    table = table_of(line, source.table)
    columns_of(table, _names(source))
    return line.execute(select(func.count()).select_from(table)).scalar_one()


def _rows(line: "Connection", query: "Select[Any]", roles: Sequence[Role]) -> Iterator[Row]:
    for values in line.execute(query):
        cells = dict(zip(roles, values, strict=True))
        cnpj = read_cnpj(cells[Role.CNPJ])
        if cnpj is not None and is_active(cells.get(Role.ACTIVE)) is not False:
            yield Row(cnpj, read_text(cells.get(Role.NAME)) or "", read_text(cells[Role.GROUP]))
