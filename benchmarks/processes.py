"""What a program and all that it started hold and use, as the kernel counts it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

_CPU_OF_PROCESS = 2


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes. `pss` divides a page that several processes share among them; `private` counts only unshared ones."""

    pss: int
    private: int


def names_of(pid: int) -> dict[int, str]:
    """The process and its descendants, each by what it does."""
    process = psutil.Process(pid)
    return {found.pid: _name(found) for found in (process, *process.children(recursive=True))}


def memory_of(pid: int) -> Memory:
    sizes: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]:
        name, _, size = line.partition(":")
        sizes[name] = int(size.removesuffix("kB")) * 1024
    return Memory(pss=sizes["Pss"], private=sizes["Private_Clean"] + sizes["Private_Dirty"])


def cpu_of(pids: Mapping[int, str]) -> dict[int, float]:
    """The CPU seconds that each process has used since its start, those of threads that have ended included."""
    # The process's own CPU clock, as clock_getcpuclockid(3) gives it: exact, where /proc counts in ticks of 10 ms.
    return {pid: time.clock_gettime((~pid << 3) | _CPU_OF_PROCESS) for pid in pids}


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    return f"worker {words[words.index('--worker') + 1]}" if "--worker" in words else "main"
