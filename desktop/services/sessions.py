"""The WhatsApp sessions: what their engines say becomes one state each."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import assert_never
from uuid import UUID

from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient
from desktop.domain.events import GroupChanged, MessageArrived, ReceiptReceived, SessionChanged
from desktop.domain.group import GroupInfo
from desktop.domain.receipt import Receipt
from desktop.domain.session import (
    DEFAULT_SESSION,
    Broken,
    Connected,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    OfflineCause,
    PairingCode,
    Profile,
    Qr,
    Session,
    SessionState,
    Starting,
    Status,
    Stopped,
    UnlinkCause,
)
from desktop.ports import engine as port
from desktop.ports.clock import Clock
from desktop.ports.engine import Engine, EngineEvent, EngineFactory, EngineNews
from desktop.ports.session_store import SessionRecord, SessionStore
from desktop.services.bus import Bus

logger = logging.getLogger(__name__)

_MAY_CONNECT_BY_ITSELF = frozenset({SessionState.STARTING, SessionState.DISCONNECTED})


class _Running:
    """One session's engine and its place in the line of events."""

    def __init__(self, session: Session, engine: Engine, record: SessionRecord) -> None:
        self.record = record
        self.session = session
        self.engine = engine
        self.changed = asyncio.Event()
        self.wanted = True
        """False once a person stopped it, until they start it again."""


class Sessions:
    """Public methods raise Rejected(SESSION_NOT_FOUND) for a name that is not there."""

    def __init__(
        self,
        *,
        engines: EngineFactory,
        store: SessionStore,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._engines = engines
        self._store = store
        self._bus = bus
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._saving: set[asyncio.Task[None]] = set()

    async def restore(self) -> None:
        """Bring back the sessions of the last run; on the first run, the default one.

        A session that a person stopped stays stopped.
        """
        records = await self._store.all() or [self._first()]
        for record in records:
            name = record.profile.name
            engine = self._engines(record.store, partial(self._engine_said, name))
            session = Session(
                name=name,
                status=Stopped(),
                since=self._clock.now(),
                account=record.account,
                simulated=engine.simulated,
                profile=record.profile,
            )
            running = self._running[name] = _Running(session, engine, record)
            running.wanted = record.profile.wanted
            if running.wanted:
                await self.start(name)

    def _first(self) -> SessionRecord:
        session_id = UUID(bytes=self._clock.entropy(16), version=4)
        profile = Profile(id=session_id, name=DEFAULT_SESSION, created_at=self._clock.now(), default=True)
        return SessionRecord(profile=profile, store=DEFAULT_SESSION)

    def all(self) -> list[Session]:
        return [running.session for running in self._running.values()]

    def get(self, name: str) -> Session:
        return self._find(name).session

    def engine(self, name: str) -> Engine:
        """The session's engine if it can take a send now.

        Raises what `require_link` raises, or Transient(NOT_CONNECTED) where it is not connected.
        """
        running = self._find(name)
        self.require_link(name)
        if running.session.state is not SessionState.CONNECTED:
            raise Transient(Code.NOT_CONNECTED, state=running.session.state.value)
        return running.engine

    def require_link(self, name: str) -> None:
        """Raise NeedsHuman (NOT_PAIRED, NEEDS_HUMAN or ENGINE_BROKEN) where only a person can connect the session."""
        status = self._find(name).session.status
        match status:
            case Qr() | LoggedOut() | NeedsPerson(reason=HumanReason.QR_EXPIRED | HumanReason.PAIRING_REFUSED):
                raise NeedsHuman(Code.NOT_PAIRED, state=status.state.value)
            case NeedsPerson():
                until = status.until.isoformat() if status.until else None
                raise NeedsHuman(Code.NEEDS_HUMAN, reason=status.reason.value, until=until)
            case Broken():
                raise NeedsHuman(Code.ENGINE_BROKEN, detail=status.detail)
            case Stopped():
                raise NeedsHuman(Code.NOT_CONNECTED, state=status.state.value)
            case _:
                return

    async def wait_connected(self, name: str, seconds: float) -> Engine:
        """Wait for a session that connects by itself; returns its engine.

        Raises what `engine` raises: at once where a person is needed, else after so many seconds.
        """
        running = self._find(name)
        try:
            async with asyncio.timeout(seconds):
                while running.session.state in _MAY_CONNECT_BY_ITSELF:
                    await self.wait_changed(name)
        except TimeoutError:
            logger.info("session %s did not connect within %.0f s", name, seconds)
        return self.engine(name)

    async def wait_changed(self, name: str) -> None:
        """Return at the session's next change of state."""
        await self._find(name).changed.wait()

    async def start(self, name: str) -> None:
        """Connect, or show a QR where it is not linked. Starting what runs changes nothing."""
        running = self._find(name)
        if running.session.state in _MAY_CONNECT_BY_ITSELF | {SessionState.CONNECTED, SessionState.QR}:
            return
        self._move(running, Starting())
        running.wanted = True
        await self._keep(running)
        try:
            await running.engine.start()
        except AppError as error:
            logger.warning("session %s could not start: %s", name, error)
            self._move(running, Broken(str(error)))

    async def stop(self, name: str) -> None:
        """Disconnect and keep the link; it stays stopped over restarts."""
        running = self._find(name)
        running.wanted = False
        await self._halt(running)
        await self._keep(running)

    async def logout(self, name: str) -> None:
        """Remove the link on WhatsApp's side and here."""
        running = self._find(name)
        if running.session.state is not SessionState.CONNECTED:
            raise Transient(Code.NOT_CONNECTED, state=running.session.state.value)
        await running.engine.logout()
        self._move(running, LoggedOut(UnlinkCause.HERE))
        await self._keep(running)

    async def group(self, name: str, jid: str) -> GroupInfo:
        """A group as the session's number sees it now; raises what `engine` and Engine.group raise."""
        return await self.engine(name).group(jid)

    async def close(self) -> None:
        """Stop every engine at the program's end; what a person wanted stays as it was."""
        await asyncio.gather(*(self._halt(running) for running in self._running.values()))
        if self._saving:
            await asyncio.wait(self._saving)

    async def _halt(self, running: _Running) -> None:
        if running.session.state is not SessionState.STOPPED:
            self._move(running, Stopped())
            await running.engine.stop()

    def _find(self, name: str) -> _Running:
        running = self._running.get(name)
        if running is None:
            raise Rejected(Code.SESSION_NOT_FOUND, name=name)
        return running

    def _engine_said(self, name: str, event: EngineEvent) -> None:
        running = self._running[name]
        if isinstance(event, Receipt):
            self._bus.publish(ReceiptReceived(name, event))
            return
        if isinstance(event, port.MessageReceived):
            self._bus.publish(MessageArrived(event.message, event.backlog))
            return
        if isinstance(event, port.GroupChanged):
            self._bus.publish(GroupChanged(name, event.jid))
            return
        if isinstance(event, port.Heartbeat):
            running.session = replace(running.session, last_heartbeat=event.at)
            return
        if running.session.state is SessionState.STOPPED:
            logger.debug("session %s is stopped: %s is too late", name, type(event).__name__)
            return
        if isinstance(event, port.WentOnline):
            running.session = running.session.linked(event.account)
        self._move(running, self._status_after(event))
        if isinstance(event, port.WentOnline | port.Unlinked):
            task = asyncio.get_running_loop().create_task(self._keep(running))
            self._saving.add(task)
            task.add_done_callback(self._saving.discard)

    def _status_after(self, event: EngineNews) -> Status:
        match event:
            case port.QrShown():
                return Qr(event.text, self._clock.now() + timedelta(seconds=event.valid_for))
            case port.QrExpired():
                return NeedsPerson(HumanReason.QR_EXPIRED)
            case port.PairingCodeShown():
                expires_at = self._clock.now() + timedelta(seconds=event.valid_for)
                return PairingCode(event.code, event.phone, expires_at)
            case port.PairingCodeExpired():
                return NeedsPerson(HumanReason.PAIRING_CODE_EXPIRED)
            case port.Restricted():
                return NeedsPerson(HumanReason.RESTRICTED, until=event.until)
            case port.PairingRefused():
                return NeedsPerson(HumanReason.PAIRING_REFUSED, detail=event.detail)
            case port.PasskeyAsked():
                return NeedsPerson(HumanReason.PASSKEY)
            case port.ClientOutdated():
                return NeedsPerson(HumanReason.CLIENT_OUTDATED, detail=event.build)
            case port.Banned():
                return NeedsPerson(HumanReason.BANNED, until=event.until, detail=event.detail)
            case port.Replaced():
                return NeedsPerson(HumanReason.REPLACED)
            case port.WentOnline():
                return Connected()
            case port.WentOffline():
                return Disconnected(event.detail, event.cause)
            case port.Restarting():
                return Disconnected(event.detail, OfflineCause.RESTARTING)
            case port.Unlinked():
                return LoggedOut(event.cause)
            case port.Failed():
                return Broken(event.detail)
            case _:
                assert_never(event)

    def _move(self, running: _Running, status: Status) -> None:
        moved = running.session.moved(status, self._clock.now())
        running.session = moved
        # Whoever waits for a change gets this one; the next waiter a fresh event.
        running.changed.set()
        running.changed = asyncio.Event()
        self._bus.publish(SessionChanged(moved))

    async def _keep(self, running: _Running) -> None:
        profile = replace(running.record.profile, wanted=running.wanted)
        running.record = replace(running.record, profile=profile, account=running.session.account)
        await self._store.save([running.record])
