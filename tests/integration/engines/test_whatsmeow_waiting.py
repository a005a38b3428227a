"""What takes the real engine its time: the clock started with the first test of this folder."""

from __future__ import annotations

import pytest

from desktop.ports.engine import QrExpired, QrShown
from tests.integration.engines.watched import Watched


@pytest.mark.asyncio(loop_scope="session")
async def test_codes_follow_each_other_until_nobody_scanned_any(unscanned: Watched) -> None:
    second = await unscanned.until(QrShown, within=45)
    assert second.valid_for == 20.0
    await unscanned.until(QrExpired, within=45)
    first, *rest = unscanned.told
    assert rest == [second, QrExpired()]
    assert isinstance(first, QrShown)
    assert first.text != second.text
