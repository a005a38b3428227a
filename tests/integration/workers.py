"""What the worker tests share: probe workers that end with their test, their events, and gates for their calls."""

import asyncio
import os
import select
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from desktop.adapters.worker import Worker
from tests.harness.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = "tests.integration.worker_programs"
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def probe_command(kind: str) -> list[str]:
    return [sys.executable, "-m", f"{PROGRAMS}.probe", kind]


class Events:
    """The events of a worker, in order; `until` waits for one."""

    def __init__(self) -> None:
        self.all: list[tuple[str, dict[str, object]]] = []
        self._more = asyncio.Event()

    def __call__(self, event: str, facts: dict[str, object]) -> None:
        self.all.append((event, facts))
        self._more.set()

    async def until(self, event: str, count: int = 1) -> dict[str, object]:
        """The facts of the `count`-th such event."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = [facts for name, facts in self.all if name == event]
                if len(found) >= count:
                    return found[count - 1]
                self._more.clear()
                await self._more.wait()


class Gate:
    """A FIFO that `wait_at` of the probe waits at; opening it lets one call through."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._fd = os.open(path, os.O_RDWR)

    def open(self) -> None:
        os.write(self._fd, b"x")

    def close(self) -> None:
        os.close(self._fd)


class Probe:
    """A worker of the probe program and its events; killed at the end of the block, whatever state it is in."""

    def __init__(
        self,
        kind: str = "plain",
        *,
        command: Sequence[str] | None = None,
        events: Events | None = None,
        start_deadline: float = PATIENCE,
        max_calls: int = 32,
    ) -> None:
        self.events = events or Events()
        self.worker = Worker(
            command or probe_command(kind),
            name="probe",
            env=ENV,
            on_event=self.events,
            start_deadline=start_deadline,
            max_calls=max_calls,
        )
        self._cleanup = ExitStack()

    async def __aenter__(self) -> Self:
        await self.worker.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.worker.kill()
        self._cleanup.close()

    def gate(self, name: str) -> Gate:
        directory = self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="malote-"))
        gate = Gate(Path(directory) / name)
        self._cleanup.callback(gate.close)
        return gate

    async def call(self, method: str, /, **params: object) -> object:
        return await self.worker.call(method, deadline=PATIENCE, kill_on_timeout=False, **params)

    def begin(self, method: str, /, **params: object) -> asyncio.Task[object]:
        """The call as a task, to act while it runs."""
        return asyncio.ensure_future(self.call(method, **params))


class ProcessWatch:
    """Sees the end of a process that is not our child, by pidfd: no polling, and never another with the same pid."""

    def __init__(self, pid: int) -> None:
        self._fd = os.pidfd_open(pid)

    def ended(self, timeout: float = PATIENCE) -> bool:
        """Whether it has ended, waiting up to `timeout` seconds for it."""
        ready, _, _ = select.select([self._fd], [], [], timeout)
        return bool(ready)

    def close(self) -> None:
        os.close(self._fd)
