"""Works the outbox off: one send at a time per session, at a human pace."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from desktop.domain.errors import AppError, Code, NeedsHuman, OutcomeUnknown, Transient
from desktop.domain.events import Event, SendChanged, SessionChanged
from desktop.domain.pacing import DAY, next_slot
from desktop.domain.retry import Verdict, decide
from desktop.domain.send import Priority, Send, SendState
from desktop.domain.settings import Settings
from desktop.ports.clock import Clock
from desktop.ports.engine import Engine, OutgoingImage
from desktop.ports.outbox import Duplicate, Outbox
from desktop.services.bus import Bus
from desktop.services.preparing import Prepared, Preparing
from desktop.services.sessions import Sessions

logger = logging.getLogger(__name__)

_PAUSE = 1.0
_STATE_AFTER = {
    Verdict.RETRY: SendState.QUEUED,
    Verdict.RECONCILE: SendState.UNKNOWN,
    Verdict.FAIL: SendState.FAILED,
}
# Seconds for which a prepared send need not be looked up and read again.
_STAYS_FRESH = 30.0
# These pause a session: what nobody waits for stays queued until it is back.
_PAUSING = frozenset({Code.NOT_PAIRED, Code.NOT_CONNECTED, Code.NEEDS_HUMAN, Code.ENGINE_BROKEN})


class Pipeline:
    def __init__(
        self,
        *,
        outbox: Outbox,
        sessions: Sessions,
        preparing: Preparing,
        bus: Bus,
        clock: Clock,
        settings: Callable[[], Settings],
    ) -> None:
        self._outbox = outbox
        self._sessions = sessions
        self._preparing = preparing
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._busy: dict[str, asyncio.Event] = {}
        self._closing = False

    async def recover(self) -> list[Send]:
        """At start-up, before `start`: say of every send that was under way that its outcome is unknown."""
        changed = await self._outbox.recover(self._clock.now())
        for send in changed:
            logger.warning("send %s was interrupted: now %s", send.id, send.state)
            self._bus.publish(SendChanged(send))
        return changed

    def start(self) -> None:
        """Begin to work off the outbox of every session there is."""
        self._bus.subscribe(self._wake)
        for session in self._sessions.all():
            self._wakes[session.name] = asyncio.Event()
            self._busy[session.name] = asyncio.Event()
            self._lanes[session.name] = asyncio.create_task(self._work(session.name), name=f"lane {session.name}")

    async def close(self, grace: float) -> None:
        """Let what is under way finish for so many seconds, then stop; what is left stays on disk as it is."""
        self._closing = True
        for name, lane in self._lanes.items():
            if not self._busy[name].is_set():
                lane.cancel()
        if self._lanes:
            _, late = await asyncio.wait(self._lanes.values(), timeout=grace)
            for lane in late:
                lane.cancel()
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            self._lanes.clear()

    @property
    def sending(self) -> bool:
        """True while an engine has a message in its hands."""
        return any(busy.is_set() for busy in self._busy.values())

    def _wake(self, event: Event) -> None:
        if isinstance(event, SendChanged) and event.send.state is SendState.QUEUED:
            name = event.send.session
        elif isinstance(event, SessionChanged):
            name = event.session.name
        else:
            return
        self._wakes[name].set()

    async def _work(self, session: str) -> None:
        wake = self._wakes[session]
        while not self._closing:
            wake.clear()
            try:
                send = await self._outbox.next_queued(session, self._clock.now())
                if send is None or not await self._carry(send):
                    await self._rest(session, wake)
            except AppError as error:
                # The outbox itself failed (a full disk): nothing can be recorded, so nothing is begun.
                logger.error("session %s: the outbox cannot be used: %s", session, error)
                await self._clock.sleep(_PAUSE)
            except Exception:
                # Nobody foresaw it; the lane goes on, or one bug would silence a session for good.
                logger.exception("session %s: its lane stumbled", session)
                await self._clock.sleep(_PAUSE)

    async def _rest(self, session: str, wake: asyncio.Event) -> None:
        """Wait for a new send, a change of the session, or the time of the next retry."""
        due = await self._outbox.next_due(session, self._clock.now())
        try:
            async with asyncio.timeout(_seconds_until(due, self._clock.now())):
                await wake.wait()
        except TimeoutError:
            logger.debug("session %s: a send is due", session)

    async def _carry(self, send: Send) -> bool:
        """Take one queued send as far as it goes; False where it has to stay queued until something changes."""
        now = self._clock.now()
        if send.start_by <= now:
            expired = send.moved(SendState.EXPIRED, now, error=Code.TIMED_OUT, idempotency_key=None)
            await self._save(expired, send.state)
            return True
        waited_for = send.priority is Priority.WAITED_FOR
        try:
            self._sessions.require_link(send.session)
            assert send.cnpj is not None
            company = await self._preparing.company(send.cnpj)
            # Kept from here on, so that the history names the company of a send that fails, too.
            send = replace(send, company_name=company.name)
            prepared = await self._preparing.gather(
                company, send.day, path=send.path, url=send.url, caption=send.caption
            )
            engine = await self._connected(send)
            if not await self._pace(send):
                return True
        except (NeedsHuman, Transient) as error:
            if not waited_for and error.code in _PAUSING:
                return False
            await self._failed_before(send, error)
            return True
        except AppError as error:
            await self._failed_before(send, error)
            return True
        except Exception:
            logger.exception("send %s could not be prepared", send.id)
            await self._failed_before(send, AppError(Code.INTERNAL))
            return True
        await self._hand_over(send, prepared, engine)
        return True

    async def _connected(self, send: Send) -> Engine:
        seconds = self._settings().engine.connect_wait if send.priority is Priority.WAITED_FOR else 0.0
        return await self._sessions.wait_connected(send.session, seconds)

    async def _pace(self, send: Send) -> bool:
        """Wait for the session's next slot; False where the send was changed or overtaken meanwhile."""
        now = self._clock.now()
        recent = await self._outbox.recent_starts(send.session, now - DAY)
        slot = next_slot(self._settings().pace, recent, now=now, jitter=self._clock.chance())
        if slot.capped and slot.at > send.start_by:
            raise Transient(Code.CAP_REACHED, until=slot.at.isoformat())
        wait = (min(slot.at, send.start_by) - now).total_seconds()
        if wait <= 0:
            return True
        wake = self._wakes[send.session]
        try:
            async with asyncio.timeout(wait):
                await wake.wait()
        except TimeoutError:
            return slot.at <= send.start_by and wait <= _STAYS_FRESH
        # A more urgent send came, or the connection changed: look afresh.
        return False

    async def _hand_over(self, send: Send, prepared: Prepared, engine: Engine) -> None:
        report = prepared.report
        ready = replace(
            send,
            recipient=prepared.recipient.jid,
            caption=prepared.caption,
            report_sha256=report.sha256,
            report_source=report.source,
            simulated=engine.simulated,
            attempts=send.attempts + 1,
        )
        image = OutgoingImage(
            content=report.content,
            format=report.format,
            width=report.width,
            height=report.height,
            caption=prepared.caption,
        )
        # Busy from before the commit: a shutdown between the two would leave a send that looks interrupted.
        self._busy[send.session].set()
        try:
            begun = await self._outbox.begin(ready, report, self._clock.now())
            if begun is None:
                return
            self._bus.publish(SendChanged(begun.send))
            if not isinstance(begun, Duplicate):
                await self._deliver(begun.send, image, engine)
        finally:
            self._busy[send.session].clear()

    async def _deliver(self, send: Send, image: OutgoingImage, engine: Engine) -> None:
        journal: list[asyncio.Task[None]] = []

        def on_id(message_id: str) -> None:
            journal.append(asyncio.create_task(self._journal(send, message_id)))

        assert send.recipient is not None
        outcome: Send
        try:
            async with asyncio.timeout(self._settings().engine.ack_deadline):
                sent = await engine.send(send.recipient, image, on_id=on_id)
        except AppError as error:
            outcome = self._after(send, error)
        except TimeoutError:
            outcome = self._after(send, OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack"))
        except Exception:
            logger.exception("send %s: the engine failed in a way nobody foresaw", send.id)
            outcome = self._after(send, OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="bug"))
        else:
            outcome = send.moved(SendState.SENT, self._clock.now(), message_id=sent.message_id, error=None, facts={})
        for failure in await asyncio.gather(*journal, return_exceptions=True):
            if failure is not None:
                logger.error("send %s: its message id could not be journalled: %s", send.id, failure)
        if outcome.message_id is None and (known := await self._outbox.get(send.id)):
            outcome = replace(outcome, message_id=known.message_id)
        await self._record(outcome)

    async def _journal(self, send: Send, message_id: str) -> None:
        await self._outbox.journal_id(send.id, message_id)
        logger.info("send %s goes out as message %s", send.id, message_id)

    async def _record(self, outcome: Send) -> None:
        """Put down what became of a send; a full disk is waited out, since forgetting it could send it twice."""
        while True:
            try:
                await self._save(outcome, SendState.SENDING)
                return
            except Transient as error:
                logger.error("send %s became %s, but that cannot be put down: %s", outcome.id, outcome.state, error)
                await self._clock.sleep(_PAUSE)

    async def _failed_before(self, send: Send, error: AppError) -> None:
        counted = replace(send, attempts=send.attempts + 1)
        if send.priority is Priority.WAITED_FOR:
            # Whoever waits decides for themselves whether to try again.
            outcome = counted.moved(SendState.FAILED, self._clock.now(), error=error.code, facts=error.facts)
        else:
            outcome = self._after(counted, error)
        await self._save(outcome, SendState.QUEUED)

    def _after(self, send: Send, error: AppError) -> Send:
        now = self._clock.now()
        decision = decide(error, attempts=send.attempts, now=now, jitter=self._clock.chance())
        state = _STATE_AFTER[decision.verdict]
        return send.moved(state, now, not_before=decision.not_before, error=error.code, facts=error.facts)

    async def _save(self, send: Send, expected: SendState) -> None:
        # Where a receipt or a person was quicker, what is on disk is what happened. Rows are never deleted.
        kept = await self._outbox.save(send, expected=expected) or await self._outbox.get(send.id)
        assert kept is not None
        self._bus.publish(SendChanged(kept))


def _seconds_until(due: datetime | None, now: datetime) -> float | None:
    return None if due is None else max(0.0, (due - now).total_seconds())
