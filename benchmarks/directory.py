"""The directory on Oracle: the whole list into its copy, searching it, and a worker that comes back from its rest."""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.report import Section, spread, verdict
from tests.doubles.oracle import OracleDouble
from tests.doubles.oracle.examples import made_up
from tests.integration.directory.oracle_companies import PASSWORD, USER

FEW, MANY = 1_000, 100_000
RUNS, RESTARTS = 5, 20
READ_GOAL, GROWTH_GOAL, BACK_GOAL = 5.0, 10.0, 0.5


def measure(*, quick: bool) -> Section:
    runs, restarts = (1, 3) if quick else (RUNS, RESTARTS)
    few = _read(FEW, restarts)
    many = [_read(MANY, 0) for _ in range(runs)]
    read = [run["read"] for run in many]
    grown, worker = (statistics.median(run[name] for run in many) / 1e6 for name in ("grown", "worker_peak"))
    more, more_worker = grown - few["grown"] / 1e6, worker - few["worker_peak"] / 1e6
    searches = [1000 * took for run in many for took in run["searches"].values()]
    warm, cold = [1000 * took for took in few["warm"]], few["cold"]
    stall = 1000 * max(run["stall"] for run in many)
    return Section(
        title="Companies from Oracle",
        how=(
            f"[A process with the directory alone](directory_reader.py) reads {MANY:,} companies of the double, which "
            f"runs in another process on the same machine, into a new copy, {runs} times, the worker's start and login "
            f"included. Memory is how much more each process held at its peak than with {FEW:,} companies. «Longest "
            "stall» is the longest time for which the reader's loop did nothing else, in any run. Searches are "
            f"{len(many[0]['searches'])} texts, those that nothing matches among them, at most 60 companies each. One "
            f"company is looked up among {FEW:,}, since the double has no index."
        ),
        columns=("", "measured", "goal"),
        rows=[
            ("read all", _spread(read, "s", 2), verdict(statistics.median(read), READ_GOAL, "s")),
            ("more memory, program", f"{more:.1f} MB", verdict(more, GROWTH_GOAL, "MB")),
            ("more memory, worker", f"{more_worker:.1f} MB", verdict(more_worker, GROWTH_GOAL, "MB")),
            ("longest stall meanwhile", f"{stall:.0f} ms", ""),
            ("search", _spread(searches, "ms"), ""),
            ("search, the slowest", f"{max(searches):.0f} ms", ""),
            ("one company, worker at hand", _spread(warm, "ms", 1), ""),
            ("one company, worker at rest", _spread(cold, "s", 2), verdict(statistics.median(cold), BACK_GOAL, "s")),
        ],
    )


def _spread(values: list[float], unit: str, digits: int = 0) -> str:
    return spread(values, unit, digits) if len(values) > 1 else f"{values[0]:.{digits}f} {unit}"


def _read(count: int, restarts: int) -> dict[str, Any]:
    with (
        OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": made_up(count)}) as oracle,
        TemporaryDirectory(prefix="malote-bench-") as folder,
    ):
        command = [sys.executable, "-m", "benchmarks.directory_reader", str(oracle.port), folder, str(restarts)]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1])
    result: dict[str, Any] = json.loads(told.stdout)
    return result
