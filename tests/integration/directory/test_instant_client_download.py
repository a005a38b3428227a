"""Oracle's zip over a real socket: bounded, cancellable, and going on where it broke off."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from desktop.adapters.directory.instant_client_download import Downloaded, download
from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient
from tests.harness.patience import PATIENCE
from tests.integration.reports.web_server import WebServer, answer, own_certificate, serve

CONTENT = os.urandom(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MARK = 'ETag: "19.28"'


@pytest.fixture
async def site() -> AsyncIterator[WebServer]:
    async with serve() as running:
        yield running


class Progress:
    def __init__(self) -> None:
        self.steps: list[tuple[int, int | None]] = []
        self.moved = asyncio.Event()

    def __call__(self, here: int, total: int | None) -> None:
        self.steps.append((here, total))
        if here:
            self.moved.set()


async def get(site: WebServer, into: Path, progress: Progress | None = None, **options: Any) -> Downloaded:
    url = f"http://{site.host}/instantclient.zip"
    return await download(url, into, progress=progress or Progress(), **options)


async def refusal(site: WebServer, into: Path, **options: Any) -> AppError:
    with pytest.raises(AppError) as error:
        await get(site, into, **options)
    assert error.value.code is Code.ORACLE_CLIENT
    return error.value


def part(content: bytes, start: int) -> bytes:
    return answer(
        content[start:], f"Content-Range: bytes {start}-{len(content) - 1}/{len(content)}", MARK, status="206 OK"
    )


async def test_the_file_comes_whole_and_its_progress_is_told(site: WebServer, tmp_path: Path) -> None:
    site.answer = answer(CONTENT, MARK)
    progress = Progress()
    got = await get(site, tmp_path, progress, sha256=SHA256.upper())
    assert got.path.read_bytes() == CONTENT
    assert got.sha256 == SHA256
    assert progress.steps[0] == (0, len(CONTENT))
    assert progress.steps[-1] == (len(CONTENT), len(CONTENT))
    assert progress.steps == sorted(progress.steps)


async def test_a_download_that_broke_off_goes_on_from_there(site: WebServer, tmp_path: Path) -> None:
    site.answer = answer(CONTENT[:100_000], MARK, length=len(CONTENT))
    error = await refusal(site, tmp_path)
    assert isinstance(error, Transient)
    assert error.facts["reason"] == "connection_lost"
    site.answer = part(CONTENT, 100_000)
    progress = Progress()
    got = await get(site, tmp_path, progress, sha256=SHA256)
    assert got.path.read_bytes() == CONTENT
    assert progress.steps[0] == (100_000, len(CONTENT))
    asked = site.requests[-1].lower()
    assert b"range: bytes=100000-" in asked
    assert b'if-range: "19.28"' in asked


def kept_in(folder: Path) -> int:
    """How many bytes of the one download are there."""
    [file] = folder.glob("*.zip")
    return file.stat().st_size


async def test_a_cancelled_download_goes_on_from_there(site: WebServer, tmp_path: Path) -> None:
    async def first_half(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(CONTENT[:100_000], MARK, length=len(CONTENT)))
        await writer.drain()
        await asyncio.Event().wait()

    site.answer = first_half
    progress = Progress()
    task = asyncio.create_task(get(site, tmp_path, progress))
    await asyncio.wait_for(progress.moved.wait(), PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    site.answer = part(CONTENT, kept_in(tmp_path))  # perhaps more than was told before it was cancelled
    assert (await get(site, tmp_path, sha256=SHA256)).path.read_bytes() == CONTENT


async def test_a_file_that_changed_meanwhile_is_fetched_anew(site: WebServer, tmp_path: Path) -> None:
    site.answer = answer(b"x" * 1000, MARK, length=5000)
    await refusal(site, tmp_path)
    site.answer = answer(CONTENT, 'ETag: "19.29"')
    assert (await get(site, tmp_path, sha256=SHA256)).path.read_bytes() == CONTENT


async def test_without_a_mark_of_its_version_a_file_is_fetched_anew(site: WebServer, tmp_path: Path) -> None:
    site.answer = answer(CONTENT[:1000], 'ETag: W/"weak"', length=len(CONTENT))
    await refusal(site, tmp_path)
    site.answer = answer(CONTENT)
    await get(site, tmp_path, sha256=SHA256)
    assert b"range:" not in site.requests[-1].lower()


async def test_a_file_that_is_here_already_is_not_fetched_again(site: WebServer, tmp_path: Path) -> None:
    site.answer = answer(CONTENT, MARK)
    await get(site, tmp_path)
    site.answer = answer(b"", f"Content-Range: bytes */{len(CONTENT)}", status="416 Range Not Satisfiable")
    assert (await get(site, tmp_path, sha256=SHA256)).path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "wrong",
    [
        answer(b"", "Content-Range: bytes */5", status="416 Range Not Satisfiable"),
        answer(b"xx", "Content-Range: bytes 7-8/9", status="206 Partial Content"),
    ],
)
async def test_a_part_that_does_not_fit_is_thrown_away(site: WebServer, tmp_path: Path, wrong: bytes) -> None:
    site.answer = answer(CONTENT[:1000], MARK, length=len(CONTENT))
    await refusal(site, tmp_path)
    site.answer = wrong
    assert isinstance(await refusal(site, tmp_path), Transient)
    site.answer = answer(CONTENT, MARK)
    assert (await get(site, tmp_path, sha256=SHA256)).path.read_bytes() == CONTENT


async def test_another_file_than_was_expected_is_deleted(site: WebServer, tmp_path: Path) -> None:
    site.answer = answer(CONTENT, MARK)
    error = await refusal(site, tmp_path, sha256="0" * 64)
    assert isinstance(error, NeedsHuman)
    assert (error.facts["reason"], error.facts["found"]) == ("checksum", SHA256)
    assert os.listdir(tmp_path) == []


async def test_a_file_larger_than_any_client_is_refused_by_its_size(site: WebServer, tmp_path: Path) -> None:
    site.answer = answer(CONTENT)
    assert (await refusal(site, tmp_path, most_bytes=1000)).facts["reason"] == "too_large"


async def test_a_body_without_a_size_is_cut_off_at_the_limit(site: WebServer, tmp_path: Path) -> None:
    site.answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + CONTENT
    assert (await refusal(site, tmp_path, most_bytes=100_000)).facts["reason"] == "too_large"


@pytest.mark.parametrize(
    ("status", "kind"), [("404 Not Found", NeedsHuman), ("403 Forbidden", NeedsHuman), ("503 Busy", Transient)]
)
async def test_a_server_that_does_not_give_it_is_told(
    site: WebServer, tmp_path: Path, status: str, kind: type[AppError]
) -> None:
    site.answer = answer(b"no", status=status)
    error = await refusal(site, tmp_path)
    assert type(error) is kind
    assert error.facts["reason"] == "status"
    assert str(error.facts["status"]) == status[:3]


async def test_a_server_that_falls_silent_is_not_waited_for_for_ever(site: WebServer, tmp_path: Path) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    site.answer = silent
    assert (await refusal(site, tmp_path, silence=0.2)).facts["reason"] == "no_answer"


async def test_endless_redirections_are_refused(site: WebServer, tmp_path: Path) -> None:
    site.answer = answer(b"", f"Location: http://{site.host}/again", status="302 Found")
    assert (await refusal(site, tmp_path)).facts["reason"] == "redirect"


async def test_a_closed_port_and_an_unknown_name_are_told_apart(tmp_path: Path) -> None:
    with socket.socket() as taken:  # so that nobody else listens there meanwhile
        taken.bind(("127.0.0.1", 0))
        assert (await refusal(WebServer(taken.getsockname()[1]), tmp_path)).facts["reason"] == "refused"
    with pytest.raises(Transient) as error:
        await download("http://nowhere.invalid/cliente.zip", tmp_path, progress=Progress())
    assert error.value.facts["reason"] == "name_unknown"


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with serve(context=own_certificate(tmp_path)) as site:
        with pytest.raises(NeedsHuman) as error:
            await download(f"https://{site.host}/cliente.zip", tmp_path / "into", progress=Progress())
    assert error.value.facts["reason"] == "certificate"


@pytest.mark.parametrize("url", ["ftp://server/cliente.zip", "cliente.zip", "http://", "http://ser\x01ver/"])
async def test_what_is_no_web_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(Rejected) as error:
        await download(url, tmp_path, progress=Progress())
    assert error.value.facts["reason"] == "address"


async def test_a_folder_that_cannot_be_written_is_told(site: WebServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    site.answer = answer(CONTENT)
    assert (await refusal(site, tmp_path / "file" / "into")).facts["reason"] == "disk"
