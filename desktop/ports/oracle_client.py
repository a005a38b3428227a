"""Oracle's client library, for servers that the driver cannot reach by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop.domain.oracle_client import OracleClient as OracleClient

OnProgress = Callable[[int, int | None], None]
"""Bytes that are here, and of how many; None where nobody says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientArchive:
    """A downloaded zip, not yet trusted."""

    path: Path
    sha256: str
    expected: bool
    """Whether the checksum is the one that was recorded for it; else a person has to decide."""


class OracleClients(Protocol):
    """Methods raise AppErrors with Code.ORACLE_CLIENT only."""

    async def existing(self) -> list[OracleClient]:
        """Those on this machine that load, the best one first."""
        ...

    async def download(self, url: str, progress: OnProgress, *, sha256: str = "") -> ClientArchive:
        """`url` empty: Oracle's own; `sha256` is what the owner was told that it must be.

        Goes on where an earlier download broke off; cancelled like any task.
        """
        ...

    async def unpack(self, archive: Path, into: Path | None) -> Path:
        """Into a folder of its own, below this program's where none is given."""
        ...

    async def check(self, folder: Path) -> OracleClient:
        """Load the client of a folder in a process that may die of it."""
        ...

    async def forget(self, archive: Path) -> None:
        """A downloaded zip is not needed any more."""
        ...
