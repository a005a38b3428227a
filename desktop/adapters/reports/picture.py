"""Whether bytes are a whole JPEG, PNG or WebP, and its size, from the file's structure alone.

Pillow could tell the size but not that the end is missing, short of decoding everything; walking to the end tells both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from re import compile as regex
from zlib import crc32

from desktop.domain.errors import Code, Rejected
from desktop.domain.report import ImageFormat

_MOST_PIXELS = 50_000_000
"""A phone that decodes more runs out of memory."""

# A stuffed FF 00 and the restart markers FF D0 to FF D7 are part of a scan, not the end of it (ITU-T T.81, B.1.1.2).
_JPEG_MARKER = regex(rb"\xff([\x01-\xcf\xd8-\xfe])")
_JPEG_ALONE = frozenset({0x01, 0xD8})
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SCAN = 0xDA
_JPEG_END = 0xD9
_VP8_START = b"\x9d\x01\x2a"
_UNWRITTEN = b"\0\0\0\0"
"""What a file has where its space was reserved before it was written."""


@dataclass(frozen=True, slots=True)
class Picture:
    format: ImageFormat
    width: int
    height: int


class _IncompleteError(Exception):
    pass


class _InvalidError(Exception):
    pass


def look_at(content: bytes, source: str) -> Picture:
    """Tell format and size of a complete picture.

    Raises Rejected with IMAGE_INCOMPLETE or IMAGE_INVALID and the facts `source` and `reason` (`empty`, `cut_off`,
    `unknown_format`, `damaged`, `no_pixels` or `too_many_pixels`).
    """
    try:
        kind, walk = _recognise(content)
        width, height = walk(content)
    except _IncompleteError as exc:
        raise Rejected(Code.IMAGE_INCOMPLETE, source=source, reason=str(exc)) from exc
    except _InvalidError as exc:
        raise Rejected(Code.IMAGE_INVALID, source=source, reason=str(exc)) from exc
    if not width or not height:
        raise Rejected(Code.IMAGE_INVALID, source=source, reason="no_pixels")
    if width * height > _MOST_PIXELS:
        raise Rejected(Code.IMAGE_INVALID, source=source, reason="too_many_pixels", width=width, height=height)
    return Picture(kind, width, height)


def _recognise(content: bytes) -> tuple[ImageFormat, Callable[[bytes], tuple[int, int]]]:
    for magic, kind, walk in _FORMATS:
        if content.startswith(magic):
            return kind, walk
    # Nothing of it is written yet, or only its first bytes.
    if not content.strip(b"\0"):
        raise _IncompleteError("empty")
    if any(magic.startswith(content) for magic, _, _ in _FORMATS):
        raise _IncompleteError("cut_off")
    raise _InvalidError("unknown_format")


def _walk_jpeg(content: bytes) -> tuple[int, int]:
    """Go from marker to marker to the end of the image.

    What follows the end is allowed: Exif readers must take it, and phones and copying programs append or pad.
    """
    size: tuple[int, int] | None = None
    scanned = False
    at = 2
    while marker := _JPEG_MARKER.search(content, at):
        kind, at = marker[1][0], marker.end()
        if kind == _JPEG_END:
            if size is None or not scanned:
                raise _InvalidError("damaged")
            return size
        if kind in _JPEG_ALONE:
            continue
        length = int.from_bytes(content[at : at + 2])
        if at + max(length, 2) > len(content):
            break
        if length < (8 if kind in _JPEG_FRAMES else 2):
            raise _InvalidError("damaged")
        if kind in _JPEG_FRAMES:
            size = int.from_bytes(content[at + 5 : at + 7]), int.from_bytes(content[at + 3 : at + 5])
        scanned = scanned or kind == _JPEG_SCAN
        at += length
    raise _IncompleteError("cut_off")


def _walk_png(content: bytes) -> tuple[int, int]:
    """Go from chunk to chunk to IEND, each with its checksum."""
    size: tuple[int, int] | None = None
    filled = False
    at = 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        kind = content[at + 4 : at + 8]
        end = at + 12 + length
        if kind == _UNWRITTEN:
            break
        if not kind.isalpha() or (size is None) != (kind == b"IHDR") or (kind == b"IHDR" and length != 13):
            raise _InvalidError("damaged")
        if end > len(content):
            break
        if crc32(memoryview(content)[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            if content.endswith(_UNWRITTEN):
                break
            raise _InvalidError("damaged")
        if kind == b"IHDR":
            size = int.from_bytes(content[at + 8 : at + 12]), int.from_bytes(content[at + 12 : at + 16])
        if kind == b"IEND" and size is not None:
            if not filled:
                raise _InvalidError("damaged")
            return size
        filled = filled or kind == b"IDAT"
        at = end
    raise _IncompleteError("cut_off")


def _walk_webp(content: bytes) -> tuple[int, int]:
    """Compare the container's length with what is there, and read the size from its first chunk."""
    if len(content) < 16:
        raise _IncompleteError("cut_off")
    if content[8:12] != b"WEBP":
        raise _InvalidError("unknown_format")
    length = int.from_bytes(content[4:8], "little")
    if len(content) < 8 + length:
        raise _IncompleteError("cut_off")
    kind, body = content[12:16], content[20:30]
    if length < 22 or len(body) < 10:
        raise _InvalidError("damaged")
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8 " and body[3:6] == _VP8_START:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise _InvalidError("damaged")


_FORMATS = (
    (b"\xff\xd8\xff", ImageFormat.JPEG, _walk_jpeg),
    (b"\x89PNG\r\n\x1a\n", ImageFormat.PNG, _walk_png),
    (b"RIFF", ImageFormat.WEBP, _walk_webp),
)
