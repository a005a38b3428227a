"""Another program's side of contracts C and E: it calls the running program, and takes what it is told."""

import asyncio
import json
import queue
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from desktop.runtime.loop import ServiceThread
from tests.doubles.receiver import Receiver, receiving
from tests.e2e.world import World

T = TypeVar("T")
_PATIENCE = 30.0


@dataclass
class Listener:
    receiver: Receiver
    thread: ServiceThread

    def heard(self, count: int) -> list[dict[str, Any]]:
        """The bodies that came, once there are so many."""
        arrived = self._run(self.receiver.wait_for(count, _PATIENCE))
        return [json.loads(one.body) for one in arrived]

    def heard_of(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first body that is wanted, once it came."""
        count = 0
        while True:
            count += 1
            if wanted(body := self.heard(count)[-1]):
                return body

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.thread.submit(work).result(_PATIENCE + 5)


@contextmanager
def listening() -> Iterator[Listener]:
    thread = ServiceThread()
    opened: queue.Queue[Receiver] = queue.Queue()

    async def serve(stop: asyncio.Event) -> None:
        async with receiving() as receiver:
            opened.put(receiver)
            await stop.wait()

    done = thread.start(serve)
    try:
        yield Listener(opened.get(timeout=10), thread)
    finally:
        thread.stop()
        done.result(10)


def until(ask: Callable[[], httpx.Response], wanted: Callable[[Any], bool]) -> Any:
    """Ask again until the answer is what is wanted; what a polling client does."""
    end = time.monotonic() + _PATIENCE
    while not wanted(body := ask().json()):
        assert time.monotonic() < end, body
    return body


def client(world: World) -> httpx.Client:
    """As the program calls that was given a key which manages."""
    made = world.malote("chave", "criar", "programa", "--permissao", "gerenciar")
    assert made.wait() == 0, made.text()
    runtime = world.program.runtime()
    key = made.text("stdout").strip()
    return httpx.Client(
        base_url=runtime["url"], headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
    )
