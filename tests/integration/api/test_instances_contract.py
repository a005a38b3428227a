"""Contract E on a real socket: the routes, states and webhooks of an instance manager behind a main API."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from desktop.domain.access import EVERYTHING, Access, Scope
from desktop.domain.errors import Code, ConfigError
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.ports import engine as said
from desktop.ports.engine import OutgoingText
from tests.integration.api.test_sessions_contract import read_qr
from tests.integration.api.told import AT, JID, PHONE, Told, told

NAME = "empresa_x"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Told]:
    with told(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One with an instance, for the tests that change nothing."""
    with told(tmp_path_factory.mktemp("instances")) as opened:
        make(opened)
        yield opened


def make(api: Told, name: str = NAME) -> dict[str, Any]:
    body = {"name": name, "webhookUrl": f"{api.receiver.url}/webhook/whatsapp"}
    answer = api.client.post("/instances/create", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def one(api: Told, name: str = NAME) -> dict[str, Any]:
    found: dict[str, Any] = api.client.get(f"/instances/{name}").json()
    return found


def refused(answer: httpx.Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert body["error"]
    assert body["action"]


def test_an_instance_is_made_listed_and_closed_for_good(api: Told) -> None:
    made = make(api)
    assert made["webhookUrl"] == f"{api.receiver.url}/webhook/whatsapp"
    short = {"id": made["id"], "name": NAME, "status": "CONNECTED"}
    assert short in api.client.get("/instances").json()
    assert one(api)["user"] == {"jid": "5511999990000@s.whatsapp.net", "phone": "5511999990000", "name": "Loja"}
    assert api.client.delete(f"/instances/{NAME}").json() == {"name": NAME, "deleted": True}
    refused(api.client.get(f"/instances/{NAME}"), 404, "sessao_nao_encontrada")
    assert api.engine.logouts == 1
    assert api.door.services.telling.targets() == []


def test_the_states_have_this_contract_s_names(tmp_path: Path) -> None:
    with told(tmp_path, online=False) as api:
        assert make(api)["status"] == "INITIALIZING"
        api.says(said.QrShown("https://wa.me/newest", 20.0))
        shown = one(api)
        assert (shown["status"], read_qr(shown["qrCode"])) == ("SCAN_QR_CODE", "https://wa.me/newest")
        api.says(said.QrExpired())
        assert (one(api)["status"], one(api)["reason"]) == ("INVALID", "qr_expired")
        refused(send(api), 409, "whatsapp_nao_pareado")
        api.door.run(api.door.services.sessions.start(NAME))
        api.says(said.WentOnline(api.engine.account))
        shown = one(api)
        assert (shown["status"], shown["reason"], shown["qrCode"]) == ("CONNECTED", None, None)
        assert shown["user"]["phone"] == "5511999990000"
        api.door.run(lose_two(api))
        assert one(api)["status"] == "DEGRADED"
        assert send(api).status_code == 200
        assert one(api)["status"] == "CONNECTED"
        api.says(said.WentOffline("drop"))
        assert one(api)["status"] == "DISCONNECTED"
        refused(send(api), 409, "whatsapp_desconectado")
        api.door.run(api.door.services.sessions.stop(NAME))
        assert one(api)["status"] == "DISCONNECTED"
        api.engine.start_error = ConfigError(Code.ENGINE_BROKEN, reason="worker")
        api.door.run(api.door.services.sessions.start(NAME))
        assert (one(api)["status"], one(api)["reason"]) == ("INVALID", "broken")
        refused(send(api), 409, "whatsapp_desconectado")


async def lose_two(api: Told) -> None:
    """Two messages go out and nobody acknowledges them."""
    for _ in range(2):
        api.door.services.sessions.unacknowledged(NAME)


def send(api: Told) -> httpx.Response:
    return api.client.post(f"/instances/{NAME}/message", json={"number": PHONE, "message": "Olá"})


def test_what_is_received_sent_and_acknowledged_is_told_signed(api: Told) -> None:
    instance = {"id": make(api)["id"], "name": NAME}
    api.writes()
    api.heard(1)
    sent = send(api)
    assert sent.json() == {"messageId": "3EB00001", "to": JID, "status": "sent"}
    assert api.engine.others == [(JID, OutgoingText("Olá"))]
    api.heard(2)
    for kind in (ReceiptKind.DELIVERED, ReceiptKind.READ):
        api.says(Receipt(kind=kind, message_ids=("3EB00001",), chat=JID, by=JID, at=AT))
    arrived = api.heard(4)
    received, sent_body, delivered, read = [json.loads(one.body) for one in arrived]
    assert received == {
        "event": "message.received",
        "instance": instance,
        "whatsapp": {"jid": JID, "jidAlt": None, "messageId": "3EB01", "pushName": "Ana"},
        "message": {"type": "text", "text": "Olá", "raw": {}},
    }
    assert (sent_body["event"], sent_body["whatsapp"]["messageId"]) == ("message.sent", "3EB00001")
    assert (delivered["event"], delivered["message"]["ack"], read["message"]["ack"]) == ("message.ack", 2, 3)
    with api.door.client(key=api.door.info.token) as owner:
        secret = owner.get("/api/webhooks/segredo").json()["segredo"]
    for one_call in arrived:
        assert one_call.headers["content-type"] == "application/json; charset=utf-8"
        signed = one_call.headers["x-malote-timestamp"].encode() + b"." + one_call.body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        assert one_call.headers["x-malote-signature"] == f"sha256={expected}"


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://10.1.2.3/x", "rede interna"), ("http://localhost:9/", "rede interna"), ("ftp://x.com/", "http")],
)
def test_an_address_on_a_private_network_is_refused_unless_the_owner_allows_it(
    kept: Told, url: str, reason: str
) -> None:
    answer = kept.client.post("/instances/create", json={"name": "outra", "webhookUrl": url})
    refused(answer, 400, "webhook_recusado")
    assert reason in answer.json()["error"] + answer.json()["action"]
    refused(kept.client.get("/instances/outra"), 404, "sessao_nao_encontrada")


def test_an_instance_may_tell_nobody(kept: Told) -> None:
    answer = kept.client.post("/instances/create", json={"name": "muda"})
    assert (answer.status_code, answer.json()["webhookUrl"]) == (201, None)
    assert kept.client.delete("/instances/muda").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/instances/create", {"name": NAME}, 409, "sessao_ja_existe"),
        ("/instances/create", {"name": "a/b"}, 400, "nome_de_sessao_invalido"),
        ("/instances/create", {"webhookUrl": ""}, 400, "corpo_invalido"),
        ("/instances/nenhuma/message", {"number": PHONE, "message": "Olá"}, 404, "sessao_nao_encontrada"),
        (f"/instances/{NAME}/message", {"number": PHONE}, 400, "corpo_invalido"),
        (f"/instances/{NAME}/message", {"number": "x", "message": "Olá"}, 400, "destinatario_invalido"),
        (f"/instances/{NAME}/message", {"number": 5511900000000, "message": "Olá"}, 422, "numero_sem_whatsapp"),
    ],
)
def test_what_cannot_be_done_says_why(kept: Told, path: str, body: object, status: int, code: str) -> None:
    refused(kept.client.post(path, json=body), status, code)


def test_a_key_opens_its_own_instances_with_its_own_rights(kept: Told) -> None:
    keys = kept.door.services.keys
    other = kept.door.run(keys.create("outra", Access(name="", scopes=EVERYTHING, sessions=frozenset({"outra"}))))
    with kept.door.client(key=other.text) as client:
        assert client.get("/instances").json() == []
        refused(client.get(f"/instances/{NAME}"), 404, "sessao_nao_encontrada")
    reader = kept.door.run(keys.create("lê", Access(name="", scopes=frozenset({Scope.READ}))))
    with kept.door.client(key=reader.text) as client:
        assert len(client.get("/instances").json()) == 2
        for method, path in (("POST", "/instances/create"), ("GET", f"/instances/{NAME}"), ("DELETE", "/instances/x")):
            refused(client.request(method, path), 403, "acesso_negado")
        refused(client.post(f"/instances/{NAME}/message", json={}), 403, "acesso_negado")
    with kept.door.client(key=None) as nobody:
        refused(nobody.get("/instances"), 401, "chave_ausente")


def test_what_could_not_be_told_is_seen_and_sent_again_by_whom_it_concerns(api: Told) -> None:
    make(api)
    given_up = api.give_up(NAME)
    [dead] = api.client.get("/api/webhooks/falhas").json()["falhas"]
    assert (dead["id"], dead["sessao"], dead["evento"]) == (str(given_up.id), NAME, "message.received")
    assert (dead["tentativas"], dead["erro"]) == (14, "HTTP 503")
    [target] = api.client.get("/api/webhooks").json()["webhooks"]
    assert target == {"sessao": NAME, "url": given_up.url, "contrato": "instances", "parado": None}
    rights = Access(name="", scopes=EVERYTHING, sessions=frozenset({"outra"}))
    other = api.door.run(api.door.services.keys.create("outra", rights))
    again = f"/api/webhooks/falhas/{dead['id']}/reenviar"
    with api.door.client(key=other.text) as client:
        assert client.get("/api/webhooks").json() == {"webhooks": [], "impedimento": None}
        assert client.get("/api/webhooks/falhas").json() == {"falhas": []}
        assert client.post(again).json()["codigo"] == "webhook_nao_encontrado"
        assert client.post("/api/webhooks/reativar", json={"sessao": NAME}).status_code == 400
    assert api.client.post(again).json() == {"id": dead["id"], "sessao": NAME}
    assert api.heard(1)[0].body == given_up.body
    assert api.client.get("/api/webhooks/falhas").json() == {"falhas": []}


def test_what_others_could_not_be_told_leaves_a_key_its_own(api: Told) -> None:
    make(api)
    make(api, "empresa_y")
    mine = api.give_up(NAME)
    api.give_up("empresa_y", times=501)
    rights = Access(name="", scopes=EVERYTHING, sessions=frozenset({NAME}))
    key = api.door.run(api.door.services.keys.create("minha", rights))
    with api.door.client(key=key.text) as client:
        failures = client.get("/api/webhooks/falhas").json()["falhas"]
    assert [failure["id"] for failure in failures] == [str(mine.id)]


def test_an_address_that_said_it_is_gone_is_told_again_once_somebody_says_so(api: Told) -> None:
    make(api)
    api.receiver.answers = [(410, {})]
    api.wait_for_trouble(api.writes)
    assert one(api)["webhookDisabled"] == "410"
    enabled = api.client.post("/api/webhooks/reativar", json={"sessao": NAME}).json()
    assert (enabled["sessao"], enabled["parado"]) == (NAME, None)
    assert [json.loads(call.body)["whatsapp"]["messageId"] for call in api.heard(2)] == ["3EB01", "3EB01"]


def test_it_is_said_where_nobody_is_told_because_nothing_can_be_signed(api: Told) -> None:
    make(api)
    assert api.client.get("/api/webhooks").json()["impedimento"] is None
    api.secrets.locked = True
    api.wait_for_trouble(api.writes)
    trouble = api.client.get("/api/webhooks").json()["impedimento"]
    assert trouble["codigo"] == "cofre_indisponivel"
    assert "segredo que assina os avisos" in trouble["mensagem"]
    assert trouble["acao"]
    api.secrets.locked = False
    api.client.post("/api/webhooks/reativar", json={"sessao": NAME})
    api.heard(1)
    assert api.client.get("/api/webhooks").json()["impedimento"] is None


def test_the_secret_is_the_owner_s_alone(kept: Told) -> None:
    assert kept.client.get("/api/webhooks/segredo").status_code == 401
