"""HTTP/1.1 on one connection: uvicorn's own, with what it leaves open closed."""

import asyncio
from http import HTTPStatus
from typing import ClassVar

import h11
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol

from desktop.api.errors import harden, response_of
from desktop.domain.errors import AppError, Code, Rejected, Transient


class DoorProtocol(H11Protocol):
    """A request must arrive whole within a time, and what never becomes a request is refused in contract A's shape.

    uvicorn limits neither a slow head nor a slow body (its only timer is for idle connections), nor how long an answer
    waits for a caller that does not read; it reads the rest of a body that was refused for as long as it comes, and
    answers what is not HTTP in plain text.
    """

    arrives_within: ClassVar[float] = 20.0
    """Seconds from the first byte of a request, or from connecting, to the last byte of its body."""
    most_connections: ClassVar[int] = 200
    """A process may have about a thousand descriptors, and the database needs some."""
    taken_within: ClassVar[float] = 20.0
    """Seconds for which an answer may stand still because its caller takes nothing of it."""
    _deadline: asyncio.TimerHandle | None = None
    _standstill: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # WebSockets stay for hours, and have a limit of their own.
        if sum(isinstance(one, DoorProtocol) for one in self.connections) > self.most_connections:
            self._refuse(Transient(Code.TOO_MANY_REQUESTS))
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._standstill = self.loop.call_later(self.taken_within, self._stuck)

    def resume_writing(self) -> None:
        self._go_on()
        super().resume_writing()

    def _go_on(self) -> None:
        if self._standstill is not None:
            self._standstill.cancel()
            self._standstill = None

    def _stuck(self) -> None:
        self._standstill = None
        # A WebSocket has a limit of its own.
        if self.transport.get_protocol() is self:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        self._refuse(Rejected(Code.BODY_INVALID, reason="not_http"))

    def _watch(self) -> None:
        # A WebSocket has the line for itself from its upgrade on, which h11 here never hears of.
        handed_on = self.transport.get_protocol() is not self
        if handed_on or self.transport.is_closing() or self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._unwatch()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.arrives_within, self._too_late)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        nothing_came = self.conn.their_state is h11.IDLE and self.conn.trailing_data == (b"", False)
        if nothing_came:
            self.transport.close()
        else:
            self._refuse(Rejected(Code.BODY_INVALID, reason="late"))

    def _refuse(self, error: AppError) -> None:
        """Answer unless an answer is under way or out already, and close."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            response = response_of(error)
            harden(response.headers)
            headless = self.conn.our_state is h11.SEND_RESPONSE and self.scope["method"] == "HEAD"
            reason = HTTPStatus(response.status_code).phrase.encode()
            for event in (
                h11.Response(
                    status_code=response.status_code, headers=[*response.raw_headers, CLOSE_HEADER], reason=reason
                ),
                h11.Data(data=b"" if headless else bytes(response.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
            if self.cycle is not None:
                # The route that was reading the body must not answer a second time.
                self.cycle.disconnected = True
        self.transport.close()
