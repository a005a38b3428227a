"""Time and chance, so that tests hold both in their hands."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present as an aware datetime."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    def chance(self) -> float:
        """A random number in [0, 1)."""
        ...

    def entropy(self, size: int) -> bytes: ...
