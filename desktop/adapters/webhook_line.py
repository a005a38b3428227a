"""Webhooks over HTTP: to public addresses, or to those of the owner's own networks that are named in the settings.

httpx is imported with the first delivery: it costs 16 MB and 0.2 s, and most desks tell nobody.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM, gaierror
from typing import TYPE_CHECKING

from desktop.adapters.http_lines import retry_after, trouble, trusted
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.settings import WebhookSettings
from desktop.ports.clock import Clock
from desktop.ports.webhooks import WebhookAnswer

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

_PORTS = {"http": 80, "https": 443}
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
"""Where a network without IPv4 has the IPv4 internet."""
_LONGEST_ANSWER = 65_536
"""Nothing in an answer is of use; a longer one is cut off."""


class HttpWebhookLine:
    """Implements ports.WebhookLine with the settings as they are at each call."""

    def __init__(self, settings: Callable[[], WebhookSettings], clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._trusted: ssl.SSLContext | None = None
        self._clients: dict[str, httpx.AsyncClient] = {}
        """By the name that is told: connections are by address, and that of one name is not to be used for another."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
        import httpx

        settings = self._settings()
        target = parse(url)
        try:
            async with asyncio.timeout(settings.deadline):
                addresses = await self._addresses(target, settings)
                response = await self._send(target, addresses, body, headers, settings.deadline / len(addresses))
                try:
                    await _read_a_little(response)
                finally:
                    await response.aclose()
        except TimeoutError as exc:
            raise Transient(Code.WEBHOOK_FAILED, reason="no_answer") from exc
        except httpx.TransportError as exc:
            raise Transient(Code.WEBHOOK_FAILED, reason=trouble(exc), detail=str(exc)) from exc
        return WebhookAnswer(response.status_code, retry_after(response, self._clock.now()))

    async def check(self, url: str) -> None:
        settings = self._settings()
        try:
            async with asyncio.timeout(settings.deadline):
                await self._addresses(parse(url), settings)
        except TimeoutError as exc:
            raise Transient(Code.WEBHOOK_FAILED, reason="no_answer") from exc

    async def close(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    async def _send(
        self, target: httpx.URL, addresses: list[str], body: bytes, headers: Mapping[str, str], connect: float
    ) -> httpx.Response:
        """To the first address that takes the connection in so many seconds: `localhost` is often ::1 first, and the
        program that is meant on 127.0.0.1 alone."""
        import httpx

        *others, last = addresses
        for address in others:
            try:
                return await self._send_to(address, target, body, headers, connect)
            except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
                # Nothing was sent yet.
                logger.debug("%s of %s takes no connection: %s", address, target.host, exc)
        return await self._send_to(last, target, body, headers, connect)

    async def _send_to(
        self, address: str, target: httpx.URL, body: bytes, headers: Mapping[str, str], connect: float
    ) -> httpx.Response:
        import httpx

        if self._trusted is None:
            self._trusted = trusted()
        if (client := self._clients.get(target.host)) is None:
            client = self._clients[target.host] = _open_client(self._trusted)
        request = client.build_request(
            "POST",
            # The checked address itself: a name could lead elsewhere when it is asked a second time.
            target.copy_with(host=address),
            content=body,
            headers={**headers, "Host": target.netloc.decode("ascii")},
            timeout=httpx.Timeout(None, connect=connect),
            extensions={"sni_hostname": target.host},
        )
        return await client.send(request, stream=True)

    async def _addresses(self, target: httpx.URL, settings: WebhookSettings) -> list[str]:
        port = target.port or _PORTS[target.scheme]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(target.host, port, type=SOCK_STREAM)
        except (gaierror, UnicodeError) as exc:
            raise Transient(Code.WEBHOOK_FAILED, reason="name_unknown", host=target.host) from exc
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        allowed = {target.host, f"{target.host}:{port}"} & set(settings.private_hosts)
        for address in addresses:
            if not allowed and not _is_public(ip_address(address.partition("%")[0])):
                raise Rejected(Code.WEBHOOK_REFUSED, reason="private", host=target.host)
        return addresses


def parse(url: str) -> httpx.URL:
    """Read an address; raises Rejected(WEBHOOK_REFUSED) with the reason `address` for what is no plain HTTP one."""
    import httpx

    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise Rejected(Code.WEBHOOK_REFUSED, reason="address") from exc
    port = 1 if target.port is None else target.port
    if target.scheme not in _PORTS or not target.host or target.userinfo or not 0 < port < 65_536:
        raise Rejected(Code.WEBHOOK_REFUSED, reason="address")
    return target


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return True
    within = (
        address.ipv4_mapped or address.sixtofour or (IPv4Address(address.packed[-4:]) if address in _NAT64 else None)
    )
    return address in _GLOBAL_UNICAST if within is None else _is_public(within)


def _open_client(context: ssl.SSLContext) -> httpx.AsyncClient:
    import httpx

    return httpx.AsyncClient(
        verify=context,
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113 (the deadline of post covers every phase)
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=30),
    )


async def _read_a_little(response: httpx.Response) -> None:
    """So that the connection can be used again; a long answer costs the connection instead."""
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > _LONGEST_ANSWER:
            return
