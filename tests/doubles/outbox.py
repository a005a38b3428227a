"""An outbox on a disk that fails when a test says so: a double around the real one."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from desktop.domain.errors import Code, Transient
from desktop.ports.outbox import Outbox


class FlakyOutbox:
    """Passes every call on to the real outbox, after the failures that `failures` counts by method name."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.calls: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.before: dict[str, Callable[[], Awaitable[object]]] = {}
        """What happens once, by method name, right before the real outbox is called: somebody else is quicker."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._outbox, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            if self.failures[name] > 0:
                self.failures[name] -= 1
                raise Transient(Code.DATABASE_UNAVAILABLE, detail="disk full")
            if name in self.before:
                await self.before.pop(name)()
            return await method(*args, **kwargs)

        return call
