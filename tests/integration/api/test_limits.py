"""Nobody can keep the door busy or make it swallow more than it should, and a bug shows nothing of the inside."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from desktop.api import server
from desktop.api.gate import MAX_BODY
from desktop.domain.company import Company
from desktop.domain.message import Chat
from desktop.services.catalogue import Services
from desktop.services.preparing import Preparing
from tests.harness.patience import PATIENCE
from tests.integration.api.door import MARKET, Door, head, read_all, read_answer, talk
from tests.integration.api.timed import LONGEST, TimedEntrance, timed_entrance

ROUTE = "/api/enviar-relatorio"


@pytest.fixture
def timed(shared_door: Door) -> Iterator[TimedEntrance]:
    with timed_entrance(shared_door) as entrance:
        yield entrance


def answer_of(received: bytes) -> tuple[int, dict[str, Any]]:
    start, _, body = received.partition(b"\r\n\r\n")
    assert b"application/json" in start
    return int(start.split(b" ", 2)[1]), json.loads(body)


def start_of(door: Door, port: int, *lines: str, keep: bool = False) -> bytes:
    start = head("POST", ROUTE, f"X-API-Key: {door.key}", *lines, host=f"127.0.0.1:{port}")
    return start.replace(b"Connection: close\r\n", b"") if keep else start


@pytest.mark.parametrize("size", [MAX_BODY + 1, 10**12])
def test_a_body_that_says_it_is_too_large_is_not_even_read(shared_door: Door, size: int) -> None:
    port = shared_door.info.port
    status, answer = answer_of(talk(port, start_of(shared_door, port, f"Content-Length: {size}")))
    assert (status, answer["codigo"]) == (413, "corpo_grande")


@pytest.mark.parametrize(
    ("route", "limit"),
    [("/webhook", "262 kB"), ("/instances/x/message", "262 kB"), ("/whatsapp/messages/send", "34 MB")],
)
def test_too_large_a_body_is_told_its_limit_in_words_of_every_contract(
    shared_door: Door, route: str, limit: str
) -> None:
    lines = (f"X-API-Key: {shared_door.key}", "Content-Type: application/json", f"Content-Length: {10**12}")
    start = head("POST", route, *lines, host=shared_door.host)
    status, answer = answer_of(talk(shared_door.info.port, start))
    said = " ".join(str(part) for part in answer.values())
    assert status == 413
    assert limit in said
    assert "CNPJ" not in said


def test_a_body_in_chunks_is_refused_once_it_is_too_large(shared_door: Door) -> None:
    port = shared_door.info.port
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    start = start_of(shared_door, port, "Transfer-Encoding: chunked")
    status, answer = answer_of(talk(port, start + chunk * 4 + b"1\r\nx\r\n0\r\n\r\n"))
    assert (status, answer["codigo"]) == (413, "corpo_grande")


def test_a_body_of_just_the_limit_is_taken(door: Door) -> None:
    body = json.dumps({"cnpj": MARKET, "sobra": ""}).encode()
    body = body.replace(b'""', b'"' + b"x" * (MAX_BODY - len(body)) + b'"')
    with door.client() as client:
        assert client.post(ROUTE, content=body).status_code == 200


@pytest.mark.parametrize(
    "part", ["", "POST /api/enviar-relatorio HTTP/1.1\r\nHost: 127.0.0.1"], ids=["nothing at all", "half a head"]
)
def test_a_head_that_does_not_come_is_not_waited_for(timed: TimedEntrance, part: str) -> None:
    with timed.connected() as line:
        line.sendall(part.encode())
        timed.wait_heard(len(part))
        timed.pass_time(LONGEST)
        received = read_all(line)
    if part:
        status, answer = answer_of(received)
        assert (status, answer["codigo"]) == (400, "corpo_invalido")
        assert answer["mensagem"] == "O pedido não chegou inteiro a tempo."
    else:
        assert received == b""


def test_a_head_that_drips_is_not_waited_for(timed: TimedEntrance) -> None:
    drops = b"GET /health HTTP/1.1\r\nX-Slow: " + b"x" * 200
    with timed.connected() as line:
        for size in range(1, int(LONGEST)):
            line.sendall(drops[size - 1 : size])
            timed.wait_heard(size)
            timed.pass_time(1)
        timed.pass_time(1)
        assert answer_of(read_answer(line))[0] == 400


@pytest.mark.parametrize("lines", [("Content-Length: 50",), ("Transfer-Encoding: chunked",)])
def test_a_body_that_does_not_come_is_not_waited_for(
    shared_door: Door, timed: TimedEntrance, lines: tuple[str, ...]
) -> None:
    start = start_of(shared_door, timed.port, *lines, keep=True)
    with timed.connected() as line:
        line.sendall(start)
        timed.wait_heard(len(start))
        timed.pass_time(LONGEST)
        status, answer = answer_of(read_all(line))
    assert (status, answer["mensagem"]) == (400, "O pedido não chegou inteiro a tempo.")


def test_the_rest_of_a_refused_body_is_not_waited_for_either(timed: TimedEntrance) -> None:
    start = head("POST", ROUTE, "Content-Length: 50", host=timed.host).replace(b"Connection: close\r\n", b"")
    with timed.connected() as line:
        line.sendall(start)
        assert answer_of(read_answer(line))[1]["codigo"] == "chave_ausente"
        timed.pass_time(LONGEST)
        assert read_all(line) == b""


def test_a_refusal_without_a_body_is_one_also_where_it_comes_late(timed: TimedEntrance) -> None:
    with timed.connected() as line:
        line.sendall(f"HEAD /api/envios HTTP/1.1\r\nHost: {timed.host}\r\nContent-Length: 5\r\n\r\n".encode())
        refused = line.recv(65536)
        timed.pass_time(LONGEST)
        refused += read_all(line)
    assert refused.startswith(b"HTTP/1.1 405 ")
    assert refused.endswith(b"\r\n\r\n")


def test_a_slow_answer_is_not_cut_off_by_the_time_a_request_may_take(door: Door) -> None:
    release = door.hold()
    with timed_entrance(door) as timed, timed.connected() as line:
        body = json.dumps({"cnpj": MARKET}).encode()
        line.sendall(start_of(door, timed.port, f"Content-Length: {len(body)}") + body)
        door.wait_taken()
        timed.pass_time(3 * LONGEST)
        release()
        assert answer_of(read_answer(line))[0] == 200


def test_a_connection_serves_several_calls_and_may_rest_between_them(timed: TimedEntrance) -> None:
    call = f"GET /health HTTP/1.1\r\nHost: {timed.host}\r\n\r\n".encode()
    with timed.connected() as line:
        for _ in range(2):
            line.sendall(call)
            assert answer_of(read_answer(line))[0] == 200
            timed.pass_time(LONGEST + 5)
        line.sendall(call + call.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert read_all(line).count(b"HTTP/1.1 200 ") == 2


def test_a_caller_who_takes_no_answer_does_not_keep_its_place(timed: TimedEntrance) -> None:
    head = f"GET /openapi.json HTTP/1.1\r\nHost: {timed.host}\r\nAuthorization: Bearer {timed.door.key}\r\n"
    calls = [f"{head}\r\n"] * 100 + [f"{head}Connection: close\r\n\r\n"]
    with timed.connected() as line:
        line.sendall("".join(calls).encode())
        timed.wait_stuck()
        timed.pass_time(LONGEST + 1)
        taken = bytearray()
        with suppress(ConnectionError):  # whatever had left before may still come, and then the line is cut
            while part := line.recv(65_536):
                taken += part
    assert taken.count(b"HTTP/1.1 200 ") < len(calls)


def test_a_caller_who_takes_its_answers_late_has_them_all(timed: TimedEntrance) -> None:
    head = f"GET /openapi.json HTTP/1.1\r\nHost: {timed.host}\r\nAuthorization: Bearer {timed.door.key}\r\n"
    calls = [f"{head}\r\n"] * 100 + [f"{head}Connection: close\r\n\r\n"]
    with timed.connected() as line:
        line.sendall("".join(calls).encode())
        timed.wait_stuck()
        timed.pass_time(LONGEST - 1)
        taken = bytearray(line.recv(65_536))
        while part := line.recv(65_536):
            taken += part
        timed.pass_time(LONGEST)
    assert taken.count(b"HTTP/1.1 200 ") == len(calls)


class SilentDirectory(Preparing):
    asked = threading.Event()

    async def search(self, text: str, limit: int) -> list[Company]:
        self.asked.set()
        await asyncio.Event().wait()
        return []


def test_whoever_still_waits_when_the_door_closes_is_told_that_it_does(
    shared_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_GRACE", 0.1)

    def silent(services: Services) -> Services:
        return replace(services, preparing=preparing_of(SilentDirectory, services))

    with ThreadPoolExecutor(1) as pool:
        with shared_door.second_entrance(change=silent) as url:
            port = int(url.rpartition(":")[2])
            line = socket.create_connection(("127.0.0.1", port), 20)
            line.sendall(head("GET", "/api/empresas", f"X-API-Key: {shared_door.key}", host=f"127.0.0.1:{port}"))
            assert SilentDirectory.asked.wait(PATIENCE)
            answer = pool.submit(read_all, line)
        status, body = answer_of(answer.result(20))
        line.close()
    assert (status, body["codigo"]) == (503, "programa_fechado")


class DeafDirectory(Preparing):
    asked = threading.Event()

    async def search(self, text: str, limit: int) -> list[Company]:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()
        return []


def test_the_door_closes_also_on_a_call_that_does_not_end_when_it_is_told_to(
    shared_door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "_GRACE", 0.1)
    monkeypatch.setattr(server, "_LAST_WORDS", 0.1)

    def deaf(services: Services) -> Services:
        return replace(services, preparing=preparing_of(DeafDirectory, services))

    with shared_door.second_entrance(change=deaf) as url:
        port = int(url.rpartition(":")[2])
        line = socket.create_connection(("127.0.0.1", port), 20)
        line.sendall(head("GET", "/api/empresas", f"X-API-Key: {shared_door.key}", host=f"127.0.0.1:{port}"))
        assert DeafDirectory.asked.wait(PATIENCE)
    line.close()
    assert "the door closes while 1 connections are open" in caplog.text


class BrokenPreparing(Preparing):
    async def search(self, text: str, limit: int) -> list[Company]:
        raise ZeroDivisionError("the inside of the program")


def broken(services: Services) -> Services:
    return replace(services, preparing=preparing_of(BrokenPreparing, services))


def preparing_of(kind: type[Preparing], services: Services) -> Preparing:
    return kind(directory=None, reports=None, settings=services.settings.load)  # type: ignore[arg-type]


@pytest.mark.expects_error_log("the inside of the program")
def test_a_bug_is_answered_without_its_inside_and_logged_once(
    shared_door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    with shared_door.second_entrance(change=broken) as url, shared_door.client(url=url) as client:
        answer = client.get("/api/empresas")
        assert client.get("/api/envios").status_code == 200
    assert (answer.status_code, answer.json()["codigo"]) == (500, "erro_interno")
    assert "inside" not in answer.text
    assert "Traceback" not in answer.text
    [entry] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "GET /api/empresas" in entry.getMessage()
    assert entry.exc_info is not None


class BrokenInbox:
    async def chats(self, *_: object, **__: object) -> list[Chat]:
        raise ZeroDivisionError("the inside of the program")


@pytest.mark.expects_error_log("the inside of the program")
def test_a_bug_is_told_as_the_contract_tells_its_failures(shared_door: Door) -> None:
    def deaf(services: Services) -> Services:
        return replace(services, inbox=BrokenInbox())  # type: ignore[arg-type]

    with shared_door.second_entrance(change=deaf) as url, shared_door.client(url=url) as client:
        session = client.get("/whatsapp/stats").json()["sessions"][0]["id"]
        of_sessions = client.get(f"/whatsapp/sessions/{session}/chats")
        of_connections = client.get(f"/whatsapp/connections/{session}/chats")
    assert (of_sessions.status_code, of_connections.status_code) == (500, 500)
    assert set(of_sessions.json()) == {"message", "error", "action"}
    assert of_connections.json()["statusCode"] == 500
    assert {answer.json()["error"] for answer in (of_sessions, of_connections)} == {"erro_interno"}


def test_an_address_cannot_forge_lines_of_the_log(shared_door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "desktop")
    talk(shared_door.info.port, head("GET", "/x%0aGET%20/forged", host=shared_door.host))
    assert not [record for record in caplog.records if "\n" in record.getMessage()]
    assert [record for record in caplog.records if "GET /x%0aGET%20/forged → 404" in record.getMessage()]


def test_a_live_line_may_be_silent_for_longer_than_a_request(timed: TimedEntrance) -> None:
    upgrade = head(
        "GET",
        "/ws/whatsapp/1",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        host=timed.host,
    ).replace(b"Connection: close", b"Connection: Upgrade")
    with timed.connected() as line:
        line.sendall(upgrade)
        assert line.recv(65536).startswith(b"HTTP/1.1 101 ")
        # It waits for the key to be shown; nothing is said to it meanwhile.
        timed.pass_time(3 * LONGEST)
        ping, pong = b"\x89\x80\0\0\0\0", b"\x8a\x00"
        line.sendall(ping)
        assert line.recv(65536) == pong
