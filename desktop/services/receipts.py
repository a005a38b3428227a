"""Receipts settle sends: what a phone confirms is proof, even for a send whose outcome was unknown."""

import asyncio
import logging
from collections import deque

from desktop.domain.errors import AppError
from desktop.domain.events import Event, ReceiptReceived, SendChanged
from desktop.domain.receipt import ReceiptKind
from desktop.domain.send import SendState
from desktop.ports.outbox import Outbox
from desktop.services.bus import Bus

logger = logging.getLogger(__name__)

_STATE_OF = {ReceiptKind.DELIVERED: SendState.DELIVERED, ReceiptKind.READ: SendState.READ}
# A group of a thousand members answers each message with some two thousand receipts; only the first of a kind is news.
_QUEUE_LIMIT = 20_000
_REMEMBERED = 200

_News = tuple[str, ReceiptKind, tuple[str, ...]]


class Receipts:
    """Notes receipts one after another, in the order in which they came."""

    def __init__(self, *, outbox: Outbox, bus: Bus) -> None:
        self._outbox = outbox
        self._bus = bus
        self._waiting: asyncio.Queue[ReceiptReceived] = asyncio.Queue(_QUEUE_LIMIT)
        self._noted: deque[_News] = deque(maxlen=_REMEMBERED)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._bus.subscribe(self._enqueue)
        self._task = asyncio.create_task(self._work(), name="receipts")

    async def close(self, grace: float = 5.0) -> None:
        """Note what has come so far, for at most so many seconds, then stop."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(grace):
                await self._waiting.join()
        except TimeoutError:
            logger.warning("%d receipts could not be noted in time", self._waiting.qsize())
        self._task.cancel()

    def _enqueue(self, event: Event) -> None:
        if not isinstance(event, ReceiptReceived):
            return
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            logger.error("too many receipts at once: one of session %s is lost", event.session)

    async def _work(self) -> None:
        while True:
            event = await self._waiting.get()
            try:
                await self._note(event)
            except AppError as error:
                logger.error("a receipt could not be noted: %s", error)
            finally:
                self._waiting.task_done()

    async def _note(self, event: ReceiptReceived) -> None:
        receipt = event.receipt
        news = (event.session, receipt.kind, receipt.message_ids)
        if news in self._noted:
            return
        state = _STATE_OF[receipt.kind]
        for send in await self._outbox.advance(event.session, receipt.message_ids, state, receipt.at):
            self._bus.publish(SendChanged(send))
            # Only what changed a send is remembered: a receipt may come before the send's own id is on disk.
            self._noted.append(news)
