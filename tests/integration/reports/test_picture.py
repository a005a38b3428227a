"""Half a picture is never sent, and a whole one is never refused: checked against Pillow's own files."""

from io import BytesIO
from typing import Any
from zlib import crc32

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from desktop.adapters.reports.picture import look_at
from desktop.domain.errors import Code, Rejected
from desktop.domain.report import ImageFormat
from tests.integration.reports.pictures import picture

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {}),
    ("JPEG", {"mode": "L"}),
    ("JPEG", {"mode": "CMYK"}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"quality": 100, "subsampling": 0}),
    ("JPEG", {"restart_marker_rows": 1}),
    ("JPEG", {"exif": b"Exif\0\0" + picture(width=16, height=16), "comment": b"\xff\xd9\xff\xda"}),
    ("PNG", {}),
    ("PNG", {"mode": "P"}),
    ("PNG", {"mode": "RGBA", "width": 1, "height": 1}),
    ("PNG", {"mode": "1", "dpi": (96, 96)}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
    ("WEBP", {"width": 1, "height": 1, "lossless": True}),
    ("WEBP", {"width": 333, "height": 17}),
]


def refusal(content: bytes) -> tuple[Code, str]:
    with pytest.raises(Rejected) as refused:
        look_at(content, "relatorio")
    assert refused.value.facts["source"] == "relatorio"
    return refused.value.code, str(refused.value.facts["reason"])


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_a_whole_picture_has_the_size_that_pillow_sees(kind: str, options: dict[str, Any]) -> None:
    content = picture(kind, **options)
    found = look_at(content, "relatorio")
    with Image.open(BytesIO(content)) as image:
        assert (found.width, found.height) == image.size
        assert found.format is ImageFormat(Image.MIME[kind])


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_a_picture_cut_off_anywhere_is_incomplete(kind: str, options: dict[str, Any]) -> None:
    content = picture(kind, **{"width": 40, "height": 40, **options})
    step = max(1, len(content) // 400)
    cuts = {
        *range(0, len(content), step),
        *range(min(64, len(content))),
        *range(max(0, len(content) - 20), len(content)),
    }
    for cut in cuts:
        assert refusal(content[:cut])[0] is Code.IMAGE_INCOMPLETE, cut


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_space_that_was_reserved_but_not_written_yet_is_incomplete(kind: str) -> None:
    content = picture(kind)
    assert refusal(bytes(len(content))) == (Code.IMAGE_INCOMPLETE, "empty")
    if kind != "WEBP":  # its length stands at the front; nothing tells zeros from data
        half = content[: len(content) // 2] + bytes(len(content) - len(content) // 2)
        assert refusal(half) == (Code.IMAGE_INCOMPLETE, "cut_off")


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"\xff" * 7, b"\n", picture(width=8, height=8), b"Samsung trailer"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_follows_the_end_of_a_picture_is_allowed(kind: str, tail: bytes) -> None:
    assert look_at(picture(kind) + tail, "relatorio") == look_at(picture(kind), "relatorio")


def test_the_end_of_an_embedded_thumbnail_is_not_the_end_of_the_picture() -> None:
    content = picture(exif=b"Exif\0\0" + picture(width=16, height=16))
    thumbnail_end = content.index(b"\xff\xd9") + 2
    assert refusal(content[:thumbnail_end])[0] is Code.IMAGE_INCOMPLETE


def test_junk_between_the_parts_of_a_jpeg_is_passed_over() -> None:
    content = picture()
    table = content.index(b"\xff\xdb")
    assert look_at(content[:table] + b"\x7f\xff\xff" + content[table:], "relatorio").width == 320


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>404</html>", "unknown_format"),
        (b"%PDF-1.7", "unknown_format"),
        (b"BM" + bytes(100), "unknown_format"),
        (b"GIF89a" + bytes(100), "unknown_format"),
        (b"\xff\xd8 not really", "unknown_format"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(100), "unknown_format"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "unknown_format"),
        (b"\xff\xd8\xff\xd9", "damaged"),
        (b"\xff\xd8\xff\x01\xff\xe0\x00\x00", "damaged"),
        (b"\xff\xd8\xff\xc0\x00\x05\x08\x00\x00\xff\xd9", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dJUNK" + bytes(20), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0d\x01\x02\x03\x04" + bytes(20), "damaged"),
        (b"RIFF\x08\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(2), "damaged"),
        (b"RIFF\x20\0\0\0WEBPXXXX\x0a\0\0\0" + bytes(30), "damaged"),
        (b"RIFF\x20\0\0\0WEBPVP8 \x0a\0\0\0" + bytes(30), "damaged"),
        (b"RIFF\x20\0\0\0WEBPVP8L\x0a\0\0\0" + bytes(30), "damaged"),
    ],
)
def test_what_is_not_a_picture_is_refused(content: bytes, reason: str) -> None:
    assert refusal(content) == (Code.IMAGE_INVALID, reason)


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + crc32(kind + body).to_bytes(4)


def test_a_png_without_a_picture_is_damaged() -> None:
    header = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    assert refusal(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IEND", b"")) == (Code.IMAGE_INVALID, "damaged")


def test_a_png_whose_next_part_is_not_written_yet_is_incomplete() -> None:
    content = picture("PNG")
    first_data = content.index(b"IDAT") - 4
    assert refusal(content[:first_data] + bytes(5000)) == (Code.IMAGE_INCOMPLETE, "cut_off")


def test_a_damaged_byte_in_a_png_is_seen() -> None:
    content = bytearray(picture("PNG"))
    content[len(content) // 2] ^= 1
    assert refusal(bytes(content)) == (Code.IMAGE_INVALID, "damaged")


def test_a_picture_that_would_unfold_beyond_a_phones_memory_is_refused() -> None:
    bomb = picture("PNG", width=10_000, height=5_001, mode="1")
    assert len(bomb) < 10_000_000
    assert refusal(bomb) == (Code.IMAGE_INVALID, "too_many_pixels")


def test_a_jpeg_of_no_height_is_refused() -> None:
    content = bytearray(picture())
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 7] = b"\0\0"
    assert refusal(bytes(content)) == (Code.IMAGE_INVALID, "no_pixels")


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.builds(
        lambda magic, rest: magic + rest,
        st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"]),
        st.binary(max_size=200),
    )
)
@example(b"")
def test_no_bytes_at_all_cause_anything_but_a_refusal(content: bytes) -> None:
    try:
        found = look_at(content, "relatorio")
    except Rejected as exc:
        refused = exc
    else:
        assert 0 < found.width * found.height <= 50_000_000
        return
    assert refused.code in (Code.IMAGE_INCOMPLETE, Code.IMAGE_INVALID)


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_no_change_of_one_byte_causes_anything_but_a_refusal(
    kind: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    content = bytearray(picture(kind[0], **{"width": 24, "height": 24, **kind[1]}))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        look_at(bytes(content), "relatorio")
    except Rejected as exc:
        refused = exc
    else:
        return
    assert refused.code in (Code.IMAGE_INCOMPLETE, Code.IMAGE_INVALID)
