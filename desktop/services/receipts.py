"""Receipts settle sends: what a phone confirms is proof, even for a send whose outcome was unknown."""

import asyncio
import logging

from desktop.domain.errors import AppError
from desktop.domain.events import Event, ReceiptReceived, SendChanged
from desktop.domain.receipt import ReceiptKind
from desktop.domain.send import SendState
from desktop.ports.outbox import Outbox
from desktop.services.bus import Bus

logger = logging.getLogger(__name__)

_STATE_OF = {ReceiptKind.DELIVERED: SendState.DELIVERED, ReceiptKind.READ: SendState.READ}


class Receipts:
    """Notes receipts one after another, in the order in which they came."""

    def __init__(self, *, outbox: Outbox, bus: Bus) -> None:
        self._outbox = outbox
        self._bus = bus
        self._waiting: asyncio.Queue[ReceiptReceived] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._bus.subscribe(self._enqueue)
        self._task = asyncio.create_task(self._work(), name="receipts")

    async def close(self) -> None:
        """Note what has come so far, then stop."""
        if self._task is not None:
            await self._waiting.join()
            self._task.cancel()

    def _enqueue(self, event: Event) -> None:
        if isinstance(event, ReceiptReceived):
            self._waiting.put_nowait(event)

    async def _work(self) -> None:
        while True:
            event = await self._waiting.get()
            receipt = event.receipt
            try:
                changed = await self._outbox.advance(
                    event.session, receipt.message_ids, _STATE_OF[receipt.kind], receipt.at
                )
            except AppError as error:
                logger.error("a receipt could not be noted: %s", error)
            else:
                for send in changed:
                    self._bus.publish(SendChanged(send))
            finally:
                self._waiting.task_done()
