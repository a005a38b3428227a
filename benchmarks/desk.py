"""The world of the end-to-end tests, around programs that are measured instead of tested."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.doubles.oracle import OracleDouble
from tests.doubles.whatsapp import WhatsAppDouble
from tests.e2e.world import PASSWORD, World
from tests.harness.environment import PrivateHome
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.program import MAIN, Program
from tests.harness.session_bus import SessionBus


@contextmanager
def linked_world() -> Iterator[World]:
    """A world whose home is linked to WhatsApp and has been used once; nothing of the program runs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="malote-bench-")))
        bus = stack.enter_context(SessionBus(PrivateHome.make(folder / "user")))
        keyring = stack.enter_context(KeyringDaemon(bus))
        whatsapp = stack.enter_context(WhatsAppDouble())
        oracle = stack.enter_context(OracleDouble(user="erp", password=PASSWORD, service="XEPDB1", sid="xe", tables={}))

        def start(
            *arguments: str,
            home: Path | None = None,
            env: Mapping[str, str] | None = None,
            stdin: bytes | None = None,
            script: Path = MAIN,
        ) -> Program:
            place = home or folder / "malote"
            return stack.enter_context(Program(*arguments, home=place, env=env, stdin=stdin, script=script))

        world = World(whatsapp=whatsapp, oracle=oracle, start=start, folder=folder, keyring=keyring.env)
        world.settle()
        world.keep_password()
        world.configure({"pace.hourly_cap": 1_000_000, "pace.daily_cap": 1_000_000})
        assert world.linked().terminate() == 0
        yield world
