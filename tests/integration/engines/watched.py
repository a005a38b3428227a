"""An engine under test and everything it tells, awaited event by event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from desktop.ports.engine import Engine, EngineEvent, OutgoingImage, OutgoingText, SentMessage, WentOnline
from tests.harness.patience import PATIENCE

T = TypeVar("T", bound=EngineEvent)


class Watched:
    """`make` gets the callable that the engine tells its events to."""

    def __init__(self, make: Callable[[Callable[[EngineEvent], None]], Engine]) -> None:
        self.told: list[EngineEvent] = []
        self.ids: list[str] = []
        self.id_known = asyncio.Event()
        self._seen = 0
        self._changed = asyncio.Event()
        self.engine = make(self._hear)

    def _hear(self, event: EngineEvent) -> None:
        self.told.append(event)
        self._changed.set()

    def _note_id(self, message_id: str) -> None:
        self.ids.append(message_id)
        self.id_known.set()

    async def until(self, *kinds: type[T], within: float = PATIENCE) -> T:
        """The next event of one of these kinds; those before it count as seen. Raises TimeoutError with all events."""
        try:
            async with asyncio.timeout(within):
                while True:
                    while self._seen < len(self.told):
                        event = self.told[self._seen]
                        self._seen += 1
                        if isinstance(event, kinds):
                            return event
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"waited {within} s for {kinds}; told: {self.told}") from None

    async def online(self, within: float = PATIENCE) -> Watched:
        """Started, and connected without anybody's help."""
        await self.engine.start()
        await self.until(WentOnline, within=within)
        return self

    async def send_image(self, jid: str, image: OutgoingImage) -> SentMessage:
        return await self.engine.send(jid, image, on_id=self._note_id)

    async def send_text(self, jid: str, text: str) -> SentMessage:
        return await self.engine.send(jid, OutgoingText(text), on_id=self._note_id)
