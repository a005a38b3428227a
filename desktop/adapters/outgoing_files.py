"""What callers give to be sent, looked at before it is kept."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from mimetypes import guess_type
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from desktop.adapters.reports.picture import look_at
from desktop.adapters.reports.web import ReportWeb
from desktop.domain.content import Content, File, FileAt
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.report import ImageFormat
from desktop.domain.send import SendKind
from desktop.domain.settings import ReportSettings

_MOST_PICTURE_BYTES = 15_000_000
_MOST_BYTES = 64_000_000
"""WhatsApp takes more, but all of it has to pass through memory and the database."""
_PICTURES = frozenset(kind.value for kind in ImageFormat)
_PDF = "application/pdf"
_MOST_FETCHED_BYTES = 25_000_000
"""As large as what fits into a request as base64."""
_LONGEST_NAME = 200
_REASONS = {Code.IMAGE_NOT_FOUND: "url_missing", Code.IMAGE_OUTSIDE: "url_address", Code.IMAGE_TOO_LARGE: "too_large"}


class OutgoingFiles:
    """Implements ports.Files with the hosts and the deadline that hold for reports by URL."""

    def __init__(self, settings: Callable[[], ReportSettings], now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._web = ReportWeb(now)

    async def close(self) -> None:
        await self._web.close()

    async def fetch(self, file: FileAt) -> File:
        settings = self._settings()
        try:
            content, _ = await self._web.download(
                file.url,
                hosts=settings.url_hosts,
                max_bytes=_MOST_FETCHED_BYTES,
                deadline=settings.deadline,
                check_time=_any_day,
            )
        except (Rejected, Transient) as exc:
            reason = _REASONS.get(exc.code, "url_unavailable")
            if exc.facts.get("reason") == "host":
                reason = "url_host"
            facts = {name: exc.facts[name] for name in ("host", "size", "limit") if name in exc.facts}
            raise Rejected(Code.CONTENT_INVALID, reason=reason, **facts) from exc
        name = file.filename or PurePosixPath(unquote(urlsplit(file.url).path)).name
        return File(content, name, file.mimetype or guess_type(name)[0] or "")

    async def look_at(self, file: File) -> Content:
        # Hashing and walking through many megabytes takes longer than the loop may stand still.
        return await asyncio.to_thread(_examine, file)


def _any_day(modified_at: datetime) -> None:
    """A file, other than a report, may be as old as it likes."""


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
