from pathlib import Path

import pytest

from tests.harness.fixtures import StartProgram
from tests.integration.commands.office import Office


@pytest.fixture
def office(program: StartProgram, tmp_path: Path) -> Office:
    """A home where everything is settled and nothing runs yet."""
    office = Office(home=tmp_path / "malote", start=program)
    office.settle()
    return office
