"""What a test can make go wrong, and the exact points at which it can hold the double still."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal, get_args

Point = Literal[
    "connecting",
    "login",
    "media-connection",
    "upload-received",
    "upload-stored",
    "group-info",
    "usync",
    "prekeys",
    "message-before-received",
    "message-received-before-ack",
    "after-ack",
    "delivered-receipts-sent",
    "read-receipts-sent",
]
"""In the order in which a first send to a group passes them. Each name says what has happened, not what comes."""

POINTS: tuple[Point, ...] = get_args(Point)


class Hold:
    """One stop at a point: reached by the double, released by the test (also by leaving a `with`)."""

    def __init__(self, point: Point, loop: asyncio.AbstractEventLoop) -> None:
        self.point = point
        self._loop = loop
        self._reached = threading.Event()
        self._released = asyncio.Event()

    @property
    def reached(self) -> bool:
        return self._reached.is_set()

    def wait_reached(self, timeout: float) -> None:
        """Raises TimeoutError where the program does not come that far."""
        if not self._reached.wait(timeout):
            raise TimeoutError(f"the program did not reach {self.point!r} in {timeout} s")

    def release(self) -> None:
        """Lets the double go on. May be called before it is reached, and twice."""
        self._loop.call_soon_threadsafe(self._released.set)

    async def stay(self) -> None:
        self._reached.set()
        await self._released.wait()

    def __enter__(self) -> Hold:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


@dataclass(frozen=True, slots=True)
class LoginFailure:
    """A `<failure>` that answers logins: for `expire` seconds, for so many `times`, or until it is lifted."""

    reason: int
    code: int | None = None
    ends_at: float | None = None
    before_pairing: bool = True

    def attributes(self) -> dict[str, int]:
        left = {} if self.ends_at is None else {"expire": max(1, round(self.ends_at - time.monotonic()))}
        return {"reason": self.reason, **({} if self.code is None else {"code": self.code}), **left}


@dataclass(slots=True)
class Faults:
    """Switches read by the double's loop; all are changed in that loop only."""

    refusing: bool = False
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared while nothing comes from the server."""
    taking: bool = True
    """False while what the program sends stays in the line."""
    acks_withheld: bool = False
    login: LoginFailure | None = None
    login_times: int | None = None
    letters_errors: deque[tuple[int, str]] = field(default_factory=deque)
    """What is answered to programs that ask to be linked by letters."""
    query_errors: dict[str, deque[tuple[int, str]]] = field(default_factory=dict)
    """By namespace: what is answered to the next queries in it."""
    send_errors: deque[int] = field(default_factory=deque)
    upload_statuses: deque[int] = field(default_factory=deque)
    """0 breaks the connection in the middle of the upload."""
    download_statuses: deque[int] = field(default_factory=deque)
    holds: list[Hold] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answering.set()

    def login_failure(self, *, paired: bool) -> LoginFailure | None:
        """What answers this login; counts it."""
        failure = self.login
        if failure is None or (not paired and not failure.before_pairing):
            return None
        if failure.ends_at is not None and time.monotonic() >= failure.ends_at:
            self.login = None
            return None
        if self.login_times is not None:
            self.login_times -= 1
            if self.login_times <= 0:
                self.login = self.login_times = None
        return failure

    async def reach(self, point: Point) -> None:
        """Stays here while a test holds this point; every hold catches one stanza."""
        hold = next((hold for hold in self.holds if hold.point == point), None)
        if hold is not None:
            self.holds.remove(hold)
            await hold.stay()
