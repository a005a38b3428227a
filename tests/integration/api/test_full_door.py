"""Who rests at the door gives its place to who comes; who has a call under way keeps it."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from desktop.api.protocol import DoorProtocol
from desktop.domain.company import Company
from desktop.services.catalogue import Services
from desktop.services.preparing import Preparing
from tests.harness.patience import PATIENCE
from tests.integration.api.door import Door, head, read_all, read_answer, talk
from tests.integration.api.timed import timed_entrance


class NarrowProtocol(DoorProtocol):
    most_connections = 2


class Entrance:
    """A door with two places, behind which the directory answers when a test lets it."""

    def __init__(self, door: Door, stack: ExitStack) -> None:
        self._door = door
        self._lines = stack
        self._asked = threading.Semaphore(0)
        self._may_answer = asyncio.Event()
        url = stack.enter_context(door.second_entrance(protocol=NarrowProtocol, change=self._held))
        self.port = int(url.rpartition(":")[2])
        self._host = f"127.0.0.1:{self.port}"

    def resting(self) -> socket.socket:
        """A connection whose call was answered and which stays."""
        line = self.connected()
        assert self.answers(line)
        return line

    def busy(self) -> socket.socket:
        """A connection whose call is with the directory."""
        line = self.connected()
        line.sendall(head("GET", "/api/empresas", f"X-API-Key: {self._door.key}", host=self._host))
        assert self._asked.acquire(timeout=PATIENCE)
        return line

    def connected(self) -> socket.socket:
        return self._lines.enter_context(socket.create_connection(("127.0.0.1", self.port), PATIENCE))

    def answers(self, line: socket.socket) -> bool:
        line.sendall(f"GET /health HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        return read_answer(line).startswith(b"HTTP/1.1 200 ")

    def watching(self) -> socket.socket:
        """A WebSocket that has not said yet who it is."""
        line = self.connected()
        upgrade = head(
            "GET",
            "/ws/whatsapp/1",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            host=self._host,
        )
        line.sendall(upgrade.replace(b"Connection: close", b"Connection: Upgrade"))
        assert line.recv(65_536).startswith(b"HTTP/1.1 101 ")
        return line

    def let_answer(self) -> None:
        async def release() -> None:
            self._may_answer.set()

        self._door.run(release())

    def _held(self, services: Services) -> Services:
        entrance = self

        class HeldPreparing(Preparing):
            async def search(self, text: str, limit: int) -> list[Company]:
                entrance._asked.release()
                await entrance._may_answer.wait()
                return []

        held = HeldPreparing(directory=None, reports=None, settings=services.settings.load)  # type: ignore[arg-type]
        return replace(services, preparing=held)


@pytest.fixture
def entrance(shared_door: Door) -> Iterator[Entrance]:
    with ExitStack() as stack:
        yield Entrance(shared_door, stack)


def test_connections_that_rest_do_not_shut_the_door_to_others(entrance: Entrance) -> None:
    lines = [entrance.resting() for _ in range(5)]
    assert [read_all(line) for line in lines[:3]] == [b""] * 3
    assert all(entrance.answers(line) for line in lines[3:])


def test_who_has_rested_longest_goes_and_not_who_came_first(entrance: Entrance) -> None:
    first, second = entrance.resting(), entrance.resting()
    assert entrance.answers(first)
    entrance.resting()
    assert read_all(second) == b""
    assert entrance.answers(first)


def test_more_calls_than_it_can_bear_at_once_are_told_so(entrance: Entrance) -> None:
    calls = [entrance.busy() for _ in range(2)]
    refused = talk(entrance.port, b"")
    assert refused.startswith(b"HTTP/1.1 429 ")
    assert b"muitas_requisicoes" in refused
    entrance.let_answer()
    assert all(read_all(line).startswith(b"HTTP/1.1 200 ") for line in calls)


def test_a_call_under_way_keeps_its_place_also_where_it_came_first(entrance: Entrance) -> None:
    call, resting = entrance.busy(), entrance.resting()
    entrance.resting()
    assert read_all(resting) == b""
    entrance.let_answer()
    assert read_all(call).startswith(b"HTTP/1.1 200 ")


def test_a_live_line_takes_no_place_and_loses_none(entrance: Entrance) -> None:
    watching = entrance.watching()
    for _ in range(4):
        entrance.resting()
    ping, pong = b"\x89\x80\0\0\0\0", b"\x8a\x00"
    watching.sendall(ping)
    assert watching.recv(65_536) == pong


def test_half_a_request_is_no_call_under_way_and_is_told_why_it_goes(shared_door: Door) -> None:
    half = b"GET /health HTTP/1.1\r\nX-Slow: "
    with timed_entrance(shared_door, most_connections=1) as timed, timed.connected() as slow:
        slow.sendall(half)
        timed.wait_heard(len(half))
        with timed.connected() as newcomer:
            assert read_all(slow).startswith(b"HTTP/1.1 429 ")
            newcomer.sendall(head("GET", "/health", host=timed.host))
            assert read_all(newcomer).startswith(b"HTTP/1.1 200 ")
