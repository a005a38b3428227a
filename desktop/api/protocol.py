"""HTTP/1.1 on one connection: uvicorn's own, with what it leaves open closed."""

import asyncio
import itertools
from collections.abc import Iterator
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
    """A process may have about a thousand descriptors, and the database needs some. Who rests gives way to the next."""
    taken_within: ClassVar[float] = 20.0
    """Seconds for which an answer may stand still because its caller takes nothing of it."""
    _deadline: asyncio.TimerHandle | None = None
    _standstill: asyncio.TimerHandle | None = None
    _rests: ClassVar[Iterator[int]] = itertools.count()
    _rest = 0
    """Its newest rest's place among all connections' rests, which a clock might call the same moment."""
    _gave_way = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._rest = next(self._rests)
        if self._has_place():
            self._watch()
        else:
            self._refuse(Transient(Code.TOO_MANY_REQUESTS))

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        self._rest = next(self._rests)
        super().on_response_complete()

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

    def _has_place(self) -> bool:
        """True also where another has to leave for it: nobody without a key may keep the door shut by resting."""
        # WebSockets stay for hours, and have a limit of their own.
        others = [one for one in self.connections if isinstance(one, DoorProtocol) and one is not self]
        if sum(not one._gave_way for one in others) < self.most_connections:
            return True
        resting = [one for one in others if one._is_resting()]
        if resting:
            min(resting, key=lambda one: one._rest)._give_way()
        return bool(resting)

    def _is_resting(self) -> bool:
        """True without a call under way; one whose head has not come whole is none yet."""
        under_way = bool(self.cycle) and not self.cycle.response_complete
        return not under_way and not self._gave_way and self.transport.get_write_buffer_size() == 0

    def _give_way(self) -> None:
        self._gave_way = True
        if not self._nothing_came():
            self._refuse(Transient(Code.TOO_MANY_REQUESTS))
        # At once: over TLS a mere close waits for the other side's, which would keep the place for half a minute.
        self.transport.abort()

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
        if self._nothing_came():
            self.transport.close()
        else:
            self._refuse(Rejected(Code.BODY_INVALID, reason="late"))

    def _nothing_came(self) -> bool:
        """True before the first byte of a request."""
        return self.conn.their_state is h11.IDLE and self.conn.trailing_data == (b"", False)

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
