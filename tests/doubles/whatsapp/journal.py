"""Everything that happened to the double, in order, for tests to wait on from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


class DoubleFailedError(Exception):
    """The double itself broke (a bug in it, or a stanza it does not understand), not the program under test."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `at` is time.monotonic(), `facts` depend on the kind (see README)."""

    at: float
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)

    def matches(self, kind: str, facts: dict[str, Any]) -> bool:
        return self.kind == kind and all(self.facts.get(name) == value for name, value in facts.items())


class Journal:
    """Written by the double's loop, read by anybody; state that waiters look at changes under `changing` only."""

    def __init__(self) -> None:
        self.changing = threading.Condition(threading.RLock())
        self._events: list[Event] = []
        self._failure: str | None = None

    @property
    def events(self) -> list[Event]:
        with self.changing:
            return list(self._events)

    @property
    def failure(self) -> str | None:
        """The first traceback of the double's own, if it broke."""
        return self._failure

    def record(self, kind: str, **facts: Any) -> None:
        with self.changing:
            self._events.append(Event(time.monotonic(), kind, facts))
            self.changing.notify_all()

    def fail(self, traceback: str) -> None:
        with self.changing:
            self._failure = self._failure or traceback
            self.record("double-failed", traceback=traceback)

    def clear(self) -> None:
        with self.changing:
            self._events.clear()

    def wait(self, predicate: Callable[[], T | None], timeout: float, awaited: str) -> T:
        """The first truthy answer. Raises TimeoutError with the last events, DoubleFailedError if the double breaks."""
        deadline = time.monotonic() + timeout
        with self.changing:
            while True:
                if self._failure:
                    raise DoubleFailedError(self._failure)
                if answer := predicate():
                    return answer
                left = deadline - time.monotonic()
                if left <= 0:
                    last = "\n".join(f"  {event.kind} {event.facts}" for event in self._events[-15:])
                    raise TimeoutError(f"waited {timeout} s for {awaited}; last events:\n{last}")
                self.changing.wait(left)

    def find(self, kind: str, facts: dict[str, Any]) -> Event | None:
        with self.changing:
            return next((event for event in self._events if event.matches(kind, facts)), None)
