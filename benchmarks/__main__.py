"""Runs every benchmark and writes RESULTS.md; `--quick` makes a few runs of each and only prints."""

import argparse
import os
import sys
from pathlib import Path

from benchmarks import directory, idle, messages, request, sessions, start
from benchmarks.report import page

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a trial: few runs, nothing is written")
    quick = parser.parse_args().quick
    load = os.getloadavg()[0]
    sections = []
    for benchmark in (start, request, directory, idle, sessions, messages):
        print(f"{benchmark.__name__} …", file=sys.stderr, flush=True)
        sections.append(benchmark.measure(quick=quick))
    text = page(sections, "python -m benchmarks", load=load)
    if not quick:
        RESULTS.write_text(text, "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
