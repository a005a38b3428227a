"""Contract B's WebSocket, from a client that other people wrote, on a real socket."""

import asyncio
import logging
import logging.handlers
import queue
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import socketio

from desktop.api import server
from desktop.api.feed import MOST_WAITING
from desktop.api.socket_protocol import DoorSocket
from desktop.domain.access import EVERYTHING, TO_SEND_AND_READ, Access
from desktop.domain.events import MessageKept
from desktop.domain.message import Direction, Message, MessageKind
from desktop.ports import engine as said
from desktop.services.keys import NewKey
from tests.harness.patience import PATIENCE
from tests.harness.program import ROOT
from tests.integration.api.door import Door, open_door

PHONE = "5511988887777"


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Door]:
    """An instance whose session waits for its QR to be scanned."""
    with open_door(tmp_path, online=False) as door:
        door.run(door.services.sessions.set_keeps_messages("principal", True))
        yield door


def make_key(door: Door, name: str = "backend", **rights: Any) -> NewKey:
    return door.run(door.services.keys.create(name, Access(name="", **{"scopes": EVERYTHING, **rights})))


def identity(door: Door) -> str:
    profile = door.services.sessions.default().profile
    assert profile is not None
    return str(profile.id)


@asynccontextmanager
async def watching(
    door: Door, key: str | None, session: str = "", **headers: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    shown = {"Authorization": f"Bearer {key}"} if key else {}
    url = f"{door.info.url}/ws/whatsapp/{session or identity(door)}"
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(url, headers={**shown, **headers}, max_msg_size=0) as line,
    ):
        yield line


async def hear(line: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message, which must be of this kind."""
    told = await line.receive_json(timeout=PATIENCE)
    assert told["type"] == kind, told
    data: dict[str, Any] = told["data"]
    return data


async def closed(line: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
    """With what the line is closed, whatever is told before."""
    while (message := await line.receive(timeout=PATIENCE)).type is aiohttp.WSMsgType.TEXT:
        continue
    assert message.type is aiohttp.WSMsgType.CLOSE, message
    return line.close_code, message.extra or ""


def message(identifier: str = "3EB0AA", text: str = "Olá, João") -> Message:
    return Message(
        session="principal",
        id=identifier,
        chat=f"{PHONE}@s.whatsapp.net",
        sender=f"{PHONE}@s.whatsapp.net",
        sender_name="João",
        direction=Direction.IN,
        kind=MessageKind.TEXT,
        text=text,
        at=datetime.now(UTC),
    )


async def publish(door: Door, events: list[MessageKept]) -> None:
    for event in events:
        door.services.bus.publish(event)


async def test_a_watcher_is_told_of_the_qr_the_connection_messages_and_sends(offline: Door) -> None:
    door = offline
    key = make_key(door).text
    async with watching(door, key) as line:
        assert await hear(line, "status") == {
            "sessionId": identity(door),
            "status": "connecting",
            "isConnected": False,
        }
        door.say(said.QrShown("https://wa.me/first", 60.0))
        assert (await hear(line, "status_change"))["status"] == "qr"
        assert (await hear(line, "qr"))["qrCode"].startswith("data:image/png;base64,")
        door.say(said.WentOnline(door.engine.account))
        changed = await hear(line, "status_change")
        assert (changed["status"], changed["isConnected"]) == ("connected", True)

        door.say(said.MessageReceived(message()))
        heard = await hear(line, "message")
        assert (heard["body"], heard["fromMe"], heard["chatId"]) == ("Olá, João", False, f"{PHONE}@c.us")

        door.engine.accounts[PHONE] = f"{PHONE}@s.whatsapp.net"
        with door.client(key=key) as client:
            body = {"sessionId": identity(door), "to": PHONE, "message": "Bom dia"}
            sent = (await asyncio.to_thread(client.post, "/whatsapp/messages/send", json=body)).json()["result"]
        told = {"sent": False, "message": False}
        while not all(told.values()):
            event = await line.receive_json(timeout=PATIENCE)
            if event["type"] == "send" and event["data"]["status"] == "sent":
                assert event["data"]["messageId"] == sent["id"]
                told["sent"] = True
            elif event["type"] == "message":
                assert (event["data"]["id"], event["data"]["fromMe"]) == (sent["id"], True)
                told["message"] = True


async def test_a_browser_s_program_shows_its_key_in_its_first_message(door: Door) -> None:
    key = make_key(door).text
    async with watching(door, None) as line:
        await line.send_json({"type": "auth", "token": key})
        assert (await hear(line, "status"))["status"] == "connected"


@pytest.mark.parametrize(
    "first",
    [
        '{"type":"auth","token":"malote_wrong"}',
        r'{"type":"auth","token":"\ud83d"}',
        '{"type":"auth"}',
        "[1]",
        "não é json",
        "[" * 50_000,
        '{"type":"auth","token":""}',
    ],
)
async def test_a_first_message_without_a_good_key_closes_the_line(door: Door, first: str) -> None:
    async with watching(door, None) as line:
        await line.send_str(first)
        code, reason = await closed(line)
        assert code == 1008
        assert reason in {"chave_ausente", "chave_invalida"}


async def test_another_s_session_is_closed_as_if_it_were_not_there(door: Door) -> None:
    door.run(door.services.sessions.add("filial"))
    key = make_key(door, sessions=frozenset({"filial"})).text
    for session in (identity(door), "01890a5d-ac96-774b-bcce-b302099a8057", "principal"):
        async with watching(door, key, session) as line:
            assert await closed(line) == (1008, "sessao_nao_encontrada")


async def test_a_web_page_gets_no_line(door: Door) -> None:
    key = make_key(door).text
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with watching(door, key, Origin="http://evil.example"):
            pytest.fail("the line was opened")
    assert refused.value.status == 403


async def test_only_who_may_manage_sees_the_qr(offline: Door) -> None:
    reader = make_key(offline, scopes=TO_SEND_AND_READ).text
    async with watching(offline, reader) as line:
        await hear(line, "status")
        offline.say(said.QrShown("https://wa.me/first", 60.0))
        assert (await hear(line, "status_change"))["status"] == "qr"
        offline.say(said.WentOnline(offline.engine.account))
        assert (await hear(line, "status_change"))["status"] == "connected"


async def test_a_revoked_key_hears_nothing_more(door: Door) -> None:
    key = make_key(door)
    async with watching(door, key.text) as line:
        await hear(line, "status")
        door.run(door.services.keys.remove(key.name))
        door.run(door.services.sessions.stop("principal"))
        assert await closed(line) == (1008, "chave_invalida")


async def test_a_removed_session_ends_its_lines(door: Door) -> None:
    door.run(door.services.sessions.add("filial"))
    filial = door.services.sessions.get("filial").profile
    assert filial is not None
    async with watching(door, make_key(door).text, str(filial.id)) as line:
        await hear(line, "status")
        door.run(door.services.sessions.rename("filial", "loja 2"))
        door.run(door.services.sessions.remove("loja 2"))
        code, _ = await closed(line)
        assert code == 1000


async def test_a_watcher_that_reads_nothing_is_let_go_with_1013(offline: Door) -> None:
    key = make_key(offline).text
    address = ("127.0.0.1", offline.info.port)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
        line.connect(address)
        line.settimeout(20)
        line.sendall(
            f"GET /ws/whatsapp/{identity(offline)} HTTP/1.1\r\nHost: {offline.host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Authorization: Bearer {key}\r\n\r\n".encode()
        )
        assert line.recv(12) == b"HTTP/1.1 101"
        async with watching(offline, key) as other:
            await hear(other, "status")
            # More than the system's buffers hold, and then more than may wait.
            for size, count in ((100_000, 100), (1, MOST_WAITING + 50)):
                events = [
                    MessageKept(message(f"3EB0{n:05}", "x" * size), new=True, backlog=False) for n in range(count)
                ]
                for first in range(0, count, 50):
                    offline.run(publish(offline, events[first : first + 50]))
                    for _ in events[first : first + 50]:
                        await hear(other, "message")
        # A close frame of 13 bytes, 1013.
        assert await asyncio.to_thread(read_until, line, b"\x88\x0d\x03\xf5fell_behind")


def read_until(line: socket.socket, end: bytes) -> bool:
    received = b""
    while not received.endswith(end) and (part := line.recv(1 << 20)):
        received = received[-100:] + part
    return received.endswith(end)


async def test_lines_are_closed_when_the_program_ends(tmp_path: Path) -> None:
    with open_door(tmp_path) as door:
        async with watching(door, make_key(door).text) as line:
            await hear(line, "status")
            async with asyncio.timeout(PATIENCE):
                ended = asyncio.create_task(asyncio.to_thread(door.thread.stop))
                code, _ = await closed(line)
                await ended
    assert code == 1012


async def test_who_only_listens_or_rests_between_two_calls_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than anybody waits for the instance's end.
    monkeypatch.setattr(server, "_GRACE", 600.0)
    async with AsyncExitStack() as clients:
        http = await clients.enter_async_context(aiohttp.ClientSession())
        with open_door(tmp_path) as door:
            resting = clients.enter_context(door.client())
            assert resting.get("/health").status_code == 200
            polling = socketio.AsyncClient(reconnection=False, http_session=http)
            await polling.connect(door.info.url, auth={"token": door.key}, transports=["polling"])
            line = await clients.enter_async_context(watching(door, make_key(door).text))
            await hear(line, "status")
        await polling.wait()


async def test_the_lines_do_not_use_up_the_places_of_other_calls(door: Door) -> None:
    key = make_key(door).text
    session = identity(door)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        lines = [
            await client.ws_connect(
                f"{door.info.url}/ws/whatsapp/{session}", headers={"Authorization": f"Bearer {key}"}
            )
            for _ in range(250)
        ]
        assert (await asyncio.to_thread(httpx.get, f"{door.info.url}/health", trust_env=False)).status_code == 200
        for line in lines:
            await hear(line, "status")
        door.run(door.services.sessions.stop("principal"))
        for line in lines:
            assert (await hear(line, "status_change"))["status"] == "disconnected"
            await line.close()


async def test_one_line_too_many_is_told_to_come_later(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DoorSocket, "most_sockets", 1)
    key = make_key(door).text
    async with watching(door, key) as line:
        await hear(line, "status")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with watching(door, key):
                pytest.fail("the line was opened")
        assert refused.value.status == 503
    assert (await asyncio.to_thread(httpx.get, f"{door.info.url}/health", trust_env=False)).status_code == 200


def test_who_hangs_up_while_it_is_being_refused_is_no_error_of_the_program(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    lines: queue.Queue[logging.LogRecord] = queue.Queue()
    listener = logging.handlers.QueueHandler(lines)
    gate = logging.getLogger("desktop.api.gate")
    gate.addHandler(listener)
    caplog.set_level(logging.INFO, gate.name)
    times = 30
    try:
        for _ in range(times):
            hang_up_at_once(door)
        # One line as it opens and one as it closes, where nothing went wrong between.
        told = [lines.get(timeout=PATIENCE).getMessage() for _ in range(2 * times)]
    finally:
        gate.removeHandler(listener)
    assert [line.rpartition(" ")[2] for line in told].count("closed") == times


def hang_up_at_once(door: Door) -> None:
    """Ask for a session that is not there, and reset the line as soon as it is open."""
    with socket.create_connection(("127.0.0.1", door.info.port), 20) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.sendall(
            f"GET /ws/whatsapp/1 HTTP/1.1\r\nHost: {door.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Authorization: Bearer {door.key}\r\n\r\n".encode()
        )
        assert line.recv(12) == b"HTTP/1.1 101"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_program_lets_itself_open_as_many_files_as_it_may() -> None:
    program = (
        "import resource as r; from desktop.runtime.descriptors import raise_limit; "
        "r.setrlimit(r.RLIMIT_NOFILE, (256, 2000)); raise_limit(); print(r.getrlimit(r.RLIMIT_NOFILE)); raise_limit()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "(2000, 2000)\n"
