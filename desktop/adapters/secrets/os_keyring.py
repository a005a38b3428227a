"""User and password in the operating system's keyring.

They are one entry, as JSON, so that never the user of one time stands beside the password of another.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from desktop.adapters.abandonable import AbandonableCalls, LeftBehindError
from desktop.adapters.secrets.keyring_choice import choose_keyring
from desktop.adapters.secrets.keyring_errors import keyring_error, too_long, without_frames
from desktop.domain.errors import Code, NeedsHuman, Rejected
from desktop.domain.secret import Credentials, Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")
_log = logging.getLogger(__name__)

_ENTRY = "credentials"
"""The entry's user name: always one, since Windows rewrites entries where a service has several."""
_MOST_BYTES = 2560
"""CRED_MAX_CREDENTIAL_BLOB_SIZE, in UTF-16; held on every system, so that settings move between them."""
_MOST_PROMPTS = 3
"""How many calls may still wait for a person before no other one is begun."""


class KeyringSecrets:
    """Implements ports.secrets.Secrets. keyring is imported with the first call, in that call's thread."""

    def __init__(self, home_id: str, *, deadline: float = 10.0) -> None:
        """`home_id` keeps the entries of several homes apart; `deadline` is in seconds, a person's typing included."""
        self._home_id = home_id
        self._deadline = deadline
        self._calls = AbandonableCalls("keyring", limit=_MOST_PROMPTS)
        self._one_at_a_time = asyncio.Lock()
        self._keyring: KeyringBackend | None = None

    async def credentials(self, name: str) -> Credentials | None:
        service = self._service(name)

        def read(_: Event) -> Credentials | None:
            return _decoded(_entry(self._open(), service), service)

        return await self._run(read)

    async def keep_credentials(self, name: str, credentials: Credentials) -> None:
        """Raises also Rejected(SETTING_INVALID): `too_long` (Windows takes 1,280 characters in all) or `characters`."""
        service = self._service(name)
        entry = _encoded(credentials)

        def write(left_behind: Event) -> None:
            keyring = self._open()
            _entry(keyring, service)  # a locked keyring asks its question here
            # Answered too late: meanwhile a person may have typed and kept another password.
            if not left_behind.is_set():
                keyring.set_password(service, _ENTRY, entry.reveal())

        await self._run(write)

    async def forget_credentials(self, name: str) -> None:
        service = self._service(name)

        def erase(left_behind: Event) -> None:
            keyring = self._open()
            if _entry(keyring, service) is not None and not left_behind.is_set():
                keyring.delete_password(service, _ENTRY)

        await self._run(erase)

    def _service(self, name: str) -> str:
        return f"malote/{self._home_id}/{name}"

    def _open(self) -> "KeyringBackend":
        if self._keyring is None:
            self._keyring = choose_keyring()
        return self._keyring

    async def _run(self, call: Callable[[Event], T]) -> T:
        left_behind = Event()
        try:
            async with asyncio.timeout(self._deadline), self._one_at_a_time:
                return await self._calls.run(
                    lambda: call(left_behind), deadline=self._deadline, left_behind=left_behind
                )
        except (LeftBehindError, TimeoutError) as exc:
            raise NeedsHuman(Code.KEYRING_LOCKED, reason="no_answer") from exc
        except Exception as exc:
            error = keyring_error(exc)
            if error is None:
                raise
            self._keyring = None
            raise error from without_frames(exc)


def _entry(keyring: "KeyringBackend", service: str) -> str | None:
    try:
        return keyring.get_password(service, _ENTRY)
    except UnicodeDecodeError:
        return ""  # not even text


def _encoded(credentials: Credentials) -> Secret:
    entry = json.dumps({"user": credentials.user, "password": credentials.password.reveal()}, ensure_ascii=False)
    try:
        size = len(entry.encode("utf-16-le"))
    except UnicodeEncodeError:
        raise Rejected(Code.SETTING_INVALID, name="password", reason="characters") from None
    if size > _MOST_BYTES:
        raise too_long()
    return Secret(entry)


def _decoded(entry: str | None, service: str) -> Credentials | None:
    """None also for an entry that somebody else wrote: it can only be typed again."""
    if entry is None:
        return None
    try:
        match json.loads(entry):
            case {"user": str(user), "password": str(password)}:
                return Credentials(user, Secret(password))
    except ValueError:
        _log.debug("%s holds no JSON", service)
    _log.warning("the keyring's entry %s cannot be understood and must be typed again", service)
    return None
