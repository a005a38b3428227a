"""A WebSocket connection: uvicorn's own, with what it leaves open closed."""

from typing import Any, ClassVar

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.events import RejectConnection, Request


class DoorSocket(WSProtocol):
    """Limited in number, and gone within a time after it was closed, also where its other end reads nothing."""

    most_sockets: ClassVar[int] = 2_000

    def handle_connect(self, event: Request) -> None:
        if sum(isinstance(one, DoorSocket) for one in self.connections) > self.most_sockets:
            self.handshake_complete = self.close_sent = True
            self.transport.write(self.conn.send(RejectConnection(status_code=503, headers=[(b"retry-after", b"10")])))
            self.transport.close()
            return
        super().handle_connect(event)

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            # Who takes nothing is told at the end of what waits, and dropped where it does not come to that.
            self.writable.set()
            self._drop_later()
        await super().send(message)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._drop_later()

    def _drop_later(self) -> None:
        self.loop.call_later(self.close_timeout, self.transport.abort)
