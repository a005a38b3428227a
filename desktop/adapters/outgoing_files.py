"""What callers give to be sent, looked at before it is kept."""

import asyncio
from hashlib import sha256
from pathlib import PurePosixPath

from desktop.adapters.reports.picture import look_at
from desktop.domain.content import Content, File
from desktop.domain.errors import Code, Rejected
from desktop.domain.report import ImageFormat
from desktop.domain.send import SendKind

_MOST_PICTURE_BYTES = 15_000_000
_MOST_BYTES = 64_000_000
"""WhatsApp takes more, but all of it has to pass through memory and the database."""
_PICTURES = frozenset(kind.value for kind in ImageFormat)
_PDF = "application/pdf"
_LONGEST_NAME = 200


class OutgoingFiles:
    """Implements ports.Files."""

    async def look_at(self, file: File) -> Content:
        # Hashing and walking through many megabytes takes longer than the loop may stand still.
        return await asyncio.to_thread(_examine, file)


def _examine(file: File) -> Content:
    mimetype = file.mimetype.partition(";")[0].strip().lower() or "application/octet-stream"
    is_picture = mimetype in _PICTURES
    limit = _MOST_PICTURE_BYTES if is_picture else _MOST_BYTES
    if not file.content:
        raise Rejected(Code.CONTENT_INVALID, reason="empty")
    if len(file.content) > limit:
        raise Rejected(Code.CONTENT_INVALID, reason="too_large", size=len(file.content), limit=limit)
    if mimetype == _PDF and b"%PDF-" not in file.content[:1024]:
        raise Rejected(Code.CONTENT_INVALID, reason="not_a_pdf")
    width = height = 0
    if is_picture:
        try:
            picture = look_at(file.content, file.filename)
        except Rejected as exc:
            raise Rejected(Code.CONTENT_INVALID, reason=exc.facts["reason"]) from exc
        mimetype, width, height = picture.format.value, picture.width, picture.height
    return Content(
        content=file.content,
        sha256=sha256(file.content).hexdigest(),
        kind=SendKind.IMAGE if is_picture else SendKind.DOCUMENT,
        mimetype=mimetype,
        filename=_name_alone(file.filename),
        width=width,
        height=height,
    )


def _name_alone(filename: str) -> str:
    """The last part of a path of any system, without what no file name holds."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    return "".join(letter for letter in name if letter.isprintable())[-_LONGEST_NAME:]
