"""A process with nothing but the Oracle directory: reads the list, searches it, looks one company up after each rest.

usage: python -m benchmarks.directory_reader PORT FOLDER RESTARTS; prints one line of JSON
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from select import select
from typing import Any

import psutil

from desktop.adapters.directory.oracle import OracleDirectory
from desktop.app import worker_command
from desktop.domain.cnpj import Cnpj
from desktop.domain.settings import OracleSource
from tests.integration.directory.oracle_companies import QUERY, Keyring

TEXTS = ("", "loja 9", "loja 99999", "comercio", "00000000", "nenhuma assim", "99.9", "zz")
COMPANY = Cnpj("00000000000007")
_TICK = 0.002
_PATIENCE = 120.0


async def main(port: int, folder: Path, restarts: int) -> dict[str, object]:
    where: dict[str, Any] = {"host": "127.0.0.1", "port": port, "sid": "xe", "deadline": _PATIENCE, **QUERY}
    source = OracleSource(**where)
    chosen = [source]
    directory = OracleDirectory(
        lambda: chosen[0], Keyring(), command=worker_command("oracle"), cache=folder / "empresas.db"
    )
    began = _peak_of(psutil.Process())
    done = asyncio.Event()
    stall = asyncio.create_task(_longest_stall(done))
    read = await _timed(directory.search("", 1))
    done.set()
    worker = _worker()
    result: dict[str, object] = {
        "read": read,
        "stall": await stall,
        "grown": _peak_of(psutil.Process()) - began,
        "worker_peak": _peak_of(worker),
        "searches": {text: await _timed(directory.search(text, 60)) for text in TEXTS},
        "warm": [await _timed(directory.find(COMPANY)) for _ in range(20)],
    }
    chosen[0] = replace(source, idle_after=0.01)
    cold = []
    if restarts:
        await directory.find(COMPANY)
    for _ in range(restarts):
        await asyncio.to_thread(_wait_for_end, _worker())
        cold.append(await _timed(directory.find(COMPANY)))
    await directory.close()
    return result | {"cold": cold}


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _longest_stall(done: asyncio.Event) -> float:
    """For how long the loop that serves everything else was kept from its other work."""
    longest = 0.0
    while not done.is_set():
        began = time.perf_counter()
        await asyncio.sleep(_TICK)
        longest = max(longest, time.perf_counter() - began - _TICK)
    return longest


def _worker() -> psutil.Process:
    (worker,) = psutil.Process().children()
    return worker


def _wait_for_end(process: psutil.Process) -> None:
    """Without taking the news of it from asyncio, which waits for its children too."""
    watched = os.pidfd_open(process.pid)
    try:
        if not select([watched], [], [], _PATIENCE)[0]:
            raise AssertionError("the worker does not end")
    finally:
        os.close(watched)


def _peak_of(process: psutil.Process) -> int:
    for line in Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))))
