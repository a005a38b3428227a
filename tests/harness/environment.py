"""The environment that a child gets: nothing of the desktop on which the tests happen to run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "DESKTOP_SESSION")
_DESKTOP_PREFIXES = ("XDG_", "QT_", "GTK_", "GNOME_", "KDE_")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@cache
def noon() -> timezone:
    """The tests' and their children's time zone: it was past twelve there when they began, so that no day ends."""
    return timezone(timedelta(hours=12 - datetime.now(UTC).hour))


def zone_at_noon() -> str:
    """`noon()` as the environment says it: POSIX counts the hours to the west."""
    east = noon().utcoffset(None) // timedelta(hours=1)
    return f"NOON{-east:+d}"


def clean_environment() -> dict[str, str]:
    """This process's environment less the user's screen, bus, keyring, desktop settings and proxies; in UTF-8."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in _DESKTOP and not key.startswith(_DESKTOP_PREFIXES) and key.upper() not in _PROXIES
    }
    return {**kept, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", "TZ": zone_at_noon()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateHome:
    """A user's directories of their own, none of them the real user's."""

    root: Path

    @property
    def runtime(self) -> Path:
        return self.root / "run"

    @property
    def env(self) -> dict[str, str]:
        return {
            "HOME": str(self.root),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_DATA_HOME": str(self.root / ".local" / "share"),
            "XDG_CONFIG_HOME": str(self.root / ".config"),
            "XDG_CACHE_HOME": str(self.root / ".cache"),
            "XDG_STATE_HOME": str(self.root / ".local" / "state"),
        }

    @classmethod
    def make(cls, root: Path) -> PrivateHome:
        """Creates the directories, with the modes that the daemons insist on."""
        home = cls(root=root)
        for directory in home.env.values():
            Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
        return home
