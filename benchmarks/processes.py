"""What a program and all that it started hold and use, as the kernel counts it."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

_CPU_OF_PROCESS = 2


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes. `pss`: a page that several processes hold counts for each of them by its share, whoever they are.

    `shared` is, by file, what others hold too or could.
    """

    pss: int
    private: int
    shared: Mapping[str, int]


def names_of(pid: int) -> dict[int, str]:
    """The process and its descendants, each by what it does."""
    process = psutil.Process(pid)
    return {found.pid: _name(found) for found in (process, *process.children(recursive=True))}


def memory_of(pid: int) -> Memory:
    pss = private = 0
    shared: Counter[str] = Counter()
    file = ""
    for line in Path(f"/proc/{pid}/smaps").read_text("utf-8").splitlines():
        name, _, rest = line.partition(":")
        if " " in name:
            # The head of a mapping: its addresses, rights, place and file.
            file = line.split(maxsplit=5)[5] if len(line.split(maxsplit=5)) == 6 else ""
        elif name == "Pss":
            pss += _bytes(rest)
        elif name.startswith("Private_") and name != "Private_Hugetlb":
            private += _bytes(rest)
        elif name in ("Shared_Clean", "Shared_Dirty"):
            shared[file] += _bytes(rest)
    return Memory(pss=pss, private=private, shared=shared)


def memory_alone(processes: Iterable[Memory]) -> int:
    """What they would hold together on a machine where nobody else has any of their files open.

    PSS would tell less there the more other Python programs run. Of a file the process that holds most of it counts.
    """
    shared: Counter[str] = Counter()
    private = 0
    for process in processes:
        private += process.private
        shared |= Counter(process.shared)
    return private + shared.total()


def cpu_of(pids: Mapping[int, str]) -> dict[int, float]:
    """The CPU seconds that each process has used since its start, those of threads that have ended included."""
    # The process's own CPU clock, as clock_getcpuclockid(3) gives it: exact, where /proc counts in ticks of 10 ms.
    return {pid: time.clock_gettime((~pid << 3) | _CPU_OF_PROCESS) for pid in pids}


def _bytes(size: str) -> int:
    return int(size.strip().removesuffix(" kB")) * 1024


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    return f"worker {words[words.index('--worker') + 1]}" if "--worker" in words else "main"
