"""The gate before every route: which Host, Origin and size of request is let in at all."""

import logging
import time
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desktop.api.errors import response_of
from desktop.domain.errors import AppError, Code, Rejected

logger = logging.getLogger(__name__)

MAX_BODY = 256 * 1024
"""Bytes; contract A's longest body is a list of CNPJs."""
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Gate:
    """Refuses what a browser page, a rebound DNS name or a runaway caller sends, before anything is read."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in _LOOPBACK_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check(headers)
        except AppError as error:
            await response_of(error)(scope, receive, send)
            return
        started = time.perf_counter()
        received = 0
        status = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise Rejected(Code.BODY_TOO_LARGE, limit=MAX_BODY)
            return message

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._app(scope, bounded, noted)
        took = (time.perf_counter() - started) * 1000
        logger.info("%s %s → %d in %.0f ms", scope["method"], scope["path"][:200], status, took)

    def _check(self, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise Rejected(Code.HOST_REFUSED, host=", ".join(hosts)[:100])
        if _from_a_web_page(headers):
            raise Rejected(Code.ORIGIN_REFUSED, origin=headers.get("origin", "")[:100])
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > MAX_BODY:
            raise Rejected(Code.BODY_TOO_LARGE, limit=MAX_BODY)


def _from_a_web_page(headers: Headers) -> bool:
    # No page is served from here, so every Origin is foreign; browsers that omit it say Sec-Fetch-Site.
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def came_directly(headers: Headers, client: Iterable[object] | None) -> bool:
    """True for a program of this machine that no proxy or browser stands before."""
    address = next(iter(client), None) if client else None
    return address in {"127.0.0.1", "::1"} and not any(name in headers for name in _PROXY_HEADERS)
