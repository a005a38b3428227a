"""Runs the benchmarks that are named, or all that take minutes (the soak takes longer), and renews their sections of
RESULTS.md. `--quick` makes a few runs of each and only prints.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks import directory, door, idle, messages, request, sessions, soak, start
from benchmarks.report import page, told

RESULTS = Path(__file__).with_name("RESULTS.md")
_ALL = (start, request, door, directory, idle, sessions, messages)
_BY_NAME = {benchmark.__name__.removeprefix("benchmarks."): benchmark for benchmark in (*_ALL, soak)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_BY_NAME)}; without: all but soak")
    parser.add_argument("--quick", action="store_true", help="a trial: few runs, nothing is written")
    given = parser.parse_args()
    if unknown := set(given.names) - set(_BY_NAME):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    load = os.getloadavg()[0]
    for benchmark in [_BY_NAME[name] for name in given.names] or _ALL:
        print(f"{benchmark.__name__} …", file=sys.stderr, flush=True)
        command = f"python -m benchmarks {benchmark.__name__.removeprefix('benchmarks.')}"
        section = told(benchmark.measure(quick=given.quick), command, load=load)
        print(section, flush=True)
        if not given.quick:
            # At once: a later one that fails must not cost an earlier one's minutes.
            RESULTS.write_text(page([section], RESULTS.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
