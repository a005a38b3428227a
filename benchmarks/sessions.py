"""What every further session holds: a worker process of its own, linked and connected.

What was tried to make a worker smaller, on Linux x86-64 with Python 3.11 and neonize 0.5.2 (private memory of a worker
that has sent a picture):

- **lighter imports, done**: not neonize's own Python package (27 MB), no asyncio (8 MB), no Pillow before the first
  picture, and nothing that leads to `domain.cnpj`, whose check digits bring TLS: 33 to 31 MB, and after a restart of
  the program 28 to 25.5 MB. `test_whatsmeow_memory` keeps it so.
- **the generated protobuf modules** hold 6 MB (`waE2E` and what it leads to: 4). To build the classes of the messages
  in use alone, from the same descriptors, would save 1.3 MB; descriptors of our own most of the 6, at the price of a
  second description that every upgrade of the library would have to be held against. Not done: the goal is kept
  without.
- **the library itself** holds 13 MB from its own start on. GOGC=25 or 50, GOMEMLIMIT=12MiB, GOMAXPROCS=1 and
  MALLOC_ARENA_MAX=1 change that by nothing, and a worker that has sent by 1.5 MB at most (GOGC=25: 31.6 instead of
  32.7), at the price of collecting garbage more often. Not done.
- **one process that has imported everything and forks the workers** (`gc.freeze()`, the library loaded in each child):
  the Python side of a child would begin at 1 MB instead of 15, and that process would hold 15 itself, so that it pays
  from the second session on. But it cannot be had on Windows, where most desks are, and must itself never load the
  library, because the Go runtime does not live through a fork. Not done.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

from benchmarks.desk import linked_world
from benchmarks.processes import memory_alone, memory_of, names_of
from benchmarks.report import Section, verdict
from desktop.adapters.engines.whatsmeow import WhatsmeowEngine
from desktop.adapters.storage.opening import open_storage
from desktop.app import worker_command
from desktop.domain.session import Account, Profile
from desktop.ports.engine import EngineEvent, QrShown, WentOnline
from desktop.ports.session_store import SessionRecord
from desktop.runtime.clock import SystemClock
from desktop.runtime.paths import Home
from tests.e2e.world import World

SESSIONS = 20
SETTLE = 20.0
GOAL = 45.0
_PATIENCE = 60.0


def measure(*, quick: bool) -> Section:
    sessions, settle = (3, 5.0) if quick else (SESSIONS, SETTLE)
    with linked_world() as world:
        first = _watched(world, 1, settle)
        asyncio.run(_link(world, range(1, sessions)))
        all_of_them = _watched(world, sessions, settle)
    rows = [
        _row("one session", first, ""),
        _row(f"{sessions} sessions", all_of_them, ""),
    ]
    further = [(many - one) / (sessions - 1) for one, many in zip(first[:3], all_of_them[:3], strict=True)]
    rows.append(_row("**each further one**", (*further, 0.0), verdict(further[1], GOAL, "MB")))
    return Section(
        title="Further sessions: memory",
        how=(
            f"The headless program with one session and with {sessions}, all connected to the double, {settle:g} s "
            "after the last one; all processes together, as under «Idle». Each is linked to a number of its own since "
            "an earlier start. What was tried to make it less stands in [the benchmark](sessions.py)."
        ),
        columns=("", "alone", "PSS", "private", "all connected after", "goal"),
        rows=rows,
    )


def _watched(world: World, sessions: int, settle: float) -> tuple[float, float, float, float]:
    """MB alone, PSS and private, and the seconds until the last one was connected."""
    world.whatsapp.forget()
    began = time.monotonic()
    with world.malote("--headless") as program:
        world.whatsapp.wait_for(lambda: _connected(world) >= sessions, _PATIENCE, f"{sessions} sessions connected")
        took = time.monotonic() - began
        program.runtime()
        time.sleep(settle)
        memory = [memory_of(pid) for pid in names_of(program.pid)]
        assert program.terminate() == 0
    return (
        memory_alone(memory) / 1e6,
        sum(process.pss for process in memory) / 1e6,
        sum(process.private for process in memory) / 1e6,
        took,
    )


def _connected(world: World) -> int:
    return len({event.facts["account"] for event in world.whatsapp.log if event.kind == "connected"})


async def _link(world: World, numbers: Sequence[int]) -> None:
    """Sessions that an earlier start would have left: each linked, its keys in the home, and known to the program."""
    clock = SystemClock()
    home = Home(world.home)
    async with AsyncExitStack() as stack:
        storage = await open_storage(home.database, clock=clock)
        stack.push_async_callback(storage.close)
        linked = [await _link_one(world, home.sessions, number, clock) for number in numbers]
        await storage.sessions.save(linked)


async def _link_one(world: World, folder: Path, number: int, clock: SystemClock) -> SessionRecord:
    name, phone = f"loja-{number}", f"55119{number:08}"
    told: asyncio.Queue[EngineEvent] = asyncio.Queue()
    env = {**os.environ, **world.whatsapp.environment()}
    command = worker_command("whatsmeow")
    engine = WhatsmeowEngine(name, told.put_nowait, command=command, store_dir=folder, clock=clock, env=env)
    world.whatsapp.add_account(phone)
    await engine.start()
    async with asyncio.timeout(_PATIENCE):
        while not isinstance(event := await told.get(), WentOnline):
            if isinstance(event, QrShown):
                await asyncio.to_thread(world.whatsapp.scan, event.text, phone)
    await engine.stop()
    profile = Profile(id=uuid4(), name=name, created_at=clock.now())
    return SessionRecord(profile=profile, store=name, account=Account(phone=phone, name=name), has_link=True)


def _row(name: str, measured: tuple[float, ...], goal: str) -> tuple[str, ...]:
    *memory, took = measured
    return (name, *(f"{held:.1f} MB" for held in memory), f"{took:.1f} s" if took else "", goal)
