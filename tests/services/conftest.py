from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.desk import BAKERY, MARKET, Desk, open_desk
from tests.services.office import Office, open_office


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A connected desk with today's reports for the market and the bakery."""
    async with open_desk(tmp_path) as opened:
        opened.put_report(MARKET)
        opened.put_report(BAKERY)
        yield opened


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as office:
        yield office
