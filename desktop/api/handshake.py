"""TLS before anything else: bounded in time and number, which asyncio's own servers and uvicorn's are not."""

import asyncio
import logging
from collections.abc import Callable
from ssl import SSLContext
from typing import ClassVar

logger = logging.getLogger(__name__)


class Handshakes:
    """The connections that do not speak TLS yet; each becomes one of `make`'s protocols once it does."""

    within: ClassVar[float] = 10.0
    """Seconds from connecting to the handshake's end; asyncio's servers give a minute."""
    most: ClassVar[int] = 100
    """That stand at once; who stood longest gives way to the next, because a real caller is through in no time."""

    def __init__(self, context: SSLContext, make: Callable[[], asyncio.Protocol]) -> None:
        self._context = context
        self._make = make
        self._standing: dict[asyncio.Task[None], asyncio.Transport] = {}
        """Longest first."""

    def newcomer(self) -> asyncio.Protocol:
        """What a listener without TLS makes for each connection that it takes."""
        return _Newcomer(self._take)

    def close(self) -> None:
        """Send away whoever still stands here."""
        for task in tuple(self._standing):
            self._send_away(task)

    def _take(self, transport: asyncio.Transport) -> None:
        if len(self._standing) >= self.most:
            self._send_away(next(iter(self._standing)))
        task = asyncio.create_task(self._secure(transport), name="TLS handshake")
        self._standing[task] = transport
        task.add_done_callback(lambda done: self._standing.pop(done, None))

    def _send_away(self, task: asyncio.Task[None]) -> None:
        transport = self._standing.pop(task)
        task.cancel()
        # A task that had not begun yet closes nothing.
        transport.abort()

    async def _secure(self, transport: asyncio.Transport) -> None:
        early = _Early()
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(
                transport, early, self._context, server_side=True, ssl_handshake_timeout=self.within
            )
        except OSError as error:
            # Anybody in the network can cause this, as often as they like.
            logger.debug("no TLS with a caller: %s", error)
            return
        if secured is None or early.gone:
            return
        protocol = self._make()
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
        if early.said:
            protocol.data_received(early.said)


class _Early(asyncio.Protocol):
    """Hears what comes together with the handshake's end, before anybody knows of that end."""

    def __init__(self) -> None:
        self.said = b""
        self.gone = False

    def data_received(self, data: bytes) -> None:
        self.said += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True


class _Newcomer(asyncio.Protocol):
    def __init__(self, take: Callable[[asyncio.Transport], None]) -> None:
        self._take = take

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        # Its first bytes are the handshake's.
        transport.pause_reading()
        self._take(transport)
