"""What callers give to be sent is looked at before it is kept."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from desktop.adapters.outgoing_files import OutgoingFiles
from desktop.domain.content import Content, File, FileAt
from desktop.domain.errors import Code, Rejected
from desktop.domain.send import SendKind
from desktop.domain.settings import ReportSettings
from tests.integration.reports.pictures import picture
from tests.integration.reports.web_server import WebServer, answer, serve

PDF = b"%PDF-1.7\n%%EOF\n"
FILES = OutgoingFiles(lambda: ReportSettings(), lambda: datetime.now(UTC))


async def test_a_picture_is_known_by_its_structure_and_tells_its_size() -> None:
    content = picture()
    # A picture's own format wins over what the caller calls it.
    looked = await FILES.look_at(File(content, r"C:\fotos\foto.png", "image/PNG"))
    assert (looked.kind, looked.mimetype, looked.filename) == (SendKind.IMAGE, "image/jpeg", "foto.png")
    assert looked.width > 0
    assert looked.height > 0


async def test_a_document_keeps_its_type_and_the_last_part_of_its_name() -> None:
    looked = await FILES.look_at(File(PDF, "../notas/nota\n.pdf", "application/pdf; charset=binary"))
    digest = hashlib.sha256(PDF).hexdigest()
    assert looked == Content(
        content=PDF, sha256=digest, kind=SendKind.DOCUMENT, mimetype="application/pdf", filename="nota.pdf"
    )


async def test_a_file_of_no_told_type_is_a_document() -> None:
    looked = await FILES.look_at(File(b"abc", "", ""))
    assert (looked.kind, looked.mimetype, looked.filename) == (SendKind.DOCUMENT, "application/octet-stream", "")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (File(b"", "a.pdf", "application/pdf"), "empty"),
        (File(b"<html>", "a.pdf", "application/pdf"), "not_a_pdf"),
        (File(PDF, "a.jpg", "image/jpeg"), "unknown_format"),
        (File(picture()[:-2], "a.jpg", "image/jpeg"), "cut_off"),
        (File(bytes(15_000_001), "a.jpg", "image/jpeg"), "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.filename,
)
async def test_what_is_not_what_it_says_is_refused(file: File, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        await FILES.look_at(file)
    assert (refused.value.code, refused.value.facts["reason"]) == (Code.CONTENT_INVALID, reason)


@pytest.fixture
async def site() -> AsyncIterator[WebServer]:
    async with serve() as site:
        site.answer = answer(PDF)
        yield site


@pytest.fixture
async def files(site: WebServer) -> AsyncIterator[OutgoingFiles]:
    """With the one host that the owner allowed."""
    settings = ReportSettings(url_hosts=(site.host,), deadline=45)
    files = OutgoingFiles(lambda: settings, lambda: datetime.now(UTC))
    yield files
    await files.close()


async def test_a_file_is_fetched_from_an_allowed_host_and_named_by_its_address(
    files: OutgoingFiles, site: WebServer
) -> None:
    fetched = await files.fetch(FileAt(f"http://{site.host}/notas/nota%20de%20ontem.pdf?x=1"))
    assert fetched == File(PDF, "nota de ontem.pdf", "application/pdf")
    named = await files.fetch(FileAt(f"http://{site.host}/1", "contrato.doc", "application/msword"))
    assert named == File(PDF, "contrato.doc", "application/msword")


@pytest.mark.parametrize(
    ("url", "said", "reason"),
    [
        ("http://{host}/a", answer(status="404 Not Found"), "url_missing"),
        ("http://{host}/a", answer(b"", "Location: http://127.0.0.1/", status="302 Found"), "url_unavailable"),
        ("http://{host}/a", answer(status="503 Busy"), "url_unavailable"),
        ("http://{host}/a", answer(b"", length=25_000_001), "too_large"),
        ("http://localhost:{port}/a", answer(PDF), "url_host"),
        ("http://169.254.169.254/", answer(PDF), "url_host"),
        ("file:///etc/passwd", answer(PDF), "url_address"),
        ("http://a:b@{host}/a", answer(PDF), "url_address"),
    ],
)
async def test_a_file_that_cannot_be_fetched_says_why(
    files: OutgoingFiles, site: WebServer, url: str, said: bytes, reason: str
) -> None:
    site.answer = said
    with pytest.raises(Rejected) as caught:
        await files.fetch(FileAt(url.format(host=site.host, port=site.port)))
    assert (caught.value.code, caught.value.facts["reason"]) == (Code.CONTENT_INVALID, reason)
