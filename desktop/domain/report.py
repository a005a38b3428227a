"""The daily report's image, and what makes one unfit to be sent as today's."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from string import Formatter

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import Code, Rejected


class ImageFormat(StrEnum):
    """The kinds of picture that are taken; the value is the MIME type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A complete picture, read whole."""

    content: bytes
    sha256: str
    """Hexadecimal digest of the content: with company and day it makes a report one and the same."""
    format: ImageFormat
    width: int
    height: int
    modified_at: datetime
    """The file's own time, or the server's Last-Modified; aware."""
    source: str
    """The path or URL it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """Which picture to look for: the configured template, or a file or URL that the caller named."""

    cnpj: Cnpj
    day: date
    path: str | None = None
    url: str | None = None


_FIELDS = frozenset({"cnpj", "empresa", "data"})


def unknown_fields(template: str) -> frozenset[str]:
    """Names in braces that no template knows; {cnpj}, {empresa} and {data} are known.

    Raises ValueError where the braces do not match.
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None) - _FIELDS


def fill_location(template: str, cnpj: Cnpj) -> str:
    """Put the CNPJ into a path or URL template; only its checked form ever gets into a path."""
    return template.replace("{cnpj}", cnpj.value)


def fill_caption(template: str, company: Company, day: date) -> str:
    """Put company, CNPJ (masked) and date (dd/mm/aaaa) into a caption template."""
    return template.format(empresa=company.label, cnpj=company.cnpj.masked, data=f"{day:%d/%m/%Y}")


def check_day(modified_at: datetime, today: date) -> None:
    """Refuse a picture that is not of today by the local clock.

    Raises Rejected(IMAGE_OLD) with the fact `modified_at` in ISO 8601, and `reason` future for one of days to come.
    """
    day = modified_at.astimezone().date()
    if day < today:
        raise Rejected(Code.IMAGE_OLD, modified_at=modified_at.isoformat())
    # Shortly before midnight a server's clock may be in the next day already. Beyond that it would be new every day.
    if day > today + timedelta(days=1):
        raise Rejected(Code.IMAGE_OLD, modified_at=modified_at.isoformat(), reason="future")
