"""The harness as pytest fixtures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.harness.display import Display, Tray
from tests.harness.environment import PrivateHome
from tests.harness.hands import Hands
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.program import MAIN, ROOT, Program
from tests.harness.session_bus import SessionBus
from tests.harness.status_notifier import StatusNotifierHost

ARTIFACTS = ROOT / "tests" / "artifacts"


class StartProgram(Protocol):
    """How a test starts Malote: in a home of the test's own, or in a given one to start it again."""

    def __call__(
        self,
        *arguments: str,
        home: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        script: Path = MAIN,
    ) -> Program: ...


@pytest.fixture(scope="session")
def session_home() -> Iterator[PrivateHome]:
    """The home of what all tests share (the screen's own programs)."""
    with tempfile.TemporaryDirectory(prefix="malote-") as root:
        yield PrivateHome.make(Path(root))


@pytest.fixture
def private_home() -> Iterator[PrivateHome]:
    """A user's directories for this test; short paths, because sockets are made in them."""
    with tempfile.TemporaryDirectory(prefix="malote-") as root:
        yield PrivateHome.make(Path(root))


@pytest.fixture(scope="session")
def display(session_home: PrivateHome) -> Iterator[Display]:
    """A screen with a window manager, shared by all tests: who shows a window closes it."""
    with Display(session_home) as display:
        yield display


@pytest.fixture
def hands(display: Display) -> Hands:
    """A mouse and a keyboard on the display."""
    return Hands(display)


@pytest.fixture(scope="session")
def tray_host(display: Display) -> Iterator[Tray]:
    """An XEmbed tray on the display."""
    tray = Tray(display)
    yield tray
    tray.stop()


@pytest.fixture
def session_bus(private_home: PrivateHome) -> Iterator[SessionBus]:
    """A D-Bus session for this test."""
    with SessionBus(private_home) as bus:
        yield bus


@pytest.fixture
def keyring_daemon(session_bus: SessionBus) -> Iterator[KeyringDaemon]:
    """An open, empty keyring on the test's session bus."""
    with KeyringDaemon(session_bus) as daemon:
        yield daemon


@pytest.fixture
def locked_keyring(keyring_daemon: KeyringDaemon) -> KeyringDaemon:
    """A keyring that is locked, where no display could ask for its password."""
    keyring_daemon.lock()
    return keyring_daemon


@pytest.fixture
def status_notifier_host(session_bus: SessionBus) -> Iterator[StatusNotifierHost]:
    """A StatusNotifier tray and a notification server on the test's session bus."""
    with StatusNotifierHost(session_bus) as host:
        yield host


@pytest.fixture
def program(tmp_path: Path) -> Iterator[StartProgram]:
    """Starts Malote, and ends whatever still runs after the test."""
    with ExitStack() as started:

        def start(
            *arguments: str,
            home: Path | None = None,
            env: Mapping[str, str] | None = None,
            stdin: bytes | None = None,
            script: Path = MAIN,
        ) -> Program:
            place = home or tmp_path / "malote"
            return started.enter_context(Program(*arguments, home=place, env=env, stdin=stdin, script=script))

        yield start


@pytest.fixture
def artifact(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Names a file that outlives the run, such as a screenshot, after the test that makes it."""
    directory = ARTIFACTS / request.node.path.relative_to(ROOT / "tests").with_suffix("") / request.node.originalname

    def name(file: str) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        path: Path = directory / file
        return path

    return name
