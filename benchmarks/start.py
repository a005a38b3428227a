"""From exec to the icon in the tray, against the least that PySide6 needs for one."""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.desk import linked_world
from benchmarks.report import Section, spread, verdict
from tests.harness.display import Display, Tray
from tests.harness.environment import PrivateHome, clean_environment
from tests.harness.processes import Child

RUNS = 15
GOAL = 1.5

_BARE = Path(__file__).with_name("bare_tray.py")


def measure(*, quick: bool) -> Section:
    runs = 3 if quick else RUNS
    with linked_world() as world, Display(PrivateHome.make(world.folder / "screen")) as display:
        tray = Tray(display)
        env = {**world.env, **display.env}

        def bare() -> Child:
            return Child([sys.executable, str(_BARE)], env={**clean_environment(), **env}, cwd=world.folder)

        def malote() -> Child:
            return world.start(home=world.home, env=env)

        floor: list[float] = []
        ours: list[float] = []
        for run in range(runs + 1):
            for start, times in ((bare, floor), (malote, ours)):
                took = _until_icon(tray, start)
                # The first of each only warms the disk's and the fonts' caches.
                if run:
                    times.append(took * 1000)
        tray.stop()
    ratio = statistics.median(ours) / statistics.median(floor)
    return Section(
        title="Start to tray icon",
        how=(
            f"From exec until the icon is docked in an XEmbed tray (trayer on Xvfb): {runs} starts of `main.py` on a "
            "linked home, each after one of [a bare PySide6 script](bare_tray.py) with an icon and a menu."
        ),
        columns=("", "bare script", "Malote", "ratio", "goal"),
        rows=[("icon shown", spread(floor, "ms"), spread(ours, "ms"), f"{ratio:.2f} ×", verdict(ratio, GOAL, "×"))],
    )


def _until_icon(tray: Tray, start: Callable[[], Child]) -> float:
    began = time.perf_counter()
    with start():
        tray.wait_for_icon()
        took = time.perf_counter() - began
    tray.wait_for_no_icon()
    return took
