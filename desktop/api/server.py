"""uvicorn inside the service loop, on a socket bound beforehand."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from desktop.api.gate import MAX_HEAD, Gate
from desktop.api.handshake import Handshakes
from desktop.api.protocol import DoorProtocol
from desktop.api.socket_protocol import DoorSocket

_GRACE = 5.0
_LAST_WORDS = 3
"""Seconds more for those who were told to stop waiting, then connections are dropped."""
_BACKLOG = 128
_LONGEST_WS_MESSAGE = 64 * 1024


class ApiServer:
    def __init__(
        self,
        app: Gate,
        listener: socket.socket,
        *,
        protocol: type[DoorProtocol] = DoorProtocol,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        """With a certificate and its key, both PEM files, it speaks TLS and nothing else."""
        config = uvicorn.Config(
            app,
            http=protocol,
            log_config=None,  # a windowed program has no stdout for uvicorn's own handlers
            access_log=False,
            server_header=False,
            date_header=False,  # renewed by a clock that ticks; see _Server
            proxy_headers=False,
            lifespan="off",
            ws=DoorSocket,
            ws_max_size=_LONGEST_WS_MESSAGE,
            # A quarter of a megabyte for each watcher, to make small messages smaller on loopback.
            ws_per_message_deflate=False,
            backlog=_BACKLOG,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=int(_GRACE) + _LAST_WORDS,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            h11_max_incomplete_event_size=MAX_HEAD,
        )
        self._gate = app
        self._server = _Server(config)
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve from now on; returns at once."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]), name="api")

    async def stop(self) -> None:
        """Take no new call, let the running ones finish for a few seconds, then let them answer how far they came."""
        assert self._task is not None
        self._server.end()
        await self._gate.hang_up()
        await asyncio.wait({self._task}, timeout=_GRACE)
        for call in self._server.server_state.tasks:
            call.cancel()
        await self._task


class _Server(uvicorn.Server):
    """Ends when it is told to: uvicorn's own looks ten times a second, which was all that the idle program did.

    It listens by itself, too, because uvicorn's own lets a TLS handshake take a minute.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()
        self._handshakes: Handshakes | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        make: Callable[[], asyncio.Protocol] = self._protocol
        if self.config.ssl is not None:
            self._handshakes = Handshakes(self.config.ssl, make)
            make = self._handshakes.newcomer
        loop = asyncio.get_running_loop()
        self.servers = [
            await loop.create_server(make, sock=listener, backlog=self.config.backlog) for listener in sockets or []
        ]
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._handshakes is not None:
            self._handshakes.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    def end(self) -> None:
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        await self._ending.wait()
