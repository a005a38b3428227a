"""What the bus tells, for one listener at the other end of a socket that may be slow."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from desktop.domain.events import Event
from desktop.services.bus import Bus

MOST_WAITING = 1_000


class Feed:
    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(MOST_WAITING)
        self.behind: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once too many waited: what is missing cannot be told any more."""

    async def next(self) -> Event:
        """The next event in order."""
        return await self._waiting.get()

    def put(self, event: Event) -> None:
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            if not self.behind.done():
                self.behind.set_result(None)


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
