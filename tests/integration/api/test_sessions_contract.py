"""Contract B on a real socket: the routes a WPPConnect backend calls, with their names, states and failures."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from desktop.domain.access import EVERYTHING, Access
from desktop.ports import engine as said
from tests.integration.api.door import Door, open_door
from tests.integration.reports.web_server import answer, serve

PHONE = "5511988887777"


@pytest.fixture
def backend(door: Door) -> Iterator[httpx.Client]:
    """A client with a key that manages."""
    key = door.run(door.services.keys.create("backend", Access(name="", scopes=EVERYTHING)))
    door.engine.accounts[PHONE] = f"{PHONE}@s.whatsapp.net"
    with door.client(key=key.text) as client:
        yield client


def make(backend: httpx.Client, name: str = "loja") -> str:
    body = {"Company_Id": 7, "Session_Name": name, "Phone_Number": PHONE, "Status": 0, "Session_Token": "x"}
    answer = backend.post("/sessions", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert (made["Company_Id"], made["Session_Name"], made["status"]) == ("7", name, "disconnected")
    identity: str = made["id"]
    return identity


def refused(answer: httpx.Response, status: int, error: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, error), answer.text
    assert body["message"]
    assert body["action"]


def test_a_session_is_made_started_and_stopped(backend: httpx.Client) -> None:
    identity = make(backend)
    started = backend.post(f"/whatsapp/sessions/{identity}/start").json()
    assert started == {
        "message": "Sessão iniciada com sucesso",
        "status": "connected",
        "qrCode": None,
        "degraded": None,
        "reason": None,
    }
    status = backend.get(f"/whatsapp/sessions/{identity}/status").json()
    assert status == {"sessionId": identity, "status": "connected", "isConnected": True}
    stopped = backend.post(f"/whatsapp/sessions/{identity}/stop")
    assert stopped.json() == {"message": "Sessão desconectada com sucesso"}
    assert backend.get(f"/whatsapp/sessions/{identity}/status").json()["isConnected"] is False
    refused(backend.post(f"/whatsapp/sessions/{identity}/logout"), 409, "whatsapp_desconectado")
    assert backend.delete(f"/whatsapp/sessions/{identity}").json() == {"message": "Sessão removida com sucesso"}
    refused(backend.get(f"/whatsapp/sessions/{identity}/status"), 404, "sessao_nao_encontrada")


def test_the_qr_is_a_picture_of_the_newest_code(tmp_path: Path) -> None:
    with open_door(tmp_path, online=False) as door:
        key = door.run(door.services.keys.create("backend", Access(name="", scopes=EVERYTHING)))
        with door.client(key=key.text) as backend:
            identity = str(door.services.sessions.default().profile.id)  # type: ignore[union-attr]
            door.say(said.QrShown("https://wa.me/first", 60.0))
            door.say(said.QrShown("https://wa.me/newest", 20.0))
            picture = backend.get(f"/whatsapp/sessions/{identity}/qr").json()["qrCode"]
            assert read_qr(picture) == "https://wa.me/newest"
            started = backend.post(f"/whatsapp/sessions/{identity}/start").json()
            assert started["status"] == "qr"
            assert read_qr(started["qrCode"]) == "https://wa.me/newest"
            door.say(said.QrExpired())
            refused(backend.get(f"/whatsapp/sessions/{identity}/qr"), 410, "qr_expirado")
            status = backend.get(f"/whatsapp/sessions/{identity}/status").json()
            assert (status["status"], status["reason"]) == ("disconnected", "qr_expired")


def test_a_connected_session_has_no_qr(backend: httpx.Client) -> None:
    identity = make(backend)
    backend.post(f"/whatsapp/sessions/{identity}/start")
    refused(backend.get(f"/whatsapp/sessions/{identity}/qr"), 404, "qr_indisponivel")


def test_a_text_is_sent_to_a_number_with_or_without_its_ending(door: Door, backend: httpx.Client) -> None:
    identity = make(backend)
    backend.post(f"/whatsapp/sessions/{identity}/start")
    for to in (PHONE, f"{PHONE}@c.us", int(PHONE), "+55 (11) 98888-7777"):
        answer = backend.post("/whatsapp/messages/send", json={"sessionId": identity, "to": to, "message": "Olá"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["message"] == "Mensagem enviada com sucesso"
        assert answer.json()["result"]["to"] == f"{PHONE}@c.us"
        assert answer.json()["result"]["id"].startswith("3EB0")


def test_a_file_is_sent_from_base64(backend: httpx.Client) -> None:
    identity = make(backend)
    backend.post(f"/whatsapp/sessions/{identity}/start")
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), "navy").save(buffer, "PNG")
    content = base64.b64encode(buffer.getvalue()).decode()
    for text in (content, f"data:image/png;base64,{content}"):
        media = {"base64": text, "filename": "a.png", "mimetype": "image/png", "caption": "Foto"}
        answer = backend.post("/whatsapp/messages/send", json={"sessionId": identity, "to": PHONE, "media": media})
        assert answer.status_code == 200, answer.text
    broken = {"sessionId": identity, "to": PHONE, "media": {"base64": "não é"}}
    refused(backend.post("/whatsapp/messages/send", json=broken), 400, "conteudo_invalido")


def test_a_file_is_sent_from_an_allowed_server(door: Door, backend: httpx.Client) -> None:
    identity = make(backend)
    backend.post(f"/whatsapp/sessions/{identity}/start")
    opened = serve()
    site = door.run(opened.__aenter__())
    try:
        site.answer = answer(b"%PDF-1.7 nota")
        body = {"sessionId": identity, "to": PHONE, "media": {"url": f"http://{site.host}/nota.pdf"}}
        refused(backend.post("/whatsapp/messages/send", json=body), 400, "conteudo_invalido")
        assert site.requests == []
        door.change({"report.url_hosts": [site.host]})
        answered = backend.post("/whatsapp/messages/send", json=body)
        assert answered.status_code == 200, answered.text
    finally:
        door.run(opened.__aexit__(None, None, None))


def test_a_file_of_many_megabytes_is_taken_where_files_are_and_nowhere_else(door: Door, backend: httpx.Client) -> None:
    identity = make(backend)
    backend.post(f"/whatsapp/sessions/{identity}/start")
    content = base64.b64encode(bytes(25_000_000)).decode()
    media = {"base64": content, "filename": "a.bin"}
    body = {"sessionId": identity, "to": PHONE, "media": media}
    answered = backend.post("/whatsapp/messages/send", json=body)
    assert answered.status_code == 200, answered.text
    media["base64"] += content
    assert backend.post("/whatsapp/messages/send", json=body).status_code == 413
    assert backend.post("/sessions", json=body).status_code == 413


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"sessionId": "1"}, 404, "sessao_nao_encontrada"),
        ({"sessionId": "01890a5d-ac96-774b-bcce-b302099a8057"}, 404, "sessao_nao_encontrada"),
        ({"to": "amanhã"}, 400, "destinatario_invalido"),
        ({"to": "5511900000000"}, 422, "numero_sem_whatsapp"),
        ({"message": ""}, 400, "conteudo_invalido"),
        ({"message": 5}, 400, "corpo_invalido"),
        ({"media": {}}, 400, "corpo_invalido"),
        ({"media": {"url": "a", "base64": "b"}}, 400, "corpo_invalido"),
    ],
)
def test_what_cannot_be_sent_says_why(
    backend: httpx.Client, change: dict[str, object], status: int, error: str
) -> None:
    identity = make(backend)
    backend.post(f"/whatsapp/sessions/{identity}/start")
    body = {"sessionId": identity, "to": PHONE, "message": "Olá", **change}
    refused(backend.post("/whatsapp/messages/send", json=body), status, error)


def test_the_numbers_add_up(door: Door, backend: httpx.Client) -> None:
    first = make(backend, "loja")
    make(backend, "filial")
    backend.post(f"/whatsapp/sessions/{first}/start")
    stats = backend.get("/whatsapp/stats").json()
    assert (stats["total"], stats["connected"], stats["disconnected"]) == (3, 2, 1)
    assert {"id": first, "status": "connected"} in stats["sessions"]


def test_names_are_unique(backend: httpx.Client) -> None:
    make(backend)
    refused(backend.post("/sessions", json={"Session_Name": "LOJA"}), 409, "sessao_ja_existe")
    refused(backend.post("/sessions", json={"Session_Name": ""}), 400, "nome_de_sessao_invalido")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/sessions"), ("POST", "/whatsapp/sessions/{id}/start"), ("GET", "/whatsapp/sessions/{id}/qr")],
)
def test_managing_needs_the_right_to_manage(door: Door, backend: httpx.Client, method: str, path: str) -> None:
    identity = make(backend)
    with door.client() as sender:
        refused(sender.request(method, path.format(id=identity), json={"Session_Name": "x"}), 403, "acesso_negado")
        assert sender.get(f"/whatsapp/sessions/{identity}/status").status_code == 200
    with door.client(key=None) as nobody:
        refused(nobody.request(method, path.format(id=identity), json={}), 401, "chave_ausente")


def read_qr(data_url: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(data_url.removeprefix("data:image/png;base64,"))))
    [found] = zxingcpp.read_barcodes(picture.convert("L"))
    text: str = found.text
    return text
