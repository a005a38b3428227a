"""An entrance whose connections have a clock of their own, which stands still until a test lets time pass."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from desktop.api.protocol import DoorProtocol
from tests.integration.api.door import Door

LONGEST = DoorProtocol.arrives_within
"""Seconds that a request may take to arrive."""


@dataclass
class _Alarm:
    at: float
    ring: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class _StandingLoop:
    """A loop but for its timers, which go by the test's clock."""

    real: asyncio.AbstractEventLoop
    alarms: list[_Alarm]
    now: Callable[[], float]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def call_later(self, delay: float, ring: Callable[[], None]) -> _Alarm:
        alarm = _Alarm(self.now() + delay, ring)
        self.alarms.append(alarm)
        return alarm


@dataclass
class TimedEntrance:
    door: Door
    most_connections: int = DoorProtocol.most_connections
    port: int = 0
    _now: float = 0.0
    _alarms: list[_Alarm] = field(default_factory=list)
    _heard: int = 0
    """Bytes that all connections together were sent."""
    _stuck: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def connected(self) -> socket.socket:
        """A connection that the door knows of, and whose time runs."""
        known = len(self._alarms)
        line = socket.create_connection(("127.0.0.1", self.port), 20)
        self._wait(lambda: len(self._alarms) > known)
        return line

    def wait_heard(self, size: int) -> None:
        """Return once the door has read so many bytes."""
        self._wait(lambda: self._heard >= size)

    def wait_stuck(self) -> None:
        """Return once a caller has taken so little of its answers that the door writes no more."""
        self._wait(lambda: self._stuck)

    def pass_time(self, seconds: float) -> None:
        async def ring() -> None:
            self._now += seconds
            for alarm in tuple(self._alarms):
                if alarm.at <= self._now and not alarm.cancelled:
                    alarm.cancel()
                    alarm.ring()

        self.door.run(ring())

    def protocol(self) -> type[DoorProtocol]:
        entrance = self

        class TimedProtocol(DoorProtocol):
            most_connections = entrance.most_connections

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                loop: Any = _StandingLoop(self.loop, entrance._alarms, lambda: entrance._now)
                self.loop = loop
                super().connection_made(transport)
                entrance._news.set()

            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                entrance._heard += len(data)
                entrance._news.set()

            def pause_writing(self) -> None:
                super().pause_writing()
                entrance._stuck = True
                entrance._news.set()

        return TimedProtocol

    def _wait(self, true: Callable[[], bool]) -> None:
        async def wait() -> None:
            while not true():
                self._news.clear()
                await self._news.wait()

        self.door.run(wait())


@contextmanager
def timed_entrance(door: Door, *, most_connections: int = DoorProtocol.most_connections) -> Iterator[TimedEntrance]:
    """The instance behind another port, where a request's seconds pass when the test says so."""
    entrance = TimedEntrance(door, most_connections)
    with door.second_entrance(protocol=entrance.protocol()) as url:
        entrance.port = int(url.rpartition(":")[2])
        yield entrance
