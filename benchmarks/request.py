"""From the ERP's request to its answer, against the engine's own send."""

import io
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from PIL import Image

from benchmarks.desk import linked_world
from benchmarks.report import Section, spread, verdict
from tests.e2e.world import CNPJ, COMPANY, World
from tests.harness.environment import clean_environment
from tests.harness.program import ROOT

SENDS = 100
WARM_UP = 10
GOAL = 10.0
SIZE = (1240, 1754)
"""A4 at 150 dpi."""
MEMBERS = 3
"""As many as the group of the world's company has."""
_FLOOR_PHONE = "5511977776666"
_PATIENCE = 20


class Stopwatch:
    """A process of its own that does one thing at each line and tells how long it took."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**clean_environment(), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def time(self) -> float:
        """Milliseconds for doing it once."""
        self.say()
        return float(self.hear()["seconds"]) * 1000

    @property
    def pid(self) -> int:
        return self._process.pid

    def say(self) -> None:
        """One line."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"{self._process.args!r} ended ({self._process.wait(_PATIENCE)})")
        fact: dict[str, Any] = json.loads(line)
        return fact

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.__exit__(kind, error, trace)


def measure(*, quick: bool) -> Section:
    sends, warm_up = (10, 2) if quick else (SENDS, WARM_UP)
    rows = []
    report = picture()
    with linked_world() as world:
        world.put_report(report)
        for name, directory in _directories(world).items():
            world.configure(directory)
            floor, ours = _in_turns(world, sends, warm_up)
            # Of each turn's two sends, so that a machine that is slower for a while is so for both.
            added = [asked - alone for alone, asked in zip(floor, ours, strict=True)]
            goal = verdict(statistics.median(added), GOAL, "ms")
            rows.append((name, spread(floor, "ms", 1), spread(ours, "ms", 1), spread(added, "ms", 1), goal))
    return Section(
        title="ERP request to answer",
        how=(
            "`POST /api/enviar-relatorio` on a kept connection from [a process of its own](erp_caller.py), "
            f"{sends} times, a JPEG of {len(report) / 1000:.0f} kB, no pace; in turns with the same send by "
            "[the engine alone](engine_floor.py), also in a process of its own, to the same double. Receipts come "
            "after the answer, and the next turn begins when they are in the history."
        ),
        columns=("directory", "engine alone", "request to answer", "added", "goal"),
        rows=rows,
    )


def picture() -> bytes:
    """A page of noise, as a JPEG of about 400 kB."""
    page = Image.effect_noise(SIZE, 16).convert("RGB")
    buffer = io.BytesIO()
    page.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def _in_turns(world: World, sends: int, warm_up: int) -> tuple[list[float], list[float]]:
    floor_times: list[float] = []
    our_times: list[float] = []
    double = world.whatsapp
    double.auto_receipts = False
    with world.malote("--headless") as program, _engine_alone(world) as engine:
        program.wait_for_line("Conectado ao WhatsApp")
        runtime = program.runtime()
        with Stopwatch("benchmarks.erp_caller", str(runtime["port"]), runtime["token"], CNPJ) as erp:
            double.forget()
            for number in range(sends + warm_up):
                alone = engine.time()
                double.wait_for_arrival(_PATIENCE, count=2 * number + 1)
                mark = program.mark()
                asked = erp.time()
                arrival = double.wait_for_arrival(_PATIENCE, count=2 * number + 2)
                double.deliver(arrival)
                double.read(arrival)
                program.wait_for_line(f"{COMPANY}: lido", since=mark)
                if number >= warm_up:
                    floor_times.append(alone)
                    our_times.append(asked)
        assert program.terminate() == 0
    double.auto_receipts = True
    return floor_times, our_times


@contextmanager
def _engine_alone(world: World) -> Iterator[Stopwatch]:
    """Linked to an account of its own, in a group like the company's."""
    double = world.whatsapp
    double.add_account(_FLOOR_PHONE)
    group = double.add_group("Piso", members=MEMBERS, accounts=[_FLOOR_PHONE])
    arguments = (group.jid, str(world.report_path), *map(str, SIZE))
    with Stopwatch(
        "benchmarks.engine_floor", str(world.folder / group.jid), *arguments, env=double.environment()
    ) as it:
        double.scan(it.hear()["qr"], _FLOOR_PHONE)
        assert it.hear() == {"online": True}
        yield it


def _directories(world: World) -> dict[str, dict[str, object]]:
    file = world.folder / "empresas.csv"
    file.write_text(f"cnpj;nome;grupo\n{CNPJ};{COMPANY};{world.group.jid}\n", "utf-8")
    return {
        "table (CSV)": {"directory.kind": "table", "directory.table.path": str(file)},
        "Oracle": {"directory.kind": "oracle"},
    }
