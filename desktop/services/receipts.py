"""Receipts settle sends: what a phone confirms is proof, even for a send whose outcome was unknown."""

import asyncio
import logging
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from desktop.domain.errors import AppError
from desktop.domain.events import Event, MessageArrived, ReceiptReceived, SendChanged, SessionChanged
from desktop.domain.message import Direction
from desktop.domain.receipt import Proof, ReceiptKind
from desktop.domain.send import SendState
from desktop.ports.outbox import Outbox
from desktop.services.bus import Bus

logger = logging.getLogger(__name__)

_STATE_OF = {ReceiptKind.DELIVERED: SendState.DELIVERED, ReceiptKind.READ: SendState.READ}
_QUEUE_LIMIT = 20_000
# A group of a thousand members answers each message with some two thousand receipts.
_AT_ONCE = 500

_News = tuple[str, Proof]
"""A session's name, and what was heard there."""


class Receipts:
    """Notes what proves an arrival, in the order in which it came; what piled up meanwhile in one go."""

    def __init__(self, *, outbox: Outbox, bus: Bus, remembered: int = 20_000) -> None:
        """`remembered` is how many of the last receipts are known not to be new without asking the disk."""
        self._remembered = remembered
        self._outbox = outbox
        self._bus = bus
        self._waiting: asyncio.Queue[_News] = asyncio.Queue(_QUEUE_LIMIT)
        self._noted: dict[tuple[str, tuple[str, ...], SendState, str], None] = {}
        """In the order in which they came; the oldest are forgotten."""
        self._own: dict[str, str] = {}
        """Each session's own jid: its other devices confirm too, and are nobody in the group."""
        self._task: asyncio.Task[None] | None = None
        self._came = self._went = 0
        """How many were put in line, and how many have left it."""
        self._moved = asyncio.Event()

    def start(self) -> None:
        self._bus.subscribe(self._hear)
        self._task = asyncio.create_task(self._work(), name="receipts")

    async def close(self, grace: float = 5.0) -> None:
        """Note what has come so far, for at most so many seconds, then stop."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(grace):
                await self.settled()
        except TimeoutError:
            logger.warning("%d receipts could not be noted in time", self._came - self._went)
        self._task.cancel()
        self._task = None
        self._move()

    async def settled(self) -> None:
        """Return once everything that was heard so far is noted, or nothing is noted any more."""
        last = self._came
        while self._task is not None and self._went < last:
            await self._moved.wait()

    def _hear(self, event: Event) -> None:
        match event:
            case SessionChanged(session) if session.account is not None:
                self._own[session.name] = f"{session.account.phone}@s.whatsapp.net"
            case ReceiptReceived(session_name, receipt):
                own = bool(receipt.by) and receipt.by == self._own.get(session_name)
                # One's own other device proves no more than that WhatsApp's server has it.
                state = SendState.SENT if own else _STATE_OF[receipt.kind]
                proof = Proof(message_ids=receipt.message_ids, state=state, at=receipt.at, member=receipt.by)
                self._enqueue(session_name, proof)
            case MessageArrived(message) if message.direction is Direction.OUT:
                # Seen in the history or by another device: the server has it.
                proof = Proof(message_ids=(message.id,), state=SendState.SENT, at=message.at)
                self._enqueue(message.session, proof)
            case _:
                return

    def _enqueue(self, session: str, proof: Proof) -> None:
        try:
            self._waiting.put_nowait((session, proof))
        except asyncio.QueueFull:
            logger.error("too many receipts at once: one of session %s is lost", session)
        else:
            self._came += 1

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < _AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                for session, news in groupby(batch, key=itemgetter(0)):
                    await self._note_all(session, [proof for _, proof in news])
            finally:
                self._went += len(batch)
                self._move()

    def _move(self) -> None:
        # Whoever waits looks now; the next one gets a fresh event.
        self._moved.set()
        self._moved = asyncio.Event()

    async def _note_all(self, session: str, proofs: list[Proof]) -> None:
        try:
            await self._note(session, proofs)
        except Exception as error:
            logger.info("%d receipts could not be noted at once: %s", len(proofs), error)
            for proof in proofs:
                await self._note_alone(session, proof)

    async def _note_alone(self, session: str, proof: Proof) -> None:
        try:
            await self._note(session, [proof])
        except AppError as error:
            logger.error("a receipt could not be noted: %s", error)
        except Exception:
            # Nobody foresaw it; those that come later are noted all the same.
            logger.exception("a receipt could not be noted")

    async def _note(self, session: str, proofs: list[Proof]) -> None:
        fresh = {mark: proof for mark, proof in _marked(session, proofs) if mark not in self._noted}
        if not fresh:
            return
        changed = await self._outbox.advance(session, list(fresh.values()))
        # Only what concerns a send is remembered: a receipt may come before the send's own id is on disk.
        ours = {send.message_id for send in changed}
        for mark, proof in fresh.items():
            if not ours.isdisjoint(proof.message_ids):
                self._noted[mark] = None
        while len(self._noted) > self._remembered:
            del self._noted[next(iter(self._noted))]
        for send in changed:
            self._bus.publish(SendChanged(send))


def _marked(session: str, proofs: list[Proof]) -> Iterator[tuple[tuple[str, tuple[str, ...], SendState, str], Proof]]:
    for proof in proofs:
        yield (session, proof.message_ids, proof.state, proof.member), proof
