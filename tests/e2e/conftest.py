from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.oracle import OracleDouble
from tests.doubles.whatsapp import WhatsAppDouble
from tests.e2e.world import PASSWORD, World
from tests.harness.fixtures import StartProgram
from tests.harness.keyring_daemon import KeyringDaemon


@pytest.fixture
def bare_world(program: StartProgram, keyring_daemon: KeyringDaemon, tmp_path: Path) -> Iterator[World]:
    """Everything is there but the password in the keyring."""
    with (
        WhatsAppDouble() as whatsapp,
        OracleDouble(user="erp", password=PASSWORD, service="XEPDB1", sid="xe", tables={}) as oracle,
    ):
        world = World(whatsapp=whatsapp, oracle=oracle, start=program, folder=tmp_path, keyring=keyring_daemon.env)
        world.settle()
        yield world


@pytest.fixture
def world(bare_world: World) -> World:
    """Everything is there."""
    bare_world.keep_password()
    return bare_world
