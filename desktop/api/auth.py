"""Who may call: a key, the same user's own command line, or nobody-in-particular where the owner allowed it."""

from collections.abc import Callable
from hmac import compare_digest

from starlette.requests import Request

from desktop.api.gate import came_directly
from desktop.domain.errors import Code, Rejected, Transient
from desktop.services.catalogue import Services

_BAD_KEYS = 10
_PAUSE = 30.0


class Doorkeeper:
    """Lets a caller in or raises Rejected(API_KEY_MISSING | API_KEY_INVALID); slows a series of bad keys down."""

    def __init__(self, services: Services, local_token: str, now: Callable[[], float]) -> None:
        self._services = services
        self._local_token = local_token
        self._now = now
        self._bad: list[float] = []

    async def admit_owner(self, request: Request) -> None:
        """Let in only the same user's command line, which can read the runtime file."""
        text = _presented(request)
        if text is None:
            raise Rejected(Code.API_KEY_MISSING)
        if not self._is_local_token(text):
            raise Rejected(Code.API_KEY_INVALID)

    async def admit(self, request: Request) -> None:
        """Let in a key, the same user's command line, or a local caller without a key where the owner allowed it."""
        text = _presented(request)
        if text is None:
            keyless = self._services.settings.load().door.keyless_local
            if keyless and came_directly(request.headers, request.client):
                return
            raise Rejected(Code.API_KEY_MISSING)
        if self._is_local_token(text):
            return
        now = self._now()
        self._bad = [at for at in self._bad if now - at < _PAUSE]
        if len(self._bad) >= _BAD_KEYS:
            wait = _PAUSE - (now - self._bad[0])
            raise Transient(Code.TOO_MANY_REQUESTS, retry_after=wait, seconds=int(wait) + 1)
        try:
            await self._services.keys.recognise(text)
        except Rejected:
            self._bad.append(now)
            raise

    def _is_local_token(self, text: str) -> bool:
        return compare_digest(text.encode(), self._local_token.encode())


def _presented(request: Request) -> str | None:
    authorization = request.headers.get("authorization", "")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return request.headers.get("x-api-key")
