"""What was measured, and the page that tells it."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("PySide6-Essentials", "neonize", "oracledb", "fastapi", "uvicorn", "sqlalchemy")

_QUIET = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One benchmark: how it measures, and a table."""

    title: str
    how: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def verdict(value: float, goal: float, unit: str) -> str:
    """The goal, and whether the value keeps it."""
    return f"≤ {goal:g} {unit}: {'kept' if value <= goal else '**missed**'}"


def spread(values: Sequence[float], unit: str, digits: int = 0) -> str:
    """The median, and where the middle half of the values lies."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} {unit} ({low:.{digits}f} to {high:.{digits}f})"


def told(section: Section, command: str, *, load: float) -> str:
    """A section in Markdown, with the run that it is of; `load` is what else the machine had to do as it began."""
    disturbed = " (disturbed: not a quiet machine)" if load > _QUIET else ""
    run = f"Made by `{command}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; load average before: {load:.1f}{disturbed}."
    table = (_row(section.columns), _row(["---"] * len(section.columns)), *map(_row, section.rows))
    return "\n".join((f"## {section.title}", "", section.how, "", run, "", *table)) + "\n"


def page(sections: Sequence[str], earlier: str = "") -> str:
    """The whole page: what an earlier one has, with these sections in the place of those of the same titles."""
    kept = {_title(section): section for section in _sections(earlier)}
    kept |= {_title(section): section for section in sections}
    head = [
        "# Benchmarks",
        "",
        f"- Machine: {_processor()}, {os.cpu_count()} CPUs, {_memory():.0f} GB of memory",
        f"- System: {platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        f"- Python {platform.python_version()}; {', '.join(f'{name} {version(name)}' for name in _PACKAGES)}",
        "",
        "Medians, with the range of the middle half of the runs in brackets. MB are 10^6 bytes.",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(kept.values())


def _sections(text: str) -> list[str]:
    _, *sections = text.split("\n## ")
    return [f"## {section.rstrip()}\n" for section in sections]


def _title(section: str) -> str:
    return section.partition("\n")[0]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("ascii").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
