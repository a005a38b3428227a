"""Contract B's live line: a WebSocket for each session, JSON `{"type","data"}`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from desktop.api.auth import presented
from desktop.api.feed import Feed, listening
from desktop.api.frames import Frame, Frames, status_frame
from desktop.domain.access import Access, Scope
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.events import Event, MessageKept, SendChanged, SessionChanged, SessionRemoved
from desktop.domain.session import Session
from desktop.services.catalogue import Services

_SAYS_WHO_WITHIN = 10.0
"""Seconds from connecting to the first message, where no header showed a key."""
_NORMAL, _POLICY_VIOLATION, _TRY_AGAIN_LATER = 1000, 1008, 1013

AccessOf = Callable[[WebSocket, str | None], Awaitable[Access]]


@dataclass(frozen=True, slots=True)
class SocketRoutes:
    """Builds the router; `access_of` gives the rights of what a caller shows, or raises why there are none."""

    services: Services
    access_of: AccessOf
    frames: Frames = field(default_factory=Frames)

    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_websocket_route("/ws/whatsapp/{id}", self.watch)
        return router

    async def watch(self, socket: WebSocket) -> None:
        """From the upgrade to the end: who has no right to the session is closed with 1008, who is slow with 1013."""
        # Accepted first: a program cannot see why a socket was refused before that.
        await socket.accept()
        try:
            code, reason = await self._serve(socket)
            if code:
                await socket.close(code, reason)
        except WebSocketDisconnect:
            return

    async def _serve(self, socket: WebSocket) -> tuple[int, str]:
        """Gives the code and reason to close with, 0 where it is closed."""
        try:
            watch = await self._enter(socket)
            with listening(self.services.bus, watch.wants) as feed:
                await socket.send_text(status_frame("status", self.services.sessions.get(watch.session.name)).text)
                return await self._tell(socket, feed, watch)
        except AppError as error:
            return _POLICY_VIOLATION, error.code.value

    async def _enter(self, socket: WebSocket) -> "_Watch":
        shown = presented(socket) or await _first_message(socket)
        access = await self.access_of(socket, shown)
        access.require(Scope.READ)
        try:
            session = self.services.sessions.by_id(UUID(socket.path_params["id"]))
        except ValueError as exc:
            raise Rejected(Code.SESSION_NOT_FOUND, id=socket.path_params["id"][:60]) from exc
        _require(access, session)
        return _Watch(session, shown)

    async def _tell(self, socket: WebSocket, feed: Feed, watch: "_Watch") -> tuple[int, str]:
        """Tell until one of the two has enough."""
        told = asyncio.create_task(self._tell_all(socket, feed, watch))
        left = asyncio.create_task(_until_gone(socket))
        ends: set[asyncio.Future[Any]] = {told, left, feed.behind}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if left.done():
                return 0, ""
            if feed.behind.done():
                return _TRY_AGAIN_LATER, "fell_behind"
            return _NORMAL, told.result()
        finally:
            told.cancel()
            left.cancel()
            await asyncio.gather(told, left, return_exceptions=True)

    async def _tell_all(self, socket: WebSocket, feed: Feed, watch: "_Watch") -> str:
        """Returns why there is nothing more to tell; raises AppError once the caller has no right to it any more."""
        while not isinstance(event := await feed.next(), SessionRemoved):
            # Keys are revoked and tokens expire while a socket stays open.
            access = await self.access_of(socket, watch.shown)
            _require(access, watch.session)
            for frame in await self.frames.of(event):
                if watch.is_news(frame) and _may_see(access, frame):
                    await socket.send_text(frame.text)
        return Code.SESSION_NOT_FOUND.value


class _Watch:
    """One watcher's session, and what it was told last of its state."""

    def __init__(self, session: Session, shown: str) -> None:
        assert session.profile is not None
        self.session = session
        """As it was told last."""
        self.shown = shown
        self._id = session.profile.id
        self._last = {"status_change": status_frame("status_change", session).text}

    def wants(self, event: Event) -> bool:
        match event:
            case SessionChanged(session):
                mine = session.profile is not None and session.profile.id == self._id
                if mine:
                    self.session = session
                return mine
            case SessionRemoved(name):
                return name == self.session.name
            case MessageKept(message, backlog=backlog):
                return message.session == self.session.name and not backlog
            case SendChanged(send):
                return send.session == self.session.name
            case _:
                return False

    def is_news(self, frame: Frame) -> bool:
        """False for a state or a QR code that is told again because something else about the session changed."""
        if frame.kind not in {"status_change", "qr"}:
            return True
        known, self._last[frame.kind] = self._last.get(frame.kind), frame.text
        return known != frame.text


def _require(access: Access, session: Session) -> None:
    if not access.sees(session):
        raise Rejected(Code.SESSION_NOT_FOUND, name=session.name)


def _may_see(access: Access, frame: Frame) -> bool:
    match frame.kind:
        case "qr":
            return Scope.MANAGE in access.scopes
        case "send":
            # What is no company's report belongs to the session like its chats.
            return frame.company is None or access.sees_company(frame.company)
        case _:
            return True


async def _first_message(socket: WebSocket) -> str:
    """The key in `{"type":"auth","token":…}`; raises Rejected(API_KEY_MISSING) where it does not come."""
    try:
        async with asyncio.timeout(_SAYS_WHO_WITHIN):
            message = await socket.receive()
    except TimeoutError as exc:
        raise Rejected(Code.API_KEY_MISSING) from exc
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    try:
        match json.loads(message.get("text") or ""):
            case {"type": "auth", "token": str(token)} if token:
                return token
    except (json.JSONDecodeError, RecursionError) as exc:
        raise Rejected(Code.API_KEY_MISSING) from exc
    raise Rejected(Code.API_KEY_MISSING)


async def _until_gone(socket: WebSocket) -> None:
    """Whatever a watcher says is of no interest; that it goes away is."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        continue
