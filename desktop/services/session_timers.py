"""What a session does by the clock: go on at a moment, and again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from desktop.ports.clock import Clock

_LONGEST_SLEEP: Final = 300.0
"""Seconds; a computer that was asleep meanwhile is so much too late at most."""


class Alarm:
    """Rings once at a moment; setting another one silences it, but never what it has begun."""

    def __init__(self, clock: Clock, ring: Callable[[datetime], Awaitable[None]]) -> None:
        self._clock = clock
        self._ring = ring
        self._at: datetime | None = None
        self._task: asyncio.Task[None] | None = None
        self._ringing: set[asyncio.Task[None]] = set()

    def set(self, at: datetime | None) -> None:
        """None: no moment is known. The same moment again changes nothing."""
        if at == self._at:
            return
        if self._task is not None:
            self._task.cancel()
        self._at = at
        self._task = None if at is None else asyncio.create_task(self._wait(at), name="alarm")

    async def _wait(self, at: datetime) -> None:
        while (left := (at - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, _LONGEST_SLEEP))
        task, self._task, self._at = self._task, None, None
        assert task is not None
        # Kept here from now on, or nobody would hold it.
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)
        await self._ring(at)


class Pulse:
    """Beats every so many minutes, the first time after as many."""

    def __init__(self, clock: Clock, beat: Callable[[], Awaitable[None]]) -> None:
        self._clock = clock
        self._beat = beat
        self._minutes = 0
        self._task: asyncio.Task[None] | None = None

    def set(self, minutes: int) -> None:
        """0: no more. The same number again changes nothing."""
        if minutes == self._minutes:
            return
        if self._task is not None:
            self._task.cancel()
        self._minutes = minutes
        self._task = asyncio.create_task(self._go_on(minutes), name="pulse") if minutes else None

    async def _go_on(self, minutes: int) -> None:
        while True:
            await self._clock.sleep(minutes * 60.0)
            await self._beat()
