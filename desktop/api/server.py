"""uvicorn inside the service loop, on a socket bound beforehand."""

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from desktop.api.gate import MAX_HEAD, Gate
from desktop.api.handshake import Handshakes
from desktop.api.protocol import DoorProtocol
from desktop.api.socket_protocol import DoorSocket

logger = logging.getLogger(__name__)

_GRACE = 5.0
"""Seconds at the end for calls that wait for something else than a send."""
_LAST_OUTCOMES = 1.0
"""Seconds for the answers about the last sends to leave."""
_LAST_WORDS = 3.0
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

    async def stop(self, outcomes: asyncio.Future[None]) -> None:
        """Take no new call, let the running ones finish for a few seconds, then let them answer how far they came.

        Not before `outcomes` is done, which is when no send can get another outcome: else a caller would be told that
        its send's outcome is open, and that one would be known a moment later.
        """
        assert self._task is not None
        self._server.end()
        await self._gate.hang_up()
        enough = asyncio.create_task(_long_enough(outcomes))
        await asyncio.wait({self._task, enough}, return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
        for call in self._server.server_state.tasks:
            call.cancel()
        # Not uvicorn's own limit: that one counts from the beginning of the end, whose length only `outcomes` knows.
        await asyncio.wait({self._task}, timeout=_LAST_WORDS)
        if self._task.done():
            self._task.result()
        else:
            await self._drop(self._task)

    async def _drop(self, task: asyncio.Task[None]) -> None:
        logger.warning("the door closes while %d connections are open", len(self._server.server_state.connections))
        for call in self._server.server_state.tasks:
            call.cancel()
        task.cancel()
        await asyncio.wait({task})


async def _long_enough(outcomes: asyncio.Future[None]) -> None:
    await asyncio.gather(asyncio.sleep(_GRACE), _answered(outcomes))


async def _answered(outcomes: asyncio.Future[None]) -> None:
    await asyncio.wait({outcomes})
    await asyncio.sleep(_LAST_OUTCOMES)


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
