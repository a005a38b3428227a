"""What other programs are told over HTTP, and when a failed telling is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

_FIRST_WAIT = 5.0
_LONGEST_WAIT = 3_600.0
_ATTEMPTS = 14
"""With the waits between them some six hours: longer than a lunch break's outage, shorter than a day's news."""


class WebhookShape(StrEnum):
    """Whose names the payload speaks: those of contract C or of contract E."""

    TENANTS = "tenants"
    INSTANCES = "instances"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where the news of one session go."""

    session: str
    instance: str
    """The session's id, which payloads name beside it."""
    url: str
    shape: WebhookShape
    disabled: str = ""
    """Why nothing is sent there any more; empty while it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One piece of news on its way to one address; it stays on disk until it was taken or given up."""

    id: UUID
    """The receiver knows by it what came twice."""
    session: str
    url: str
    event: str
    """`message.received`, `message.sent` or `message.ack`."""
    body: bytes
    """JSON in UTF-8; signed as it is."""
    created_at: datetime
    attempts: int = 0
    not_before: datetime | None = None
    last_error: str = ""
    dead_at: datetime | None = None
    """When it was given up; a person may have it sent again."""


def wait_after(failures: int, jitter: float) -> float:
    """Seconds before the next try where there were so many failures before this one; `jitter` is random in [0, 1)."""
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(failures, _ATTEMPTS)) * (0.5 + jitter / 2)


def next_try(delivery: Delivery, now: datetime, *, jitter: float, retry_after: float | None) -> datetime | None:
    """When a delivery that has just failed once more is tried again; None where it is given up.

    `jitter` is random in [0, 1), `retry_after` the seconds that the other side asked for.
    """
    if delivery.attempts + 1 >= _ATTEMPTS:
        return None
    wait = wait_after(delivery.attempts, jitter)
    return now + timedelta(seconds=max(wait, min(retry_after or 0.0, _LONGEST_WAIT)))
