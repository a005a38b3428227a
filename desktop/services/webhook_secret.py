"""What webhooks are signed with: made at its first use, shown once, renewed by the owner."""

import asyncio
import json
import secrets as random
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.secret import Credentials, Secret
from desktop.ports.clock import Clock
from desktop.ports.secrets import Secrets

NAME = "webhook"
"""Of its entry in the keyring."""
_USER = "malote"
_BOTH_FOR = timedelta(hours=24)
"""How long the secret before signs beside its successor."""
Turn = Callable[[], AbstractAsyncContextManager[object]]
"""Whoever holds what it gives is alone with the entry; may raise what Secrets' methods raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    key: Secret
    shown: bool = False
    before: Secret | None = None
    until: datetime | None = None
    """Up to when `before` signs, too."""


class SigningSecret:
    """One entry of the keyring, read anew each time: the command line renews it while the program runs."""

    def __init__(self, secrets: Secrets, clock: Clock, turn: Turn = nullcontext) -> None:
        """`turn` is this program's among all that change the entry: another may do so between two of our steps."""
        self._secrets = secrets
        self._clock = clock
        self._turn = turn
        self._one_at_a_time = asyncio.Lock()

    async def keys(self) -> list[Secret]:
        """The one in force, and behind it the one before for a day after it was renewed."""
        async with self._one_at_a_time:
            kept = await self._found() or await self._first()
        before = kept.before if kept.until is not None and self._clock.now() < kept.until else None
        return [kept.key] if before is None else [kept.key, before]

    async def show(self) -> Secret:
        """The one in force, for whoever checks signatures. Raises Rejected(SECRET_SHOWN) from the second time on."""
        async with self._one_at_a_time, self._turn():
            kept = await self._found() or _Kept(key=_made())
            if kept.shown:
                raise Rejected(Code.SECRET_SHOWN)
            return (await self._keep(replace(kept, shown=True))).key

    async def renew(self) -> Secret:
        """A new one in its place, which counts as shown."""
        async with self._one_at_a_time, self._turn():
            kept = await self._found()
            made = _Kept(key=_made(), shown=True)
            if kept is not None:
                made = replace(made, before=kept.key, until=self._clock.now() + _BOTH_FOR)
            return (await self._keep(made)).key

    async def _first(self) -> _Kept:
        async with self._turn():
            # Another program may have made one while this turn was waited for.
            return await self._found() or await self._keep(_Kept(key=_made()))

    async def _found(self) -> _Kept | None:
        with _about_signing():
            credentials = await self._secrets.credentials(NAME)
        return _read(credentials.password) if credentials is not None else None

    async def _keep(self, kept: _Kept) -> _Kept:
        with _about_signing():
            await self._secrets.keep_credentials(NAME, Credentials(_USER, _written(kept)))
        return kept


@contextmanager
def _about_signing() -> Iterator[None]:
    """Have an error say which of the keyring's secrets it is about: the others are passwords of databases."""
    try:
        yield
    except AppError as error:
        error.facts["signing"] = True
        raise


def _made() -> Secret:
    return Secret(random.token_urlsafe(32))


def _written(kept: _Kept) -> Secret:
    entry: dict[str, object] = {"key": kept.key.reveal(), "shown": kept.shown}
    if kept.before is not None and kept.until is not None:
        entry |= {"before": kept.before.reveal(), "until": kept.until.isoformat()}
    return Secret(json.dumps(entry))


def _read(text: Secret) -> _Kept:
    if not text.reveal().startswith("{"):
        # As it was kept before it could be renewed: the secret and nothing else.
        return _Kept(key=text)
    entry = json.loads(text.reveal())
    kept = _Kept(key=Secret(entry["key"]), shown=entry["shown"])
    if "before" not in entry:
        return kept
    return replace(kept, before=Secret(entry["before"]), until=datetime.fromisoformat(entry["until"]))
