"""Contract C on a real socket: the routes, shapes and failures of a Baileys server that a Flask system calls."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from desktop.domain.access import EVERYTHING, Access, Scope
from desktop.domain.message import MessageKind
from desktop.ports import engine as said
from desktop.ports.engine import OutgoingText
from tests.integration.api.test_sessions_contract import read_qr
from tests.integration.api.told import AT, JID, PHONE, Told, told

TENANT = "empresa1"


@pytest.fixture
def flask(tmp_path: Path) -> Iterator[Told]:
    with told(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One with a tenant, for the tests that change nothing."""
    with told(tmp_path_factory.mktemp("flask")) as opened:
        make(opened)
        yield opened


def make(flask: Told, name: object = TENANT, status: int = 201) -> dict[str, Any]:
    answer = flask.client.post("/tenants", json={"tenantId": name})
    assert answer.status_code == status, answer.text
    assert answer.json()["success"] is True
    tenant: dict[str, Any] = answer.json()["tenant"]
    return tenant


def refused(answer: httpx.Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["success"], body["codigo"]) == (status, False, code), answer.text
    assert body["error"]
    assert body["acao"]


@pytest.mark.parametrize(("first", "second"), [("empresa1", 1), (1, "empresa1"), ("empresa1", "1")])
def test_a_company_s_number_and_its_name_are_one_tenant(flask: Told, first: object, second: object) -> None:
    made = make(flask, first)
    assert make(flask, second, status=200)["tenantId"] == made["tenantId"]
    assert flask.client.get("/status").json()["total"] == 2


def test_a_tenant_is_made_connected_told_and_removed(flask: Told) -> None:
    made = make(flask)
    assert (made["tenantId"], made["empresa_id"], made["status"], made["connected"]) == (TENANT, 1, "connected", True)
    assert make(flask, status=200)["status"] == "connected"
    assert flask.client.get(f"/tenants/{TENANT}/status").json()["tenant"]["phone"] == "5511999990000"
    assert flask.client.get("/tenants/1/status").json()["tenant"]["tenantId"] == TENANT
    names = [tenant["tenantId"] for tenant in flask.client.get("/tenants").json()["tenants"]]
    assert names == ["principal", TENANT]
    status = flask.client.get("/status").json()
    assert (status["total"], status["connected"], status["disconnected"]) == (2, 2, 0)
    assert flask.client.delete(f"/tenants/{TENANT}").json() == {"success": True, "tenantId": TENANT}
    refused(flask.client.get(f"/tenants/{TENANT}/status"), 404, "sessao_nao_encontrada")
    assert flask.door.services.telling.targets() == []


def test_the_health_needs_no_key_and_says_nothing(flask: Told) -> None:
    with flask.door.client(key=None) as nobody:
        assert nobody.get("/health").json() == {"status": "ok"}


def test_the_qr_is_a_picture_until_nobody_scanned_it(tmp_path: Path) -> None:
    with told(tmp_path, online=False) as flask:
        flask.door.run(flask.door.services.sessions.add("parada"))
        refused(flask.client.get("/tenants/parada/qr"), 404, "qr_indisponivel")
        assert make(flask)["status"] == "connecting"
        flask.says(said.QrShown("https://wa.me/newest", 20.0))
        answer = flask.client.get(f"/tenants/{TENANT}/qr").json()
        assert (answer["success"], read_qr(answer["qr"])) == (True, "https://wa.me/newest")
        flask.says(said.QrExpired())
        refused(flask.client.get(f"/tenants/{TENANT}/qr"), 410, "qr_expirado")
        tenant = flask.client.get(f"/tenants/{TENANT}/status").json()["tenant"]
        assert (tenant["status"], tenant["reason"]) == ("disconnected", "qr_expired")
        # Nobody makes codes without end: a person asks for the next one.
        assert flask.client.post("/restart/1").json()["tenant"]["status"] == "connecting"


def test_a_text_is_sent_by_any_of_the_three_ways(flask: Told) -> None:
    make(flask)
    body = {"phone": PHONE, "message": "Olá"}
    for path in (f"/tenants/{TENANT}/send", "/send/1", "/send/empresa1"):
        answer = flask.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["success"] is True
        assert answer.json()["messageId"].startswith("3EB0")
    asked = {**body, "phone": int(PHONE), "message_type": "texto", "empresa_id": 1}
    assert flask.client.post("/webhook", json=asked).json()["success"] is True
    assert flask.engine.others == [(JID, OutgoingText("Olá"))] * 4


def test_the_same_key_sends_once(flask: Told) -> None:
    make(flask)
    for _ in range(2):
        headers = {"Idempotency-Key": "pedido-7"}
        answer = flask.client.post("/send/1", json={"phone": PHONE, "message": "Olá"}, headers=headers)
        assert answer.json() == {"success": True, "messageId": "3EB00001"}
    assert len(flask.engine.others) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/send/2", {"phone": PHONE, "message": "Olá"}, 404, "sessao_nao_encontrada"),
        ("/send/1", {"phone": "amanhã", "message": "Olá"}, 400, "destinatario_invalido"),
        ("/send/1", {"phone": "5511900000000", "message": "Olá"}, 422, "numero_sem_whatsapp"),
        ("/send/1", {"phone": PHONE, "message": " "}, 400, "conteudo_invalido"),
        ("/send/1", {"phone": PHONE}, 400, "corpo_invalido"),
        ("/webhook", {"phone": PHONE, "message": "Olá"}, 400, "corpo_invalido"),
        ("/webhook", {"phone": PHONE, "message": "", "message_type": "imagem", "empresa_id": 1}, 400, "corpo_invalido"),
        ("/tenants", {"tenantId": "a/b"}, 400, "nome_de_sessao_invalido"),
        ("/tenants", {"tenantId": "EMPRESA1"}, 409, "sessao_ja_existe"),
        ("/tenants", {"tenantId": "principal"}, 409, "sessao_ja_existe"),
        ("/restart/9", None, 404, "sessao_nao_encontrada"),
        ("/clear-all", {"logout": "sim"}, 400, "corpo_invalido"),
    ],
)
def test_what_cannot_be_done_says_why(kept: Told, path: str, body: object, status: int, code: str) -> None:
    refused(kept.client.post(path, json=body), status, code)


def test_a_tenant_may_be_called_by_its_bare_number(flask: Told) -> None:
    assert make(flask, 7)["empresa_id"] == 7
    assert flask.client.get("/tenants/7/status").json()["tenant"]["tenantId"] == "7"


def test_everything_begins_afresh_and_links_go_only_if_asked_for(flask: Told) -> None:
    make(flask)
    tenants = flask.client.post("/clear-all").json()["tenants"]
    assert [tenant["status"] for tenant in tenants] == ["connected", "connected"]
    assert [engine.logouts for engine in flask.door.engines] == [0, 0]
    assert [engine.starts for engine in flask.door.engines] == [2, 2]
    assert flask.client.post("/clear-all", json={"logout": True}).json()["success"] is True
    assert [engine.logouts for engine in flask.door.engines] == [1, 1]


def test_what_comes_in_is_told_to_the_address_of_the_settings_now_and_after_a_change(flask: Told) -> None:
    flask.door.change({"webhooks.tenants_url": f"{flask.receiver.url}/flask"})
    make(flask)
    flask.writes()
    [first] = flask.heard(1)
    assert first.path == "/flask/webhook/whatsapp"
    assert json.loads(first.body) == {
        "empresa_id": 1,
        "phone": PHONE,
        "message": "Olá",
        "message_type": "texto",
        "message_id": "3EB01",
        "timestamp": int(AT.timestamp()),
    }
    flask.door.change({"webhooks.tenants_url": flask.receiver.url})
    flask.writes(id="3EB02", kind=MessageKind.IMAGE, text="", backlog=True)
    flask.writes(id="3EB03", text="de antes do vínculo", backlog=True, history=True)
    flask.writes(id="3EB04")
    _, second, third = flask.heard(3)
    assert second.path == "/webhook/whatsapp"
    assert json.loads(second.body)["message_type"] == "imagem"
    assert json.loads(third.body)["message_id"] == "3EB04"


def test_a_renamed_tenant_is_told_under_its_new_name_and_its_key_follows(flask: Told) -> None:
    flask.door.change({"webhooks.tenants_url": flask.receiver.url})
    make(flask)
    rights = Access(name="", scopes=EVERYTHING, sessions=frozenset({TENANT}))
    key = flask.door.run(flask.door.services.keys.create("só ela", rights))
    flask.door.run(flask.door.services.sessions.rename(TENANT, "empresa2"))
    flask.writes()
    assert json.loads(flask.heard(1)[0].body)["empresa_id"] == 2
    with flask.door.client(key=key.text) as only:
        assert [tenant["tenantId"] for tenant in only.get("/tenants").json()["tenants"]] == ["empresa2"]


def test_a_key_of_one_tenant_opens_no_other(flask: Told) -> None:
    make(flask)
    make(flask, "empresa2")
    rights = Access(name="", scopes=EVERYTHING, sessions=frozenset({TENANT}))
    key = flask.door.run(flask.door.services.keys.create("só ela", rights))
    with flask.door.client(key=key.text) as only:
        assert only.get("/status").json()["total"] == 1
        assert only.post("/send/1", json={"phone": PHONE, "message": "Olá"}).status_code == 200
        refused(only.post("/send/2", json={"phone": PHONE, "message": "Olá"}), 404, "sessao_nao_encontrada")
        refused(only.post("/tenants", json={"tenantId": "empresa3"}), 404, "sessao_nao_encontrada")
        refused(only.post("/clear-all"), 403, "acesso_negado")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/tenants"),
        ("GET", "/tenants/1/qr"),
        ("DELETE", "/tenants/1"),
        ("POST", "/clear-all"),
        ("POST", "/restart/1"),
    ],
)
def test_managing_needs_the_right_to_manage(kept: Told, method: str, path: str) -> None:
    rights = Access(name="", scopes=frozenset({Scope.SEND, Scope.READ}))
    key = kept.door.run(kept.door.services.keys.create(f"{method} {path}", rights))
    with kept.door.client(key=key.text) as sender:
        refused(sender.request(method, path), 403, "acesso_negado")
        assert sender.get("/status").status_code == 200
    with kept.door.client(key=None) as nobody:
        refused(nobody.request(method, path), 401, "chave_ausente")
