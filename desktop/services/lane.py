"""One session's way out: one send at a time, at a human pace."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.pacing import DAY, next_slot
from desktop.domain.send import Priority, Send, SendKind
from desktop.domain.settings import Settings
from desktop.ports.clock import Clock
from desktop.ports.engine import Engine
from desktop.ports.outbox import Outbox
from desktop.services.delivery import PAUSE, Delivery
from desktop.services.loading import Errand, Headstart, Loading
from desktop.services.sessions import Sessions

logger = logging.getLogger(__name__)

# Seconds for which a prepared send need not be looked up and read again.
_STAYS_FRESH = 30.0
# These pause a session: what nobody waits for stays queued until it is back.
_PAUSING = frozenset({Code.NOT_PAIRED, Code.NOT_CONNECTED, Code.NEEDS_HUMAN, Code.ENGINE_BROKEN})
# Longer than any retry is put off.
_ALL_THAT_WAITS = timedelta(days=7)


class Lane:
    """Begins to work as soon as it is made.

    A lane that rests also begins to look up a send that is still on its way to the disk: `foresee`.

    It reads the queue only where something in it may be due: a fresh send that somebody waits for is handed to a lane
    that rests, and the disk is not asked for what is known. That is safe, because Outbox.begin takes only what is still
    queued.
    """

    def __init__(
        self,
        session: str,
        *,
        outbox: Outbox,
        sessions: Sessions,
        loading: Loading,
        delivery: Delivery,
        clock: Clock,
        settings: Callable[[], Settings],
    ) -> None:
        self._session = session
        self._outbox = outbox
        self._sessions = sessions
        self._loading = loading
        self._delivery = delivery
        self._clock = clock
        self._settings = settings
        self._turn = asyncio.Event()
        """Set where there is something to look at."""
        self._unread = True
        """True where the queue on disk may hold something that is due."""
        self._offered: Send | None = None
        self._headstart: Headstart | None = None
        self._due: datetime | None = None
        """When the queue has to be read again even if nobody says anything."""
        self._starts: list[datetime] | None = None
        """When sends of the last 24 hours were begun, oldest first; None until it was read."""
        self._resting = False
        self._closing = False
        self._ending = False
        self.busy = False
        """True while an engine has, or is about to have, a message in its hands."""
        self.task = asyncio.create_task(self._work(), name=f"lane {session}")

    def offer(self, send: Send) -> None:
        """Tell of a send that is queued on disk."""
        fresh = send.attempts == 0 and send.not_before is None and send.priority is Priority.WAITED_FOR
        if fresh and self._resting and self._offered is None:
            self._offered = send
            self._turn.set()
        else:
            self.wake()

    def foresee(self, send: Send) -> None:
        """Tell of a send that is being put on disk now; `offer` or `forget` follows."""
        # A file comes to the disk together with its send: there is nothing to be read before that.
        if self._resting and self._offered is None and send.kind is SendKind.REPORT:
            self._let_go()
            self._headstart = Headstart(send, self._loading)

    def forget(self, send: Send) -> None:
        """It is not queued after all."""
        if self._headstart is not None and self._headstart.send is send:
            self._let_go()

    def wake(self) -> None:
        """The session or the queue changed."""
        self._unread = True
        self._turn.set()

    def close(self) -> None:
        """Begin nothing more; what an engine has goes on."""
        self._closing = True
        if not self.busy:
            self.task.cancel()

    def end(self) -> None:
        """The session is gone: let what still waits for it fail, then stop."""
        self._ending = True
        self.wake()

    async def _work(self) -> None:
        try:
            while not self._closing and await self._safe_round():
                continue
        finally:
            self._let_go()

    async def _safe_round(self) -> bool:
        try:
            return await self._round()
        except AppError as error:
            # The outbox itself failed (a full disk): nothing can be recorded, so nothing is begun.
            logger.error("session %s: the outbox cannot be used: %s", self._session, error)
        except Exception:
            # Nobody foresaw it; the lane goes on, or one bug would silence a session for good.
            logger.exception("session %s: its lane stumbled", self._session)
        await self._pause()
        return True

    async def _pause(self) -> None:
        self._unread = True
        await self._clock.sleep(PAUSE)

    async def _round(self) -> bool:
        """Carry one send, or rest; False where nothing is left to do ever."""
        offered, self._offered = self._offered, None
        if offered is not None:
            await self._carry(offered)
            await self._let_answer()
            return True
        if self._unread:
            self._unread = False
            self._turn.clear()
            now = self._clock.now()
            send = await self._outbox.next_queued(self._session, now + _ALL_THAT_WAITS if self._ending else now)
            if send is not None and await self._carry(send):
                self._unread = True
                await self._let_answer()
                return True
            if self._ending:
                return False
            # As of that same moment: what became due since then would be in neither answer.
            self._due = await self._outbox.next_due(self._session, now)
        await self._rest()
        return True

    async def _let_answer(self) -> None:
        """One turn of the loop: whoever waited for the send has their answer before this lane reads the disk again."""
        await asyncio.sleep(0)

    async def _rest(self) -> None:
        """Wait for a new send, a change of the session, or the time of the next retry."""
        if self._unread:
            return
        self._resting = True
        try:
            async with asyncio.timeout(_seconds_until(self._due, self._clock.now())):
                await self._turn.wait()
        except TimeoutError:
            logger.debug("session %s: a send is due", self._session)
            self._unread = True
        finally:
            self._resting = False
            self._turn.clear()

    async def _carry(self, send: Send) -> bool:
        """Take one queued send as far as it goes; False where it has to stay queued until something changes."""
        if send.start_by <= self._clock.now():
            self._let_go()
            await self._delivery.expire(send)
            return True
        headstart = self._headstart if self._headstart is not None and self._headstart.send == send else None
        errand = headstart.errand if headstart is not None else Errand(send)
        try:
            self._sessions.require_link(self._session)
            await (self._loading.gather(errand) if headstart is None else headstart.gathered())
            engine = await self._connected(send)
            await self._loading.address(errand, engine)
            if not await self._pace(send) or send.start_by <= self._clock.now():
                # Looked at afresh; its time may be over by now, which a computer that slept notices only here.
                self._unread = True
                return True
        except AppError as error:
            if await self._stays(errand.send, error):
                return False
            await self._delivery.fail(errand.send, error)
            return True
        except Exception:
            logger.exception("send %s could not be prepared", send.id)
            await self._delivery.fail(errand.send, AppError(Code.INTERNAL))
            return True
        finally:
            self._let_go()
        await self._hand_over(errand, engine)
        return True

    def _let_go(self) -> None:
        headstart, self._headstart = self._headstart, None
        if headstart is not None:
            headstart.let_go()

    async def _stays(self, send: Send, error: AppError) -> bool:
        """Whether a send that could not be prepared stays in the queue as it is."""
        if self._ending:
            # A session that was renamed has taken its sends along.
            kept = await self._outbox.get(send.id)
            return kept is not None and kept.session != self._session
        pausing = isinstance(error, NeedsHuman | Transient) and error.code in _PAUSING
        return pausing and send.priority is not Priority.WAITED_FOR

    async def _connected(self, send: Send) -> Engine:
        seconds = self._settings().engine.connect_wait if send.priority is Priority.WAITED_FOR else 0.0
        return await self._sessions.wait_connected(self._session, seconds)

    async def _pace(self, send: Send) -> bool:
        """Wait for the session's next slot; False where the send was changed or overtaken meanwhile."""
        now = self._clock.now()
        slot = next_slot(self._settings().pace, await self._recent(now), now=now, jitter=self._clock.chance())
        if slot.capped and slot.at > send.start_by:
            raise Transient(Code.CAP_REACHED, until=slot.at.isoformat())
        wait = (min(slot.at, send.start_by) - now).total_seconds()
        if wait <= 0:
            return True
        try:
            async with asyncio.timeout(wait):
                await self._turn.wait()
        except TimeoutError:
            return slot.at <= send.start_by and wait <= _STAYS_FRESH
        # A more urgent send came, or the connection changed: look afresh.
        return False

    async def _recent(self, now: datetime) -> list[datetime]:
        since = now - DAY
        if self._starts is None:
            self._starts = await self._outbox.recent_starts(self._session, since)
        while self._starts and self._starts[0] < since:
            del self._starts[0]
        return self._starts

    async def _hand_over(self, errand: Errand, engine: Engine) -> None:
        # Busy from before the commit: a shutdown between the two would leave a send that looks interrupted.
        self.busy = True
        try:
            begun = await self._delivery.hand_over(errand, engine)
        finally:
            self.busy = False
        if begun is not None and begun.sending_at is not None and self._starts is not None:
            self._starts.append(begun.sending_at)


def _seconds_until(due: datetime | None, now: datetime) -> float | None:
    return None if due is None else max(0.0, (due - now).total_seconds())
