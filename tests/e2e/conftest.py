import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.doubles.oracle import OracleDouble
from tests.doubles.whatsapp import WhatsAppDouble
from tests.e2e.shop import Shop
from tests.e2e.world import PASSWORD, USER, World
from tests.harness.environment import PrivateHome
from tests.harness.fixtures import StartProgram
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.program import MAIN, Program
from tests.harness.session_bus import SessionBus


@pytest.fixture
def bare_world(program: StartProgram, keyring_daemon: KeyringDaemon, tmp_path: Path) -> Iterator[World]:
    """Everything is there but the password in the keyring."""
    with (
        WhatsAppDouble(few_prekeys=True) as whatsapp,
        OracleDouble(user=USER, password=PASSWORD, service="XEPDB1", sid="xe", tables={}) as oracle,
    ):
        world = World(whatsapp=whatsapp, oracle=oracle, start=program, folder=tmp_path, keyring=keyring_daemon.env)
        world.settle()
        yield world


@pytest.fixture
def world(bare_world: World) -> World:
    """Everything is there."""
    bare_world.keep_password()
    return bare_world


@pytest.fixture(scope="module")
def shared_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A world for all tests of a module, in which a program is linked and runs."""
    with ExitStack() as stack:

        def start(
            *arguments: str,
            home: Path | None = None,
            env: Mapping[str, str] | None = None,
            stdin: bytes | None = None,
            script: Path = MAIN,
        ) -> Program:
            assert home is not None
            return stack.enter_context(Program(*arguments, home=home, env=env, stdin=stdin, script=script))

        folder = tmp_path_factory.mktemp("loja")
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="malote-")))
        bus = stack.enter_context(SessionBus(PrivateHome.make(root)))
        keyring = stack.enter_context(KeyringDaemon(bus))
        whatsapp = stack.enter_context(WhatsAppDouble(few_prekeys=True))
        oracle = stack.enter_context(OracleDouble(user=USER, password=PASSWORD, service="XEPDB1", sid="xe", tables={}))
        world = World(whatsapp=whatsapp, oracle=oracle, start=start, folder=folder, keyring=keyring.env)
        world.settle()
        world.keep_password()
        world.linked()
        yield Shop(world, keyring)


@pytest.fixture
def shop(shared_shop: Shop) -> Iterator[Shop]:
    """The shared world in good order, its program running and connected, with a company that is this test's alone."""
    shared_shop.open()
    yield shared_shop
    shared_shop.calm()
