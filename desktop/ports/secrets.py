"""The OS keyring, behind a deadline because it may prompt a person and wait for ever."""

from dataclasses import dataclass
from typing import Protocol


class Secret:
    """A text that no repr, log line or traceback shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Credentials:
    user: str
    password: Secret


class Secrets(Protocol):
    """Methods raise NeedsHuman(KEYRING_LOCKED) or Transient(KEYRING_UNAVAILABLE), within a deadline."""

    async def credentials(self, name: str) -> Credentials | None: ...

    async def keep_credentials(self, name: str, credentials: Credentials) -> None: ...

    async def forget_credentials(self, name: str) -> None:
        """Forgetting what is not there is no error."""
        ...
