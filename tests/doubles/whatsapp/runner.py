"""The thread and the loop that a double lives in, and the way into it from any other thread."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

from tests.doubles.loop_end import hang_up_on_everybody

from .journal import DoubleFailedError, Journal
from .server import Server
from .shadow import installed_package, libraries, make_shadow
from .tokens import Tokens, read_tokens
from .world import World

T = TypeVar("T")
CALL_TIMEOUT = 30.0


class Runner:
    """Starts on entering, stops on leaving; leaving raises DoubleFailedError if the double itself broke."""

    def __init__(self, *, proxy_port: int = 0) -> None:
        self._proxy_port = proxy_port
        self._folder = tempfile.TemporaryDirectory(prefix="malote-whatsapp-double-")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="whatsapp-double", daemon=True)
        self._journal = Journal()
        self._world: World | None = None
        self._server: Server | None = None

    def start(self) -> Self:
        folder = Path(self._folder.name)
        make_shadow(folder / "shadow")
        tokens = read_tokens(libraries(installed_package())[0])
        self._thread.start()
        self._call(self._begin(folder, tokens))
        return self

    async def _begin(self, folder: Path, tokens: Tokens) -> None:
        self._world = World(tokens, self._journal)
        self._server = Server(self._world)
        await self._server.start(folder, self._proxy_port)

    def stop(self) -> None:
        """Breaks every connection and frees the ports. Raises DoubleFailedError if the double itself broke."""
        if self._thread.is_alive():
            self._call(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._folder.cleanup()
        if self._journal.failure:
            raise DoubleFailedError(self._journal.failure)

    async def _end(self) -> None:
        await self.server.stop()
        await hang_up_on_everybody()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def world(self) -> World:
        """The double's state; look from any thread, change through the methods only."""
        if self._world is None:
            raise RuntimeError("the double is not started")
        return self._world

    @property
    def server(self) -> Server:
        if self._server is None:
            raise RuntimeError("the double is not started")
        return self._server

    def environment(self) -> dict[str, str]:
        """What the program under test needs in its environment, before it starts, to reach the double and only it."""
        folder = Path(self._folder.name)
        inherited = os.environ.get("PYTHONPATH", "")
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.server.proxy.port}",
            "NO_PROXY": "127.0.0.1,localhost,::1",
            "SSL_CERT_FILE": str(folder / "ca.pem"),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(folder / "shadow"), inherited))),
        }

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work: Coroutine[Any, Any, T], timeout: float = CALL_TIMEOUT) -> T:
        """Runs in the double's loop and waits for it here."""
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("called from inside the double's own loop")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)
