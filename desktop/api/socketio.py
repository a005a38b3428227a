"""Contract D's live line: socket.io, `new-message` and `connection-status` for the companies that a client joined.

python-socketio is imported with the first call to /socket.io: it costs 10 MB, and most owners have no such client.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from desktop.api.failure import Body
from desktop.api.feed import Feed, listening
from desktop.api.gate import lasting
from desktop.api.views import profile_of
from desktop.api.views_connections import connection_message, connection_view
from desktop.domain.access import Access
from desktop.domain.access import Scope as Right
from desktop.domain.errors import AppError, Code, ConfigError, Rejected, Transient
from desktop.domain.events import Event, MessageKept, SessionChanged
from desktop.domain.session import Qr, Session
from desktop.services.catalogue import Services

if TYPE_CHECKING:
    import socketio

logger = logging.getLogger(__name__)

PATH = "/socket.io"
_LONGEST_MESSAGE = 64 * 1024
_MOST_MEMBERS = 2_000
_MOST_COMPANIES = 200
"""That one client may join."""
_COMES_AGAIN = 10
"""Seconds after which a client may try again that found too many before it."""

AccessOf = Callable[[HTTPConnection, str | None], Awaitable[Access]]


@dataclass(slots=True)
class _Member:
    connection: HTTPConnection
    token: str
    over: Callable[[], None]
    """Gives back its place among those of its key."""
    companies: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _News:
    session: Session
    name: str
    data: Body
    qr_data: Body | None = None
    """For whoever may manage, where a QR code is to be scanned."""


class LiveConnections:
    """An ASGI application; `access_of` gives the rights of what a client shows, or raises why there are none."""

    most_strangers: ClassVar[int] = 1_000
    """Lines on which nobody has said yet who they are: one that polls costs 20 kB for most of a minute."""

    def __init__(self, services: Services, access_of: AccessOf) -> None:
        self._services = services
        self._access_of = access_of
        self._members: dict[str, _Member] = {}
        self._loading = asyncio.Lock()
        self._server: socketio.AsyncServer | None = None
        self._app: Any = None
        self._telling: asyncio.Task[None] | None = None
        self._ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._check(scope)
        async with self._loading:
            if self._app is None:
                server, self._app = await asyncio.to_thread(_load)
                server.on("connect", self._connect)
                server.on("disconnect", self._disconnect)
                server.on("join-company", self._join)
                self._server = server
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        if self._ended:
            raise ConfigError(Code.NOT_RUNNING)
        lines = 0 if self._server is None else len(self._server.eio.sockets)
        if b"sid=" not in scope["query_string"] and lines - len(self._members) >= self.most_strangers:
            raise Transient(Code.TOO_MANY_REQUESTS, retry_after=_COMES_AGAIN, seconds=_COMES_AGAIN)

    async def hang_up(self) -> None:
        """Answer whoever polls, and take no further poll: it would wait for news to the end.

        Not told that its line is closed: to python-socketio's client that means never to come back.
        """
        self._ended = True
        if self._server is None:
            return
        from engineio.packet import NOOP, Packet

        for line in tuple(self._server.eio.sockets.values()):
            # A WebSocket's end is the server's to tell, with a code that says why.
            if not line.upgraded and not line.closed:
                await line.send(Packet(NOOP))

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        from socketio.exceptions import ConnectionRefusedError as Refused

        # A client that polls is there for much longer than the call that it came with.
        scope, over = lasting(environ["asgi.scope"])
        connection = HTTPConnection(scope)
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            if not isinstance(token, str) or not token:
                raise Rejected(Code.API_KEY_MISSING)
            if len(self._members) >= _MOST_MEMBERS:
                raise Rejected(Code.TOO_MANY_REQUESTS)
            token = token.removeprefix("Bearer ")
            (await self._access_of(connection, token)).require(Right.READ)
            if self._emitter.get_environ(sid) is None:
                # It left meanwhile, which nobody will tell.
                raise Rejected(Code.SESSION_NOT_FOUND)
        except AppError as error:
            over()
            raise Refused(error.code.value) from error
        self._members[sid] = _Member(connection, token, over)
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell(), name="socket.io")

    async def _disconnect(self, sid: str, reason: object = None) -> None:
        if member := self._members.pop(sid, None):
            member.over()
        if not self._members and self._telling is not None:
            self._telling.cancel()
            self._telling = None

    async def _join(self, sid: str, data: object = None, *_: object) -> dict[str, str]:
        """Answers the client's acknowledgement: the company that was joined, or an `error` that says no more than that
        it is not there."""
        company = data.get("companyId") if isinstance(data, dict) else data
        if isinstance(company, int) and not isinstance(company, bool):
            company = str(company)
        member = self._members.get(sid)
        if member is None or not isinstance(company, str) or not company or len(member.companies) >= _MOST_COMPANIES:
            return {"error": Code.BODY_INVALID.value}
        try:
            access = await self._access_of(member.connection, member.token)
        except AppError as error:
            return {"error": error.code.value}
        if not self._may_join(access, company):
            return {"error": Code.FORBIDDEN.value}
        member.companies.add(company)
        return {"companyId": company}

    def _may_join(self, access: Access, company: str) -> bool:
        if not access.sessions and not access.companies:
            return True
        return any(
            profile_of(session).tenant == company and access.sees(session) for session in self._services.sessions.all()
        )

    async def _tell(self) -> None:
        states: dict[object, object] = {}

        def wanted(event: Event) -> bool:
            match event:
                case SessionChanged(session):
                    # Told again because something else about the session changed: that is no news.
                    shown = connection_view(session, with_qr=False), session.status
                    known, states[profile_of(session).id] = states.get(profile_of(session).id), shown
                    return shown != known
                case MessageKept(new=new, backlog=backlog):
                    return new and not backlog
                case _:
                    return False

        while True:
            for session in self._services.sessions.all():
                states[profile_of(session).id] = connection_view(session, with_qr=False), session.status
            with listening(self._services.bus, wanted) as feed:
                await self._tell_until_behind(feed)
            logger.warning("socket.io fell behind: its %d clients have to connect again", len(self._members))
            for sid in tuple(self._members):
                await self._emitter.disconnect(sid)

    async def _tell_until_behind(self, feed: Feed) -> None:
        while not feed.behind.done():
            news = await self._news(await feed.next())
            if news is None:
                continue
            company = profile_of(news.session).tenant
            for sid, member in tuple(self._members.items()):
                if company in member.companies:
                    await self._tell_member(sid, member, news)

    async def _tell_member(self, sid: str, member: _Member, news: _News) -> None:
        try:
            access = await self._access_of(member.connection, member.token)
        except AppError:
            # Keys are revoked and tokens expire while a line stays open.
            await self._emitter.disconnect(sid)
            return
        if access.sees(news.session):
            data = news.qr_data if news.qr_data is not None and Right.MANAGE in access.scopes else news.data
            await self._emitter.emit(news.name, data, to=sid)

    async def _news(self, event: Event) -> _News | None:
        match event:
            case SessionChanged(session):
                data = connection_view(session, with_qr=False).model_dump(exclude_none=True)
                with_qr = None
                if isinstance(session.status, Qr):
                    view = await asyncio.to_thread(connection_view, session, with_qr=True)
                    with_qr = view.model_dump(exclude_none=True)
                return _News(session, "connection-status", _named(data), _named(with_qr) if with_qr else None)
            case MessageKept(message):
                try:
                    session = self._services.sessions.get(message.session)
                except Rejected:
                    return None  # removed meanwhile
                return _News(session, "new-message", connection_message(session, message).model_dump())
            case _:
                return None

    @property
    def _emitter(self) -> socketio.AsyncServer:
        assert self._server is not None
        return self._server


def _named(view: Body) -> Body:
    """A connection's view under the name that messages have for it, too."""
    return view | {"connectionId": view["id"]}


def _is_ours(record: logging.LogRecord) -> bool:
    """False for what a client did wrong, which it was told: engine.io calls that our error when it first happens."""
    return "further occurrences of this error" not in record.getMessage()


def _load() -> tuple[socketio.AsyncServer, Any]:
    import socketio

    # Loggers of its own making would write to the terminal, beside our log.
    loggers = logging.getLogger("socketio.server"), logging.getLogger("engineio.server")
    for one in loggers:
        one.setLevel(logging.ERROR)
        one.addFilter(_is_ours)
    # Pages of elsewhere never come as far as here, by the gate; the server of socket.io refuses them, too.
    server = socketio.AsyncServer(
        async_mode="asgi",
        max_http_buffer_size=_LONGEST_MESSAGE,
        http_compression=False,
        logger=loggers[0],
        engineio_logger=loggers[1],
    )
    return server, socketio.ASGIApp(server, socketio_path=PATH)
