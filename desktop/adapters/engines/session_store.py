"""Where a session's link is kept: one file of the engine's own, with keys in it, that only the user may read."""

import logging
from hashlib import sha256
from pathlib import Path
from re import compile as regex
from typing import Final

# Small letters only: Windows and macOS take A and a for one file.
_SAFE: Final = regex(r"[a-z0-9_-]{1,40}")
_UNSAFE: Final = regex(r"[^a-z0-9_-]")
_PARTS: Final = ("", "-journal", "-wal", "-shm")
_OWNER_ONLY: Final = 0o700

_log = logging.getLogger(__name__)


class SessionStore:
    def __init__(self, folder: Path, session: str, *, prefix: str = "session", ending: str = ".db") -> None:
        self.folder = folder
        self.name = f"{prefix}-{_readable(session)}{ending}"
        """Free of what would end the path in the library's URL: `#`, `?` and `%`."""

    @property
    def file(self) -> Path:
        return self.folder / self.name

    def prepare(self) -> None:
        """Make the folder, and shut it to others. Raises OSError."""
        self.folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        self.folder.chmod(_OWNER_ONLY)

    def forget(self) -> None:
        """Remove the link's keys, which are worth nothing once WhatsApp has taken the link back."""
        try:
            for part in _PARTS:
                self.file.with_name(f"{self.name}{part}").unlink(missing_ok=True)
        except OSError:
            # WhatsApp refuses them at the next start, which brings the engine here again.
            _log.exception("the keys of a link that is gone could not be removed")

    def set_aside(self) -> Path:
        """Move a damaged file out of the way, so that a new link can be made; where it is now. Raises OSError."""
        file = self.file
        number = 1
        while (aside := file.with_name(f"{file.stem}.damaged-{number}{file.suffix}")).exists():
            number += 1
        for part in _PARTS:
            side = file.with_name(f"{file.name}{part}")
            if side.exists():
                side.rename(aside.with_name(f"{aside.name}{part}"))
        return aside


def _readable(session: str) -> str:
    """Every session has its own, on every file system."""
    if _SAFE.fullmatch(session):
        return session
    return f"{_UNSAFE.sub('', session.lower())[:20]}-{sha256(session.encode()).hexdigest()[:12]}"
