"""How programs of the same user find the running instance."""

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeInfo:
    url: str
    port: int
    pid: int
    version: str
    call: str
    """How an ERP asks for a send, for a person who opens the file."""
    token: str
    """Lets the same user's command line in while this instance runs; it is new at every start."""
    lan_url: str = ""
    """For callers of the local network, where it is served."""
    fingerprint: str = ""
    """SHA-256 of the certificate that they meet there."""

    def __repr__(self) -> str:
        return f"RuntimeInfo(url={self.url!r}, pid={self.pid})"


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def write(path: Path, info: RuntimeInfo) -> None:
    """Put the file down whole, readable by its user only."""
    temporary = path.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(info), file, indent=1, ensure_ascii=False)
    temporary.replace(path)


def read(path: Path) -> RuntimeInfo | None:
    """The running instance, or None where there is none; one that was killed may have left its file behind.

    Raises OSError where the system does not let this user look.
    """
    try:
        return RuntimeInfo(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None


def remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
