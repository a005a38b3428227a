"""The real keyring of a GNOME desktop, on a bus of the tests' own."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from jeepney import DBusAddress

from tests.harness.environment import clean_environment
from tests.harness.processes import Child
from tests.harness.session_bus import SessionBus

_SERVICE = DBusAddress(
    "/org/freedesktop/secrets", bus_name="org.freedesktop.secrets", interface="org.freedesktop.Secret.Service"
)
_LOGIN = "/org/freedesktop/secrets/collection/login"
PASSWORD = "senha do chaveiro"


class KeyringDaemon:
    """gnome-keyring-daemon's Secret Service; `env` is that of its bus."""

    def __init__(self, bus: SessionBus) -> None:
        """Starts it with a login keyring that is open."""
        self.bus = bus
        self._child = self._start()

    @property
    def env(self) -> dict[str, str]:
        return self.bus.env

    def lock(self) -> None:
        """Locks the login keyring, as a desktop does when its session idles: what is in it is kept."""
        locked, prompt = self.bus.call(_SERVICE, "Lock", "ao", ([_LOGIN],))
        assert locked == [_LOGIN], f"the keyring wants a person to lock it: {prompt}"

    def unlock(self) -> None:
        """Opens it again with the right password, by starting the daemon anew as a login does."""
        self.stop()
        self._child = self._start()

    def stop(self) -> None:
        """Ends it; its file stays in the private home."""
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> Child:
        child = Child(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            env={**clean_environment(), **self.bus.env},
            stdin=PASSWORD.encode(),
        )
        try:
            self.bus.wait_for_name("org.freedesktop.secrets")
        except BaseException:
            child.stop()
            raise
        return child
