"""Runs every benchmark and writes RESULTS.md; `soak` is run by its name alone and writes SOAK.md.

Other names print only, and so does `--quick`, which makes a few runs of each.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks import directory, idle, messages, request, sessions, soak, start
from benchmarks.report import page

RESULTS = Path(__file__).with_name("RESULTS.md")
SOAK = Path(__file__).with_name("SOAK.md")
_ALL = (start, request, directory, idle, sessions, messages)
_BY_NAME = {benchmark.__name__.removeprefix("benchmarks."): benchmark for benchmark in (*_ALL, soak)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=_BY_NAME, help="this one alone; without: all but the soak")
    parser.add_argument("--quick", action="store_true", help="a trial: few runs, nothing is written")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    sections = []
    for benchmark in (_BY_NAME[given.name],) if given.name else _ALL:
        print(f"{benchmark.__name__} …", file=sys.stderr, flush=True)
        sections.append(benchmark.measure(quick=given.quick))
    text = page(sections, " ".join(filter(None, ("python -m benchmarks", given.name))), load=load)
    kept = {None: RESULTS, "soak": SOAK}.get(given.name)
    if kept is not None and not given.quick:
        kept.write_text(text, "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
