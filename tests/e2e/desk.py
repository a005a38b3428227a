"""A customer's whole world with a person at its screen."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.oracle import OracleDouble
from tests.doubles.whatsapp import WhatsAppDouble
from tests.e2e.window import Window
from tests.e2e.world import PASSWORD, USER, World
from tests.harness.display import Display
from tests.harness.environment import PrivateHome
from tests.harness.hands import Hands
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.program import MAIN, Program
from tests.harness.screen_reader import ScreenReader
from tests.harness.session_bus import SessionBus

UNTOUCHED: Mapping[str, object] = {
    "door.port": 0,
    "directory.oracle.deadline": 20,
    "pace.minimum_gap": 0,
    "groups.policy": "allow",
    "pace.jitter": 0,
    "pace.hourly_cap": 1000,
}
"""What a clerk leaves as it is: tests only keep clear of each other's port, of long waits, and of a limit that a busy
machine comes near."""


@dataclass
class Desk:
    """The world, and what one sits at to use the program in it."""

    world: World
    bus: SessionBus
    display: Display
    reader: ScreenReader
    hands: Hands

    @property
    def env(self) -> dict[str, str]:
        """For a program that shows its window here."""
        return {**self.world.env, **self.display.env, **self.reader.env}

    @property
    def template(self) -> str:
        """Where the reports of this world lie, as it is typed."""
        return f"{self.world.folder}/relatorios/ERP_{{cnpj}}_VENDAS_COMERCIO/RelatorioVendas.jpg"

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> Window:
        """Malote as a double click on its icon starts it; its window is for the test to open."""
        program = self.world.malote(*arguments, env={**self.env, **(env or {})})
        self.world.running = program
        return Window(program, self.display, self.reader, self.hands)

    def start_once_more(self) -> None:
        """The same double click while it runs already: the second program leaves the screen to the first."""
        second = self.world.malote(env=self.env)
        assert second.wait() == 0, second.text()


@contextmanager
def open_desk(display: Display) -> Iterator[Desk]:
    """A desk with everything on it but settings, password and a running program; ends whatever is started."""
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

        # Short, because a person types it.
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="malote-")))
        folder = root / "loja"
        bus = stack.enter_context(SessionBus(PrivateHome.make(root)))
        keyring = stack.enter_context(KeyringDaemon(bus))
        reader = stack.enter_context(ScreenReader(bus, display))
        whatsapp = stack.enter_context(WhatsAppDouble(few_prekeys=True))
        oracle = stack.enter_context(OracleDouble(user=USER, password=PASSWORD, service="XEPDB1", sid="xe", tables={}))
        world = World(whatsapp=whatsapp, oracle=oracle, start=start, folder=folder, keyring=keyring.env)
        world.home.mkdir(parents=True)
        world.configure(dict(UNTOUCHED))
        yield Desk(world, bus, display, reader, Hands(display))
