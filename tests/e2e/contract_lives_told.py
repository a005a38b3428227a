"""What a client of contract C, D or E does with its session: as contract_lives, with webhooks and socket.io."""

import json
from asyncio import to_thread
from collections.abc import Callable
from typing import Any

import socketio

from tests.e2e.contract_lives import ANA, ANA_JID, READ, Life
from tests.e2e.told import PATIENCE, Body, qr_text, told


class Tenants(Life):
    """C: tells what comes in by a webhook, and nothing of acknowledgements: whether it was read, the history and the
    stop are contract B's. `POST /restart/1` and `POST /clear-all` bring it back.
    """

    letter = "C"
    in_group = False
    STATUS = "/tenants/empresa1/status"

    async def create(self) -> None:
        self.world.configure({"webhooks.tenants_url": self.receiver.url})
        made = await self.client.ask("POST", "/tenants", {"tenantId": "empresa1"}, status=201)
        assert (made["success"], made["tenant"]["tenantId"], made["tenant"]["empresa_id"]) == (True, "empresa1", 1)
        listed = await self.client.ask("GET", "/whatsapp/connections")
        [self.session] = [one["id"] for one in listed if one["name"] == "empresa1"]

    async def qr(self) -> str:
        shown = await self.client.ask("GET", "/tenants/empresa1/qr")
        assert (await self._tenant("/tenants/1/status"))["status"] == "qr"
        return qr_text(shown["qr"])

    async def wait_connected(self) -> None:
        tenant = await self.until(self._tenant, lambda tenant: tenant["connected"])
        assert (tenant["status"], tenant["phone"]) == ("connected", self.world.whatsapp.default_phone)

    async def send(self, text: str) -> str:
        sent = await self.client.ask("POST", "/send/1", {"phone": ANA, "message": text})
        assert sent["success"] is True
        message_id: str = sent["messageId"]
        return message_id

    async def wait_acked(self, message_id: str) -> None:
        await self.until(self.kept, lambda kept: message_id in kept and kept[message_id]["ack"] == READ)

    async def received(self, message_id: str) -> str:
        body = await told(self.receiver, lambda body: body["message_id"] == message_id)
        assert (body["empresa_id"], body["phone"], body["message_type"]) == (1, ANA, "texto")
        text: str = body["message"]
        return text

    async def stop(self) -> None:
        await self.client.ask("POST", f"/whatsapp/sessions/{self.session}/stop")
        assert (await self._tenant())["status"] == "disconnected"

    async def start_again(self) -> None:
        await self.client.ask("POST", "/restart/1")
        await self.wait_connected()
        assert (await self.client.ask("POST", "/clear-all"))["success"] is True

    async def missed(self, message_id: str) -> str:
        return await self.received(message_id)

    async def remove(self) -> None:
        assert (await self.client.ask("DELETE", "/tenants/empresa1"))["success"] is True
        await self.client.ask("GET", self.STATUS, status=404)

    async def _tenant(self, path: str = STATUS) -> Any:
        return (await self.client.ask("GET", path))["tenant"]


class Connections(Life):
    """D: tells by socket.io, to the clients of the company alone; of acknowledgements only its history says."""

    letter = "D"
    in_group = False
    OURS, OTHERS = "7", "8"

    async def enter(self) -> None:
        await super().enter()
        self.ours = await self._join(self.OURS)
        self.others = await self._join(self.OTHERS)

    async def _join(self, company: str) -> socketio.AsyncSimpleClient:
        line = socketio.AsyncSimpleClient(http_session=self.client.http, reconnection=False)
        await line.connect(
            self.client.runtime["url"], auth={"token": self.client.key}, transports=["websocket"], wait_timeout=PATIENCE
        )
        self.lines.push_async_callback(line.disconnect)
        assert await line.call("join-company", company, timeout=PATIENCE) == {"companyId": company}
        return line

    async def _told(self, event: str, fits: Callable[[Body], bool]) -> Body:
        while True:
            name, data = await self.ours.receive(timeout=PATIENCE)
            assert data["companyId"] == self.OURS
            if name == event and fits(data):
                return dict(data)

    async def create(self) -> None:
        made = await self._make("loja", self.OURS)
        assert (made["companyId"], made["status"]) == (self.OURS, "disconnected")
        self.session = made["id"]

    async def qr(self) -> str:
        shown = await self.client.ask("POST", f"/whatsapp/connections/{self.session}/connect")
        data = await self._told("connection-status", lambda data: data["status"] == "qr")
        assert data["qrCode"] == shown["qrCode"]
        return qr_text(shown["qrCode"])

    async def wait_connected(self) -> None:
        def ask() -> Any:
            return self.client.ask("GET", "/whatsapp/connections")

        await self.until(
            ask, lambda all_: [one["status"] for one in all_ if one["id"] == self.session] == ["connected"]
        )

    async def send(self, text: str) -> str:
        await self._told("connection-status", lambda data: data["status"] == "connected")
        sent = await self.client.ask("POST", self._chat, {"content": text}, status=201)
        message_id: str = sent["id"]
        assert (await self._told("new-message", lambda data: data["id"] == message_id))["fromMe"] is True
        return message_id

    async def wait_acked(self, message_id: str) -> None:
        def ask() -> Any:
            return self.client.ask("GET", self._chat)

        await self.until(ask, lambda messages: [one["ack"] for one in messages if one["id"] == message_id] == [READ])

    async def received(self, message_id: str) -> str:
        text: str = (await self._told("new-message", lambda data: data["id"] == message_id))["content"]
        return text

    async def history(self) -> dict[str, str]:
        messages = await self.client.ask("GET", self._chat)
        [chat] = await self.client.ask("GET", f"/whatsapp/connections/{self.session}/chats")
        assert (chat["contact"], chat["lastMessage"]) == (f"{ANA}@c.us", messages[0]["content"])
        assert self.others.input_buffer == []
        return {message["id"]: message["content"] for message in messages}

    async def stop(self) -> None:
        stopped = await self.client.ask("DELETE", f"/whatsapp/connections/{self.session}/connect")
        assert stopped["status"] == "disconnected"

    async def start_again(self) -> None:
        started = await self.client.ask("POST", f"/whatsapp/connections/{self.session}/connect")
        assert (started["status"], started["qrCode"]) == ("connected", None)

    async def remove(self) -> None:
        await self.client.ask("DELETE", f"/whatsapp/connections/{self.session}")
        assert self.session not in {one["id"] for one in await self.client.ask("GET", "/whatsapp/connections")}
        # The other company was told nothing of all this: the first news that it gets is of its own connection.
        made = await self._make("filial", self.OTHERS)
        name, data = await self.others.receive(timeout=PATIENCE)
        assert (name, data["connectionId"], data["companyId"]) == ("connection-status", made["id"], self.OTHERS)

    async def _make(self, name: str, company: str) -> Body:
        body = {"name": name, "companyId": company}
        made: Body = await self.client.ask("POST", "/whatsapp/connections", body, status=201)
        return made

    @property
    def _chat(self) -> str:
        return f"/whatsapp/chats/{self.session}:{ANA}@c.us/messages"


class Instances(Life):
    """E: tells everything by its webhook, in order; the history, the stop and the start are contract B's. Its program
    does not end, it dies.
    """

    letter = "E"
    in_group = False
    ONE = "/instances/empresa_x"

    async def create(self) -> None:
        self.world.configure({"engine.ping_on_connect": True})
        body = {"name": "empresa_x", "webhookUrl": f"{self.receiver.url}/webhook/whatsapp"}
        made = await self.client.ask("POST", "/instances/create", body, status=201)
        assert made["status"] == "INITIALIZING"
        self.session = made["id"]

    async def qr(self) -> str:
        shown = await self.until(self._one, lambda one: one["status"] == "SCAN_QR_CODE")
        await self.client.ask("POST", f"{self.ONE}/message", {"number": ANA, "message": "cedo"}, status=409)
        return qr_text(shown["qrCode"])

    async def wait_connected(self) -> None:
        shown = await self.until(self._one, lambda one: one["status"] == "CONNECTED")
        assert (shown["qrCode"], shown["user"]["phone"]) == (None, self.world.whatsapp.default_phone)
        if not self.receiver.arrived:
            ping = await to_thread(self.world.whatsapp.wait_for_arrival, PATIENCE)
            account = self.world.whatsapp.account(self.world.whatsapp.default_phone)
            assert (ping.text, ping.chat) == ("ping", str(account.lid))

    async def send(self, text: str) -> str:
        sent = await self.client.ask("POST", f"{self.ONE}/message", {"number": ANA, "message": text})
        message_id: str = sent["messageId"]
        return message_id

    async def wait_acked(self, message_id: str) -> None:
        # The first of all: what one writes to oneself is told to nobody.
        sent = await told(self.receiver, lambda body: True)
        assert (sent["event"], sent["whatsapp"]["messageId"]) == ("message.sent", message_id)
        read = await told(self.receiver, lambda body: body["event"] == "message.ack" and body["message"]["ack"] == 3)
        assert read["message"] == {"id": message_id, "to": ANA_JID, "ack": 3}

    async def received(self, message_id: str) -> str:
        def came(body: Body) -> bool:
            return (body["event"], body.get("whatsapp", {}).get("messageId")) == ("message.received", message_id)

        body = await told(self.receiver, came)
        assert body["instance"] == {"id": self.session, "name": "empresa_x"}
        assert (body["whatsapp"]["jid"], body["whatsapp"]["pushName"]) == (ANA_JID, "Ana")
        text: str = body["message"]["text"]
        assert body["message"] == {"type": "text", "text": text, "raw": {}}
        return text

    async def history(self) -> dict[str, str]:
        told_of = [json.loads(one.body)["event"] for one in self.receiver.arrived]
        assert list(dict.fromkeys(told_of)) == ["message.sent", "message.ack", "message.received"]
        return await super().history()

    async def stop(self) -> None:
        await self.client.ask("POST", f"/whatsapp/sessions/{self.session}/stop")
        assert (await self._one())["status"] == "DISCONNECTED"

    async def start_again(self) -> None:
        started = await self.client.ask("POST", f"/whatsapp/sessions/{self.session}/start")
        assert started["status"] == "connected"

    def end_program(self) -> None:
        self.world.kill()

    async def missed(self, message_id: str) -> str:
        return await self.received(message_id)

    async def remove(self) -> None:
        assert (await self.client.ask("DELETE", self.ONE))["deleted"] is True
        assert [one["name"] for one in await self.client.ask("GET", "/instances")] == ["principal"]
        assert (await self.client.ask("GET", "/api/webhooks"))["webhooks"] == []

    async def _one(self) -> Any:
        return await self.client.ask("GET", self.ONE)
