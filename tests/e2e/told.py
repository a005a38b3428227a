"""Another program's side of a contract: it calls the running program, and takes what it is told."""

import asyncio
import base64
import io
import json
import time
from asyncio import to_thread
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import aiohttp
import zxingcpp
from PIL import Image

from tests.doubles.receiver import Receiver
from tests.e2e.world import World

T = TypeVar("T")
Body = dict[str, Any]
PATIENCE = 40.0
"""Seconds: more than a webhook's first three tries take where the first two fail."""
_NOW_AND_THEN = 1.0


class Client:
    """Calls with a key that manages, which holds over restarts, and the owner's own tools with the owner's token."""

    def __init__(self, world: World, http: aiohttp.ClientSession) -> None:
        self.world, self.http = world, http
        self.runtime: dict[str, Any] = {}
        self.key = ""

    async def meet(self) -> None:
        """Find the program that was started last."""
        self.runtime = await to_thread(self.world.program.runtime)
        if not self.key:
            rights = {"nome": "programa", "permissoes": ["enviar", "ler", "gerenciar"]}
            self.key = (await self.ask("POST", "/api/chaves", rights, status=201, owner=True))["chave"]

    async def ask(
        self, method: str, path: str, body: Body | None = None, *, status: int = 200, owner: bool = False
    ) -> Any:
        """The answer, which must have this status."""
        found, told = await self.answer(method, path, body, owner=owner)
        assert found == status, (method, path, told)
        return told

    async def answer(self, method: str, path: str, body: Body | None = None, *, owner: bool = False) -> tuple[int, Any]:
        shown = {"Authorization": f"Bearer {self.runtime['token'] if owner else self.key}"}
        url = f"{self.runtime['url']}{path}"
        async with self.http.request(method, url, json=body, headers=shown) as answer:
            return answer.status, await answer.json()

    @asynccontextmanager
    async def watching(self, session: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """The session's WebSocket, by its id."""
        shown = {"Authorization": f"Bearer {self.key}"}
        async with self.http.ws_connect(f"{self.runtime['url']}/ws/whatsapp/{session}", headers=shown) as socket:
            yield socket

    async def until(self, session: str, ask: Callable[[], Awaitable[T]], fits: Callable[[T], object]) -> T:
        """Ask again, until the answer fits, whenever the session's WebSocket has news; and now and then, as clients do
        that have none, for what is no news to it.
        """
        end = time.monotonic() + PATIENCE
        async with self.watching(session) as bell:
            while not fits(found := await ask()):
                assert time.monotonic() < end, found
                with suppress(TimeoutError):
                    async with asyncio.timeout(_NOW_AND_THEN):
                        await bell.receive_str()
        return found


async def told(receiver: Receiver, fits: Callable[[Body], bool]) -> Body:
    """The first webhook's body that fits, also where it came before."""
    for count in range(1, 1_000):
        try:
            arrived = await receiver.wait_for(count, PATIENCE)
        except TimeoutError as exc:
            bodies = b"\n".join(one.body for one in receiver.arrived).decode()
            raise AssertionError(f"the webhook that was waited for is none of these:\n{bodies}") from exc
        body: Body = json.loads(arrived[count - 1].body)
        if fits(body):
            return body
    raise AssertionError("too many webhooks")


class Line:
    """A WebSocket of one's own."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._passed_over: list[tuple[str, Body]] = []

    async def hear(self, fits: Callable[[str, Body], bool]) -> Body:
        """The data of the next message that fits; others are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = json.loads(await self._socket.receive_str())
                kind, data = message["type"], message["data"]
                if fits(kind, data):
                    found: Body = data
                    return found
                self._passed_over.append((kind, data))

    async def have_heard(self, fits: Callable[[str, Body], bool]) -> Body:
        """The data of the first message that fits, also where it was passed over."""
        before = next((data for kind, data in self._passed_over if fits(kind, data)), None)
        return await self.hear(fits) if before is None else before


def qr_text(data_url: str) -> str:
    """What a phone reads in the picture."""
    picture = Image.open(io.BytesIO(base64.b64decode(data_url.removeprefix("data:image/png;base64,"))))
    [found] = zxingcpp.read_barcodes(picture.convert("L"))
    text: str = found.text
    return text
