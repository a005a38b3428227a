"""What comes from an old ERP is understood where it can be, and refused in clear words where it cannot."""

import json
import socket
from typing import Any

import pytest

from tests.integration.api.door import MARKET, Door, head, read_all, read_answer, talk

ROUTE = "/api/enviar-relatorio"
CAPTION = "Fechamento de São João"


def post(door: Door, body: bytes, *lines: str, length: bool = True, path: str = ROUTE) -> tuple[int, dict[str, Any]]:
    """A call with exactly these bytes; gives status and body."""
    lengths = [f"Content-Length: {len(body)}"] if length else []
    start = head("POST", path, f"Authorization: Bearer {door.key}", *lengths, *lines, host=door.host)
    return parsed(talk(door.info.port, start + body))


def parsed(answer: bytes) -> tuple[int, dict[str, Any]]:
    """The last answer of an exchange; it has to be JSON, and to say so."""
    heads, _, body = answer.rpartition(b"\r\n\r\n")
    last = heads.rpartition(b"HTTP/1.1 ")[2].decode("latin-1").lower()
    assert "\r\ncontent-type: application/json; charset=utf-8" in last
    assert "\r\nserver:" not in last
    assert b"Traceback" not in body
    return int(last[:3]), json.loads(body.decode("utf-8"))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252", "iso-8859-1"], ids=lambda encoding: f"in {encoding}"
)
def test_a_body_is_understood_in_the_encodings_of_old_erps(door: Door, encoding: str) -> None:
    body = json.dumps({"cnpj": MARKET, "legenda": CAPTION}, ensure_ascii=False).encode(encoding)
    status, answer = post(door, body, "Content-Type: application/json")
    assert (status, answer["empresa"]) == (200, "Mercado São João")
    assert [image.caption for _, image in door.engine.taken] == [CAPTION]


def test_utf_16_is_understood_in_either_order(door: Door) -> None:
    body = b"\xfe\xff" + json.dumps({"cnpj": MARKET}).encode("utf-16-be")
    assert post(door, body)[0] == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1", "???"]
)
def test_the_body_counts_whatever_the_content_type_says(door: Door, content_type: str) -> None:
    assert post(door, json.dumps({"cnpj": MARKET}).encode(), f"Content-Type: {content_type}")[0] == 200


def test_line_ends_tabs_and_a_final_nul_do_no_harm(door: Door) -> None:
    body = b'\r\n{\t"cnpj": "%s",\r\n "legenda": "duas\nlinhas\x01"}\r\n\0' % MARKET.encode()
    assert post(door, body)[0] == 200
    assert [image.caption for _, image in door.engine.taken] == ["duas\nlinhas"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "O pedido chegou vazio."),
        (b" \r\n\0", "O pedido chegou vazio."),
        (b"\xef\xbb\xbf", "O pedido chegou vazio."),
        (b"{", "O corpo do pedido não é um JSON válido (linha 1, coluna 2)."),
        (b"{'cnpj': '1'}", "O corpo do pedido não é um JSON válido (linha 1, coluna 2)."),
        (b'{"cnpj":\n"1",}', "O corpo do pedido não é um JSON válido (linha 2, coluna 5)."),
        (b'{"cnpj": "1"}{"cnpj": "2"}', "O corpo do pedido não é um JSON válido (linha 1, coluna 14)."),
        (b"[" * 100_000, "O corpo do pedido não é um JSON válido (linha 1, coluna 1)."),
        (b'{"a":' * 40_000, "O corpo do pedido não é um JSON válido (linha 1, coluna 1)."),
        (b'{"cnpj": %s}' % (b"9" * 5000), "O corpo do pedido não é um JSON válido (linha 1, coluna 1)."),
        (b"\x00\x01\x02\xff\xfe", "O corpo do pedido não é um JSON válido (linha 1, coluna 1)."),
        (b"<cnpj>62567108000101</cnpj>", "O corpo do pedido não é um JSON válido (linha 1, coluna 1)."),
        (b"[1]", "O corpo do pedido é um JSON, mas não um objeto entre chaves."),
        (b"62567108000101", "O corpo do pedido é um JSON, mas não um objeto entre chaves."),
        (b'"62567108000101"', "O corpo do pedido é um JSON, mas não um objeto entre chaves."),
        (b"NaN", "O corpo do pedido é um JSON, mas não um objeto entre chaves."),
        (b"cnpj=62567108000101&fila=1", "O pedido chegou como formulário, não como JSON."),
        (
            b'--x1\r\nContent-Disposition: form-data; name="cnpj"\r\n\r\n62567108000101\r\n--x1--\r\n',
            "O pedido chegou como formulário, não como JSON.",
        ),
        (b'{"cnpj": "1", "cnpj": "2"}', "O campo “cnpj” aparece mais de uma vez no pedido."),
        (b'{"cnpj": NaN}', "O campo “cnpj” do pedido não é um texto."),
        (b'{"cnpj": {"valor": "1"}}', "O campo “cnpj” do pedido não é um texto."),
    ],
    ids=lambda value: value[:20].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_a_body_that_is_no_order_is_told_exactly(shared_door: Door, body: bytes, sentence: str) -> None:
    status, answer = post(shared_door, body)
    assert (status, answer["codigo"], answer["mensagem"]) == (400, "corpo_invalido", sentence)
    assert answer["acao"]


def test_answers_keep_their_accents(shared_door: Door) -> None:
    with shared_door.client() as client:
        raw = client.get("/api/empresas", params={"busca": "pao"}).content + client.post(ROUTE, content=b"{").content
        raw += client.get("/api/empresas", params={"busca": "sao joao"}).content
    assert "São João".encode() in raw
    assert "não é um JSON".encode() in raw
    assert b"\\u" not in raw


def test_http_1_0_is_answered_and_closed(door: Door) -> None:
    body = json.dumps({"cnpj": MARKET}).encode()
    lines = [f"POST {ROUTE} HTTP/1.0", f"Host: {door.host}", f"X-API-Key: {door.key}", f"Content-Length: {len(body)}"]
    status, answer = parsed(talk(door.info.port, "\r\n".join([*lines, "", ""]).encode() + body))
    assert (status, answer["status"]) == (200, "enviado")
    no_host = talk(door.info.port, b"GET /health HTTP/1.0\r\n\r\n")
    assert parsed(no_host)[1]["codigo"] == "host_recusado"


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(door: Door) -> None:
    body = json.dumps({"cnpj": MARKET}).encode()
    start = head(
        "POST",
        ROUTE,
        f"Authorization: Bearer {door.key}",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
        host=door.host,
    )
    with socket.create_connection(("127.0.0.1", door.info.port), 20) as line:
        line.sendall(start)
        assert line.recv(1000).startswith(b"HTTP/1.1 100 ")
        line.sendall(body)
        assert parsed(read_all(line))[0] == 200


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-8"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", None])
def test_what_powershell_sends_is_understood(door: Door, encoding: str, kind: str | None) -> None:
    """Invoke-RestMethod waits for leave, keeps the connection, and until version 7 writes the body in its code page."""
    body = json.dumps({"cnpj": MARKET, "legenda": CAPTION, "reenviar": True}, ensure_ascii=False).encode(encoding)
    lines = [
        f"POST {ROUTE} HTTP/1.1",
        "User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; pt-BR) WindowsPowerShell/5.1.19041.4412",
        f"X-API-Key: {door.key}",
        *([f"Content-Type: {kind}"] if kind else []),
        f"Host: {door.host}",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
        "Connection: Keep-Alive",
    ]
    with socket.create_connection(("127.0.0.1", door.info.port), 20) as line:
        for _ in range(2):
            line.sendall("\r\n".join([*lines, "", ""]).encode())
            assert line.recv(1000).startswith(b"HTTP/1.1 100 ")
            line.sendall(body)
            assert parsed(read_answer(line))[0] == 200
    assert [image.caption for _, image in door.engine.taken] == [CAPTION, CAPTION]


def test_a_folded_header_is_understood(shared_door: Door) -> None:
    folded = f"GET /health HTTP/1.1\r\nHost: {shared_door.host}\r\nX-Old: one\r\n two\r\nConnection: close\r\n\r\n"
    assert parsed(talk(shared_door.info.port, folded.encode()))[0] == 200


def test_a_body_in_chunks_is_read_whole(door: Door) -> None:
    chunks = b'7\r\n{"cnpj"\r\n' + b"11\r\n" + f':"{MARKET}"'.encode() + b"\r\n1\r\n}\r\n0\r\n\r\n"
    assert post(door, chunks, "Transfer-Encoding: chunked", length=False)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", ROUTE, 405, "metodo_nao_permitido"),
        ("PUT", ROUTE, 405, "metodo_nao_permitido"),
        ("DELETE", "/api/envios", 405, "metodo_nao_permitido"),
        ("OPTIONS", ROUTE, 405, "metodo_nao_permitido"),
        ("TRACE", ROUTE, 405, "metodo_nao_permitido"),
        ("POST", "/api/enviar", 404, "rota_inexistente"),
        ("POST", f"{ROUTE}/", 404, "rota_inexistente"),
        ("GET", "/", 404, "rota_inexistente"),
        ("GET", "/docs", 404, "rota_inexistente"),
        ("GET", "/api/../../etc/passwd", 404, "rota_inexistente"),
        ("GET", "/%2e%2e/%00%0a%0d", 404, "rota_inexistente"),
        ("GET", "http://evil.example/api/envios", 404, "rota_inexistente"),
    ],
)
def test_a_wrong_address_or_method_is_told(shared_door: Door, method: str, path: str, status: int, code: str) -> None:
    start = head(method, path, f"Authorization: Bearer {shared_door.key}", host=shared_door.host)
    got, answer = parsed(talk(shared_door.info.port, start))
    assert (got, answer["codigo"]) == (status, code)


def test_a_wrong_method_names_the_right_ones(shared_door: Door) -> None:
    with shared_door.client() as client:
        assert client.get(ROUTE).headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        "/api/envios/123",
        "/api/envios/01890a5d-ac96-774b-bcce-b302099a805",
        "/api/envios/%00",
        "/api/envios?antes=123",
        "/api/envios?data=05/01/2026",
        "/api/envios?data=2026-02-30",
        "/api/envios?limite=0",
        "/api/envios?limite=1001",
        "/api/envios?limite=muitos",
        "/api/envios?estado=perdido",
        f"/api/empresas?busca={'x' * 101}",
        "/api/empresas?limite=-1",
    ],
)
def test_a_parameter_that_does_not_fit_is_named_in_the_contract_s_shape(shared_door: Door, path: str) -> None:
    with shared_door.client() as client:
        answer = client.get(path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["codigo"]) == (400, "erro", "corpo_invalido")
    name = path.partition("?")[2].partition("=")[0] or "id"
    assert f"“{name}”" in body["mensagem"]


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n{usual}Content-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\n{usual}Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\n{usual}Transfer-Encoding: gzip, chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\n{usual}bad header: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n{usual}\r\n",
        b"GET / HTTP/1.1\r\n{usual}X-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n{usual}\r\n",
        b"GET /?" + b"x" * 20_000 + b" HTTP/1.1\r\n{usual}\r\n",
        b"GET / HTTP/1.1\r\n{usual}" + b"X: y\r\n" * 5_000 + b"\r\n",
        b"GET / HTTP/1.1\r\n{usual}X-Endless: " + b"x" * 20_000,
    ],
    ids=lambda sent: sent[:40].decode("latin-1"),
)
def test_what_is_no_http_is_answered_in_the_contract_s_shape_too(shared_door: Door, sent: bytes) -> None:
    usual = f"Host: {shared_door.host}\r\nConnection: close\r\n".encode()
    status, answer = parsed(talk(shared_door.info.port, sent.replace(b"{usual}", usual)))
    assert (status, answer["codigo"]) == (400, "corpo_invalido")
    assert "não é uma chamada HTTP" in answer["mensagem"]


def test_a_broken_chunk_after_an_early_answer_ends_the_connection(shared_door: Door) -> None:
    start = head("POST", ROUTE, "Transfer-Encoding: chunked", host=shared_door.host).replace(
        b"Connection: close\r\n", b""
    )
    with socket.create_connection(("127.0.0.1", shared_door.info.port), 20) as line:
        line.sendall(start)
        assert parsed(read_answer(line))[0] == 401
        line.sendall(b"this is no chunk\r\n")
        assert read_all(line) == b""


def test_a_broken_chunk_while_the_body_is_read_is_answered_once(shared_door: Door) -> None:
    status, answer = post(shared_door, b"1\r\n{\r\nthis is no chunk\r\n", "Transfer-Encoding: chunked", length=False)
    assert (status, answer["codigo"]) == (400, "corpo_invalido")


def test_a_client_that_hangs_up_in_the_middle_disturbs_nobody(door: Door) -> None:
    with socket.create_connection(("127.0.0.1", door.info.port), 20) as line:
        line.sendall(head("POST", ROUTE, f"X-API-Key: {door.key}", "Content-Length: 50", host=door.host) + b'{"cnpj"')
    release = door.hold()
    with socket.create_connection(("127.0.0.1", door.info.port), 20) as line:
        body = json.dumps({"cnpj": MARKET}).encode()
        line.sendall(
            head("POST", ROUTE, f"X-API-Key: {door.key}", f"Content-Length: {len(body)}", host=door.host) + body
        )
        door.wait_taken()
    release()
    assert door.send().json()["duplicado"] is True
    assert len(door.engine.taken) == 1
