"""Oracle's client library on this machine: found, downloaded, unpacked, and loaded once to see whether it works."""

import asyncio
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from desktop.adapters.directory.instant_client import client_environment, library_in, suits_machine
from desktop.adapters.directory.instant_client_archive import ArchiveError, unpack
from desktop.adapters.directory.instant_client_download import download
from desktop.adapters.directory.instant_client_search import client_folders
from desktop.adapters.disk_errors import disk_trouble
from desktop.adapters.worker import CallError, Worker, WorkerError
from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected
from desktop.domain.oracle_client import OracleClient
from desktop.ports.oracle_client import ClientArchive, OnProgress

_AT_ORACLE: Final = "https://download.oracle.com/otn_software/"
# 19 and not the newest: it is the last one that is made for 11.2.
ADDRESSES: Final[Mapping[tuple[str, str], str]] = {
    ("win32", "amd64"): f"{_AT_ORACLE}nt/instantclient/1928000/instantclient-basiclite-windows.x64-19.28.0.0.0dbru.zip",
    ("linux", "x86_64"): (
        f"{_AT_ORACLE}linux/instantclient/1928000/instantclient-basiclite-linux.x64-19.28.0.0.0dbru.zip"
    ),
}
"""By sys.platform and platform.machine() in lower case."""
CHECKSUMS: Final[Mapping[str, str]] = {}
"""SHA-256 by address, recorded at a release from Oracle's own page; for what is not here a person is asked."""

_LOAD_SECONDS: Final = 20.0
_START_SECONDS: Final = 20.0
_STOP_GRACE: Final = 2.0


class InstantClients:
    """Implements ports.oracle_client.OracleClients."""

    def __init__(
        self,
        folder: Path,
        *,
        command: Sequence[str],
        checksums: Mapping[str, str] = CHECKSUMS,
        places: tuple[str, ...] | None = None,
    ) -> None:
        """`folder` is where this program keeps its own; `command` starts the worker that loads a library.

        `places` are shell patterns of folders to search, in the place of the system's usual ones.
        """
        self._folder = folder
        self._command = tuple(command)
        self._checksums = checksums
        self._places = places

    async def existing(self) -> list[OracleClient]:
        """One that does not load is left out: it may belong to a program that nobody uses any more."""
        found = []
        for folder in await asyncio.to_thread(client_folders, self._folder, places=self._places):
            try:
                found.append(await self.check(folder))
            except NeedsHuman:
                continue
        return sorted(found, key=lambda client: client.rank, reverse=True)

    async def download(self, url: str, progress: OnProgress, *, sha256: str = "") -> ClientArchive:
        address = url or ADDRESSES.get((sys.platform, platform.machine().lower()), "")
        if not address:
            raise Rejected(Code.ORACLE_CLIENT, reason="no_download", system=f"{sys.platform} {platform.machine()}")
        known = sha256 or self._checksums.get(address, "")
        found = await download(address, self._folder / ".downloads", progress=progress, sha256=known)
        return ClientArchive(path=found.path, sha256=found.sha256, expected=bool(known))

    async def unpack(self, archive: Path, into: Path | None) -> Path:
        try:
            return await asyncio.to_thread(unpack, archive, into or self._folder)
        except ArchiveError as exc:
            entry = {"entry": exc.entry} if exc.entry else {}
            raise NeedsHuman(Code.ORACLE_CLIENT, reason=exc.reason, path=str(archive), **entry) from exc
        except OSError as exc:
            raise _disk(exc) from exc

    async def check(self, folder: Path) -> OracleClient:
        try:
            library = await asyncio.to_thread(library_in, folder)
            if library is None:
                raise NeedsHuman(Code.ORACLE_CLIENT, reason="no_library", path=str(folder))
            if not await asyncio.to_thread(suits_machine, library, platform.machine()):
                raise NeedsHuman(Code.ORACLE_CLIENT, reason="wrong_machine", path=str(folder))
        except OSError as exc:
            raise _disk(exc) from exc
        return OracleClient(folder=str(folder), version=await self._loaded(folder))

    async def forget(self, archive: Path) -> None:
        try:
            for part in (archive, archive.with_suffix(".json")):
                await asyncio.to_thread(part.unlink, missing_ok=True)
        except OSError as exc:
            raise _disk(exc) from exc

    async def _loaded(self, folder: Path) -> str:
        """The version; in a process of its own, since loading somebody else's library may end it."""
        worker = Worker(
            self._command,
            name="oracle client",
            env=client_environment(str(folder)),
            on_event=lambda _event, _facts: None,
            start_deadline=_START_SECONDS,
        )
        try:
            await worker.start()
            return str(
                await worker.call(
                    "load_client",
                    deadline=_LOAD_SECONDS,
                    kill_on_timeout=True,
                    folder=str(folder),
                    timeout=_LOAD_SECONDS,
                )
            )
        except CallError as exc:
            detail = str(exc.facts.get("detail", exc))
            raise NeedsHuman(Code.ORACLE_CLIENT, reason=_why(detail), path=str(folder), detail=detail) from exc
        except WorkerError as exc:
            raise NeedsHuman(Code.ORACLE_CLIENT, reason="does_not_load", path=str(folder), detail=str(exc)) from exc
        finally:
            await worker.stop(_STOP_GRACE)


def _why(detail: str) -> str:
    if "DPI-1050" in detail:
        return "too_old"
    return "libaio" if "libaio" in detail else "does_not_load"


def _disk(exc: OSError) -> AppError:
    return NeedsHuman(
        Code.ORACLE_CLIENT, reason="disk", detail=exc.strerror or str(exc), trouble=disk_trouble(exc).value
    )
