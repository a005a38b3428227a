"""One websocket of the program under test: Noise, frames, and stanzas in and out."""

from __future__ import annotations

import asyncio
import itertools
import traceback
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web
from cryptography.exceptions import InvalidTag

from . import protobuf
from .binary_node import Node, decode, encode
from .faults import Faults
from .jid import SERVER
from .journal import Journal
from .noise import FrameReader, Handshake, ProtocolError, ServerIdentity, Transport, framed
from .people import Companion
from .tokens import Tokens

LINGER = 0.5
"""Seconds between a last stanza and the end of the stream: the engine decides by the stanza whether to come back, and
handles it beside its reading, so that an end right behind it would be a race that real distances do not have."""
LEAVES_ITSELF = 20.0
"""Seconds for a program that ends the stream itself once it has read the last stanza."""


class ConnectionLostError(Exception):
    """The program under test left, or was cut off, while the double waited for its answer."""


Handler = Callable[["Connection", Node], Awaitable[None]]


class Connection:
    """Stanzas are handled in tasks of their own, so that one held at a point does not keep the others waiting."""

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, tokens: Tokens, faults: Faults, journal: Journal
    ) -> None:
        self._request, self._socket, self._tokens, self._faults, self._journal = (
            request,
            socket,
            tokens,
            faults,
            journal,
        )
        self._transport: Transport | None = None
        self._sending = asyncio.Lock()
        self._unsent: list[Node] = []
        self._untaken: list[Node] = []
        self._frames = FrameReader()
        self._inbox: list[bytes] = []
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self.static = b""
        self.payload = protobuf.Message()
        self.replies: dict[str, asyncio.Future[Node]] = {}
        self.refs: list[str] = []
        self.companion: Companion | None = None
        self.closed = False

    async def handshake(self, identity: ServerIdentity) -> None:
        """Raises ProtocolError where the client does not go through with it."""
        handshake = Handshake(identity)
        answer = handshake.answer(await self._next_frame())
        await self._faults.answering.wait()
        try:
            await self._socket.send_bytes(framed(answer))
            self.static, self.payload, self._transport = handshake.finish(await self._next_frame())
        except InvalidTag as exc:
            raise ProtocolError("the client's last handshake message cannot be opened") from exc
        except ConnectionError as exc:
            raise ProtocolError("the client left during the handshake") from exc

    async def serve(self, handler: Handler) -> None:
        """Until the socket ends."""
        while (frame := await self._frame()) is not None:
            if self.closed or self._transport is None:
                break
            node = decode(self._transport.open(frame), self._tokens)
            if not self._faults.taking:
                self._untaken.append(node)
                self._journal.record("left-in-line", tag=node.tag)
                continue
            if node.tag == "iq" and node.text("id") in self.replies and node.text("type") in ("result", "error"):
                # At once, and not in a task: the end of the stream may be right behind it.
                self.replies.pop(node.text("id")).set_result(node)
                continue
            self._begin(handler, node)
        self.closed = True
        for reply in self.replies.values():
            reply.set_exception(ConnectionLostError("the program's connection ended before it answered"))
        self.replies.clear()

    def take_untaken(self, handler: Handler) -> None:
        """What waited in the line while the double took nothing."""
        untaken, self._untaken = self._untaken, []
        for node in untaken:
            self._begin(handler, node)

    async def send(self, node: Node) -> None:
        """Held back while the double is silent; lost, with an entry in the journal, where the socket is gone."""
        if not self._faults.answering.is_set():
            self._unsent.append(node)
            return
        if self._transport is None:
            raise RuntimeError("a stanza before the end of the handshake")
        async with self._sending:
            try:
                await self._socket.send_bytes(framed(self._transport.seal(encode(node))))
            except ConnectionError:
                self.closed = True
                self._journal.record("not-delivered", stanza=str(node))

    async def ask(self, node: Node) -> Node:
        """Sends an iq and returns its answer. Raises ConnectionLostError where the connection ends first."""
        reply: asyncio.Future[Node] = asyncio.get_running_loop().create_future()
        self.replies[node.text("id")] = reply
        await self.send(node)
        return await reply

    async def send_unsent(self) -> None:
        """What was held back while the double was silent."""
        unsent, self._unsent = self._unsent, []
        for node in unsent:
            await self.send(node)

    def next_id(self) -> str:
        return f"double-{next(self._ids)}"

    async def end_with(self, node: Node, linger: float = LINGER) -> None:
        """A last stanza, then the end of the stream."""
        await self.send(node)
        await self.send(Node("xmlstreamend"))
        asyncio.get_running_loop().call_later(linger, self.abort)

    def abort(self) -> None:
        """Breaks the socket without a word."""
        self.closed = True
        if self._request.transport is not None:
            self._request.transport.abort()

    def _begin(self, handler: Handler, node: Node) -> None:
        task = asyncio.create_task(self._handle(handler, node))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, handler: Handler, node: Node) -> None:
        try:
            await handler(self, node)
        except ConnectionLostError as exc:
            self._journal.record("abandoned", stanza=str(node), reason=str(exc))
        except Exception:
            self._journal.fail(f"while handling {node}\n{traceback.format_exc()}")

    async def _next_frame(self) -> bytes:
        frame = await self._frame()
        if frame is None:
            raise ProtocolError("the client left during the handshake")
        return frame

    async def _frame(self) -> bytes | None:
        while not self._inbox:
            message = await self._socket.receive()
            if message.type is not WSMsgType.BINARY:
                return None
            self._inbox += self._frames.feed(message.data)
        return self._inbox.pop(0)


def reply_to(query: Node, *children: Node) -> Node:
    """The answer to an iq."""
    sender = query.attrs.get("to", SERVER)
    return Node("iq", {"type": "result", "id": query.text("id"), "from": sender}, list(children) or None)


def error_to(query: Node, code: int, text: str) -> Node:
    """The refusal of an iq; the engine compares code and text with those it knows."""
    error = Node("error", {"code": code, "text": text})
    return Node("iq", {"type": "error", "id": query.text("id"), "from": query.attrs.get("to", SERVER)}, [error])
