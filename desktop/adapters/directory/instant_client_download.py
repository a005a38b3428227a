"""Fetches Oracle's zip: bounded, cancellable, and going on where an earlier try broke off."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from desktop.adapters.disk_errors import disk_trouble
from desktop.adapters.http_lines import trouble, trusted
from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient

if TYPE_CHECKING:
    import httpx

MOST_BYTES: Final = 400_000_000
_SILENCE: Final = 30.0
"""Seconds without a byte: a slow line may take an hour in all."""
_MOST_REDIRECTS: Final = 5

OnProgress = Callable[[int, int | None], None]
"""Bytes that are here, and of how many; None where the server does not say."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    path: Path
    sha256: str
    """In lower-case hex, as computed over the whole file."""


async def download(
    url: str,
    into: Path,
    *,
    progress: OnProgress,
    sha256: str = "",
    most_bytes: int = MOST_BYTES,
    silence: float = _SILENCE,
) -> Downloaded:
    """Get the whole file into a folder; `sha256` is what it must be, where that is known.

    Cancelled or broken off, what came stays, and the next call asks for the rest. Raises AppErrors with
    Code.ORACLE_CLIENT, `url` and `reason`: Transient (no_answer, refused, name_unknown, connection_lost, network, tls,
    status, disk) or NeedsHuman (certificate, redirect, status, address, too_large, checksum, disk_full and the like).
    """
    import httpx

    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise Rejected(Code.ORACLE_CLIENT, url=url, reason="address") from exc
    if target.scheme not in ("http", "https") or not target.host:
        raise Rejected(Code.ORACLE_CLIENT, url=url, reason="address")
    kept = _Part(into, url)
    async with _errors(url):
        await asyncio.to_thread(into.mkdir, parents=True, exist_ok=True)
        async with _client(silence) as client:
            await _fetch(client, target, kept, progress, most_bytes)
        found = await asyncio.to_thread(_digest, kept.path)
        if sha256 and found != sha256.lower():
            await asyncio.to_thread(kept.forget)
            raise NeedsHuman(Code.ORACLE_CLIENT, url=url, reason="checksum", expected=sha256.lower(), found=found)
        return Downloaded(kept.path, found)


class _Part:
    """What is here of one address's file, and what the server called that version of it."""

    def __init__(self, folder: Path, url: str) -> None:
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        self.path = folder / f"{name}.zip"
        self._about = folder / f"{name}.json"

    def begun(self) -> tuple[int, str]:
        """How many bytes are here, and the version they belong to; nothing where that is not known for certain."""
        try:
            version = json.loads(self._about.read_text("utf-8"))["version"]
            return self.path.stat().st_size, str(version)
        except (OSError, ValueError, KeyError, TypeError):
            return 0, ""

    def begin(self, version: str) -> None:
        self.path.write_bytes(b"")
        self._about.write_text(json.dumps({"version": version}), "utf-8")

    def forget(self) -> None:
        self._about.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


async def _fetch(client: httpx.AsyncClient, url: httpx.URL, kept: _Part, progress: OnProgress, most_bytes: int) -> None:
    here, version = await asyncio.to_thread(kept.begun)
    headers = {"Accept-Encoding": "identity"}
    if here and version:
        headers |= {"Range": f"bytes={here}-", "If-Range": version}
    async with client.stream("GET", url, headers=headers) as response:
        _check_way(url, response)
        if response.status_code == 416:
            whole = response.headers.get("Content-Range", "").rpartition("/")[2]
            if here and whole == str(here):
                progress(here, here)
                return
            await asyncio.to_thread(kept.forget)
            raise Transient(Code.ORACLE_CLIENT, url=str(url), reason="connection_lost")
        _check_status(url, response)
        if response.status_code != 206 or not _continues(response, here):
            if response.status_code == 206:  # another part than was asked for
                await asyncio.to_thread(kept.forget)
                raise Transient(Code.ORACLE_CLIENT, url=str(url), reason="connection_lost")
            here = 0
            await asyncio.to_thread(kept.begin, _version(response))
        total = _total(response, here)
        if total is not None and total > most_bytes:
            raise NeedsHuman(Code.ORACLE_CLIENT, url=str(url), reason="too_large", size=total, limit=most_bytes)
        with kept.path.open("ab") as file:
            progress(here, total)
            async for piece in response.aiter_raw():
                here += len(piece)
                if here > most_bytes:
                    raise NeedsHuman(Code.ORACLE_CLIENT, url=str(url), reason="too_large", size=here, limit=most_bytes)
                await asyncio.to_thread(file.write, piece)
                progress(here, total)
        if total is not None and here != total:
            raise Transient(Code.ORACLE_CLIENT, url=str(url), reason="connection_lost")


def _check_way(url: httpx.URL, response: httpx.Response) -> None:
    """From a safe address on, no step may have been unsafe."""
    ways = [step.url.scheme for step in (*response.history, response)]
    if url.scheme == "https" and set(ways) != {"https"}:
        raise NeedsHuman(Code.ORACLE_CLIENT, url=str(url), reason="redirect")


def _check_status(url: httpx.URL, response: httpx.Response) -> None:
    status = response.status_code
    if status not in (200, 206):
        kind = Transient if status >= 500 or status in (408, 429) else NeedsHuman
        raise kind(Code.ORACLE_CLIENT, url=str(url), reason="status", status=status)


def _continues(response: httpx.Response, here: int) -> bool:
    return here > 0 and bool(response.headers.get("Content-Range", "").startswith(f"bytes {here}-"))


def _version(response: httpx.Response) -> str:
    """What If-Range takes; a weak mark does not promise the same bytes."""
    mark = response.headers.get("ETag", "")
    return str(mark if mark and not mark.startswith("W/") else response.headers.get("Last-Modified", ""))


def _total(response: httpx.Response, here: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    return here + int(length) if length.isascii() and length.isdigit() else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _client(silence: float) -> httpx.AsyncClient:
    import httpx

    return httpx.AsyncClient(
        verify=trusted(), follow_redirects=True, max_redirects=_MOST_REDIRECTS, timeout=httpx.Timeout(silence)
    )


@asynccontextmanager
async def _errors(url: str) -> AsyncIterator[None]:
    import httpx

    try:
        yield
    except httpx.TooManyRedirects as exc:
        raise NeedsHuman(Code.ORACLE_CLIENT, url=url, reason="redirect") from exc
    except httpx.TransportError as exc:
        raise _transport_error(exc, url) from exc
    except OSError as exc:
        found = disk_trouble(exc)
        kind = Transient if found.passing else NeedsHuman
        raise kind(Code.ORACLE_CLIENT, reason="disk", detail=exc.strerror or str(exc)) from exc


def _transport_error(exc: httpx.TransportError, url: str) -> AppError:
    import httpx

    if isinstance(exc, httpx.UnsupportedProtocol):
        return NeedsHuman(Code.ORACLE_CLIENT, url=url, reason="redirect")
    reason = trouble(exc)
    kind = NeedsHuman if reason == "certificate" else Transient
    return kind(Code.ORACLE_CLIENT, url=url, reason=reason)
