"""Reports by URL: from the configured hosts only, bounded in time and size, never redirected elsewhere.

httpx is imported with the first download: it costs 16 MB and 0.2 s, and most shops read from a disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from desktop.adapters.http_lines import http_date, retry_after, trouble, trusted
from desktop.domain.errors import Code, Rejected, Transient

if TYPE_CHECKING:
    import httpx

_GONE = frozenset({404, 410})
_LATER = frozenset({408, 425, 429})
_LONGEST_WAIT = 3600.0
_PORTS = {"http": 80, "https": 443}
# A proxy's copy may be yesterday's, and a compressed body could unfold beyond every bound.
_HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity", "Cache-Control": "no-cache"}


class ReportWeb:
    """One client for all downloads, without a pool: a report a day does not keep connections."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def download(
        self,
        url: str,
        *,
        hosts: tuple[str, ...],
        max_bytes: int,
        deadline: float,
        check_time: Callable[[datetime], None],
    ) -> tuple[bytes, datetime]:
        """Get a whole body and the server's Last-Modified, or the present where it names none.

        `hosts` are `name` (the scheme's own port) or `name:port`; `deadline` is for everything, in seconds.
        Raises Rejected with IMAGE_OUTSIDE (`reason` address, host), IMAGE_NOT_FOUND, IMAGE_TOO_LARGE, IMAGE_INCOMPLETE
        (connection_lost) or IMAGE_UNAVAILABLE (redirect, forbidden, status, certificate, encoding), or
        Transient(IMAGE_UNAVAILABLE) with no_answer, refused, name_unknown, connection_lost, tls, network or status.
        """
        import httpx

        target = _parse(url)
        if not any(_same_host(target, host) for host in hosts):
            raise Rejected(Code.IMAGE_OUTSIDE, source=url, reason="host", host=target.netloc.decode("ascii"))
        if self._client is None:
            self._client = _open_client()
        try:
            async with asyncio.timeout(deadline), _transport_errors(url):
                # httpcore leaves the socket open when it is cancelled while TLS begins, but not at its own time-out.
                phases = httpx.Timeout(None, connect=deadline / 2)
                async with self._client.stream("GET", target, headers=_HEADERS, timeout=phases) as response:
                    self._check_status(response, url)
                    modified_at = self._modified_at(response)
                    check_time(modified_at)
                    try:
                        return await _body(response, url, max_bytes), modified_at
                    except httpx.TransportError as exc:
                        raise Rejected(Code.IMAGE_INCOMPLETE, source=url, reason="connection_lost") from exc
        except TimeoutError as exc:
            raise Transient(Code.IMAGE_UNAVAILABLE, source=url, reason="no_answer") from exc

    def _check_status(self, response: httpx.Response, url: str) -> None:
        status = response.status_code
        if status == 200:
            return
        if status in _GONE:
            raise Rejected(Code.IMAGE_NOT_FOUND, source=url, reason="file_missing", status=status)
        if status in _LATER or status >= 500:
            asked = retry_after(response, self._now())
            wait = None if asked is None else min(asked, _LONGEST_WAIT)
            raise Transient(Code.IMAGE_UNAVAILABLE, retry_after=wait, source=url, reason="status", status=status)
        reason = "redirect" if 300 <= status < 400 else "forbidden" if status in (401, 403, 407) else "status"
        raise Rejected(Code.IMAGE_UNAVAILABLE, source=url, reason=reason, status=status)

    def _modified_at(self, response: httpx.Response) -> datetime:
        return http_date(response.headers.get("Last-Modified", "")) or self._now()


def host_of(url: str) -> tuple[str, ...]:
    """The host and port that a template's URL names, as an entry for `hosts`; none where it is no address."""
    try:
        target = _parse(url)
    except Rejected:
        return ()
    address = target.netloc.decode("ascii")
    return (address if target.port else f"{address}:{_PORTS[target.scheme]}",)


def _parse(url: str) -> httpx.URL:
    """Read a URL with the same eyes that will follow it."""
    import httpx

    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise Rejected(Code.IMAGE_OUTSIDE, source=url, reason="address") from exc
    if target.scheme not in _PORTS or not target.host or target.userinfo:
        raise Rejected(Code.IMAGE_OUTSIDE, source=url, reason="address")
    return target


def _same_host(target: httpx.URL, host: str) -> bool:
    import httpx

    try:
        allowed = httpx.URL(f"{target.scheme}://{host}/")
    except httpx.InvalidURL:
        return False
    default = _PORTS[target.scheme]
    return (allowed.raw_host, allowed.port or default) == (target.raw_host, target.port or default)


def _open_client() -> httpx.AsyncClient:
    import httpx

    return httpx.AsyncClient(
        verify=trusted(),
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113 (the caller's deadline covers every phase)
        limits=httpx.Limits(max_keepalive_connections=0),
    )


async def _body(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Rejected(Code.IMAGE_UNAVAILABLE, source=url, reason="encoding")
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise Rejected(Code.IMAGE_TOO_LARGE, source=url, size=int(announced), limit=max_bytes)
    content = bytearray()
    async for piece in response.aiter_raw():
        content += piece
        if len(content) > max_bytes:
            raise Rejected(Code.IMAGE_TOO_LARGE, source=url, size=len(content), limit=max_bytes)
    return bytes(content)


@asynccontextmanager
async def _transport_errors(url: str) -> AsyncIterator[None]:
    import httpx

    try:
        yield
    except httpx.TransportError as exc:
        raise transport_error(exc, url) from exc


def transport_error(exc: httpx.TransportError, url: str) -> Rejected | Transient:
    """Say what a failure before the body means."""
    reason = trouble(exc)
    kind = Rejected if reason == "certificate" else Transient
    return kind(Code.IMAGE_UNAVAILABLE, source=url, reason=reason)
