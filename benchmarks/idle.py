"""What the program holds and uses while it waits for work, with one session connected."""

import time
from collections.abc import Callable

from benchmarks.desk import linked_world
from benchmarks.processes import cpu_of, memory_of, names_of
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
    with linked_world() as world:
        rows += _watched("headless", world, lambda: world.malote("--headless"), HEADLESS_GOAL, quick=quick)
        with Display(PrivateHome.make(world.folder / "screen")) as display:
            tray = Tray(display)
            env = {**world.env, **display.env}
            rows += _watched("tray", world, lambda: world.start(home=world.home, env=env), TRAY_GOAL, quick=quick)
            tray.stop()
    return Section(
        title="Idle: memory and CPU",
        how=(
            f"All processes together, one session connected to the double, {SECONDS:g} s long and nothing to do; "
            "in the tray the window was never opened. PSS and private memory (unshared pages alone) from "
            "`/proc/*/smaps_rollup`, CPU from the processes' clocks."
        ),
        columns=("", "PSS", "private", "CPU", "goals"),
        rows=rows,
    )


def _watched(mode: str, world: World, start: Callable[[], Program], goal: float, *, quick: bool) -> Rows:
    world.whatsapp.forget()
    with start() as program:
        world.whatsapp.wait_for_event("connected", 20)
        program.runtime()
        # What follows a start (imports, the first receipts, garbage) is not idleness yet.
        time.sleep(2 if quick else SETTLE)
        names = names_of(program.pid)
        before = cpu_of(names)
        time.sleep(5 if quick else SECONDS)
        after = cpu_of(names)
        memory = {pid: memory_of(pid) for pid in names}
        if names_of(program.pid) != names:
            raise AssertionError("a process came or went while nothing happened")
        assert program.terminate() == 0
    used = {pid: after[pid] - before[pid] for pid in names}
    pss = sum(held.pss for held in memory.values()) / 1e6
    private = sum(held.private for held in memory.values()) / 1e6
    cpu = sum(used.values())
    goals = f"{verdict(pss, goal, 'MB')}; {verdict(cpu, CPU_GOAL, 's')}"
    total = (f"**{mode}**", f"{pss:.1f} MB", f"{private:.1f} MB", f"{cpu:.3f} s", goals)
    return [
        total,
        *(
            (name, f"{memory[pid].pss / 1e6:.1f} MB", f"{memory[pid].private / 1e6:.1f} MB", f"{used[pid]:.3f} s", "")
            for pid, name in names.items()
        ),
    ]
