"""A session sends at a human pace: a gap with chance in it, and caps per hour and day."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.domain.pacing import DAY, HOUR, Pace, Slot, next_slot

NOW = datetime(2026, 7, 5, 18, 0, tzinfo=UTC)
PACE = Pace(minimum_gap=2.0, jitter=1.5, hourly_cap=3, daily_cap=5)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def test_the_first_send_starts_at_once() -> None:
    assert next_slot(PACE, [], now=NOW, jitter=0.9) == Slot(NOW, capped=False)


def test_the_next_send_keeps_its_distance() -> None:
    assert next_slot(PACE, [ago(seconds=1)], now=NOW, jitter=0.0) == Slot(NOW + timedelta(seconds=1), capped=False)
    assert next_slot(PACE, [ago(seconds=1)], now=NOW, jitter=0.5).at == NOW + timedelta(seconds=1.75)


def test_after_a_pause_nothing_waits() -> None:
    assert next_slot(PACE, [ago(minutes=5)], now=NOW, jitter=0.999) == Slot(NOW, capped=False)


def test_the_hourly_cap_waits_until_the_oldest_send_is_an_hour_old() -> None:
    recent = [ago(minutes=50), ago(minutes=30), ago(minutes=10)]
    assert next_slot(PACE, recent, now=NOW, jitter=0.0) == Slot(NOW + timedelta(minutes=10), capped=True)


def test_the_daily_cap_waits_until_the_oldest_send_is_a_day_old() -> None:
    recent = [ago(hours=20), ago(hours=19), ago(hours=18), ago(hours=17), ago(hours=16)]
    assert next_slot(PACE, recent, now=NOW, jitter=0.0) == Slot(NOW + timedelta(hours=4), capped=True)


def test_a_cap_that_ends_within_the_gap_is_not_what_makes_it_wait() -> None:
    pace = Pace(minimum_gap=60.0, jitter=0.0, hourly_cap=2, daily_cap=100)
    recent = [ago(minutes=59, seconds=30), ago(seconds=10)]
    assert next_slot(pace, recent, now=NOW, jitter=0.0) == Slot(NOW + timedelta(seconds=50), capped=False)


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 86_400), max_size=30),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 10),
    st.integers(1, 20),
)
def test_no_hour_and_no_day_ever_sees_more_than_its_cap(
    ages: list[float], jitter: float, hourly: int, daily: int
) -> None:
    pace = Pace(hourly_cap=hourly, daily_cap=daily)
    recent = sorted(NOW - timedelta(seconds=age) for age in ages)
    slot = next_slot(pace, recent, now=NOW, jitter=jitter)
    assert slot.at >= NOW
    assert sum(start > slot.at - HOUR for start in recent) < hourly
    assert sum(start > slot.at - DAY for start in recent) < daily
    if recent:
        assert slot.at - recent[-1] >= timedelta(seconds=pace.minimum_gap)
