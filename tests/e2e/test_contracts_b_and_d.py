"""Contracts B and D through a connection's whole life, with the whole program and the real engine, on real sockets."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import aiohttp
import pytest
import socketio
import zxingcpp
from PIL import Image

from tests.doubles.whatsapp import WhatsAppDouble
from tests.e2e.world import World
from tests.harness.program import Program

PHONE = "5511977770001"
FRIEND = "5511966660001"


@pytest.fixture
def headless(bare_world: World) -> Program:
    """A headless program; the double knows the phone that will scan."""
    bare_world.whatsapp.add_account(PHONE)
    return bare_world.headless()


def qr_text(data_url: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(data_url.removeprefix("data:image/png;base64,"))))
    [found] = zxingcpp.read_barcodes(picture.convert("L"))
    text: str = found.text
    return text


def client_of(program: Program) -> aiohttp.ClientSession:
    runtime = program.runtime()
    return aiohttp.ClientSession(
        str(runtime["url"]),
        headers={"Authorization": f"Bearer {runtime['token']}"},
        timeout=aiohttp.ClientTimeout(60),
    )


async def ask(client: aiohttp.ClientSession, method: str, path: str, **body: object) -> Any:
    async with client.request(method, path, json=body or None) as answer:
        told = await answer.json()
        assert answer.status in {200, 201}, told
        return told


async def hear(line: aiohttp.ClientWebSocketResponse, kind: str, **wanted: object) -> dict[str, Any]:
    """The data of the next message of this kind that has these fields; others are passed over."""
    while True:
        told = json.loads(await line.receive_str(timeout=30))
        data: dict[str, Any] = told["data"]
        if told["type"] == kind and wanted.items() <= data.items():
            return data


async def test_contract_b_from_the_first_qr_to_the_removal(headless: Program, bare_world: World) -> None:
    double = bare_world.whatsapp
    async with client_of(headless) as client:
        session = (await ask(client, "POST", "/sessions", Session_Name="loja", Company_Id=1))["id"]
        at = f"/whatsapp/sessions/{session}"
        async with client.ws_connect(f"/ws/whatsapp/{session}") as line:
            await hear(line, "status", status="disconnected")
            started = await ask(client, "POST", f"{at}/start")
            assert started["status"] == "qr"
            assert qr_text((await hear(line, "qr"))["qrCode"])
            double.scan(qr_text(started["qrCode"]), PHONE)
            await hear(line, "status_change", status="connected", isConnected=True)

            group = double.add_group("Vendas", 2, accounts=[PHONE])
            sent = await ask(client, "POST", "/whatsapp/messages/send", sessionId=session, to=group.jid, message="Olá")
            message_id = sent["result"]["id"]
            await hear(line, "send", status="sent", messageId=message_id)
            arrival = double.wait_for_arrival(30)
            assert (arrival.message_id, arrival.chat) == (message_id, group.jid)

            received = double.incoming_text(group, 0, "Bom dia 😀", phone=PHONE)
            assert (await hear(line, "message", id=received))["body"] == "Bom dia 😀"
        chats = (await ask(client, "GET", f"{at}/chats"))["chats"]
        assert group.jid in {chat["id"] for chat in chats}
        history = (await ask(client, "GET", f"{at}/chats/{group.jid}/messages"))["messages"]
        assert {message_id, received} <= {message["id"] for message in history}

        await ask(client, "POST", f"{at}/stop")
        assert (await ask(client, "GET", f"{at}/status"))["status"] == "disconnected"
        assert (await ask(client, "POST", f"{at}/start"))["status"] == "connected"
        await ask(client, "DELETE", at)
        assert session not in {one["id"] for one in (await ask(client, "GET", "/whatsapp/stats"))["sessions"]}
    assert headless.terminate() == 0


async def test_contract_d_from_the_first_qr_to_the_removal(headless: Program, bare_world: World) -> None:
    double: WhatsAppDouble = bare_world.whatsapp
    async with client_of(headless) as client, aiohttp.ClientSession() as http:
        line = socketio.AsyncSimpleClient(http_session=http, reconnection=False)
        runtime = headless.runtime()
        await line.connect(str(runtime["url"]), auth={"token": runtime["token"]}, transports=["websocket"])
        made = await ask(client, "POST", "/whatsapp/connections", name="loja", companyId="7")
        assert await line.call("join-company", "7", timeout=10) == {"companyId": "7"}
        at = f"/whatsapp/connections/{made['id']}"

        async def told(event: str, **wanted: object) -> dict[str, Any]:
            while True:
                name, data = await line.receive(timeout=30)
                if name == event and wanted.items() <= data.items():
                    return dict(data)

        shown = await ask(client, "POST", f"{at}/connect")
        await told("connection-status", status="qr", companyId="7")
        double.scan(qr_text(shown["qrCode"]), PHONE)
        await told("connection-status", status="connected", connectionId=made["id"])

        double.add_account(FRIEND)
        chat = f"/whatsapp/chats/{made['id']}:{FRIEND}@c.us/messages"
        sent = await ask(client, "POST", chat, content="Olá")
        assert double.wait_for_arrival(30).message_id == sent["id"]
        await told("new-message", id=sent["id"], fromMe=True)
        [listed] = await ask(client, "GET", f"{at}/chats")
        assert listed["lastMessage"] == "Olá"
        assert [one["id"] for one in await ask(client, "GET", chat)] == [sent["id"]]

        group = double.add_group("Vendas", 2, accounts=[PHONE])
        received = double.incoming_text(group, 0, "Bom dia 😀", phone=PHONE)
        assert (await told("new-message", id=received))["content"] == "Bom dia 😀"

        assert (await ask(client, "DELETE", f"{at}/connect"))["status"] == "disconnected"
        assert (await ask(client, "POST", f"{at}/connect"))["status"] == "connected"
        await ask(client, "DELETE", at)
        assert made["id"] not in {one["id"] for one in await ask(client, "GET", "/whatsapp/connections")}
        await line.disconnect()
    assert headless.terminate() == 0
