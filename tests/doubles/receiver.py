"""A program that takes webhooks: it answers as it is told and remembers what came."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Arrived:
    headers: dict[str, str]
    body: bytes
    path: str


@dataclass
class Receiver:
    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers of the next answers; then 200."""
    arrived: list[Arrived] = field(default_factory=list)
    silent: asyncio.Event | None = None
    """While set, calls wait for it before they are answered."""
    called: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with the first call, answered or not."""
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    async def wait_for(self, count: int, timeout: float = 30.0) -> list[Arrived]:
        """What came, once there are so many."""
        async with asyncio.timeout(timeout), self._came:
            await self._came.wait_for(lambda: len(self.arrived) >= count)
        return self.arrived

    async def take(self, request: web.Request) -> web.Response:
        arrived = Arrived(
            {name.lower(): value for name, value in request.headers.items()}, await request.read(), request.path
        )
        self.called.set()
        if self.silent is not None:
            await self.silent.wait()
        async with self._came:
            self.arrived.append(arrived)
            self._came.notify_all()
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    runner: Any = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}"
    try:
        yield receiver
    finally:
        await _let_in(port)
        await runner.cleanup()


async def _let_in(port: int) -> None:
    """Return once every connection that was made before has been accepted, so that it is closed with the others.

    A caller that gave up at once may have left one that the loop has not come to; they are accepted in their order.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    await reader.read()
    writer.close()
    await writer.wait_closed()
