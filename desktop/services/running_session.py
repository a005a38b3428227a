"""One session: its engine, the state that follows from what the engine says, and what it does by itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from desktop.domain.errors import AppError, Code, OutcomeUnknown, Rejected, Transient
from desktop.domain.events import GroupChanged, MessageArrived, ReceiptReceived, SessionChanged
from desktop.domain.receipt import Receipt
from desktop.domain.session import (
    Account,
    Broken,
    Connected,
    Degraded,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    Profile,
    Session,
    SessionState,
    Starting,
    Status,
    Stopped,
    UnlinkCause,
)
from desktop.domain.settings import Settings
from desktop.ports import engine as port
from desktop.ports.clock import Clock
from desktop.ports.engine import EngineEvent, EngineFactory, EngineNews, OutgoingText
from desktop.ports.session_store import SessionRecord, SessionStore
from desktop.services.bus import Bus
from desktop.services.session_states import SENDS, UNDER_WAY, status_after
from desktop.services.session_timers import Alarm, Pulse

logger = logging.getLogger(__name__)

CANARY: Final = "Malote: conexão conferida."
PING: Final = "ping"
_HEARTBEAT_KEPT: Final = timedelta(minutes=5)
_OUTLASTS_RESTART: Final = frozenset({HumanReason.REPLACED, HumanReason.BANNED})


class RunningSession:
    """Methods that a person's click ends in take their turn; what the engine says comes between them."""

    def __init__(
        self,
        record: SessionRecord,
        *,
        engines: EngineFactory,
        store: SessionStore,
        bus: Bus,
        clock: Clock,
        settings: Callable[[], Settings],
    ) -> None:
        self._store, self._bus, self._clock, self._settings = store, bus, clock, settings
        self._kept = record
        self._store_name = record.store
        self.profile = record.profile
        self.engine = engines(record.store, self._heard)
        if record.simulated is not self.engine.simulated:
            # The owner went from the simulator to WhatsApp, or back: the number of the one is none of the other's.
            record = replace(record, account=None, has_link=False, hold=None)
        hold = record.hold if record.hold is not None and not self._is_over(record.hold) else None
        stays = hold is not None and hold.reason in _OUTLASTS_RESTART and record.profile.wanted
        self._restriction = hold if hold and hold.reason is HumanReason.RESTRICTED else None
        self.session = Session(
            name=record.profile.name,
            status=hold if hold and stays else Stopped(),
            since=clock.now(),
            account=record.account,
            simulated=self.engine.simulated,
            profile=record.profile,
            has_link=record.has_link,
            last_heartbeat=record.last_heartbeat,
            engine_build=self.engine.build,
        )
        self.changed = asyncio.Event()
        self.version = 0
        """Counts what was published of it."""
        self.changing = asyncio.Lock()
        self.keeping = asyncio.Lock()
        """Held from the making of its record until that is on disk, so that an older one never follows a newer one."""
        self.removed = False
        self._other: Account | None = None
        """The account that was linked in the place of the remembered one."""
        self._unacknowledged = 0
        self._held_back: list[EngineEvent] | None = None
        self._closing = False
        self._end_of_hold = Alarm(clock, self._go_on)
        self._canary = Pulse(clock, lambda: self._send_to_self(CANARY))
        self._tasks: set[asyncio.Task[None]] = set()

    async def resume(self) -> None:
        """Go on as the last run of the program ended: what a person stopped or another computer took stays so."""
        self.follow()
        if self.profile.wanted and self.session.state is SessionState.STOPPED:
            await self.start()

    async def start(self) -> None:
        """Connect, or show a QR where it is not linked; where a number may not send, try whether it may again."""
        async with self.turn():
            await self._start()

    async def stop(self) -> None:
        async with self.turn():
            self._describe(replace(self.profile, wanted=False))
            await self._halt()
            await self.keep()

    async def restart(self) -> None:
        async with self.turn():
            await self._halt()
            await self._begin(self.engine.start)

    async def link(self, phone: str | None, *, replacing: bool) -> None:
        """Show a QR, or a code for the phone of that number (digits). Raises Rejected(SESSION_LINKED)."""
        async with self.turn():
            if phone is None and self.session.state is SessionState.QR:
                return
            if self.session.has_link:
                if not replacing:
                    account = self.session.account
                    raise Rejected(Code.SESSION_LINKED, name=self.session.name, phone=account.phone if account else "")
                await self._unlink()
            await self._halt()
            engine = self.engine
            await self._begin(engine.start if phone is None else lambda: engine.link_by_phone(phone))

    async def logout(self) -> None:
        """Raises Transient(NOT_CONNECTED) where WhatsApp cannot be told."""
        async with self.changing:
            if not self.session.online:
                raise Transient(Code.NOT_CONNECTED, state=self.session.state.value)
            await self.engine.logout()
            self._restriction = None
            self._move(LoggedOut(UnlinkCause.HERE))
            await self.keep()

    async def accept(self) -> None:
        """The other account that was linked is the right one."""
        async with self.changing:
            if self._other is not None and self.session.online:
                self.session, self._other, self._restriction = self.session.linked(self._other), None, None
                self._settle()
                await self.keep()

    async def clear(self, *, logout: bool) -> None:
        """Stop, unlink where asked to, and begin afresh unless a person had stopped it."""
        async with self.changing:
            if logout:
                await self._unlink()
            await self._halt()
            if self.profile.wanted:
                await self._begin(self.engine.start)
            else:
                self.publish()
                await self.keep()

    async def end(self) -> None:
        """Stop for good: no link is left, on WhatsApp's side where it could be told. The caller holds `changing`."""
        await self._unlink()
        await self._halt()
        await self._written()

    async def close(self) -> None:
        """Stop at the program's end; what a person wanted stays as it was."""
        async with self.changing:
            await self._keep_or_say()
            self._closing = True
            await self._halt()
        await self._written()

    def acknowledged(self) -> None:
        """WhatsApp took a message: the line works, and the number may send."""
        self._unacknowledged, self._restriction = 0, None
        self._settle()

    def unacknowledged(self) -> None:
        """A message went out and no acknowledgement came."""
        self._unacknowledged += 1
        self._settle()

    def take_over(self, record: SessionRecord) -> None:
        """Go by what a person decided and what is kept already. The caller holds `changing` and `keeping`."""
        self._kept = record
        self._describe(record.profile)
        # What the engine told meanwhile is new only beside this record.
        self._spawn(self._keep_or_say())

    def publish(self) -> None:
        self.version += 1
        # Whoever waits for a change gets this one; the next waiter a fresh event.
        self.changed.set()
        self.changed = asyncio.Event()
        if not self.removed:
            self._bus.publish(SessionChanged(self.session))

    def record(self) -> SessionRecord:
        return SessionRecord(
            profile=self.profile,
            store=self._store_name,
            account=self.session.account,
            has_link=self.session.has_link,
            simulated=self.engine.simulated,
            hold=self._hold(),
            last_heartbeat=self.session.last_heartbeat,
        )

    async def keep(self) -> None:
        """Put down what is new; raises Transient(DATABASE_UNAVAILABLE)."""
        async with self.keeping:
            # What changes while the disk writes is new again. A removed one is not brought back.
            while not self.removed and (record := self.record()) != self._kept:
                await self._store.save([record])
                self._kept = record

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Alone with it; raises Rejected(SESSION_NOT_FOUND) where it was removed while its turn was waited for."""
        async with self.changing:
            if self.removed:
                raise Rejected(Code.SESSION_NOT_FOUND, name=self.session.name)
            yield

    @asynccontextmanager
    async def silence(self) -> AsyncIterator[None]:
        """Hear what the engine says only afterwards, so that it is told under the name the session has then."""
        self._held_back = []
        try:
            yield
        finally:
            events, self._held_back = self._held_back, None
            for event in events:
                self._heard(event)

    def follow(self) -> None:
        """Do what state and settings ask for: keep what is new, wait for an end that is known, prove the line."""
        if not self._closing and replace(self.record(), last_heartbeat=self._kept.last_heartbeat) != self._kept:
            self._spawn(self._keep_or_say())
        status = self.session.status
        self._end_of_hold.set(status.until if isinstance(status, NeedsPerson) else None)
        self._canary.set(self._settings().engine.canary_minutes if self.session.state in SENDS else 0)

    def _describe(self, profile: Profile) -> None:
        self.profile = profile
        self.session = replace(self.session, name=profile.name, profile=profile)

    async def _start(self) -> None:
        if self.session.online:
            self._restriction = None
            self._settle()
        elif self.session.state not in UNDER_WAY:
            await self._begin(self.engine.start)

    async def _begin(self, start: Callable[[], Awaitable[None]]) -> None:
        self._describe(replace(self.profile, wanted=True))
        await self.keep()
        self._move(Starting())
        try:
            await start()
        except AppError as error:
            logger.warning("session %s could not start: %s", self.session.name, error)
            self._move(Broken(str(error)))

    async def _halt(self) -> None:
        if self.session.state is not SessionState.STOPPED:
            self._move(Stopped())
            await self.engine.stop()

    async def _unlink(self) -> None:
        """End the link here, and on WhatsApp's side where it can be told."""
        self._restriction = None
        if self.session.online:
            try:
                await self.engine.logout()
                self._move(LoggedOut(UnlinkCause.HERE))
                return
            except AppError as error:
                logger.warning("session %s: WhatsApp could not be told of the end: %s", self.session.name, error)
        await self._halt()
        await self.engine.forget()
        self.session = replace(self.session, account=None, has_link=False)

    def _heard(self, event: EngineEvent) -> None:
        name = self.session.name
        if self._held_back is not None:
            self._held_back.append(event)
        elif self.removed:
            logger.debug("session %s is gone: %s is too late", name, type(event).__name__)
        elif isinstance(event, Receipt):
            self._bus.publish(ReceiptReceived(name, event))
        elif isinstance(event, port.MessageReceived):
            message = replace(event.message, session=name)
            self._bus.publish(MessageArrived(message, event.backlog, event.history))
        elif isinstance(event, port.GroupChanged):
            self._bus.publish(GroupChanged(name, event.jid))
        elif self.session.state is SessionState.STOPPED:
            logger.debug("session %s is stopped: %s is too late", name, type(event).__name__)
        elif isinstance(event, port.Heartbeat):
            self._beat(event.at)
        else:
            self._learn(event)

    def _beat(self, at: datetime) -> None:
        self.session = replace(self.session, last_heartbeat=at)
        kept = self._kept.last_heartbeat
        if kept is None or at - kept >= _HEARTBEAT_KEPT:
            self._spawn(self._keep_or_say())

    def _learn(self, event: EngineNews) -> None:
        if isinstance(event, port.Restricted):
            self._restriction = NeedsPerson(HumanReason.RESTRICTED, until=event.until)
            self._settle()
        elif isinstance(event, port.WentOnline):
            self._arrive(event.account)
        else:
            self._move(status_after(event, self._clock.now()))

    def _arrive(self, account: Account) -> None:
        known = self.session.account
        self._other = account if known is not None and known.phone != account.phone else None
        fresh = not self.session.online
        if fresh:
            # Evidence about the line before says nothing about this one.
            self._unacknowledged = 0
        elif self._restriction is not None:
            # The same line as before, told anew: the restriction was lifted.
            self._restriction = None
        self.session = self.session.linked(account) if self._other is None else replace(self.session, has_link=True)
        self._move(self._online_status())
        if fresh and self._settings().engine.ping_on_connect and self.session.state in SENDS:
            self._spawn(self._send_to_self(PING))

    def _settle(self) -> None:
        if self.session.online and (status := self._online_status()) != self.session.status:
            self._move(status)

    def _online_status(self) -> Status:
        if self._other is not None:
            return NeedsPerson(HumanReason.OTHER_ACCOUNT, detail=self._other.phone)
        if self._restriction is not None and not self._is_over(self._restriction):
            return self._restriction
        if self._unacknowledged >= self._settings().engine.degraded_after:
            return Degraded(self._unacknowledged)
        return Connected()

    def _move(self, status: Status) -> None:
        self.session = replace(self.session.moved(status, self._clock.now()), engine_build=self.engine.build)
        self.follow()
        self.publish()

    def _hold(self) -> NeedsPerson | None:
        match self.session.status:
            case NeedsPerson(reason=HumanReason.REPLACED | HumanReason.BANNED) as status:
                return status
            case _:
                return self._restriction

    def _is_over(self, hold: NeedsPerson) -> bool:
        return hold.until is not None and hold.until <= self._clock.now()

    async def _keep_or_say(self) -> None:
        try:
            await self.keep()
        except AppError as error:
            logger.error("session %s: what is new about it could not be kept: %s", self.session.name, error)

    async def _go_on(self, at: datetime) -> None:
        async with self.changing:
            status = self.session.status
            if isinstance(status, NeedsPerson) and status.until == at:
                await self._start()

    async def _send_to_self(self, text: str) -> None:
        assert self.session.account is not None
        own = f"{self.session.account.phone}@s.whatsapp.net"
        try:
            async with asyncio.timeout(self._settings().engine.ack_deadline):
                await self.engine.send(own, OutgoingText(text), on_id=lambda _: None)
        except (OutcomeUnknown, TimeoutError):
            self.unacknowledged()
        except AppError as error:
            # Nothing went out, so it says nothing about acknowledgements.
            logger.info("session %s: its own message could not be sent: %s", self.session.name, error)
        else:
            self.acknowledged()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _written(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)
