"""Keys for the programs that may call the local API."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest

from desktop.domain.errors import Code, Rejected
from desktop.ports.clock import Clock
from desktop.ports.keys import ApiKey, Keys

_PREFIX = "malote_"
# The last use is for people to read: a write to disk on every call would buy nothing.
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    name: str
    text: str
    """Shown once; only its digest is kept."""

    def __repr__(self) -> str:
        return f"NewKey({self.name!r}, ***)"


class KeyRing:
    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def create(self, name: str) -> NewKey:
        """Make a key of 256 random bits; a key of the same name stops working."""
        text = _PREFIX + secrets.token_urlsafe(32)
        await self._keys.add(ApiKey(name=name, digest=_digest(text), created_at=self._clock.now()))
        return NewKey(name, text)

    async def recognise(self, text: str) -> ApiKey:
        """The key behind a text a caller showed.

        Raises Rejected(API_KEY_INVALID) for any other text; the time taken does not tell how much of it was right.
        """
        digest = _digest(text)
        found = None
        for key in await self._keys.all():
            if compare_digest(key.digest, digest):
                found = key
        if found is None:
            raise Rejected(Code.API_KEY_INVALID)
        now = self._clock.now()
        if found.last_used_at is None or now - found.last_used_at > _USE_NOTED_EVERY:
            await self._keys.used(found.name, now)
        return found

    async def all(self) -> list[ApiKey]:
        return await self._keys.all()

    async def remove(self, name: str) -> bool:
        """Revoke a key; False where there was none of that name."""
        return await self._keys.remove(name)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
