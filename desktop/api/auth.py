"""Who may call: a key, the same user's own command line, or nobody-in-particular where the owner allowed it."""

import asyncio
from collections import deque
from collections.abc import Callable
from hmac import compare_digest

from starlette.requests import Request

from desktop.api.gate import came_directly
from desktop.domain.errors import Code, Rejected, Transient
from desktop.services.catalogue import Services

_BAD_KEYS = 10
_WINDOW = 30.0
"""Seconds; more than so many bad keys within them are a series."""
_HELD = 1.0
"""Seconds for which the answer to one of a series is held back."""


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

    async def admit_owner(self, request: Request) -> None:
        """Let in only the same user's command line, which can read the runtime file."""
        text = _presented(request)
        if text is None:
            raise Rejected(Code.API_KEY_MISSING)
        if not self._is_local_token(text):
            await self._turn_away()

    async def admit(self, request: Request) -> None:
        """Let in a key, the same user's command line, or a local caller without a key where the owner allowed it."""
        text = _presented(request)
        if text is None:
            keyless = self._services.settings.load().door.keyless_local
            if keyless and came_directly(request.headers, request.client):
                return
            raise Rejected(Code.API_KEY_MISSING)
        if not self._is_local_token(text) and not await self._is_key(text):
            await self._turn_away()

    def _is_local_token(self, text: str) -> bool:
        return compare_digest(text.encode(), self._local_token.encode())

    async def _is_key(self, text: str) -> bool:
        try:
            await self._services.keys.recognise(text)
        except Rejected:
            return False
        return True

    async def _turn_away(self) -> None:
        now = self._now()
        series = len(self._bad) == _BAD_KEYS and now - self._bad[0] < _WINDOW
        self._bad.append(now)
        if not series:
            raise Rejected(Code.API_KEY_INVALID)
        await asyncio.sleep(_HELD)
        raise Transient(Code.TOO_MANY_REQUESTS, retry_after=_WINDOW, seconds=int(_WINDOW))


def _presented(request: Request) -> str | None:
    authorization = request.headers.get("authorization", "")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return request.headers.get("x-api-key") or None
