import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.program import ROOT
from tests.integration.api.door import Door, open_door

CLIENT = ROOT / "tests" / "clients" / "socketio"


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


@pytest.fixture(scope="session")
def node_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The official socket.io client, as its lock file pins it, from the registry that npm is configured for."""
    folder = tmp_path_factory.mktemp("socketio")
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copy(CLIENT / name, folder)
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    return folder
