"""The proxy that HTTPS_PROXY names: WhatsApp's hosts lead to the double's one port, everything else is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Set

from tests.doubles.loop_end import take_nobody_more

from .journal import Journal

HEAD_MAX = 65536
CHUNK = 65536


class ConnectProxy:
    """An HTTP proxy that knows CONNECT only, and no host but the double's."""

    def __init__(self, hosts: Set[str], journal: Journal, refusing: Callable[[], bool]) -> None:
        self._hosts, self._journal, self._refusing = hosts, journal, refusing
        self._server: asyncio.Server | None = None
        self._target = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the proxy is not started")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self, target: int, port: int = 0) -> None:
        """`target` is the port on 127.0.0.1 that WhatsApp's hosts lead to."""
        self._target = target
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=HEAD_MAX)

    async def stop(self) -> None:
        if self._server is not None:
            await take_nobody_more(self._server)
            self.drop()
            # Cancelled in the middle they would be errors to asyncio; without their lines they end by themselves.
            if self._serving:
                await asyncio.wait(self._serving)

    def drop(self) -> None:
        """Breaks every connection, as a pulled cable does."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._open.add(writer)
        try:
            await self._tunnel(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as exc:
            self._journal.record("proxy-connection-broken", reason=str(exc))
        finally:
            self._serving.discard(task)
            self._open.discard(writer)
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing():
            self._journal.record("connection-refused")
            return
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.decode("latin-1").partition(" ")
        host, _, port = rest.partition(" ")[0].rpartition(":")
        if method != "CONNECT" or host not in self._hosts or port != "443":
            self._journal.record("host-refused", method=method, host=host, port=port)
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._open.add(inner_writer)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            up = asyncio.ensure_future(_pipe(reader, inner_writer))
            down = asyncio.ensure_future(_pipe(inner_reader, writer))
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            # One side is gone: what the other still had to say has nobody to hear it.
            for pipe in (up, down):
                pipe.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
        finally:
            self._open.discard(inner_writer)
            inner_writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
