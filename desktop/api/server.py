"""uvicorn inside the service loop, on a socket bound beforehand."""

import asyncio
import socket

import uvicorn
from starlette.types import ASGIApp

_GRACE = 5
_BACKLOG = 128


class ApiServer:
    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,  # a windowed program has no stdout for uvicorn's own handlers
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            backlog=_BACKLOG,
            limit_concurrency=1000,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_GRACE,
            h11_max_incomplete_event_size=16 * 1024,
        )
        self._server = uvicorn.Server(config)
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve from now on; returns at once."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]), name="api")

    async def stop(self) -> None:
        """Take no new call, let the running ones finish for a few seconds."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
