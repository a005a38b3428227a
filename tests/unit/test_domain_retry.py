"""What follows from a failed send: only what surely was not sent is tried again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.domain.errors import AppError, Code, ConfigError, NeedsHuman, OutcomeUnknown, Rejected, Transient
from desktop.domain.retry import Decision, Verdict, decide

NOW = datetime(2026, 7, 5, 18, 2, tzinfo=UTC)


def wait(attempts: int, jitter: float, retry_after: float | None = None) -> float:
    decision = decide(
        Transient(Code.ORACLE_UNAVAILABLE, retry_after=retry_after), attempts=attempts, now=NOW, jitter=jitter
    )
    assert decision.verdict is Verdict.RETRY
    assert decision.not_before is not None
    return (decision.not_before - NOW).total_seconds()


def test_what_may_have_been_sent_is_reconciled_and_never_tried_again() -> None:
    error = OutcomeUnknown(Code.OUTCOME_UNKNOWN)
    assert decide(error, attempts=1, now=NOW, jitter=0.0) == Decision(Verdict.RECONCILE)


@pytest.mark.parametrize(
    "error", [Rejected(Code.CNPJ_INVALID), NeedsHuman(Code.NOT_PAIRED), ConfigError(Code.SETTING_INVALID)]
)
def test_what_trying_again_cannot_change_fails_at_once(error: AppError) -> None:
    assert decide(error, attempts=1, now=NOW, jitter=0.0) == Decision(Verdict.FAIL)


def test_each_retry_waits_twice_as_long_as_the_last_one() -> None:
    assert [wait(attempts, 0.999999) for attempts in range(1, 6)] == pytest.approx([2, 4, 8, 16, 32], rel=1e-3)


def test_chance_spreads_the_retries_over_half_the_wait() -> None:
    assert wait(3, 0.0) == 4.0
    assert wait(3, 0.5) == 6.0


def test_the_other_sides_wish_to_wait_is_respected() -> None:
    assert wait(1, 0.0, retry_after=120.0) == 120.0
    assert wait(5, 0.0, retry_after=1.0) == 16.0


def test_after_six_tries_it_is_given_up() -> None:
    error = Transient(Code.ORACLE_UNAVAILABLE)
    assert decide(error, attempts=5, now=NOW, jitter=0.0).verdict is Verdict.RETRY
    assert decide(error, attempts=6, now=NOW, jitter=0.0) == Decision(Verdict.FAIL)


@settings(deadline=None)
@given(st.integers(1, 5), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 3600))
def test_a_retry_never_comes_too_early_nor_after_five_minutes_by_itself(
    attempts: int, jitter: float, retry_after: float | None
) -> None:
    seconds = wait(attempts, jitter, retry_after)
    assert seconds >= max(1.0, retry_after or 0.0) - 1e-5
    assert seconds <= max(300.0, retry_after or 0.0) + 1e-5
