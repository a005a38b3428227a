"""The machine's own clock and chance."""

import asyncio
import os
import random
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        return random.random()

    def entropy(self, size: int) -> bytes:
        return os.urandom(size)
