"""What every HTTP client of ours has in common. httpx is imported where it is used: it costs 16 MB and 0.2 s."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from socket import gaierror
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


def trusted() -> ssl.SSLContext:
    """Whom to trust: the system's own authorities, which know a company's internal server or a proxy that looks into
    TLS, and certifi's, for a system that has none.
    """
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def trouble(exc: httpx.TransportError) -> str:
    """Why there was no answer: `certificate`, `no_answer`, `tls`, `name_unknown`, `refused`, `connection_lost` or
    `network`.
    """
    import httpx

    causes = _causes(exc)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "certificate"
    if isinstance(exc, httpx.TimeoutException):
        return "no_answer"
    for kind, reason in ((ssl.SSLError, "tls"), (gaierror, "name_unknown"), (ConnectionRefusedError, "refused")):
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    if isinstance(exc, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError | httpx.CloseError):
        return "connection_lost"
    return "network"


def http_date(text: str) -> datetime | None:
    """A date of a header, aware; None for what is none."""
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def retry_after(response: httpx.Response, now: datetime) -> float | None:
    """The seconds that the other side asked us to wait, by either form of the header; None where it did not."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    when = http_date(value)
    return None if when is None else max((when - now).total_seconds(), 0.0)


def _causes(exc: BaseException | None) -> list[BaseException]:
    """The error and everything it came from, also from the parallel attempts of one connect."""
    if exc is None:
        return []
    found = [exc, *_causes(exc.__cause__ or exc.__context__)]
    for member in exc.exceptions if isinstance(exc, BaseExceptionGroup) else ():
        found += _causes(member)
    return found
