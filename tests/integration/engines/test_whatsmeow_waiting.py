"""What takes the real engine its time: the clock started with the first test of this folder."""

from __future__ import annotations

import pytest

from desktop.ports.engine import (
    PairingCodeExpired,
    PairingCodeShown,
    QrExpired,
    QrShown,
    WentOffline,
    WentOnline,
)
from tests.doubles.whatsapp import ScanRefusedError, WhatsAppDouble
from tests.integration.engines.desk import Desk
from tests.integration.engines.watched import Watched

LONG = 150.0
"""Seconds, of which the longest of these takes 70 where no other test runs before it."""


@pytest.mark.asyncio(loop_scope="session")
async def test_codes_follow_each_other_until_nobody_scanned_any(unscanned: Watched, forsaken: Desk) -> None:
    second = await unscanned.until(QrShown, within=LONG)
    assert second.valid_for == 20.0
    await unscanned.until(QrExpired, within=LONG)
    # It gives signs of life meanwhile, whether or not it is linked.
    forsaken.double.wait_for_event("query", 1, xmlns="w:p")
    first, *rest = unscanned.told
    assert rest == [second, QrExpired()]
    assert isinstance(first, QrShown)
    assert first.text != second.text


@pytest.mark.asyncio(loop_scope="session")
async def test_letters_that_nobody_types_end_the_engine_and_are_asked_for_anew(
    untyped: Watched, forsaken: Desk
) -> None:
    await untyped.until(PairingCodeExpired, within=LONG)
    letters, *rest = untyped.told
    assert rest == [PairingCodeExpired()]
    assert isinstance(letters, PairingCodeShown)
    with pytest.raises(ScanRefusedError):
        await forsaken.type_letters(letters)

    await untyped.engine.link_by_phone(forsaken.phone)
    again = await untyped.until(PairingCodeShown)
    assert again.code != letters.code


@pytest.mark.asyncio(loop_scope="session")
async def test_a_server_that_no_longer_answers_signs_of_life_is_no_line_until_it_does(
    unanswered: tuple[Watched, WhatsAppDouble],
) -> None:
    watched, double = unanswered
    assert await watched.until(WentOffline, within=LONG) == WentOffline("no_answer")
    double.answer_again()
    await watched.until(WentOnline, within=LONG)
