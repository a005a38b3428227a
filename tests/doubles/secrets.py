"""A keyring of a test's own, which can be locked."""

from desktop.domain.errors import Code, Transient
from desktop.domain.secret import Credentials


class HeldSecrets:
    """Implements ports.Secrets in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Credentials] = {}
        self.locked = False

    async def credentials(self, name: str) -> Credentials | None:
        if self.locked:
            raise Transient(Code.KEYRING_UNAVAILABLE)
        return self.kept.get(name)

    async def keep_credentials(self, name: str, credentials: Credentials) -> None:
        self.kept[name] = credentials

    async def forget_credentials(self, name: str) -> None:
        self.kept.pop(name, None)
