"""Who may call: a key, the same user's own command line, or nobody-in-particular where the owner allowed it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Annotated, NoReturn

from fastapi import Depends
from starlette.requests import HTTPConnection

from desktop.api.gate import came_directly, end_with
from desktop.api.limits import Limits
from desktop.domain.access import EVERYTHING, TO_SEND_AND_READ, Access, Scope
from desktop.domain.errors import Code, Rejected, Transient
from desktop.services.catalogue import Services

_BAD_KEYS = 10
_WINDOW = 30.0
"""Seconds; more than so many bad keys within them are a series."""
_COUNTED = "malote.counted"
"""In a scope: this call or socket has its place among those of its key."""
_HELD = 1.0
"""Seconds for which the answer to one of a series is held back."""


Admit = Callable[[HTTPConnection], Awaitable[None]]


async def _admitted(request: HTTPConnection) -> Access:
    # A plain function would be run in a thread of its own, which costs more than all the rest of the door.
    access: Access = request.state.access
    return access


Caller = Annotated[Access, Depends(_admitted)]
"""What the caller of a route may do; the route itself, which lets it in, is always asked first."""
_OWNER = Access(name="owner", scopes=EVERYTHING)
_KEYLESS = Access(name="keyless", scopes=TO_SEND_AND_READ)


class Doorkeeper:
    """Lets a caller in or raises Rejected(API_KEY_MISSING | API_KEY_INVALID).

    In a series of bad keys each further one is answered late, with Transient(TOO_MANY_REQUESTS). A good key is let in
    at once all the while: one program with an old key must not lock the others out.
    """

    def __init__(self, services: Services, local_token: str, now: Callable[[], float]) -> None:
        self._services = services
        self._local_token = local_token
        self._now = now
        self._bad: deque[float] = deque(maxlen=_BAD_KEYS)
        self._limits = Limits(lambda: services.settings.load().door, now)

    async def admit_owner(self, request: HTTPConnection) -> None:
        """Let in only the same user's command line, which can read the runtime file."""
        text = presented(request)
        if text is None:
            raise Rejected(Code.API_KEY_MISSING)
        if not self._is_owner(request, text):
            await self._turn_away()

    def admit(self, scope: Scope) -> Admit:
        """What lets in the callers of routes that need this right; `Caller` gives them the caller's other ones."""

        async def let_in(request: HTTPConnection) -> None:
            access = await self.access_of(request)
            access.require(scope)
            request.state.access = access

        return let_in

    def admit_erp(self, scope: Scope) -> Admit:
        """As admit, and a local caller without a key where the owner allowed that: for contract A alone."""

        async def let_in(request: HTTPConnection) -> None:
            keyless = presented(request) is None and self._may_come_without_a_key(request)
            access = self._counted(request, _KEYLESS) if keyless else await self.access_of(request)
            access.require(scope)
            request.state.access = access

        return let_in

    async def access_of(self, request: HTTPConnection, text: str | None = None) -> Access:
        """The rights of a key, of the same user's command line or of a token of the owner's login service.

        `text` is what the caller showed elsewhere than in a header. Raises Transient(TOO_MANY_REQUESTS) where the key
        has used up its share; a socket that is asked again and again counts once.
        """
        text = text or presented(request)
        if text is None:
            raise Rejected(Code.API_KEY_MISSING)
        if not text.isascii():
            # No key and no token is: and half a character, which JSON may hold, could not even be compared with one.
            await self._turn_away()
        if self._is_owner(request, text):
            return _OWNER
        access = await self._access_by_key(text) or await self._services.tokens.read(text)
        if access is None:
            await self._turn_away()
        return self._counted(request, access)

    def _counted(self, request: HTTPConnection, access: Access) -> Access:
        if _COUNTED not in request.scope:
            end_with(request.scope, self._limits.enter(access.name))
            request.scope[_COUNTED] = True
        return access

    def _may_come_without_a_key(self, request: HTTPConnection) -> bool:
        direct = not _over_tls(request) and came_directly(request.headers, request.client)
        return direct and self._services.settings.load().door.keyless_local

    def _is_owner(self, request: HTTPConnection, text: str) -> bool:
        # The command line of this machine calls on loopback: the network's listener knows keys only.
        return compare_digest(text.encode(), self._local_token.encode()) and not _over_tls(request)

    async def _access_by_key(self, text: str) -> Access | None:
        try:
            return (await self._services.keys.recognise(text)).access
        except Rejected:
            return None

    async def _turn_away(self) -> NoReturn:
        now = self._now()
        series = len(self._bad) == _BAD_KEYS and now - self._bad[0] < _WINDOW
        self._bad.append(now)
        if not series:
            raise Rejected(Code.API_KEY_INVALID)
        await asyncio.sleep(_HELD)
        raise Transient(Code.TOO_MANY_REQUESTS, retry_after=_WINDOW, seconds=int(_WINDOW))


def _over_tls(request: HTTPConnection) -> bool:
    """Whether it came through the local network's listener: it alone speaks TLS."""
    return str(request.scope["scheme"]) in {"https", "wss"}


def presented(request: HTTPConnection) -> str | None:
    """What a caller shows to be let in."""
    authorization = request.headers.get("authorization", "")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return request.headers.get("x-api-key") or None
