"""How long news wait for a fault of our own to end."""

from datetime import timedelta

import pytest

from desktop.domain.errors import Code, Transient
from desktop.services.webhook_outage import Outage
from tests.services.desk import HeldClock

NO_KEYRING = Transient(Code.KEYRING_UNAVAILABLE)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


def test_it_is_told_once_and_waits_longer_each_time(clock: HeldClock) -> None:
    outage = Outage(clock)
    waits = []
    told = []
    for _ in range(30):
        told.append(outage.failed(NO_KEYRING))
        waits.append(round(outage.wait()))
        clock.ahead += timedelta(seconds=outage.wait() + 1)
        assert outage.wait() == 0
    assert told == [True] + [False] * 29
    assert waits == sorted(waits)
    assert (waits[1], waits[-1]) == (5, 1_800)


def test_those_who_fail_together_wait_no_longer_than_one(clock: HeldClock) -> None:
    outage = Outage(clock)
    for _ in range(20):
        outage.failed(NO_KEYRING)
    assert outage.wait() < 5


def test_nothing_of_it_stays_once_it_is_over(clock: HeldClock) -> None:
    outage = Outage(clock)
    assert not outage.over()
    outage.failed(NO_KEYRING)
    assert outage.over()
    assert outage.wait() == 0
    assert outage.failed(NO_KEYRING)
