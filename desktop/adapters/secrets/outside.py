"""Passwords that a server's administrator gives from outside, where there is no keyring: systemd's, or a variable.

Neither is as safe as a keyring, and each says so once in the log.
"""

import logging
import os
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from desktop.domain.errors import Code, Fact, NeedsHuman
from desktop.domain.secret import Credentials, Secret

DIRECTORY: Final = "CREDENTIALS_DIRECTORY"
"""Set by systemd for a unit with LoadCredential= or LoadCredentialEncrypted=; each credential is a file in there."""
_MOST_BYTES: Final = 4096

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the settings say about one secret from outside."""

    user: str
    variable: str


class OutsideSecrets:
    """Read-only: what comes from outside is changed outside.

    A text is the password alone, beside the user in the settings, or two lines, the user and the password.
    """

    def __init__(
        self, named: Callable[[], Mapping[str, Outside]], environment: MutableMapping[str, str] | None = None
    ) -> None:
        """`named` gives what the settings say by the secret's name.

        The variables that it names now leave the environment at once: no process that is started later inherits them.
        """
        self._named = named
        self._environment = os.environ if environment is None else environment
        self._taken: dict[str, Secret] = {}
        self._taking = Lock()
        self._warned: set[str] = set()
        for outside in named().values():
            self._take(outside.variable)

    def credentials(self, name: str) -> Credentials | None:
        """None where nobody gave it; systemd's goes before a variable.

        Raises NeedsHuman(KEYRING_UNAVAILABLE) with reason `variable_missing` (and `variable`), `credential_unreadable`
        or `user_missing`.
        """
        outside = self._named().get(name, Outside(user="", variable=""))
        found = self._of_systemd(name)
        where = "systemd's credentials"
        if found is None and outside.variable:
            found, where = self._take(outside.variable), f"the environment variable {outside.variable}"
            if found is None:
                raise _unusable(name, "variable_missing", variable=outside.variable)
        if found is None:
            return None
        self._warn(name, where)
        return _credentials(found, outside.user, name)

    def gives(self, name: str) -> bool:
        """Whether this secret comes from outside, readable or not."""
        outside = self._named().get(name)
        return bool(outside and outside.variable) or ((path := self._path(name)) is not None and path.exists())

    def _path(self, name: str) -> Path | None:
        folder = self._environment.get(DIRECTORY, "")
        plain = name == Path(name).name and not name.startswith(".") and "\\" not in name
        return Path(folder, name) if folder and plain else None

    def _of_systemd(self, name: str) -> Secret | None:
        path = self._path(name)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise _unusable(name, "credential_unreadable")
            return Secret(content.decode("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            # not chained: an error of decoding holds the bytes
            raise _unusable(name, "credential_unreadable", detail=type(error).__name__) from None

    def _take(self, variable: str) -> Secret | None:
        with self._taking:  # whoever asks in another thread finds it here or there
            given = self._environment.pop(variable, "") if variable else ""
            if given:
                self._taken[variable] = Secret(given)
            return self._taken.get(variable)

    def _warn(self, name: str, where: str) -> None:
        if name not in self._warned:
            self._warned.add(name)
            _log.warning("the password %s comes from %s: a keyring would keep it better", name, where)


def _credentials(found: Secret, user: str, name: str) -> Credentials:
    lines = found.reveal().splitlines() or [""]
    if len(lines) > 2:
        raise _unusable(name, "credential_unreadable")
    if len(lines) == 2:
        user, password = lines
    else:
        (password,) = lines
    if not user:
        raise _unusable(name, "user_missing")
    return Credentials(user, Secret(password))


def _unusable(name: str, reason: str, **facts: Fact) -> NeedsHuman:
    return NeedsHuman(Code.KEYRING_UNAVAILABLE, reason=reason, secret=name, **facts)
