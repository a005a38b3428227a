"""Companies from the ERP's Oracle: one by its CNPJ at every send, all of them in memory for the picker."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from desktop.adapters.directory.matching import CompanyIndex
from desktop.adapters.directory.matching import Row as Listed
from desktop.adapters.directory.oracle_answers import Page, Row
from desktop.adapters.directory.oracle_errors import Reason
from desktop.adapters.directory.oracle_line import OracleLine
from desktop.adapters.directory.oracle_logins import Address
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company, DirectoryCheck
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.settings import OracleSource
from desktop.ports.secrets import Secrets

PAGE_ROWS: Final = 2000
_TRY_AGAIN_AFTER: Final = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _List:
    source: OracleSource
    """As it was when the list was read, its deadline left out."""
    companies: CompanyIndex
    read_at: float
    """Loop time."""


class OracleDirectory:
    """Implements ports.directory.Directory. No process is started before the first question."""

    def __init__(
        self,
        source: Callable[[], OracleSource],
        secrets: Secrets,
        *,
        command: Sequence[str],
        idle_after: float = 60.0,
        fresh_for: float = 300.0,
    ) -> None:
        """`command` starts the worker. A list older than `fresh_for` seconds is still used while it is read again."""
        self._source = source
        self._line = OracleLine(secrets, command=command, idle_after=idle_after)
        self._fresh_for = fresh_for
        self._list: _List | None = None
        self._reading: tuple[OracleSource, asyncio.Task[None]] | None = None
        self._not_before = 0.0
        """Loop time until which a list that could not be read again is left as it is."""

    async def find(self, cnpj: Cnpj) -> Company | None:
        """Beyond the port's errors NeedsHuman(ORACLE_UNAVAILABLE) with reason `duplicate`: two rows, two groups."""
        source = self._configured()
        until = asyncio.get_running_loop().time() + source.deadline
        answer = await self._line.ask(source, "find", until=until, cnpj=cnpj.value, query=_query(source))
        rows = cast(list[Row], answer)
        if not rows:
            return None
        groups = sorted({row["group"] for row in rows if row["group"]})
        if len(groups) > 1:
            raise NeedsHuman(
                Code.ORACLE_UNAVAILABLE, reason=Reason.DUPLICATE.value, cnpj=cnpj.value, groups=len(groups)
            )
        name = next((row["name"] for row in rows if row["name"]), "")
        return Company(cnpj=cnpj, name=name, group=groups[0] if groups else None)

    async def search(self, text: str, limit: int) -> list[Company]:
        """From the list in memory; the first one is waited for until the deadline, and goes on being read behind it."""
        source = self._configured()
        known = self._list
        if known is None or known.source != _without_deadline(source):
            known = await self._first_list(source)
        elif asyncio.get_running_loop().time() >= max(known.read_at + self._fresh_for, self._not_before):
            self._begin_reading(source)
        return known.companies.search(text, limit)

    async def check(self) -> DirectoryCheck:
        """With the credentials the keyring holds now, whatever a session in use was opened with."""
        source = self._configured()
        until = asyncio.get_running_loop().time() + source.deadline
        seen = await self._line.test(source, _query(source), until=until)
        return DirectoryCheck(source=f"Oracle {seen['version']}, {Address.of(source)}", companies=seen["companies"])

    async def close(self) -> None:
        if self._reading is not None:
            self._reading[1].cancel()
            await asyncio.wait({self._reading[1]})
        await self._line.close()

    def _configured(self) -> OracleSource:
        source = self._source()
        if not source.host or not (source.service_name or source.sid):
            raise NeedsHuman(Code.DIRECTORY_NOT_CONFIGURED)
        return source

    async def _first_list(self, source: OracleSource) -> _List:
        self._begin_reading(source)
        assert self._reading is not None
        _, reading = self._reading
        # not cancelled with its waiter: the next letter that is typed finds it further on
        await asyncio.wait({reading}, timeout=source.deadline)
        if not reading.done() or reading.cancelled():
            raise Transient(Code.ORACLE_UNAVAILABLE, reason=Reason.TIMEOUT.value)
        await reading
        assert self._list is not None
        return self._list

    def _begin_reading(self, source: OracleSource) -> None:
        """Unless this source's list is being read already."""
        if self._reading is not None:
            of, task = self._reading
            if not task.done() and of == _without_deadline(source):
                return
            task.cancel()
        task = asyncio.get_running_loop().create_task(self._read_list(source), name="oracle list")
        task.add_done_callback(_list_was_read)
        self._reading = (_without_deadline(source), task)

    async def _read_list(self, source: OracleSource) -> None:
        loop = asyncio.get_running_loop()
        self._not_before = loop.time() + min(_TRY_AGAIN_AFTER, self._fresh_for)
        try:
            companies, unreadable = await self._all_pages(source)
        except Transient as error:
            if error.facts.get("reason") != Reason.DROPPED:
                raise
            _log.info("the list of companies broke off: once more from its beginning")
            companies, unreadable = await self._all_pages(source)
        # sorting a hundred thousand names takes a while: not on the loop that serves everything else
        index = await asyncio.to_thread(CompanyIndex, companies.values())
        self._list = _List(_without_deadline(source), index, loop.time())
        _log.info("%d companies from Oracle; %d rows without a CNPJ", len(index), unreadable)

    async def _all_pages(self, source: OracleSource) -> tuple[dict[str, Listed], int]:
        """The companies by CNPJ, and how many rows hold none; the deadline is each page's."""
        loop = asyncio.get_running_loop()
        companies: dict[str, Listed] = {}
        unreadable = 0
        page: int | None = None
        while True:
            answer = await self._line.ask(
                source,
                "list_page",
                until=loop.time() + source.deadline,
                query=_query(source),
                rows=PAGE_ROWS,
                page=page,
            )
            found = cast(Page, answer)
            _add(companies, found["rows"])
            unreadable += found["unreadable"]
            page = found["next"]
            if page is None:
                return companies, unreadable


def _list_was_read(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, AppError):
        _log.warning("the list of companies could not be read: %s", error)
    elif error is not None:
        _log.error("reading the list of companies failed", exc_info=error)


def _query(source: OracleSource) -> dict[str, str]:
    return {
        "table": source.table,
        "column_cnpj": source.column_cnpj,
        "column_group": source.column_group,
        "column_name": source.column_name,
    }


def _without_deadline(source: OracleSource) -> OracleSource:
    return replace(source, deadline=0.0)


def _add(companies: dict[str, Listed], rows: Sequence[Row]) -> None:
    """The first row of a company stands, unless it has no group and a later one has."""
    for row in rows:
        earlier = companies.get(row["cnpj"])
        if earlier is None or (not earlier.group and row["group"]):
            companies[row["cnpj"]] = Listed(row["cnpj"], row["name"] or "", row["group"])
