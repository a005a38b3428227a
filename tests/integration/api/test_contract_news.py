"""The contracts' words for states and acknowledgements, and what they tell by themselves: sockets and webhooks."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
import socketio

from desktop.domain.message import Ack, Direction
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.session import Account
from desktop.ports import engine as said
from tests.harness.patience import PATIENCE
from tests.integration.api.examples import ID, MESSAGE, PICTURE, SAID, TIME, Shape, differences
from tests.integration.api.told import AT, INCOMING, JID, PHONE, Told, told

TENANT = "empresa1"
OWN = Account(phone="5511999990000", name="Loja")
OTHER = Account(phone="5511999991111", name="Outra")
QR = said.QrShown("https://wa.me/settings/linked_devices#1", 60.0)
CODE = said.PairingCodeShown("SEB3-FM77", OWN.phone, 160.0)
ONLINE = said.WentOnline(OWN)
Doing = said.EngineEvent | Callable[[Told], None]


def degrade(api: Told) -> None:
    """Two messages go out and nobody acknowledges them."""

    async def lose() -> None:
        for _ in range(2):
            api.door.services.sessions.unacknowledged(TENANT)

    api.door.run(lose())


def stop(api: Told) -> None:
    api.door.run(api.door.services.sessions.stop(TENANT))


STATES: dict[str, tuple[list[Doing], str, dict[str, object], str, str | None]] = {
    "starting": ([], "connecting", {}, "INITIALIZING", None),
    "qr": ([QR], "qr", {}, "SCAN_QR_CODE", None),
    "pairing code": ([CODE], "qr", {}, "SCAN_QR_CODE", None),
    "qr expired": ([QR, said.QrExpired()], "disconnected", {"reason": "qr_expired"}, "INVALID", "qr_expired"),
    "passkey": ([QR, said.PasskeyAsked()], "disconnected", {"reason": "passkey"}, "INVALID", "passkey"),
    "client outdated": (
        [said.ClientOutdated("2026-01-01")],
        "disconnected",
        {"reason": "client_outdated"},
        "INVALID",
        "client_outdated",
    ),
    "banned": ([said.Banned(None, "x")], "disconnected", {"reason": "banned"}, "INVALID", "banned"),
    "replaced": ([ONLINE, said.Replaced()], "disconnected", {"reason": "replaced"}, "INVALID", "replaced"),
    "restricted": (
        [ONLINE, said.Restricted(None)],
        "disconnected",
        {"reason": "restricted"},
        "INVALID",
        "restricted",
    ),
    "other account": (
        [ONLINE, said.WentOffline("x"), said.WentOnline(OTHER)],
        "disconnected",
        {"reason": "other_account"},
        "INVALID",
        "other_account",
    ),
    "connected": ([ONLINE], "connected", {}, "CONNECTED", None),
    "degraded": ([ONLINE, degrade], "connected", {"degraded": True}, "DEGRADED", None),
    "disconnected": ([ONLINE, said.WentOffline("drop")], "disconnected", {}, "DISCONNECTED", None),
    "stopped": ([ONLINE, stop], "disconnected", {}, "DISCONNECTED", None),
    "logged out": ([ONLINE, said.Unlinked("x")], "disconnected", {}, "DISCONNECTED", None),
    "broken": ([said.Failed("x")], "disconnected", {"reason": "broken"}, "INVALID", "broken"),
}
"""What happens to a session; its word in contracts B, C and D, with what they say beside it; contract E's, with why."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One whose numbers do not connect by themselves."""
    with told(tmp_path_factory.mktemp("news"), online=False) as opened:
        opened.door.change({"webhooks.tenants_url": opened.receiver.url})
        yield opened


@pytest.fixture
def api(shared: Told) -> Iterator[Told]:
    """The same, with a new session that all four contracts show; nobody was told anything yet."""
    shared.receiver.arrived.clear()
    shared.client.post("/tenants", json={"tenantId": TENANT}).raise_for_status()
    yield shared
    for one in shared.client.get("/instances").json():
        if one["name"] != "principal":
            shared.client.delete(f"/instances/{one['name']}").raise_for_status()


def identity(api: Told) -> str:
    profile = api.door.services.sessions.get(TENANT).profile
    assert profile is not None
    return str(profile.id)


@pytest.mark.parametrize("state", STATES)
def test_a_state_has_its_word_in_every_contract(api: Told, state: str) -> None:
    happens, word, beside, instance, why = STATES[state]
    for one in happens:
        if callable(one):
            one(api)
        else:
            api.says(one)
    connected = word == "connected"
    status = api.client.get(f"/whatsapp/sessions/{identity(api)}/status").json()
    assert status == {"sessionId": identity(api), "status": word, "isConnected": connected, **beside}
    extras = {"degraded": None, "reason": None, **beside}
    tenant = api.client.get(f"/tenants/{TENANT}/status").json()["tenant"]
    assert {"status": word, "connected": connected, **extras}.items() <= tenant.items()
    [connection] = [one for one in api.client.get("/whatsapp/connections").json() if one["name"] == TENANT]
    assert {"status": word, **extras}.items() <= connection.items()
    shown = api.client.get(f"/instances/{TENANT}").json()
    assert (shown["status"], shown["reason"]) == (instance, why)


@pytest.mark.parametrize(("ack", "number"), [(ack, number) for number, ack in enumerate(Ack)])
def test_an_acknowledgement_has_its_number(api: Told, ack: Ack, number: int) -> None:
    api.writes(id="3EB0FF", direction=Direction.OUT, ack=ack)
    api.door.run(api.door.services.inbox.settled())
    [message] = api.client.get(f"/whatsapp/sessions/{identity(api)}/chats/{PHONE}/messages").json()["messages"]
    assert message["ack"] == number
    [message] = api.client.get(f"/whatsapp/chats/{identity(api)}:{PHONE}@c.us/messages").json()
    assert message["ack"] == number


STATUS = {"sessionId": ID, "status": SAID, "isConnected": bool}
FRAMES: dict[str, Shape] = {
    "status": STATUS,
    "status_change": STATUS,
    "qr": {"sessionId": ID, "qrCode": PICTURE, "expiresAt": TIME},
    "message": {
        "id": re.compile("3EB0.+"),
        "chatId": f"{PHONE}@c.us",
        "fromMe": bool,
        "author": SAID,
        "authorName": str,
        "type": "text",
        "body": SAID,
        "timestamp": int,
        "ack": int,
        "mimetype": None,
        "filename": None,
    },
    "ack": {"id": MESSAGE, "chatId": f"{PHONE}@c.us", "ack": 3},
    "send": {
        "id": ID,
        "to": f"{PHONE}@c.us",
        "kind": "text",
        "status": re.compile("queued|sending|sent|delivered"),
        "messageId": (MESSAGE, None),
        "error": None,
    },
}
"""Contract B's WebSocket: the data of each type."""


async def test_the_websocket_tells_each_thing_in_its_shape(api: Told) -> None:
    url = f"{api.door.info.url}/ws/whatsapp/{identity(api)}"
    shown = {"Authorization": api.client.headers["Authorization"]}
    told_of: dict[str, list[Any]] = {}

    async def hear(kind: str) -> Any:
        """Until something of this kind came."""
        while True:
            frame = json.loads(await line.receive_str(timeout=PATIENCE))
            assert frame.keys() == {"type", "data"}
            told_of.setdefault(frame["type"], []).append(frame["data"])
            if frame["type"] == kind:
                return frame["data"]

    async with aiohttp.ClientSession() as http, http.ws_connect(url, headers=shown) as line:
        await hear("status")
        api.says(QR)
        await hear("qr")
        api.says(ONLINE)
        await hear("status_change")
        api.writes()
        await hear("message")
        sent = await asyncio.to_thread(write, api)
        while (await hear("message"))["id"] != sent:
            continue
        receive(api, sent, ReceiptKind.DELIVERED)
        await hear("ack")
    assert told_of.keys() == FRAMES.keys()
    wrong = [one for kind, all_ in told_of.items() for data in all_ for one in differences(data, FRAMES[kind], kind)]
    assert wrong == []


def write(api: Told) -> str:
    body = {"sessionId": identity(api), "to": PHONE, "message": "Bom dia"}
    message_id: str = api.client.post("/whatsapp/messages/send", json=body).json()["result"]["id"]
    return message_id


def receive(api: Told, message_id: str, kind: ReceiptKind) -> None:
    api.says(Receipt(kind=kind, message_ids=(message_id,), chat=JID, by=JID, at=AT))


CONNECTION_STATUS: dict[str, Shape] = {
    "id": ID,
    "connectionId": ID,
    "name": "loja",
    "companyId": "7",
    "status": SAID,
    "createdAt": TIME,
}
NEW_MESSAGE: dict[str, Shape] = {
    "id": "3EB01",
    "chatId": re.compile(f"{ID.pattern}:{PHONE}@c.us"),
    "connectionId": ID,
    "companyId": "7",
    "content": "Olá",
    "type": "text",
    "fromMe": False,
    "senderName": "Ana",
    "ack": 2,
    "timestamp": TIME,
    "filename": None,
    "mimetype": None,
}


async def test_socket_io_tells_each_thing_in_its_shape(api: Told) -> None:
    body = {"name": "loja", "companyId": 7}
    made = api.client.post("/whatsapp/connections", json=body).json()
    token = api.client.headers["Authorization"].removeprefix("Bearer ")
    async with aiohttp.ClientSession() as http:
        line = socketio.AsyncSimpleClient(http_session=http, reconnection=False)
        await line.connect(api.door.info.url, auth={"token": token}, transports=["websocket"], wait_timeout=PATIENCE)
        assert await line.call("join-company", 7, timeout=PATIENCE) == {"companyId": "7"}
        api.door.run(api.door.services.sessions.start("loja"))
        api.says(QR)
        api.says(ONLINE)
        api.says(said.MessageReceived(INCOMING))
        heard = [await line.receive(timeout=PATIENCE) for _ in range(4)]
        await line.disconnect()
    phone = {"phone": OWN.phone}
    shapes = [
        ("connection-status", CONNECTION_STATUS | {"status": "connecting"}),
        ("connection-status", CONNECTION_STATUS | {"status": "qr", "qrCode": PICTURE}),
        ("connection-status", CONNECTION_STATUS | {"status": "connected"} | phone),
        ("new-message", NEW_MESSAGE | {"connectionId": made["id"]}),
    ]
    for (name, data), (meant, shape) in zip(heard, shapes, strict=True):
        assert name == meant
        assert differences(data, shape, name) == []


HEADERS: dict[str, Shape] = {
    "content-type": "application/json; charset=utf-8",
    "x-malote-delivery": ID,
    "x-malote-timestamp": re.compile(r"\d{10}"),
    "x-malote-signature": re.compile("sha256=[0-9a-f]{64}"),
}


def test_contract_c_s_webhook_has_its_shape(api: Told) -> None:
    api.writes()
    [call] = api.heard(1)
    assert call.path == "/webhook/whatsapp"
    assert json.loads(call.body) == {
        "empresa_id": 1,
        "phone": PHONE,
        "message": "Olá",
        "message_type": "texto",
        "message_id": "3EB01",
        "timestamp": int(AT.timestamp()),
    }
    assert differences({name: call.headers.get(name) for name in HEADERS}, HEADERS) == []


def test_contract_e_s_webhooks_have_their_shapes(api: Told) -> None:
    body = {"name": "empresa_x", "webhookUrl": f"{api.receiver.url}/webhook/whatsapp"}
    made = api.client.post("/instances/create", json=body).json()
    assert made["status"] == "INITIALIZING"
    api.says(ONLINE)
    api.writes()
    api.heard(1)
    text = {"number": PHONE, "message": "Bom dia"}
    sent = api.client.post("/instances/empresa_x/message", json=text).json()["messageId"]
    api.heard(2)
    receive(api, sent, ReceiptKind.DELIVERED)
    api.heard(3)
    receive(api, sent, ReceiptKind.READ)
    calls = api.heard(4)
    instance = {"id": made["id"], "name": "empresa_x"}
    assert [json.loads(call.body) for call in calls] == [
        {
            "event": "message.received",
            "instance": instance,
            "whatsapp": {"jid": JID, "jidAlt": None, "messageId": "3EB01", "pushName": "Ana"},
            "message": {"type": "text", "text": "Olá", "raw": {}},
        },
        {
            "event": "message.sent",
            "instance": instance,
            "whatsapp": {"jid": JID, "jidAlt": None, "messageId": sent, "pushName": ""},
            "message": {"type": "text", "text": "Bom dia", "raw": {}},
        },
        {"event": "message.ack", "instance": instance, "message": {"id": sent, "to": JID, "ack": 2}},
        {"event": "message.ack", "instance": instance, "message": {"id": sent, "to": JID, "ack": 3}},
    ]
    for call in calls:
        assert differences({name: call.headers.get(name) for name in HEADERS}, HEADERS) == []
