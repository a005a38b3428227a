"""What the program holds and uses while it waits for work, with one session connected."""

import time
from collections.abc import Callable, Collection
from functools import partial

from benchmarks.desk import linked_world
from benchmarks.processes import Memory, cpu_of, memory_alone, memory_of, names_of
from benchmarks.report import Section, verdict
from tests.e2e.world import World
from tests.harness.display import Display, Tray
from tests.harness.environment import PrivateHome
from tests.harness.program import Program

SECONDS = 60.0
SETTLE = 15.0
CPU_GOAL = 0.1
TRAY_GOAL, HEADLESS_GOAL = 190.0, 130.0

Rows = list[tuple[str, ...]]


def measure(*, quick: bool) -> Section:
    rows: Rows = []
    seconds, settle = (5.0, 2.0) if quick else (SECONDS, SETTLE)
    watched = partial(_watched, seconds=seconds, settle=settle)
    with linked_world() as world:
        rows += watched("headless", world, lambda: world.malote("--headless"), HEADLESS_GOAL)
        with Display(PrivateHome.make(world.folder / "screen")) as display:
            tray = Tray(display)
            env = {**world.env, **display.env}
            rows += watched("tray", world, lambda: world.start(home=world.home, env=env), TRAY_GOAL)
            tray.stop()
    return Section(
        title="Idle: memory and CPU",
        how=(
            f"All processes together, one session connected to the double, {seconds:g} s long and nothing to do; "
            "in the tray the window was never opened. PSS and private memory (pages of its own) from `/proc/*/smaps`, "
            "CPU from the processes' clocks. PSS is the less the more other Python programs run: «alone» is what there "
            "would be without any, and what the goal is held against."
        ),
        columns=("", "alone", "PSS", "private", "CPU", "goals"),
        rows=rows,
    )


def _watched(
    mode: str, world: World, start: Callable[[], Program], goal: float, *, seconds: float, settle: float
) -> Rows:
    world.whatsapp.forget()
    with start() as program:
        world.whatsapp.wait_for_event("connected", 20)
        program.runtime()
        # What follows a start (imports, the first receipts, garbage) is not idleness yet.
        time.sleep(settle)
        names = names_of(program.pid)
        before = cpu_of(names)
        time.sleep(seconds)
        after = cpu_of(names)
        memory = {pid: memory_of(pid) for pid in names}
        if names_of(program.pid) != names:
            raise AssertionError("a process came or went while nothing happened")
        assert program.terminate() == 0
    used = {pid: after[pid] - before[pid] for pid in names}
    alone, cpu = memory_alone(memory.values()) / 1e6, sum(used.values())
    goals = f"{verdict(alone, goal, 'MB')}; {verdict(cpu, CPU_GOAL, 's')}"
    return [
        (f"**{mode}**", f"{alone:.1f} MB", *_sums(memory.values()), f"{cpu:.3f} s", goals),
        *((name, "", *_sums([memory[pid]]), f"{used[pid]:.3f} s", "") for pid, name in names.items()),
    ]


def _sums(processes: Collection[Memory]) -> tuple[str, str]:
    return (
        f"{sum(process.pss for process in processes) / 1e6:.1f} MB",
        f"{sum(process.private for process in processes) / 1e6:.1f} MB",
    )
