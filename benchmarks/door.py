"""How many calls the door answers, how quick, and how much it remembers of them."""

import asyncio
import base64
import json
import os
import socket
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Section, spread
from benchmarks.request import Stopwatch
from desktop.runtime.descriptors import raise_limit

CALLERS = 8
STATUS_GOAL = 1_600
SHARE_GOAL = 0.6
QUEUE_GOAL = 532
QUEUE_P95_GOAL = 25.0
WATCHERS = 1_000
QR_GOAL = 250.0
MANY = 100_000
GROWTH_GOAL = 5.0
_ROUNDS = 5
_CNPJ = "62567108000101"


@dataclass(frozen=True, slots=True)
class Rate:
    """What some callers saw together."""

    per_second: float
    milliseconds: list[float]

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.milliseconds, n=20)[-1]


def measure(*, quick: bool) -> Section:
    raise_limit()
    rounds, calls, sends, watchers, many = (
        (2, 2_000, 500, 200, 5_000) if quick else (_ROUNDS, 6_000, 2_000, WATCHERS, MANY)
    )
    with Stopwatch("benchmarks.bare_api") as bare, Stopwatch("benchmarks.door_desk") as desk:
        bare_port, here = int(bare.hear()["port"]), desk.hear()
        port, key, session = int(here["port"]), str(here["key"]), str(here["session"])
        get = _get(f"/whatsapp/sessions/{session}/status", key, port)
        bare_get = _get(f"/whatsapp/sessions/{session}/status", key, bare_port)
        for target, request in ((bare_port, bare_get), (port, get)):
            _call(target, request, calls // 4)
        status, alone, queued = [], [], []
        for _ in range(rounds):
            alone.append(_call(bare_port, bare_get, calls).per_second)
            status.append(_call(port, get, calls).per_second)
        qr = [asyncio.run(_watch(desk, port, key, session, watchers)) for _ in range(rounds)]
        before = _memory(desk.pid)
        _call(port, get, many)
        grown = _memory(desk.pid) - before
        body = json.dumps({"cnpj": _CNPJ, "fila": True}).encode()
        for _ in range(rounds):
            queued.append(_call(port, _post("/api/enviar-relatorio", key, port, body), sends))
    share = statistics.median(status) / statistics.median(alone)
    p95 = statistics.median([rate.p95 for rate in queued])
    enqueued = [rate.per_second for rate in queued]
    return Section(
        title="The door",
        how=(
            f"{CALLERS} callers on kept connections, {rounds} runs; the program's services in [a process of their own]"
            "(door_desk.py), with a scripted engine. Bare: [one FastAPI route](bare_api.py) on the same uvicorn and "
            "parser, in turns with ours. Both leave a line of each call in a file. `fila` is on disk when it is "
            "answered. A QR code is timed from the engine's word to its picture at the last of "
            f"{watchers:,} WebSocket watchers, who are one process."
        ),
        columns=("", "measured", "goal"),
        rows=[
            ("bare route", spread(alone, "/s"), ""),
            ("session status", spread(status, "/s"), _at_least(statistics.median(status), STATUS_GOAL, "/s")),
            ("… of the bare route", f"{share:.2f}", _at_least(share, SHARE_GOAL, "")),
            ("durable enqueue", spread(enqueued, "/s"), _at_least(statistics.median(enqueued), QUEUE_GOAL, "/s")),
            ("durable enqueue, p95", f"{p95:.1f} ms", _at_most(p95, QUEUE_P95_GOAL, "ms")),
            (f"QR at {watchers:,} watchers", spread(qr, "ms"), _at_most(statistics.median(qr), QR_GOAL, "ms")),
            (f"memory after {many:,} calls", f"{grown:+.1f} MB", _at_most(grown, GROWTH_GOAL, "MB")),
        ],
    )


def _at_most(value: float, goal: float, unit: str) -> str:
    return f"≤ {goal:g} {unit}: {'kept' if value <= goal else '**missed**'}"


def _at_least(value: float, goal: float, unit: str) -> str:
    return f"≥ {goal:g} {unit}: {'kept' if value >= goal else '**missed**'}"


def _get(path: str, key: str, port: int) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def _post(path: str, key: str, port: int, body: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _call(port: int, request: bytes, count: int) -> Rate:
    """Every caller's share of so many calls, each on a connection of its own."""
    times: list[list[float]] = [[] for _ in range(CALLERS)]
    ready = threading.Barrier(CALLERS + 1)
    threads = [threading.Thread(target=_caller, args=(port, request, count // CALLERS, ready, one)) for one in times]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    all_times = [one for some in times for one in some]
    assert len(all_times) == count // CALLERS * CALLERS, "a caller failed"
    return Rate(len(all_times) / took, all_times)


def _caller(port: int, request: bytes, count: int, ready: threading.Barrier, times: list[float]) -> None:
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.wait()
        for _ in range(count):
            began = time.perf_counter()
            line.sendall(request)
            answer = line.recv(65536)
            head, _, body = answer.partition(b"\r\n\r\n")
            if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")):
                raise AssertionError(answer)
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            while len(body) < length:
                body += line.recv(65536)
            times.append((time.perf_counter() - began) * 1000)


async def _watch(desk: Stopwatch, port: int, key: str, session: str, count: int) -> float:
    """Milliseconds from a new QR code to the last watcher's picture of it."""
    lines = [await _open(port, key, session) for _ in range(count)]
    try:
        for reader, _ in lines:
            assert b'"status"' in await _frame(reader)
        hearing = [asyncio.create_task(_hear_qr(reader)) for reader, _ in lines]
        desk.say()
        began = float((await asyncio.to_thread(desk.hear))["at"])
        return (max(await asyncio.gather(*hearing)) - began) * 1000
    finally:
        for _, writer in lines:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in lines), return_exceptions=True)


async def _hear_qr(reader: asyncio.StreamReader) -> float:
    while not (await _frame(reader)).startswith(b'{"type": "qr"'):
        continue
    return time.monotonic()


async def _open(port: int, key: str, session: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    nonce = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /ws/whatsapp/{session} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n\r\n"
        "".encode()
    )
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    return reader, writer


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The payload of the next message; a server masks none, and none of these is longer than 64 KB."""
    _, size = await reader.readexactly(2)
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    return await reader.readexactly(size)


def _memory(pid: int) -> float:
    """MB that belong to the process alone."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [found] = [line for line in lines if line.startswith("RssAnon:")]
    return int(found.split()[1]) * 1024 / 1e6
