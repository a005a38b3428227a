"""The OS keyring, behind a deadline because it may prompt a person and wait for ever."""

from typing import Protocol

from desktop.domain.secret import Credentials as Credentials
from desktop.domain.secret import Secret as Secret


class Secrets(Protocol):
    """Methods raise NeedsHuman(KEYRING_LOCKED) or Transient(KEYRING_UNAVAILABLE), within a deadline."""

    async def credentials(self, name: str) -> Credentials | None: ...

    async def keep_credentials(self, name: str, credentials: Credentials) -> None: ...

    async def forget_credentials(self, name: str) -> None:
        """Forgetting what is not there is no error."""
        ...
