"""Nothing on the network, no web page and no other user of the machine gets past the door."""

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from desktop.api import auth
from desktop.api.gate import Gate, came_directly
from tests.integration.api.door import MARKET, Door, head, open_door, talk

LISTS = "/api/envios"


@pytest.fixture(scope="module")
def strangers_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An instance that strangers knock at, so that no other test meets their series of bad keys."""
    with open_door(tmp_path_factory.mktemp("strangers")) as door:
        yield door


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body_of(answer: bytes) -> dict[str, str]:
    body: dict[str, str] = json.loads(answer.partition(b"\r\n\r\n")[2].decode("utf-8"))
    return body


def knock(door: Door, *lines: str, host: str | None, path: str = "/api/envios", key: bool = True) -> bytes:
    auth = [f"Authorization: Bearer {door.key}"] if key else []
    return talk(door.info.port, head("GET", path, *auth, *lines, host=host))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "LocalHost"])
def test_loopback_names_are_served(shared_door: Door, name: str) -> None:
    assert status_of(knock(shared_door, host=f"{name}:{shared_door.info.port}")) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "0.0.0.0:{port}",
        "192.168.0.10:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:{port}@evil.example",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}, evil.example",
        "",
    ],
)
def test_any_other_host_is_refused_even_with_a_key(shared_door: Door, host: str) -> None:
    answer = knock(shared_door, host=host.format(port=shared_door.info.port))
    assert (status_of(answer), body_of(answer)["codigo"]) == (403, "host_recusado")


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("/whatsapp/stats", "error", "message"),
        ("/status", "codigo", "error"),
        ("/whatsapp/connections", "error", "message"),
        ("/instances/loja", "code", "error"),
        ("/nada", "codigo", "mensagem"),
    ],
)
def test_a_refused_host_is_told_as_the_contract_of_the_address_tells_it(
    shared_door: Door, path: str, code: str, message: str
) -> None:
    body = body_of(knock(shared_door, host="evil.example", path=path))
    assert body[code] == "host_recusado"
    assert "endereço" in body[message]


def test_a_request_without_a_host_is_no_http(shared_door: Door) -> None:
    answer = knock(shared_door, host=None)
    assert (status_of(answer), body_of(answer)["codigo"]) == (400, "corpo_invalido")


def test_two_hosts_are_refused(shared_door: Door) -> None:
    answer = knock(shared_door, "Host: evil.example", host=shared_door.host)
    assert (status_of(answer), body_of(answer)["status"]) == (400, "erro")


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/api/chaves", "/nada"])
def test_a_foreign_host_is_refused_on_every_path(shared_door: Door, path: str) -> None:
    assert status_of(knock(shared_door, host="evil.example", path=path)) == 403


@pytest.mark.parametrize(
    "header",
    [
        "Origin: https://evil.example",
        "Origin: null",
        "Origin: http://127.0.0.1:{port}",
        "Origin: ",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "Sec-Fetch-Site: same-origin",
    ],
)
def test_what_a_web_page_sends_is_refused_even_with_a_key(shared_door: Door, header: str) -> None:
    answer = knock(shared_door, header.format(port=shared_door.info.port), host=shared_door.host)
    assert (status_of(answer), body_of(answer)["codigo"]) == (403, "origem_recusada")


def test_what_a_person_types_into_a_browser_is_let_in_with_a_key(shared_door: Door) -> None:
    assert status_of(knock(shared_door, "Sec-Fetch-Site: none", host=shared_door.host)) == 200


def test_a_page_s_preflight_gets_no_permission(shared_door: Door) -> None:
    lines = ("Origin: https://evil.example", "Access-Control-Request-Method: POST")
    answer = talk(shared_door.info.port, head("OPTIONS", "/api/enviar-relatorio", *lines, host=shared_door.host))
    assert status_of(answer) == 403
    assert b"access-control" not in answer.lower()


@pytest.mark.parametrize(
    "header", ["Authorization: Bearer {key}", "authorization: bearer   {key} ", "X-API-Key: {key}"]
)
def test_a_key_may_be_shown_in_either_header(shared_door: Door, header: str) -> None:
    answer = knock(shared_door, header.format(key=shared_door.key), host=shared_door.host, key=False)
    assert status_of(answer) == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Accept: */*", "chave_ausente"),
        ("Authorization: Basic dXNlcjpwYXNz", "chave_ausente"),
        ("Authorization: Bearer ", "chave_ausente"),
        ("X-API-Key: ", "chave_ausente"),
        ("Authorization: Bearer malote_errada", "chave_invalida"),
        ("X-API-Key: chave-não-ascii", "chave_invalida"),
    ],
)
@pytest.mark.parametrize("path", ["/api/envios", "/api/teste-conexao", "/api/empresas", "/openapi.json"])
def test_without_a_good_key_nothing_is_told(strangers_door: Door, path: str, header: str, code: str) -> None:
    answer = knock(strangers_door, header, host=strangers_door.host, path=path, key=False)
    assert (status_of(answer), body_of(answer)["codigo"]) == (401, code)
    assert b"\r\nwww-authenticate: Bearer\r\n" in answer


def test_without_a_key_nothing_is_sent(door: Door) -> None:
    with door.client(key=None) as client:
        assert client.post("/api/enviar-relatorio", json={"cnpj": MARKET}).status_code == 401
    assert door.history() == []


def test_a_revoked_key_opens_nothing_any_more(door: Door) -> None:
    with door.client(key=door.info.token) as owner:
        made = owner.post("/api/chaves", json={"nome": "Loja 1/Filial"})
        assert made.status_code == 201
        assert [key["nome"] for key in owner.get("/api/chaves").json()["chaves"]] == ["ERP", "Loja 1/Filial"]
        with door.client(key=made.json()["chave"]) as client:
            assert client.get(LISTS).status_code == 200
            assert owner.delete("/api/chaves/Loja%201%2FFilial").json() == {"nome": "Loja 1/Filial"}
            assert client.get(LISTS).json()["codigo"] == "chave_invalida"
        gone = owner.delete("/api/chaves/Loja%201%2FFilial")
        assert (gone.status_code, gone.json()["codigo"]) == (404, "chave_nao_encontrada")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101, None])
def test_a_key_needs_a_name_that_can_be_shown(shared_door: Door, name: str | None) -> None:
    with shared_door.client(key=shared_door.info.token) as owner:
        refused = owner.post("/api/chaves", json={"nome": name})
    assert (refused.status_code, refused.json()["codigo"]) == (400, "corpo_invalido")


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/api/sessoes", "chave_invalida"),
        ("GET", "/api/chaves", "acesso_negado"),
        ("POST", "/api/chaves", "acesso_negado"),
    ],
)
def test_a_program_s_key_does_not_open_what_belongs_to_the_owner(
    shared_door: Door, method: str, path: str, refusal: str
) -> None:
    with shared_door.client() as program, shared_door.client(key=None) as nobody:
        assert program.request(method, path).json()["codigo"] == refusal
        assert nobody.request(method, path).json()["codigo"] == "chave_ausente"


def test_a_series_of_bad_keys_is_slowed_down_and_locks_nobody_else_out(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    with door.client(key="malote_velha") as stranger:
        assert [stranger.get(LISTS).status_code for _ in range(10)] == [401] * 10
        started = time.monotonic()
        slowed = stranger.get(LISTS)
        assert time.monotonic() - started >= 1.0
    assert (slowed.status_code, slowed.json()["codigo"]) == (429, "muitas_requisicoes")
    assert slowed.headers["retry-after"] == "30"
    assert "30 segundos" in slowed.json()["acao"]
    # Longer than anybody waits for an answer: who is held back gets none.
    monkeypatch.setattr(auth, "_HELD", 3600.0)
    assert door.get(LISTS).status_code == 200


@pytest.fixture
def keyless(tmp_path: Path) -> Iterator[Door]:
    """An instance whose owner lets programs of this machine call without a key."""
    with open_door(tmp_path, settings={"door.keyless_local": True}) as door:
        yield door


def test_an_owner_may_let_programs_of_this_machine_in_without_a_key(keyless: Door) -> None:
    with keyless.client(key=None) as client:
        assert client.get(LISTS).status_code == 200
        assert client.post("/api/enviar-relatorio", json={"cnpj": MARKET}).status_code == 200
        assert client.get("/openapi.json").status_code == 200
        assert client.get("/api/chaves").status_code == 401


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("X-Forwarded-For: 127.0.0.1", "chave_ausente"),
        ("X-Forwarded-Proto: https", "chave_ausente"),
        ("Forwarded: for=192.0.2.60", "chave_ausente"),
        ("X-Real-IP: 127.0.0.1", "chave_ausente"),
        ("Via: 1.1 proxy", "chave_ausente"),
        ("Referer: http://evil.example/boleto", "chave_ausente"),
        ("Origin: null", "origem_recusada"),
        ("Sec-Fetch-Site: cross-site", "origem_recusada"),
        ("Authorization: Bearer malote_errada", "chave_invalida"),
    ],
)
def test_without_a_key_no_proxy_page_or_wrong_key_gets_in(keyless: Door, header: str, code: str) -> None:
    assert body_of(knock(keyless, header, host=keyless.host, key=False))["codigo"] == code


def test_taking_the_permission_back_holds_from_the_next_call_on(keyless: Door) -> None:
    keyless.change({"door.keyless_local": False})
    with keyless.client(key=None) as client:
        assert client.get(LISTS).json()["codigo"] == "chave_ausente"


def test_the_health_check_says_nothing_but_that_it_lives(shared_door: Door) -> None:
    answer = httpx.get(f"{shared_door.info.url}/health", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("address", "directly"), [("127.0.0.1", True), ("::1", True), ("192.168.0.10", False), ("127.0.0.1.evil", False)]
)
def test_only_this_machine_counts_as_local(address: str, directly: bool) -> None:
    assert came_directly(Headers({"host": "127.0.0.1:3000"}), (address, 50_000)) is directly
    assert not came_directly(Headers({"host": "127.0.0.1:3000"}), None)


@pytest.mark.parametrize(
    ("headers", "directly"),
    [
        ({"host": "LOCALHOST:3000"}, True),
        ({"host": "[::1]:3000", "sec-fetch-site": "none"}, True),
        ({"host": "loja.exemplo:3000"}, False),
        ({"host": "127.0.0.1.exemplo:3000"}, False),
        ({"host": "192.168.0.10:3000"}, False),
        ({}, False),
        ({"host": "127.0.0.1:3000", "origin": "null"}, False),
        ({"host": "127.0.0.1:3000", "sec-fetch-site": "same-site"}, False),
        ({"host": "127.0.0.1:3000", "referer": "http://evil.example/"}, False),
        ({"host": "127.0.0.1:3000", "x-forwarded-for": "127.0.0.1"}, False),
    ],
)
def test_a_program_of_this_machine_shows_nothing_of_a_page_or_a_proxy(headers: dict[str, str], directly: bool) -> None:
    assert came_directly(Headers(headers), ("127.0.0.1", 50_000)) is directly


async def test_the_port_of_the_web_may_be_left_out_of_the_host() -> None:
    for port, status in ((80, 200), (3000, 403)):
        transport = httpx.ASGITransport(Gate(JSONResponse({}), port=port, takes_files=re.compile("/file")))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/")).status_code == status


_UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def upgraded(door: Door, host: str, *lines: str) -> int:
    """The status that a socket's first request gets."""
    lines = (f"Host: {host}", *_UPGRADE, f"Authorization: Bearer {door.key}", *lines)
    with socket.create_connection(("127.0.0.1", door.info.port), 20) as line:
        request = "\r\n".join(["GET /ws/whatsapp/1 HTTP/1.1", *lines, "", ""]).format(port=door.info.port)
        line.sendall(request.encode())
        return status_of(line.recv(65536))


@pytest.mark.parametrize(
    ("host", "lines"),
    [
        ("evil.example", []),
        ("evil.example:{port}", ["Origin: http://evil.example:{port}"]),
        ("127.0.0.1:{port}", ["Origin: https://evil.example"]),
        ("127.0.0.1:{port}", ["Origin: null"]),
        ("127.0.0.1:{port}", ["Origin: "]),
        ("127.0.0.1:{port}", ["Origin: https://127.0.0.1:{port}"]),
        ("127.0.0.1:{port}", ["Origin: http://127.0.0.1"]),
        ("127.0.0.1:{port}", ["Origin: http://127.0.0.1:1"]),
        ("127.0.0.1:{port}", ["Origin: http://localhost:{port}"]),
        ("127.0.0.1:{port}", ["Origin: http://127.0.0.1:{port}/"]),
        ("127.0.0.1:{port}", ["Origin: http://127.0.0.1:{port}", "Origin: http://evil.example"]),
        ("127.0.0.1:{port}", ["Origin: http://127.0.0.1:{port}", "Sec-Fetch-Site: same-site"]),
        ("127.0.0.1:{port}", ["Origin: http://127.0.0.1:{port}", "Sec-Fetch-Site: cross-site"]),
        ("127.0.0.1:{port}", ["Sec-Fetch-Site: same-origin"]),
    ],
)
def test_a_socket_from_elsewhere_is_not_opened(shared_door: Door, host: str, lines: list[str]) -> None:
    assert upgraded(shared_door, host, *lines) == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("more", [[], ["Sec-Fetch-Site: same-origin"]])
def test_a_socket_of_a_page_of_the_door_s_own_is_opened(shared_door: Door, name: str, more: list[str]) -> None:
    assert upgraded(shared_door, f"{name}:{{port}}", f"Origin: http://{name}:{{port}}", *more) == 101
