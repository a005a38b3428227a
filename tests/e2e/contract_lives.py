"""What a client of contract A or B does with its session, from the making to the removal, by its contract's routes.

One model is under all of them: what a contract has no word for, its client does by another contract's route, with the
same key. Each class says what that is; those of contracts C, D and E are in contract_lives_told.
"""

from abc import ABC, abstractmethod
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, ClassVar, TypeVar

import aiohttp

from tests.doubles.receiver import Receiver
from tests.e2e.told import Body, Client, Line, qr_text
from tests.e2e.world import CNPJ, World

T = TypeVar("T")
ANA = "5511966660001"
ANA_JID = f"{ANA}@s.whatsapp.net"
READ = 4


class Life(ABC):
    """The steps of a session's life in their order."""

    letter: ClassVar[str]
    in_group: ClassVar[bool]
    """Whether it writes to the company's group or to Ana."""
    needs_oracle: ClassVar[bool] = False

    def __init__(self, world: World, http: aiohttp.ClientSession, receiver: Receiver) -> None:
        self.world, self.receiver = world, receiver
        self.client = Client(world, http)
        self.session = ""
        """Its id in contracts B and D."""
        self.lines = AsyncExitStack()

    @property
    def chat(self) -> str:
        """Where it writes, as its contract has it."""
        return self.world.group.jid if self.in_group else ANA_JID

    @property
    def address(self) -> str:
        """The same chat, as WhatsApp's server has it."""
        return self.chat if self.in_group else str(self.world.whatsapp.person(ANA_JID).lid)

    def write(self, text: str) -> str:
        """Somebody in the chat writes; gives the message's id."""
        if self.in_group:
            return self.world.whatsapp.incoming_text(self.world.group, 0, text)
        return self.world.whatsapp.incoming_text(ANA_JID, ANA_JID, text)

    async def enter(self) -> None:
        """Meet the program that was started last."""
        await self.client.meet()

    async def leave(self) -> None:
        await self.lines.aclose()

    async def restart(self, meanwhile: Callable[[], T]) -> T:
        """The whole program ends, something happens, and it is started again."""
        await self.leave()
        await to_thread(self.end_program)
        happened = meanwhile()
        await to_thread(self.world.headless)
        await self.enter()
        return happened

    def end_program(self) -> None:
        assert self.world.program.terminate() == 0

    @abstractmethod
    async def create(self) -> None: ...

    @abstractmethod
    async def qr(self) -> str:
        """What the code says that a person would scan."""

    @abstractmethod
    async def wait_connected(self) -> None: ...

    @abstractmethod
    async def send(self, text: str) -> str:
        """Gives the message's id."""

    @abstractmethod
    async def wait_acked(self, message_id: str) -> None:
        """Until it was read."""

    @abstractmethod
    async def received(self, message_id: str) -> str:
        """The text of what somebody wrote, once the contract tells it."""

    async def history(self) -> dict[str, str]:
        """The texts of the chat's messages by their ids."""
        return {name: message["body"] for name, message in (await self.kept()).items()}

    @abstractmethod
    async def stop(self) -> None: ...

    @abstractmethod
    async def start_again(self) -> None: ...

    async def missed(self, message_id: str) -> str:
        """The text of what somebody wrote while the program was away."""
        text: str = (await self.until(self.kept, lambda kept: message_id in kept))[message_id]["body"]
        return text

    @abstractmethod
    async def remove(self) -> None:
        """Take it away, and see that it is gone."""

    async def until(self, ask: Callable[[], Awaitable[T]], fits: Callable[[T], object]) -> T:
        """Ask again until the answer fits."""
        return await self.client.until(self.session, ask, fits)

    async def kept(self) -> dict[str, Body]:
        """The chat's messages by their ids, as contract B shows them; empty while there is no chat."""
        path = f"/whatsapp/sessions/{self.session}/chats/{self.chat}/messages"
        status, body = await self.client.answer("GET", path)
        assert status in {200, 404}, body
        return {message["id"]: message for message in body["messages"]} if status == 200 else {}


class Erp(Life):
    """A: the session is the desk's own affair (`/api/sessoes`, as the owner); the ERP sends a company's report and asks
    what became of it. What people write in the group is no word of this contract's: contract B has it.
    """

    letter = "A"
    in_group = True
    needs_oracle = True
    NAME = "mercado"

    def __init__(self, world: World, http: aiohttp.ClientSession, receiver: Receiver) -> None:
        super().__init__(world, http, receiver)
        self._send = ""

    async def create(self) -> None:
        body = {"nome": self.NAME, "empresa": CNPJ, "guarda_mensagens": True}
        made = await self.client.ask("POST", "/api/sessoes", body, status=201, owner=True)
        self.session = made["id"]
        assert (made["nome"], made["estado"], made["vinculada"]) == (self.NAME, "stopped", False)

    async def qr(self) -> str:
        await self._desk("iniciar")
        shown: str = (await self._wait_for("qr"))["qr"]
        return shown

    async def wait_connected(self) -> None:
        await self._wait_for("connected")

    async def send(self, text: str) -> str:
        asked = {"cnpj": CNPJ, "legenda": text}
        sent = await self.client.ask("POST", "/api/enviar-relatorio", asked)
        assert (sent["status"], sent["grupo"], sent["cnpj"]) == ("enviado", self.chat, CNPJ)
        self._send = sent["id"]
        message_id: str = sent["mensagem_id"]
        return message_id

    async def wait_acked(self, message_id: str) -> None:
        def ask() -> Any:
            return self.client.ask("GET", f"/api/envios/{self._send}")

        found = await self.until(ask, lambda send: send["estado"] == "lido")
        assert (found["mensagem_id"], found["sessao"], found["codigo"]) == (message_id, self.NAME, None)

    async def received(self, message_id: str) -> str:
        return await self.missed(message_id)

    async def history(self) -> dict[str, str]:
        [send] = (await self.client.ask("GET", f"/api/envios?cnpj={CNPJ}"))["envios"]
        assert (send["id"], send["estado"]) == (self._send, "lido")
        return await super().history()

    async def stop(self) -> None:
        assert (await self._desk("parar"))["estado"] == "stopped"
        again = {"cnpj": CNPJ, "reenviar": True}
        refused = await self.client.ask("POST", "/api/enviar-relatorio", again, status=400)
        assert (refused["status"], refused["codigo"]) == ("erro", "whatsapp_desconectado")

    async def start_again(self) -> None:
        await self._desk("iniciar")

    async def remove(self) -> None:
        await self.client.ask("DELETE", f"/api/sessoes/{self.NAME}", owner=True)
        left = (await self.client.ask("GET", "/api/sessoes", owner=True))["sessoes"]
        assert [session["nome"] for session in left] == ["principal"]

    async def _desk(self, act: str) -> Any:
        return await self.client.ask("POST", f"/api/sessoes/{self.NAME}/{act}", owner=True)

    async def _wait_for(self, state: str) -> Body:
        path = f"/api/sessoes/{self.NAME}"
        shown: Body = await self.client.ask("GET", path, owner=True)
        while shown["estado"] != state:
            before = shown["versao"]
            shown = await self.client.ask("GET", f"{path}?versao={before}&espera=25", owner=True)
            assert shown["versao"] != before, shown
        return shown


class Sessions(Life):
    """B: has a word for everything; what happens is told by the session's WebSocket."""

    letter = "B"
    in_group = True

    async def enter(self) -> None:
        await super().enter()
        if self.session:
            await self._watch()

    async def _watch(self) -> None:
        self.line = Line(await self.lines.enter_async_context(self.client.watching(self.session)))

    async def create(self) -> None:
        body = {"Company_Id": 1, "Session_Name": "loja", "Phone_Number": ANA, "Status": 0, "Session_Token": "x"}
        made = await self.client.ask("POST", "/sessions", body, status=201)
        assert (made["Session_Name"], made["status"]) == ("loja", "disconnected")
        self.session = made["id"]
        await self._watch()
        await self.line.hear(lambda kind, data: kind == "status" and data["status"] == "disconnected")

    async def qr(self) -> str:
        started = await self.client.ask("POST", f"/whatsapp/sessions/{self.session}/start")
        assert started["status"] == "qr"
        shown = await self.line.hear(lambda kind, data: kind == "qr")
        assert shown["sessionId"] == self.session
        newest = (await self.client.ask("GET", f"/whatsapp/sessions/{self.session}/qr"))["qrCode"]
        assert newest == shown["qrCode"]
        return qr_text(newest)

    async def wait_connected(self) -> None:
        def connected(kind: str, data: Body) -> bool:
            return kind in {"status", "status_change"} and data["isConnected"]

        assert (await self.line.hear(connected))["status"] == "connected"

    async def send(self, text: str) -> str:
        body = {"sessionId": self.session, "to": self.chat, "message": text}
        result = (await self.client.ask("POST", "/whatsapp/messages/send", body))["result"]
        message_id: str = result["id"]
        # A receipt may be on disk before the answer to the send is.
        sent = await self.line.hear(
            lambda kind, data: kind == "send" and data["status"] in {"sent", "delivered", "read"}
        )
        assert (sent["messageId"], result["to"]) == (message_id, self.chat)
        return message_id

    async def wait_acked(self, message_id: str) -> None:
        # Where the reading was known before the message was on disk, the message itself says so.
        def read(kind: str, data: Body) -> bool:
            return kind in {"ack", "message"} and (data["id"], data["ack"]) == (message_id, READ)

        # And its receipts may be told before its acknowledgement is.
        await self.line.have_heard(read)

    async def received(self, message_id: str) -> str:
        message = await self.line.hear(lambda kind, data: kind == "message" and data["id"] == message_id)
        assert (message["chatId"], message["fromMe"]) == (self.chat, False)
        text: str = message["body"]
        return text

    async def history(self) -> dict[str, str]:
        chats = (await self.client.ask("GET", f"/whatsapp/sessions/{self.session}/chats"))["chats"]
        assert [chat["id"] for chat in chats] == [self.chat]
        return await super().history()

    async def stop(self) -> None:
        await self.client.ask("POST", f"/whatsapp/sessions/{self.session}/stop")
        status = await self.client.ask("GET", f"/whatsapp/sessions/{self.session}/status")
        assert (status["status"], status["isConnected"]) == ("disconnected", False)

    async def start_again(self) -> None:
        started = await self.client.ask("POST", f"/whatsapp/sessions/{self.session}/start")
        assert (started["status"], started["qrCode"]) == ("connected", None)

    async def remove(self) -> None:
        await self.client.ask("DELETE", f"/whatsapp/sessions/{self.session}")
        left = (await self.client.ask("GET", "/whatsapp/stats"))["sessions"]
        assert self.session not in {session["id"] for session in left}
