"""What callers give to be sent is looked at before it is kept."""

import hashlib

import pytest

from desktop.adapters.outgoing_files import OutgoingFiles
from desktop.domain.content import Content, File
from desktop.domain.errors import Code, Rejected
from desktop.domain.send import SendKind
from tests.integration.reports.pictures import picture

PDF = b"%PDF-1.7\n%%EOF\n"


async def test_a_picture_is_known_by_its_structure_and_tells_its_size() -> None:
    content = picture()
    # A picture's own format wins over what the caller calls it.
    looked = await OutgoingFiles().look_at(File(content, r"C:\fotos\foto.png", "image/PNG"))
    assert (looked.kind, looked.mimetype, looked.filename) == (SendKind.IMAGE, "image/jpeg", "foto.png")
    assert looked.width > 0
    assert looked.height > 0


async def test_a_document_keeps_its_type_and_the_last_part_of_its_name() -> None:
    looked = await OutgoingFiles().look_at(File(PDF, "../notas/nota\n.pdf", "application/pdf; charset=binary"))
    digest = hashlib.sha256(PDF).hexdigest()
    assert looked == Content(
        content=PDF, sha256=digest, kind=SendKind.DOCUMENT, mimetype="application/pdf", filename="nota.pdf"
    )


async def test_a_file_of_no_told_type_is_a_document() -> None:
    looked = await OutgoingFiles().look_at(File(b"abc", "", ""))
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
        await OutgoingFiles().look_at(file)
    assert (refused.value.code, refused.value.facts["reason"]) == (Code.CONTENT_INVALID, reason)
