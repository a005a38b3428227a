"""The gate before every route: which Host, Origin and size of request is let in at all."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desktop.api.errors import harden, response_of
from desktop.domain.errors import AppError, Code, ConfigError, Rejected
from desktop.runtime.logs import Kind

logger = logging.getLogger(__name__)

MAX_BODY = 256 * 1024
"""Bytes; contract A's longest body is a list of CNPJs."""
MAX_MEDIA_BODY = 34_000_000
"""Bytes, for the routes that take a file: 25 MB of it as base64."""
MAX_HEAD = 16 * 1024
"""Bytes of address and headers; h11 limits only what has not arrived whole at once."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_DEFAULT_PORTS = (80, 443)
_POLICY_VIOLATION = 1008
_BAD_REQUEST = 400
_ENDS = "malote.ends"
"""In a scope: what is to be done once it is over."""
_NOTES = "malote.notes"
"""In a scope: the failures that were answered, for its line in the log."""


def _as_contract_a(scope: Scope, error: AppError) -> ASGIApp:
    """Of an application with that contract alone."""
    return response_of(error)


async def _nobody_waits() -> None:
    """Of an application whose calls all end by themselves."""


class Gate:
    """Refuses what a browser page, a rebound DNS name or a runaway caller sends, before anything is read."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int,
        takes_files: re.Pattern[str],
        names: Iterable[str] = LOOPBACK_NAMES,
        answer: Callable[[Scope, AppError], ASGIApp] = _as_contract_a,
        hang_up: Callable[[], Awaitable[None]] = _nobody_waits,
    ) -> None:
        """`takes_files` matches the whole path of every route whose body may hold a file; `names` are this listener's,
        an IPv6 address in brackets; `answer` makes the answer to what it refuses; `hang_up` ends the calls that only
        wait for news, when the door closes."""
        self._app = app
        self._answer_to = answer
        self.hang_up = hang_up
        self._takes_files = takes_files
        # Clients leave the default port out.
        ports = [f":{port}", ""] if port in _DEFAULT_PORTS else [f":{port}"]
        self._hosts = frozenset(name.lower() + port for name in names for port in ports)

    def beside(self, *, port: int, names: Iterable[str]) -> "Gate":
        """The same application behind another listener, with names of its own."""
        return Gate(
            self._app,
            port=port,
            takes_files=self._takes_files,
            names=names,
            answer=self._answer_to,
            hang_up=self.hang_up,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Made here, because the application gives its routes copies of the scope.
        ends: list[Callable[[], None]] = scope.setdefault(_ENDS, [])
        scope[_NOTES] = []
        try:
            if scope["type"] == "websocket":
                await self._open_socket(scope, receive, send)
            else:
                await self._answer(scope, receive, send)
        finally:
            for end in ends:
                end()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = MAX_MEDIA_BODY if self._takes_files.fullmatch(scope["path"]) else MAX_BODY
        call = _Call(scope, receive, send, limit)
        started = time.perf_counter()
        try:
            headers = Headers(scope=scope)
            self._check(headers, _head_size(scope))
            if _from_a_web_page(headers):
                raise _foreign(headers)
            await self._app(scope, call.receive, call.send)
        except AppError as error:
            note(scope, error)
            await self._answer_to(scope, error)(scope, receive, call.send)
        except asyncio.CancelledError:
            # The server closes and waits no longer; whoever still waits gets an answer all the same.
            if not call.status:
                await self._answer_to(scope, ConfigError(Code.NOT_RUNNING))(scope, receive, call.send)
        except Exception as error:
            # Starlette has sent the answer (application.py) and hands the error on so that it is logged.
            logger.error("%s failed", call.name, exc_info=error)
        took = (time.perf_counter() - started) * 1000
        why = "".join(f" {error}" for error in scope[_NOTES])
        extra = {"kind": Kind.SUCCESS if call.status < _BAD_REQUEST else Kind.ERROR}
        logger.info("%s → %d in %.0f ms%s", call.name, call.status, took, why, extra=extra)

    async def _open_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = f"WS {scope['raw_path'].decode('ascii')[:200]}"
        try:
            headers = Headers(scope=scope)
            self._check(headers, _head_size(scope))
            if _from_a_web_page(headers) and not _from_this_door(headers, secure=scope["scheme"] == "wss"):
                raise _foreign(headers)
        except AppError as error:
            logger.info("%s refused: %s", name, error, extra={"kind": Kind.ERROR})
            # Before it was accepted: the caller gets a plain 403.
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})
            return
        logger.info("%s opened", name)
        await self._app(scope, receive, send)
        logger.info("%s closed", name)

    def _check(self, headers: Headers, size: int) -> None:
        if size > MAX_HEAD:
            raise Rejected(Code.BODY_INVALID, reason="not_http")
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise Rejected(Code.HOST_REFUSED, host=", ".join(hosts)[:100])


class _Call:
    """One request's two ends, counted and noted."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        # As it came over the wire: the decoded path may hold line ends that would forge lines of the log.
        self.name = f"{scope['method']} {scope['raw_path'].decode('ascii')[:200]}"
        self.status = 0
        self._receive = receive
        self._send = send
        self._limit = limit
        # h11 lets nothing but digits through.
        self._announced = int(Headers(scope=scope).get("content-length", "0"))
        self._size = 0
        self._whole = False

    async def receive(self) -> Message:
        # Raised where the body is read, so that a contract's route answers in its own shape.
        if self._announced > self._limit:
            raise Rejected(Code.BODY_TOO_LARGE, limit=self._limit)
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._whole:
            raise Rejected(Code.BODY_INVALID, reason="cut_off")
        self._whole = not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise Rejected(Code.BODY_TOO_LARGE, limit=self._limit)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            harden(MutableHeaders(raw=message["headers"]))
        await self._send(message)


def _head_size(scope: Scope) -> int:
    return len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(n) + len(v) + 4 for n, v in scope["headers"])


def _from_a_web_page(headers: Headers) -> bool:
    # Browsers that omit Origin say Sec-Fetch-Site.
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def _from_this_door(headers: Headers, *, secure: bool) -> bool:
    """True for a page that was opened at the very address that is called, whose Host was found to be one of ours."""
    # A browser cannot leave out a socket's Origin. No other page than /health is there to have this one, and a socket
    # asks for a key in any case; a page's HTTP is refused wholly, because contract A may be open without one.
    own = f"{'https' if secure else 'http'}://{headers['host'].lower()}"
    return headers.getlist("origin") == [own] and headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _foreign(headers: Headers) -> Rejected:
    return Rejected(Code.ORIGIN_REFUSED, origin=headers.get("origin", "")[:100])


_PROXY_HEADERS = ("forwarded", "x-real-ip", "via")
_PROXY_PREFIX = "x-forwarded-"


def came_directly(headers: Headers, client: Iterable[object] | None) -> bool:
    """True for a program of this machine that no proxy or browser stands before, and that calls this machine by a
    loopback name."""
    address = next(iter(client), None) if client else None
    proxied = any(name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIX) for name in headers)
    name = headers.get("host", "").lower()
    local = any(name == known or name.startswith(f"{known}:") for known in LOOPBACK_NAMES)
    # Old browsers send forms without Origin or Sec-Fetch-Site; programs have no page that they could come from.
    browsed = _from_a_web_page(headers) or "referer" in headers
    return address in {"127.0.0.1", "::1"} and local and not proxied and not browsed


def note(scope: Scope, error: AppError) -> None:
    """Have the log's line about this call say why it was refused."""
    scope[_NOTES].append(error)


def end_with(scope: Scope, end: Callable[[], None]) -> None:
    """Have something done once this call is answered, or this socket closed."""
    scope[_ENDS].append(end)


def lasting(scope: Scope) -> tuple[Scope, Callable[[], None]]:
    """A scope for what outlives the call that began it, and what is to be called once that is over."""
    ends: list[Callable[[], None]] = []

    def over() -> None:
        while ends:
            ends.pop()()

    return {**scope, _ENDS: ends}, over
