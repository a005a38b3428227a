"""Contract D's socket.io, with python-socketio's client and with the official JavaScript one on Node."""

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import socketio

from desktop.api.socketio import LiveConnections
from desktop.domain.access import EVERYTHING, TO_SEND_AND_READ, Access
from desktop.domain.events import MessageArrived
from desktop.ports import engine as said
from desktop.services.keys import NewKey
from tests.harness.patience import PATIENCE
from tests.harness.program import ROOT
from tests.integration.api.door import Door, open_door
from tests.integration.api.test_live_line import message


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Door]:
    """An instance with one connection for each of the companies 1 and 2; none is online by itself."""
    with open_door(tmp_path, online=False) as door:
        for name, tenant in (("um", "1"), ("dois", "2")):
            door.run(door.services.sessions.add(name, tenant=tenant, keeps_messages=True))
        yield door


def make_key(door: Door, name: str = "backend", **rights: Any) -> NewKey:
    return door.run(door.services.keys.create(name, Access(name="", **{"scopes": EVERYTHING, **rights})))


class Client:
    """What a connected client is told, in order."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.line = socketio.AsyncClient(reconnection=False, http_session=http)
        self.told: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        for name in ("new-message", "connection-status", "disconnect"):
            self.line.on(name, self._hears(name))

    def _hears(self, name: str) -> Any:
        async def hear(data: Any = None) -> None:
            self.told.put_nowait((name, data))

        return hear

    async def next(self) -> tuple[str, Any]:
        async with asyncio.timeout(PATIENCE):
            return await self.told.get()

    async def join(self, company: object) -> Any:
        return await self.line.call("join-company", company, timeout=PATIENCE)


@asynccontextmanager
async def connected(
    door: Door, token: str | None, *, transport: str = "websocket", **headers: str
) -> AsyncIterator[Client]:
    auth = {"token": token} if token else None
    # One of our own: the library leaves its own open where it is refused.
    async with aiohttp.ClientSession() as http:
        client = Client(http)
        await client.line.connect(
            door.info.url, headers=headers, auth=auth, transports=[transport], wait_timeout=PATIENCE
        )
        try:
            yield client
        finally:
            await client.line.disconnect()


async def publish(door: Door, *events: object) -> None:
    for event in events:
        door.services.bus.publish(event)  # type: ignore[arg-type]


def arrived(door: Door, session: str, text: str) -> None:
    """A message that is told of and kept."""
    one = replace(message(f"3EB0{session}", text), session=session)
    door.run(publish(door, MessageArrived(one, backlog=False)))


async def test_a_company_s_client_is_told_of_its_own_messages_alone(shop: Door) -> None:
    async with connected(shop, make_key(shop).text) as first:
        assert await first.join(1) == {"companyId": "1"}
        arrived(shop, "dois", "para outra empresa")
        arrived(shop, "um", "Olá, João")
        name, told = await first.next()
        assert (name, told["companyId"], told["content"], told["fromMe"]) == ("new-message", "1", "Olá, João", False)
        profile = shop.services.sessions.get("um").profile
        assert profile is not None
        assert told["connectionId"] == str(profile.id)
        assert told["chatId"] == f"{profile.id}:5511988887777@c.us"


async def test_the_state_comes_with_the_qr_for_who_may_manage(shop: Door) -> None:
    reader = make_key(shop, "leitor", scopes=TO_SEND_AND_READ).text
    async with connected(shop, make_key(shop).text) as manager, connected(shop, reader) as watcher:
        await manager.join("1")
        await watcher.join({"companyId": "1"})
        shop.run(shop.services.sessions.start("um"))
        for client in (manager, watcher):
            name, told = await client.next()
            assert (name, told["status"]) == ("connection-status", "connecting")
        shop.run(tell(shop, "um", said.QrShown("https://wa.me/first", 60.0)))
        name, told = await manager.next()
        assert (name, told["status"]) == ("connection-status", "qr")
        assert told["qrCode"].startswith("data:image/png;base64,")
        name, told = await watcher.next()
        assert (name, told["status"], "qrCode" in told) == ("connection-status", "qr", False)


async def tell(door: Door, session: str, event: said.EngineEvent) -> None:
    engine: Any = door.services.sessions._roster.find(session).engine
    engine.say(event)


async def test_a_key_of_one_session_joins_its_own_company_and_no_other(shop: Door) -> None:
    async with connected(shop, make_key(shop, sessions=frozenset({"dois"})).text) as client:
        assert await client.join("1") == {"error": "acesso_negado"}
        assert await client.join("2") == {"companyId": "2"}
        nothing: tuple[object, ...] = (None, "", True, [], {"companyId": {}})
        for nonsense in nothing:
            assert await client.join(nonsense) == {"error": "corpo_invalido"}
        arrived(shop, "um", "de outra empresa")
        arrived(shop, "dois", "da própria")
        assert (await client.next())[1]["content"] == "da própria"


@pytest.mark.parametrize("token", [None, "", "malote_wrong", "\ud83d"])
async def test_a_client_without_a_good_key_is_refused(shop: Door, token: str | None) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with connected(shop, token):
            pytest.fail("it was let in")


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_web_page_is_refused(shop: Door, transport: str) -> None:
    key = make_key(shop).text
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with connected(shop, key, transport=transport, Origin="http://evil.example"):
            pytest.fail("it was let in")


async def test_a_revoked_key_ends_its_lines(shop: Door) -> None:
    key = make_key(shop)
    async with connected(shop, key.text) as client:
        await client.join("1")
        shop.run(shop.services.keys.remove(key.name))
        arrived(shop, "um", "depois")
        assert (await client.next())[0] == "disconnect"


def test_nobody_pays_for_socket_io_before_it_is_asked_for() -> None:
    loads = "import sys, desktop.api.application; raise SystemExit('socketio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loads], cwd=ROOT, check=False).returncode == 0


@dataclass
class NodeClient:
    process: subprocess.Popen[str]

    def hear(self, event: str) -> Any:
        """What comes with the next one of these; what else happens is passed over."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            if told["event"] == event:
                return told.get("data")
        raise AssertionError(f"the client ended before {event}")


@pytest.fixture
def start_node(node_client: Path) -> Iterator[Any]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> NodeClient:
        process = subprocess.Popen(
            ["node", "client.js", *arguments], cwd=node_client, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return NodeClient(process)

    yield start
    for process in started:
        with process:
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("transports", [["polling", "websocket"], ["polling"]])
def test_the_official_client_is_told(shop: Door, start_node: Any, transports: list[str]) -> None:
    """As it is by default, polling first and then on a WebSocket, and where it may only poll."""
    client = start_node(shop.info.url, make_key(shop).text, "1", *transports)
    assert client.hear("joined") == {"companyId": "1"}
    arrived(shop, "dois", "para outra empresa")
    arrived(shop, "um", "Olá, João")
    assert client.hear("new-message")["content"] == "Olá, João"
    shop.run(shop.services.sessions.start("um"))
    assert client.hear("connection-status")["status"] == "connecting"


def test_the_official_client_is_told_why_it_is_refused(shop: Door, start_node: Any) -> None:
    assert start_node(shop.info.url, "malote_wrong", "1").hear("refused") == "chave_invalida"


def poll(program: httpx.Client, sid: str, said: str = "") -> str:
    """What the line has for a client that polls, after it said something."""
    path = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
    if said:
        assert program.post(path, content=said).text == "OK"
        return ""
    return program.get(path).text


def test_what_a_client_does_wrong_is_told_to_it_and_is_no_error_of_ours(
    shop: Door, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with shop.client(key=None) as program:
        assert program.get("/socket.io/?EIO=4&transport=polling&sid=nobody").status_code == 400
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert capfd.readouterr().err == ""


def test_clients_that_polled_and_left_give_their_places_back(shop: Door) -> None:
    key = make_key(shop).text
    shop.change({"door.connections_per_key": 2})
    with shop.client(key=key) as program:
        for _ in range(3):
            opened = program.get("/socket.io/?EIO=4&transport=polling").text
            sid = json.loads(opened.removeprefix("0"))["sid"]
            poll(program, sid, "40" + json.dumps({"token": key}))
            assert poll(program, sid).startswith('40{"sid"')
            poll(program, sid, "41\x1e1")
        assert program.get("/api/webhooks").status_code == 200


def test_strangers_who_never_say_who_they_are_do_not_pile_up(shop: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveConnections, "most_strangers", 2)
    key, path = make_key(shop).text, "/socket.io/?EIO=4&transport=polling"
    with shop.client(key=None) as program:
        first, _ = (json.loads(program.get(path).text.removeprefix("0"))["sid"] for _ in range(2))
        refused = program.get(path)
        assert (refused.status_code, refused.json()["codigo"]) == (429, "muitas_requisicoes")
        assert refused.headers["retry-after"] == "10"
        poll(program, first, "40" + json.dumps({"token": key}))
        assert poll(program, first).startswith('40{"sid"')
        assert program.get(path).status_code == 200  # who has said it stands in nobody's way


async def test_more_than_a_company_in_a_join_is_no_failure(shop: Door) -> None:
    async with connected(shop, make_key(shop).text) as client:
        assert await client.line.call("join-company", ("1", "loja"), timeout=PATIENCE) == {"companyId": "1"}


class SlowTokens:
    """A login service whose keys take their time."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.answer = asyncio.Event()

    async def read(self, text: str) -> Access | None:
        self.asked.set()
        await self.answer.wait()
        return Access(name=text, scopes=EVERYTHING)


async def test_who_leaves_while_it_is_let_in_keeps_no_place(shop: Door) -> None:
    shop.change({"door.connections_per_key": 1})
    tokens = SlowTokens()
    with shop.second_entrance(change=lambda services: replace(services, tokens=tokens)) as url:
        async with aiohttp.ClientSession() as http:
            path = f"{url}/socket.io/?EIO=4&transport=polling"
            async with http.get(path) as opened:
                path += "&sid=" + json.loads((await opened.text()).removeprefix("0"))["sid"]
            entering = asyncio.create_task(http.post(path, data='40{"token":"a.b.c"}'))
            assert await asyncio.to_thread(tokens.asked.wait, PATIENCE)
            async with http.post(path, data="1") as left:
                assert left.status == 200
            shop.run(happen(tokens.answer))
            (await entering).close()
        with shop.client(key="a.b.c", url=url) as program:
            assert program.get("/api/webhooks").status_code == 200


async def happen(event: asyncio.Event) -> None:
    event.set()
