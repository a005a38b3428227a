"""Companies from the ERP's Oracle: one by its CNPJ live at every send, all of them in a copy for the picker."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

from desktop.adapters.directory.cached import CompanyCache, KeptList
from desktop.adapters.directory.examining import Examination, Told
from desktop.adapters.directory.matching import Row as Listed
from desktop.adapters.directory.oracle_answers import Page, Row
from desktop.adapters.directory.oracle_errors import Reason
from desktop.adapters.directory.oracle_line import ORACLE_STEPS, OracleLine
from desktop.adapters.directory.oracle_logins import Address
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company, DirectoryCheck
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.settings import OracleSource
from desktop.ports.secrets import Secrets

PAGE_ROWS: Final = 2000
_TRY_AGAIN_AFTER: Final = 30.0
_WHOLE_LIST: Final = 60.0
"""Seconds for everybody at once."""

_log = logging.getLogger(__name__)


_NOT_WHAT_IS_READ: Final = frozenset(
    {"deadline", "idle_after", "tls", "wallet", "match_server_name", "client_folder", "client_url", "password_env"}
)
"""Settings of a source that change nothing about its companies."""


def _now() -> datetime:
    return datetime.now(UTC)


class OracleDirectory:
    """Implements ports.directory.Directory. No process is started before the first question."""

    def __init__(
        self,
        source: Callable[[], OracleSource],
        secrets: Secrets,
        *,
        command: Sequence[str],
        cache: Path,
        fresh_for: float = 300.0,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """`command` starts the worker; `cache` is where the list is kept, also over a restart.

        A list older than `fresh_for` seconds is still used while it is read again.
        """
        self._source = source
        self._line = OracleLine(secrets, command=command)
        self._cache = CompanyCache(cache)
        self._fresh_for = fresh_for
        self._now = now
        self._known: tuple[str, KeptList] | None = None
        """Of which source the list is that was searched last."""
        self._reading: tuple[str, asyncio.Task[None]] | None = None
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
        """From the copy; where there is none yet the list is waited for until the deadline, and goes on being read."""
        source = self._configured()
        key = _fingerprint(source)
        known = await self._kept(key)
        if known is None:
            await self._await_list(source, key, source.deadline)
        elif self._is_stale(known) and asyncio.get_running_loop().time() >= self._not_before:
            self._begin_reading(source, key)
        return await self._cache.search(key, text, limit)

    async def examine(self, told: Told) -> None:
        """Each step has the deadline for itself: a person waits for it, and wants to know which one is slow."""
        examination = Examination(ORACLE_STEPS, told)
        loop = asyncio.get_running_loop()
        try:
            source = self._configured()
            await self._line.test(
                source, _query(source), until=lambda: loop.time() + source.deadline, examination=examination
            )
        except AppError as error:
            examination.refuse(error)

    def freshness(self) -> datetime | None:
        return self._known[1].read_at if self._known else None

    async def everybody(self) -> list[Company]:
        """Reads the list anew, or joins who is reading it; a batch must not miss whom Oracle has had since."""
        source = self._configured()
        key = _fingerprint(source)
        await self._await_list(source, key, _WHOLE_LIST)
        known = await self._kept(key)
        return [] if known is None else await self._cache.search(key, "", known.companies)

    async def check(self) -> DirectoryCheck:
        """With the credentials the keyring holds now, whatever a session in use was opened with."""
        source = self._configured()
        until = asyncio.get_running_loop().time() + source.deadline
        examination = Examination(ORACLE_STEPS, lambda _step: None)
        seen = await self._line.test(source, _query(source), until=lambda: until, examination=examination)
        return DirectoryCheck(source=f"Oracle {seen['version']}, {Address.of(source)}", companies=seen["companies"])

    async def read(
        self, sql: str, binds: Mapping[str, object], *, rows: int, deadline: float
    ) -> list[list[str | int | float | None]]:
        """Up to `rows` rows of a SELECT that `oracle_dictionary` made, within `deadline` seconds."""
        until = asyncio.get_running_loop().time() + deadline
        answer = await self._line.ask(self._configured(), "read", until=until, sql=sql, binds=dict(binds), rows=rows)
        return cast(list[list[str | int | float | None]], answer)

    async def close(self) -> None:
        if self._reading is not None:
            self._reading[1].cancel()
            await asyncio.wait({self._reading[1]})
        await self._line.close()
        await self._cache.close()

    def _configured(self) -> OracleSource:
        source = self._source()
        if not source.host or not (source.service_name or source.sid):
            raise NeedsHuman(Code.DIRECTORY_NOT_CONFIGURED)
        return source

    async def _kept(self, key: str) -> KeptList | None:
        if self._known is None or self._known[0] != key:
            kept = await self._cache.known(key)
            # What was read to its end meanwhile is newer than this answer.
            if self._known is None or self._known[0] != key:
                self._known = None if kept is None else (key, kept)
        return None if self._known is None else self._known[1]

    def _is_stale(self, kept: KeptList) -> bool:
        age = self._now() - kept.read_at
        return not timedelta() <= age < timedelta(seconds=self._fresh_for)  # a clock that was put back tells nothing

    async def _await_list(self, source: OracleSource, key: str, seconds: float) -> None:
        self._begin_reading(source, key)
        assert self._reading is not None
        _, reading = self._reading
        # not cancelled with its waiter: the next letter that is typed finds it further on
        await asyncio.wait({reading}, timeout=seconds)
        if not reading.done() or reading.cancelled():
            raise Transient(Code.ORACLE_UNAVAILABLE, reason=Reason.TIMEOUT.value)
        await reading

    def _begin_reading(self, source: OracleSource, key: str) -> None:
        """Unless this source's list is being read already."""
        if self._reading is not None:
            of, task = self._reading
            if not task.done() and of == key:
                return
            task.cancel()
        task = asyncio.get_running_loop().create_task(self._read_list(source, key), name="oracle list")
        task.add_done_callback(_list_was_read)
        self._reading = (key, task)

    async def _read_list(self, source: OracleSource, key: str) -> None:
        self._not_before = asyncio.get_running_loop().time() + min(_TRY_AGAIN_AFTER, self._fresh_for)
        try:
            kept, unreadable = await self._all_pages(source, key)
        except Transient as error:
            if error.facts.get("reason") != Reason.DROPPED:
                raise
            _log.info("the list of companies broke off: once more from its beginning")
            kept, unreadable = await self._all_pages(source, key)
        self._known = (key, kept)
        _log.info("%d companies from Oracle; %d rows without a CNPJ", kept.companies, unreadable)

    async def _all_pages(self, source: OracleSource, key: str) -> tuple[KeptList, int]:
        """Into the copy, and how many rows hold no CNPJ; the deadline is each page's."""
        number = await self._cache.begin(key)
        unreadable = 0
        page = await self._page(source, None)
        while page["next"] is not None:
            # the server sends the next one while this one is written
            unreadable += page["unreadable"]
            page, _ = await asyncio.gather(
                self._page(source, page["next"]), self._cache.add(number, _listed(page["rows"]))
            )
        await self._cache.add(number, _listed(page["rows"]))
        return await self._cache.finish(number, self._now()), unreadable + page["unreadable"]

    async def _page(self, source: OracleSource, page: int | None) -> Page:
        until = asyncio.get_running_loop().time() + source.deadline
        answer = await self._line.ask(source, "list_page", until=until, query=_query(source), rows=PAGE_ROWS, page=page)
        return cast(Page, answer)


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
        "column_active": source.column_active,
        "own": source.query.strip(),
        "own_list": source.query_list.strip(),
    }


def _fingerprint(source: OracleSource) -> str:
    """Which companies a source reads, without telling anybody who finds the copy where it came from."""
    read = {name: value for name, value in asdict(source).items() if name not in _NOT_WHAT_IS_READ}
    return hashlib.sha256(repr(sorted(read.items())).encode()).hexdigest()


def _listed(rows: Sequence[Row]) -> list[Listed]:
    return [Listed(row["cnpj"], row["name"] or "", row["group"]) for row in rows]
