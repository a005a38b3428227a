"""One program gone wild leaves the others their part of the door, and is told when to come again."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.api.limits import Limits
from desktop.domain.errors import Code, Transient
from desktop.domain.settings import Door as Choices
from tests.integration.api.door import MARKET, Door, head, open_door, read_all, talk

LISTS = "/api/empresas"


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Door]:
    """An instance whose owner allows two calls a minute to a key, two of them at a time."""
    limits = {"door.requests_per_minute": 2, "door.connections_per_key": 2}
    with open_door(tmp_path, settings=limits) as door:
        yield door


def test_a_key_that_asks_too_often_is_told_to_wait_and_the_others_are_not(narrow: Door) -> None:
    other = narrow.run(narrow.services.keys.create("outro"))
    with narrow.client() as client:
        assert [client.get(LISTS).status_code for _ in range(2)] == [200] * 2
        refused = client.get(LISTS)
    assert (refused.status_code, refused.json()["codigo"]) == (429, "muitas_requisicoes")
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    with narrow.client(key=other.text) as client:
        assert client.get(LISTS).status_code == 200
    with narrow.client(key=narrow.info.token) as owner:
        assert [owner.get("/api/sessoes").status_code for _ in range(8)] == [200] * 8


def test_a_key_s_calls_that_wait_are_counted_until_they_are_answered(narrow: Door) -> None:
    narrow.change({"door.requests_per_minute": 0})
    release = narrow.hold()
    body = f'{{"cnpj": "{MARKET}"}}'.encode()
    lines = (f"X-API-Key: {narrow.key}", f"Content-Length: {len(body)}")
    start = head("POST", "/api/enviar-relatorio", *lines, host=narrow.host)
    waiting = [socket.create_connection(("127.0.0.1", narrow.info.port), 20) for _ in range(2)]
    for line in waiting:
        line.sendall(start + body)
    # Both hold a place once the engine has the one and the other waits for the same answer.
    narrow.wait_taken()
    with narrow.client() as client:
        while (refused := client.get(LISTS)).status_code == 200:
            continue
    assert (refused.status_code, refused.json()["codigo"]) == (429, "muitas_requisicoes")
    release()
    for line in waiting:
        assert read_all(line).startswith(b"HTTP/1.1 200 ")
        line.close()


def test_the_owner_s_change_of_the_limit_holds_from_the_next_call_on(narrow: Door) -> None:
    narrow.change({"door.requests_per_minute": 0})
    with narrow.client() as client:
        assert {client.get(LISTS).status_code for _ in range(12)} == {200}


def test_a_caller_s_calls_come_back_with_time_and_its_name_is_forgotten() -> None:
    time = 0.0
    limits = Limits(lambda: Choices(requests_per_minute=60, connections_per_key=1000), lambda: time)
    for _ in range(60):
        limits.enter("a")()
    with pytest.raises(Transient) as refused:
        limits.enter("a")
    assert (refused.value.code, refused.value.retry_after) == (Code.TOO_MANY_REQUESTS, 1)
    time = 2.5
    for _ in range(2):
        limits.enter("a")()
    with pytest.raises(Transient):
        limits.enter("a")
    time = 100.0
    leave = limits.enter("stays")
    time = 200.0
    for number in range(2000):
        limits.enter(f"person {number}")()
        time += 1
    assert len(limits._callers) <= 1001
    assert limits._callers["stays"].open == 1
    leave()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/chaves", b'{"nome": "intrusa"}'),
        ("/sessions", b'{"Session_Name": "intrusa"}'),
        ("/whatsapp/messages/send", b'{"sessionId": "principal", "to": "5511999999999", "message": "x"}'),
    ],
)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "text/json"]
)
def test_what_a_web_page_can_say_without_asking_is_no_json(
    shared_door: Door, path: str, body: bytes, kind: str
) -> None:
    lines = [f"Authorization: Bearer {shared_door.info.token}", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    answer = talk(shared_door.info.port, head("POST", path, *lines, host=shared_door.host) + body)
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert b"tipo_nao_suportado" in answer


def test_a_json_body_may_name_its_encoding(shared_door: Door) -> None:
    with shared_door.client(key=shared_door.info.token, **{"Content-Type": "Application/JSON; charset=UTF-8"}) as owner:
        assert owner.post("/api/chaves", content=b'{"nome": ""}').json()["codigo"] == "corpo_invalido"
