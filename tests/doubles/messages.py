"""Kept messages on a disk that fails when a test says so: a double around the real store."""

import asyncio
from collections import Counter
from typing import Any

from desktop.domain.errors import Code, Transient
from desktop.ports.messages import Messages


class FlakyMessages:
    """Passes every call on to the real store, after the failures that `failures` counts by method name."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self.calls: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.bugs: Counter[str] = Counter()
        """As `failures`, but of the kind that nobody foresaw."""
        self.hold: dict[str, asyncio.Event] = {}
        """While there is one for a method, its calls wait for it."""
        self.held = asyncio.Event()
        """Set once a call waits."""
        self.done: Counter[str] = Counter()
        self._turn = asyncio.Event()

    async def past(self, name: str, count: int) -> None:
        """Wait until more than so many calls of a method are done."""
        while self.done[name] <= count:
            await self._turn.wait()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._messages, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            if name in self.hold:
                self.held.set()
                await self.hold[name].wait()
            if self.failures[name] > 0:
                self.failures[name] -= 1
                raise Transient(Code.DATABASE_UNAVAILABLE, detail="disk full")
            if self.bugs[name] > 0:
                self.bugs[name] -= 1
                raise RuntimeError("nobody foresaw it")
            answer = await method(*args, **kwargs)
            self.done[name] += 1
            self._turn.set()
            self._turn = asyncio.Event()
            return answer

        return call
