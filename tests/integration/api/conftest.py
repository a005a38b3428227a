from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.api.door import Door, open_door


@pytest.fixture(scope="session")
def shared_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One instance for the tests that send nothing and change nothing."""
    with open_door(tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """An instance of the test's own, connected, with today's reports of the market and the bakery."""
    with open_door(tmp_path) as opened:
        yield opened
