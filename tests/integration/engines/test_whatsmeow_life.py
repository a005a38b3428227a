"""One life of the engine's worker where two things happen at once: the worker answers when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.adapters.engines.session_store import SessionStore
from desktop.adapters.engines.whatsmeow_ends import Died, End
from desktop.adapters.engines.whatsmeow_life import Life, Limits
from desktop.adapters.engines.whatsmeow_restriction import Restriction
from desktop.adapters.worker import CallTimeout, OnEvent, Worker, WorkerDied
from desktop.ports.engine import EngineEvent, SentMessage, at_once
from desktop.runtime.clock import SystemClock
from tests.harness.patience import PATIENCE

GROUP = "120363000000000001@g.us"
ANSWER = {"message_id": "3EB0", "at": 1_800_000_000}


class Puppet(Worker):
    """Its calls are answered through `asked`, by the name of the method; until then they wait."""

    def __init__(self, on_event: OnEvent) -> None:
        super().__init__((), name="puppet", on_event=on_event)
        self.tell = on_event
        self.asked: dict[str, asyncio.Future[object]] = {}
        self.busy_for = 0.0
        """Seconds for which it takes no call but the one that it is at."""
        self._changed = asyncio.Event()
        self._gone = asyncio.Event()

    async def start(self) -> None:
        """It is there."""

    async def call(self, method: str, /, *, deadline: float, kill_on_timeout: bool = False, **params: object) -> object:
        if deadline < self.busy_for:
            raise CallTimeout(self.name, method, deadline, sent=True)
        answer = self.asked[method] = asyncio.get_running_loop().create_future()
        self._changed.set()
        return await answer

    async def is_asked(self, method: str) -> asyncio.Future[object]:
        async with asyncio.timeout(PATIENCE):
            while method not in self.asked:
                self._changed.clear()
                await self._changed.wait()
        return self.asked[method]

    async def ended(self) -> WorkerDied:
        await self._gone.wait()
        return WorkerDied(self.name, -9, (), "was killed")

    async def kill(self, reason: str = "was killed") -> None:
        self._gone.set()
        for answer in self.asked.values():
            if not answer.done():
                answer.set_exception(WorkerDied(self.name, -9, (), reason))


class Living:
    """A life that is online, and its worker."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.told: list[EngineEvent] = []
        self._puppets: list[Puppet] = []
        clock = SystemClock()
        self.life = Life(
            self._make,
            store=SessionStore(folder, "principal"),
            clock=clock,
            limits=limits,
            tell=self.told.append,
            restriction=Restriction(clock),
        )
        [self.worker] = self._puppets
        self.run: asyncio.Task[End] = asyncio.create_task(self.life.run())

    def _make(self, on_event: OnEvent) -> Puppet:
        self._puppets.append(Puppet(on_event))
        return self._puppets[-1]

    async def connect(self) -> None:
        (await self.worker.is_asked("connect")).set_result(None)
        self.worker.tell("online", {"phone": "5511999990000", "name": "Loja"})

    def send(self) -> asyncio.Task[SentMessage]:
        sending = self.life.send("send_text", lambda _: None, at_once, jid=GROUP, text="Bom dia")
        return asyncio.create_task(sending)


@pytest_asyncio.fixture
async def living(tmp_path: Path) -> AsyncIterator[Living]:
    living = Living(tmp_path, Limits(heartbeat=0.01))
    await living.connect()
    yield living
    living.run.cancel()
    await asyncio.wait({living.run})


async def whatever_is_due() -> None:
    """Let everything happen that waits for nothing any more."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_go_ahead_reaches_a_worker_that_is_busy_for_long(living: Living) -> None:
    living.worker.busy_for = 30.0
    sending = living.send()
    (await living.worker.is_asked("clear")).set_result(None)
    (await living.worker.is_asked("send_text")).set_result(ANSWER)
    assert (await sending).message_id == "3EB0"


async def test_a_send_that_begins_while_the_worker_is_asked_for_a_sign_of_life_is_not_ended_by_its_silence(
    living: Living,
) -> None:
    ping = await living.worker.is_asked("ping")
    sending = living.send()
    answer = await living.worker.is_asked("send_text")
    ping.set_exception(CallTimeout("puppet", "ping", 30.0, sent=True))
    await whatever_is_due()
    assert not living.run.done()
    answer.set_result(ANSWER)
    assert (await sending).message_id == "3EB0"


async def test_without_a_send_a_silent_worker_is_let_go(living: Living) -> None:
    ping = await living.worker.is_asked("ping")
    ping.set_exception(CallTimeout("puppet", "ping", 30.0, sent=True))
    async with asyncio.timeout(PATIENCE):
        end = await living.run
    assert isinstance(end, Died)
    with pytest.raises(CallTimeout, match="ping"):
        raise end.error
