"""One whole life of a tenant and of an instance, with the real engine: from the QR to the removal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.told import Listener, client, listening, until
from tests.e2e.world import World
from tests.integration.api.test_sessions_contract import read_qr

SHOP = "5511977770001"
ANA = "5511966660001"
ANA_JID = f"{ANA}@s.whatsapp.net"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as opened:
        yield opened


@pytest.fixture
def told_world(bare_world: World, listener: Listener) -> World:
    """A program that may tell the listener, a number to link and a person to write to."""
    whatsapp = bare_world.whatsapp
    whatsapp.add_account(SHOP)
    whatsapp.add_person("Ana", ANA)
    bare_world.configure(
        {"webhooks.private_hosts": [listener.receiver.host], "webhooks.tenants_url": listener.receiver.url}
    )
    bare_world.headless()
    return bare_world


def test_a_tenant_s_whole_life(told_world: World, listener: Listener) -> None:
    whatsapp = told_world.whatsapp
    with client(told_world) as flask:
        assert flask.post("/tenants", json={"tenantId": "empresa1"}).status_code == 201
        picture = flask.get("/tenants/empresa1/qr").json()["qr"]
        assert flask.get("/tenants/1/status").json()["tenant"]["status"] == "qr"
        whatsapp.scan(read_qr(picture), SHOP)
        status = "/tenants/empresa1/status"
        tenant = until(lambda: flask.get(status), lambda body: body["tenant"]["connected"])["tenant"]
        assert tenant["phone"] == SHOP

        sent = flask.post("/send/1", json={"phone": ANA, "message": "Bom dia, Ana! ☕"}).json()
        assert sent["success"] is True
        arrival = whatsapp.wait_for_arrival(20)
        assert (arrival.message_id, arrival.text) == (sent["messageId"], "Bom dia, Ana! ☕")

        written = whatsapp.incoming_text(ANA_JID, ANA_JID, "Bom dia!", phone=SHOP)
        [body] = listener.heard(1)
        assert (body["empresa_id"], body["phone"], body["message"]) == (1, ANA, "Bom dia!")
        assert (body["message_type"], body["message_id"]) == ("texto", written)

        assert flask.post("/restart/1").status_code == 200
        until(lambda: flask.get(status), lambda body: body["tenant"]["connected"])
    # What is written while the program is away is told once it is back.
    told_world.program.stop()
    missed = whatsapp.incoming_text(ANA_JID, ANA_JID, "Tem pão?", phone=SHOP)
    told_world.headless()
    assert listener.heard_of(lambda body: body["message_id"] == missed)["message"] == "Tem pão?"
    with told_world.client(told_world.program) as flask:
        until(lambda: flask.get(status), lambda body: body["tenant"]["connected"])
        assert flask.post("/clear-all").json()["success"] is True
        until(lambda: flask.get(status), lambda body: body["tenant"]["connected"])
        assert flask.delete("/tenants/empresa1").json()["success"] is True
        assert flask.get(status).status_code == 404
        whatsapp.wait_for(lambda: not whatsapp.account(SHOP).companions, 20)


def test_an_instance_s_whole_life(told_world: World, listener: Listener) -> None:
    whatsapp = told_world.whatsapp
    told_world.configure({"engine.ping_on_connect": True})
    with client(told_world) as api:
        body = {"name": "empresa_x", "webhookUrl": f"{listener.receiver.url}/webhook/whatsapp"}
        made = api.post("/instances/create", json=body)
        assert (made.status_code, made.json()["status"]) == (201, "INITIALIZING")

        def one() -> httpx.Response:
            return api.get("/instances/empresa_x")

        shown = until(one, lambda body: body["status"] == "SCAN_QR_CODE")
        refused = api.post("/instances/empresa_x/message", json={"number": ANA, "message": "cedo"})
        assert refused.status_code == 409
        whatsapp.scan(read_qr(shown["qrCode"]), SHOP)
        shown = until(one, lambda body: body["status"] == "CONNECTED")
        assert (shown["qrCode"], shown["user"]["phone"]) == (None, SHOP)
        ping = whatsapp.wait_for_arrival(20)
        assert (ping.text, ping.chat) == ("ping", str(whatsapp.account(SHOP).lid))

        written = whatsapp.incoming_text(ANA_JID, ANA_JID, "Olá", phone=SHOP)
        received = listener.heard_of(lambda body: body["event"] == "message.received")
        assert received["instance"] == {"id": made.json()["id"], "name": "empresa_x"}
        assert (received["whatsapp"]["messageId"], received["whatsapp"]["pushName"]) == (written, "Ana")
        assert received["message"] == {"type": "text", "text": "Olá", "raw": {}}

        sent = api.post("/instances/empresa_x/message", json={"number": ANA, "message": "Pronto!"}).json()
        assert (
            listener.heard_of(lambda body: body["event"] == "message.sent")["whatsapp"]["messageId"]
            == (sent["messageId"])
        )
        for number in (2, 3):
            acked = listener.heard_of(ack_of(number))
            assert acked["message"]["id"] == sent["messageId"]
        # One model under all contracts: what this one has no word for, contract B says of the same session.
        session = f"/whatsapp/sessions/{made.json()['id']}"
        history = api.get(f"{session}/chats/{ANA}/messages").json()["messages"]
        assert [(message["body"], message["fromMe"]) for message in history] == [("Pronto!", True), ("Olá", False)]
        assert api.post(f"{session}/stop").status_code == 200
        assert one().json()["status"] == "DISCONNECTED"
        assert api.post(f"{session}/start").json()["status"] == "connected"
    told_world.kill()
    told_world.headless()
    with told_world.client(told_world.program) as api:
        until(lambda: api.get("/instances/empresa_x"), lambda body: body["status"] == "CONNECTED")
        assert api.delete("/instances/empresa_x").json()["deleted"] is True
        assert [instance["name"] for instance in api.get("/instances").json()] == ["principal"]
        assert api.get("/api/webhooks").json() == {"webhooks": []}


def ack_of(number: int) -> Callable[[dict[str, Any]], bool]:
    return lambda body: body["event"] == "message.ack" and body["message"]["ack"] == number
