"""Keys for the programs that may call the local API."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from desktop.domain.access import TO_SEND_AND_READ, Access
from desktop.domain.errors import Code, Rejected
from desktop.ports.clock import Clock
from desktop.ports.keys import ApiKey as ApiKey
from desktop.ports.keys import Keys

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
        self._known: dict[str, ApiKey] | None = None
        """By digest; None until they are needed. Nobody else writes them, so that no call has to read the disk."""

    async def create(self, name: str, access: Access | None = None) -> NewKey:
        """Make a key of 256 random bits; without `access` it may send and read everything.

        Raises Rejected(API_KEY_EXISTS) with the fact `name`.
        """
        text = _PREFIX + secrets.token_urlsafe(32)
        rights = replace(access, name=name) if access else Access(name=name, scopes=TO_SEND_AND_READ)
        key = ApiKey(access=rights, digest=_digest(text), created_at=self._clock.now())
        known = await self._all()
        # Before it is on disk, so that who revokes or renames meanwhile finds it: nobody has its text yet.
        known[key.digest] = key
        added = False
        try:
            added = await self._keys.add(key)
        finally:
            if not added:
                known.pop(key.digest, None)
        if not added:
            raise Rejected(Code.API_KEY_EXISTS, name=name)
        return NewKey(name, text)

    async def recognise(self, text: str) -> ApiKey:
        """The key behind a text a caller showed.

        Raises Rejected(API_KEY_INVALID) for any other text. It is looked up by its digest: how long that takes tells
        about the digest of what was shown, and nothing about any key.
        """
        known = await self._all()
        found = known.get(_digest(text))
        if found is None:
            raise Rejected(Code.API_KEY_INVALID)
        now = self._clock.now()
        if found.last_used_at is None or now - found.last_used_at > _USE_NOTED_EVERY:
            known[found.digest] = found = replace(found, last_used_at=now)
            await self._keys.used(found.name, now)
        return found

    async def all(self) -> list[ApiKey]:
        """In the order of their names."""
        return sorted((await self._all()).values(), key=lambda key: key.name)

    async def remove(self, name: str) -> bool:
        """Revoke a key; False where there was none of that name."""
        known = await self._all()
        for digest, key in tuple(known.items()):
            if key.name == name:
                del known[digest]
        return await self._keys.remove(name)

    async def rename_session(self, old: str, new: str) -> None:
        """Keys that are for a session alone stay so when it is called otherwise."""
        known = await self._all()
        renamed = [
            replace(key, access=replace(key.access, sessions=key.access.sessions - {old} | {new}))
            for key in known.values()
            if old in key.access.sessions
        ]
        await self._keys.restrict(renamed)
        for key in renamed:
            # One that was revoked meanwhile stays so, and one that was used was.
            if now := known.get(key.digest):
                known[key.digest] = replace(now, access=key.access)

    async def _all(self) -> dict[str, ApiKey]:
        if self._known is None:
            kept = await self._keys.all()
            # Of several who needed them at once the first one counts: it may have changed them since.
            if self._known is None:
                self._known = {key.digest: key for key in kept}
        return self._known


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
