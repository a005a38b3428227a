"""What goes wrong, where, how often; set from a test's thread, met in the double's loop."""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

Point: TypeAlias = Literal[
    "connect", "negotiate", "auth", "proof", "describe", "execute", "rows", "fetch", "ping", "end"
]
"""In the order in which a client meets them; `proof` is the login's second half, `describe` a parse without an execute,
`end` a commit, a rollback or a log-off."""
Kind: TypeAlias = Literal["drop", "reset", "stall", "deaf"]

POINTS: tuple[Point, ...] = get_args(Point)
KINDS: tuple[Kind, ...] = get_args(Kind)
_WITHOUT_NUMBER: frozenset[Point] = frozenset({"negotiate", "rows"})
"""Where no client expects an error."""


@dataclass(slots=True)
class Fault:
    """One order; `kind` is a Kind or an error number to answer with."""

    kind: Kind | int
    remaining: int | None
    """Times it still happens; None: until cleared."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was cleared: what stalls because of it goes on as if nothing had been."""


class Faults:
    """Orders by point, and how often each point's order was met, which a test can wait for."""

    def __init__(self) -> None:
        self._orders: dict[Point, Fault] = {}
        self._met: dict[Point, int] = dict.fromkeys(POINTS, 0)
        self._changed = threading.Condition()

    def order(self, point: Point, kind: Kind | int, times: int | None) -> Fault | None:
        """Put an order in force; return the one it takes the place of."""
        known = point not in _WITHOUT_NUMBER if isinstance(kind, int) else kind in KINDS
        if point not in POINTS or not known:
            raise ValueError(f"no fault {kind!r} at {point!r}")
        with self._changed:
            replaced = self._orders.get(point)
            self._orders[point] = Fault(kind, times)
            return replaced

    def clear(self) -> list[Fault]:
        with self._changed:
            cleared = list(self._orders.values())
            self._orders.clear()
            self._met = dict.fromkeys(POINTS, 0)
            return cleared

    def meet(self, point: Point) -> Fault | None:
        """Called by a session that has reached the point."""
        with self._changed:
            fault = self._orders.get(point)
            if fault is None or fault.remaining == 0:
                return None
            if fault.remaining is not None:
                fault.remaining -= 1
            self._met[point] += 1
            self._changed.notify_all()
            return fault

    def wait_met(self, point: Point, times: int, timeout: float) -> None:
        """Block until the point's faults were met so often in all; TimeoutError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._met[point] >= times, timeout):
                raise TimeoutError(f"nobody came to {point} {times} times within {timeout} s")
