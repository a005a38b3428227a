"""What the bus tells, for one listener at the other end of a socket that may be slow."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from desktop.domain.events import Event
from desktop.services.bus import Bus

_MOST_WAITING = 1_000


class FellBehindError(Exception):
    """The listener took too little for too long: what is missing cannot be told any more."""


class Feed:
    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(_MOST_WAITING)
        self._behind = False

    async def next(self) -> Event:
        """The next event in order. Raises FellBehindError once too many waited."""
        if self._behind:
            raise FellBehindError
        return await self._waiting.get()

    def put(self, event: Event) -> None:
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self._behind = True


@contextmanager
def listening(bus: Bus, wanted: Callable[[Event], bool]) -> Iterator[Feed]:
    """Everything wanted that is told from now on; what was told before is the caller's to look up, after this."""
    feed = Feed()

    def hear(event: Event) -> None:
        if wanted(event):
            feed.put(event)

    end = bus.subscribe(hear)
    try:
        yield feed
    finally:
        end()
