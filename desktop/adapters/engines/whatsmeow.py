"""The embedded engine: WhatsApp through whatsmeow, in a worker process that is begun anew as often as it takes."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from desktop.adapters.engines.session_store import SessionStore
from desktop.adapters.engines.whatsmeow_ends import Damaged, Died, End, Lost, Over, offline_cause
from desktop.adapters.engines.whatsmeow_library import engine_build
from desktop.adapters.engines.whatsmeow_life import Life, Limits
from desktop.adapters.engines.whatsmeow_restriction import Restriction
from desktop.adapters.worker import OnEvent, Worker, WorkerDied
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.message import Media
from desktop.domain.session import OfflineCause, UnlinkCause
from desktop.ports.clock import Clock
from desktop.ports.engine import (
    EngineEvent,
    Failed,
    GoAhead,
    GroupInfo,
    OnId,
    Outgoing,
    OutgoingDocument,
    OutgoingImage,
    OutgoingText,
    PairingCodeShown,
    QrShown,
    Restarting,
    SentMessage,
    Unlinked,
    WentOffline,
    WentOnline,
    at_once,
)

_LARGEST_FILE: Final = 60 * 1024 * 1024
"""What fits through the pipe to the worker."""
_DOWNLOADS_AT_ONCE: Final = 2
"""Each keeps one of the worker's few threads busy, which a send must not have to wait for."""

_log = logging.getLogger(__name__)


class WhatsmeowEngine:
    """Implements ports.Engine. `command` starts the worker, `env` is its whole environment (None: the program's own).

    `store_dir` may be shared with other sessions.
    """

    simulated = False

    def __init__(
        self,
        name: str,
        on_event: Callable[[EngineEvent], None],
        *,
        command: Sequence[str],
        store_dir: Path,
        clock: Clock,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._name = name
        self._on_event = on_event
        self._command = tuple(command)
        self._env = env
        self._clock = clock
        self._limits = limits or Limits()
        self._store = SessionStore(store_dir, name)
        self._changing = asyncio.Lock()
        self._downloading = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)
        self._task: asyncio.Task[None] | None = None
        """None: stopped, and nothing more may be told."""
        self._life: Life | None = None
        self._phone = ""
        """Digits of the phone that is to link the session by letters; empty: by codes."""
        self._offline_told: OfflineCause | None = None
        self._restriction = Restriction(clock)
        self._failed_lives = 0
        self._deaths: deque[float] = deque()

    @property
    def build(self) -> date | None:
        return engine_build()

    async def start(self) -> None:
        async with self._changing:
            if self._task is None:
                self._begin("")

    async def link_by_phone(self, phone: str) -> None:
        async with self._changing:
            if self._life is None or not self._life.online:
                # Whatever it shows or waits for: the person wants these letters now.
                await self._halt()
                self._begin(phone)

    async def stop(self) -> None:
        async with self._changing:
            await self._halt()

    async def logout(self) -> None:
        async with self._changing:
            await self._linked().log_out()
            await self._halt()
            self._forget()

    async def forget(self) -> None:
        async with self._changing:
            await self._halt()
            self._forget()

    async def send(self, jid: str, content: Outgoing, *, on_id: OnId, go_ahead: GoAhead = at_once) -> SentMessage:
        life = self._linked()
        _require_sendable(content)
        match content:
            case OutgoingText(text):
                return await life.send("send_text", on_id, go_ahead, jid=jid, text=text)
            case OutgoingImage():
                return await life.send(
                    "send_image",
                    on_id,
                    go_ahead,
                    jid=jid,
                    content=content.content,
                    mimetype=content.format.value,
                    width=content.width,
                    height=content.height,
                    caption=content.caption,
                )
            case OutgoingDocument():
                return await life.send(
                    "send_document",
                    on_id,
                    go_ahead,
                    jid=jid,
                    content=content.content,
                    mimetype=content.mimetype,
                    filename=content.filename,
                    caption=content.caption,
                )

    async def find_account(self, phone: str) -> str | None:
        found: str | None = await self._linked().ask("find_account", phone=phone)
        return found

    async def download(self, media: Media, *, max_bytes: int) -> bytes:
        limit = min(max_bytes, _LARGEST_FILE)
        if media.size > limit:
            raise Rejected(Code.MEDIA_TOO_LARGE, size=media.size, limit=limit)
        if not media.ticket:
            raise Rejected(Code.MEDIA_GONE, reason="no_ticket")
        async with self._downloading:
            content: bytes = await self._linked().ask(
                "download", within=self._limits.download, ticket=media.ticket, max_bytes=limit
            )
        return content

    async def groups(self) -> list[GroupInfo]:
        return [_group(group) for group in await self._linked().ask("groups")]

    async def group(self, jid: str) -> GroupInfo:
        return _group(await self._linked().ask("group", jid=jid))

    def _begin(self, phone: str) -> None:
        self._phone = phone
        self._offline_told = None
        self._failed_lives = 0
        self._deaths.clear()
        self._task = asyncio.create_task(self._live_on(), name=f"whatsmeow {self._name}")
        self._task.add_done_callback(self._finished)

    def _forget(self) -> None:
        self._restriction.forget()
        self._store.forget()

    def _linked(self) -> Life:
        if self._life is None:
            raise Transient(Code.NOT_CONNECTED)
        return self._life

    async def _halt(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _live_on(self) -> None:
        while True:
            last = await self._after(await self._live())
            if last is not None:
                # Told last of all: whoever is told may start the engine again at once.
                self._task = None
                self._on_event(last)
                return

    async def _live(self) -> End:
        try:
            self._store.prepare()
        except OSError as exc:
            return Over(Failed(str(exc)))
        self._life = Life(
            self._make,
            store=self._store,
            clock=self._clock,
            limits=self._limits,
            tell=self._tell,
            phone=self._phone,
            restriction=self._restriction,
        )
        try:
            return await self._life.run()
        finally:
            self._life = None

    def _make(self, on_event: OnEvent) -> Worker:
        return Worker(self._command, name=f"whatsmeow-{self._name}", env=self._env, on_event=on_event)

    async def _after(self, end: End) -> EngineEvent | None:
        """The event by which the engine stops; None when it is time for the next life."""
        match end:
            case Over(event, forget):
                if forget:
                    self._forget()
                return event
            case Damaged(detail):
                aside = self._store.set_aside()
                _log.error("session %s: its link is damaged and was put into %s: %s", self._name, aside, detail)
                return Unlinked(detail, UnlinkCause.DAMAGED)
            case Lost(detail, slow):
                self._tell(WentOffline(detail, offline_cause(detail)))
                self._failed_lives += 1
                policy = self._limits.offline_retry
                delay = policy.delay(self._failed_lives, broken=slow, roll=self._clock.chance())
            case Died(error):
                _log.warning("session %s: %s", self._name, _obituary(error))
                policy = self._limits.restart
                deaths = self._count_death(policy.window)
                if deaths >= policy.broken_after:
                    return Failed(str(error))
                self._offline_told = OfflineCause.RESTARTING
                self._on_event(Restarting(str(error)))
                delay = policy.delay(deaths, broken=False, roll=self._clock.chance())
        await self._clock.sleep(delay)
        return None

    def _count_death(self, window: float) -> int:
        now = asyncio.get_running_loop().time()
        self._deaths.append(now)
        while now - self._deaths[0] > window:
            self._deaths.popleft()
        return len(self._deaths)

    def _tell(self, event: EngineEvent) -> None:
        if self._task is None:
            return
        match event:
            case WentOffline(_, cause) if self._offline_told is cause:
                return
            case WentOffline(_, cause):
                self._offline_told = cause
            case WentOnline():
                self._offline_told = None
                self._failed_lives = 0
            case QrShown() | PairingCodeShown():
                self._offline_told = None
            case _:
                pass
        self._on_event(event)

    def _finished(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("session %s: the engine itself failed", self._name, exc_info=error)
            if self._task in (task, None):
                self._task = None
                self._on_event(Failed(str(error)))


def _group(facts: Any) -> GroupInfo:
    return GroupInfo(**facts)


def _require_sendable(content: Outgoing) -> None:
    data = content.text if isinstance(content, OutgoingText) else content.content
    if not data:
        raise Rejected(Code.CONTENT_INVALID, reason="empty")
    if len(data) > _LARGEST_FILE:
        raise Rejected(Code.CONTENT_INVALID, reason="too_large", size=len(data), limit=_LARGEST_FILE)


def _obituary(error: Exception) -> str:
    last = error.last_stderr if isinstance(error, WorkerDied) else ()
    return "\n".join((str(error), *last))
