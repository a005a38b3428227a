"""A keyring as keyrings.alt has one: it keeps what it is given where everybody can read it."""

from keyring.backend import KeyringBackend
from keyring.compat import properties


class PlaintextKeyring(KeyringBackend):
    kept: dict[tuple[str, str], str] = {}  # noqa: RUF012 (its only instance's file)

    @properties.classproperty
    def priority(cls) -> float:
        return 100.0

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password
