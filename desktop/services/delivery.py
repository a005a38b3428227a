"""The last stretch of a send: begun on disk, given to the engine, and what became of it put down."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from desktop.domain.errors import AppError, Code, OutcomeUnknown, Transient
from desktop.domain.events import SendChanged
from desktop.domain.report import Report
from desktop.domain.retry import Verdict, decide
from desktop.domain.send import Priority, Send, SendState
from desktop.domain.settings import Settings
from desktop.ports.clock import Clock
from desktop.ports.engine import Engine, GoAhead, Outgoing, SentMessage
from desktop.ports.outbox import Duplicate, Outbox
from desktop.services.bus import Bus
from desktop.services.loading import Errand
from desktop.services.sessions import Sessions

logger = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds before a disk that failed is tried again."""
_STATE_AFTER = {
    Verdict.RETRY: SendState.QUEUED,
    Verdict.RECONCILE: SendState.UNKNOWN,
    Verdict.FAIL: SendState.FAILED,
}


class Delivery:
    """Commits first, then publishes; the same for every session."""

    def __init__(
        self, *, outbox: Outbox, sessions: Sessions, bus: Bus, clock: Clock, settings: Callable[[], Settings]
    ) -> None:
        self._outbox = outbox
        self._sessions = sessions
        self._bus = bus
        self._clock = clock
        self._settings = settings

    async def hand_over(self, errand: Errand, engine: Engine) -> Send | None:
        """Begin the send and see it through; the send as it began, None where it was called off.

        The engine uploads the file meanwhile: the disk is not waited for twice.
        """
        ready = replace(errand.send, simulated=engine.simulated, attempts=errand.send.attempts + 1)
        beginning = asyncio.create_task(self._begin(ready, errand.report))
        try:
            answer = await self._give(ready, errand.outgoing, engine, partial(_succeeded, beginning))
            begun = await beginning
        finally:
            beginning.cancel()
        if begun is None:
            return None
        self._tell_session(await self._record(self._outcome(begun, answer)))
        return begun

    async def fail(self, send: Send, error: AppError) -> None:
        """Put down that a send failed before any engine had it."""
        counted = replace(send, attempts=send.attempts + 1)
        if send.priority is Priority.WAITED_FOR:
            # Whoever waits decides for themselves whether to try again.
            outcome = counted.moved(SendState.FAILED, self._clock.now(), error=error.code, facts=error.facts)
        else:
            outcome = self._after(counted, error)
        await self._save(outcome, SendState.QUEUED)

    async def expire(self, send: Send) -> None:
        """Put down that its time to start has passed."""
        await self._save(send.expired(self._clock.now()), SendState.QUEUED)

    async def _begin(self, ready: Send, report: Report | None) -> Send | None:
        begun = await self._outbox.begin(ready, report, self._clock.now())
        if begun is None:
            return None
        self._bus.publish(SendChanged(begun.send))
        return None if isinstance(begun, Duplicate) else begun.send

    async def _give(
        self, send: Send, outgoing: Outgoing | None, engine: Engine, go_ahead: GoAhead
    ) -> SentMessage | AppError:
        """What the engine says of it; all that it told meanwhile is put down."""
        journal: list[asyncio.Task[None]] = []

        def on_id(message_id: str) -> asyncio.Task[None]:
            # The engine waits for it: the id is on disk before the message is on the line.
            journal.append(asyncio.create_task(self._journal(send, message_id)))
            return journal[-1]

        assert send.recipient is not None
        assert outgoing is not None
        answer: SentMessage | AppError
        try:
            async with asyncio.timeout(self._settings().engine.ack_deadline):
                answer = await engine.send(send.recipient, outgoing, on_id=on_id, go_ahead=go_ahead)
        except AppError as error:
            answer = error
        except TimeoutError:
            answer = OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack")
        except Exception:
            logger.exception("send %s: the engine failed in a way nobody foresaw", send.id)
            answer = OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="bug")
        for failure in await asyncio.gather(*journal, return_exceptions=True):
            if failure is not None:
                logger.error("send %s: its message id could not be journalled: %s", send.id, failure)
        return answer

    async def _journal(self, send: Send, message_id: str) -> None:
        await self._outbox.journal_id(send.id, message_id)

    async def _record(self, outcome: Send) -> Send:
        """Put down what became of a send; a full disk is waited out, since forgetting it could send it twice."""
        while True:
            try:
                return await self._save(outcome, SendState.SENDING)
            except Transient as error:
                logger.error("send %s became %s, but that cannot be put down: %s", outcome.id, outcome.state, error)
                await self._clock.sleep(PAUSE)

    def _tell_session(self, kept: Send) -> None:
        """Whether WhatsApp answers at all is the session's state; a receipt is an answer, too."""
        if kept.arrived:
            self._sessions.acknowledged(kept.session)
        elif kept.state is SendState.UNKNOWN:
            self._sessions.unacknowledged(kept.session)

    def _outcome(self, send: Send, answer: SentMessage | AppError) -> Send:
        if isinstance(answer, AppError):
            return self._after(send, answer)
        return send.moved(SendState.SENT, self._clock.now(), message_id=answer.message_id, error=None, facts={})

    def _after(self, send: Send, error: AppError) -> Send:
        now = self._clock.now()
        decision = decide(error, attempts=send.attempts, now=now, jitter=self._clock.chance())
        state = _STATE_AFTER[decision.verdict]
        return send.moved(state, now, not_before=decision.not_before, error=error.code, facts=error.facts)

    async def _save(self, send: Send, expected: SendState) -> Send:
        """What is on disk afterwards."""
        # Where a receipt or a person was quicker, what is on disk is what happened. Rows are never deleted.
        kept = await self._outbox.save(send, expected=expected) or await self._outbox.get(send.id)
        assert kept is not None
        self._bus.publish(SendChanged(kept))
        return kept


async def _succeeded(beginning: asyncio.Task[Send | None]) -> bool:
    await asyncio.wait({beginning})
    return not beginning.cancelled() and beginning.exception() is None and beginning.result() is not None
