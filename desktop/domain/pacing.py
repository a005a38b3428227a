"""A human pace per session, since WhatsApp restricts numbers that send like machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often one session may send."""

    minimum_gap: float = 2.0
    """Seconds between two sends."""
    jitter: float = 1.5
    """Up to so many seconds are added to the gap, at random."""
    hourly_cap: int = 200
    daily_cap: int = 1000


@dataclass(frozen=True, slots=True)
class Slot:
    """When the next send may start."""

    at: datetime
    capped: bool
    """True where a cap, not the gap, makes it wait."""


def next_slot(pace: Pace, recent: Sequence[datetime], *, now: datetime, jitter: float) -> Slot:
    """Find the next start from the starts of the last 24 hours, oldest first; `jitter` is random in [0, 1)."""
    at = now
    if recent:
        at = max(at, recent[-1] + timedelta(seconds=pace.minimum_gap + pace.jitter * jitter))
    free = max(
        (
            recent[-cap] + window
            for cap, window in ((pace.hourly_cap, HOUR), (pace.daily_cap, DAY))
            if len(recent) >= cap
        ),
        default=at,
    )
    return Slot(max(at, free), capped=free > at)
