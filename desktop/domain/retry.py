"""Whether and when a failed send is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from desktop.domain.errors import AppError, OutcomeUnknown, Transient

_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0
_ATTEMPTS = 6


class Verdict(StrEnum):
    RETRY = "retry"
    FAIL = "fail"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    not_before: datetime | None = None
    """When to try again; None unless the verdict is RETRY."""


def decide(error: AppError, *, attempts: int, now: datetime, jitter: float) -> Decision:
    """Say what follows from an error after `attempts` tries; `jitter` is a random number in [0, 1).

    Only Transient is ever tried again, since only it promises that nothing was sent.
    """
    match error:
        case OutcomeUnknown():
            return Decision(Verdict.RECONCILE)
        case Transient() if attempts < _ATTEMPTS:
            backoff = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (attempts - 1)) * (0.5 + jitter / 2)
            wait = max(backoff, error.retry_after or 0.0)
            return Decision(Verdict.RETRY, now + timedelta(seconds=wait))
        case _:
            return Decision(Verdict.FAIL)
