"""This process on the test's own bus, with the keyring that lives there."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.adapters.abandonable import LEFT_BEHIND
from desktop.adapters.secrets.os_keyring import KeyringSecrets
from desktop.domain.secret import Credentials, Secret
from tests.harness.display import Display
from tests.harness.environment import PrivateHome
from tests.harness.hands import Hands
from tests.harness.keyring_daemon import PASSWORD, KeyringDaemon
from tests.harness.session_bus import SessionBus

SCOTT = Credentials("scott", Secret("tigre: é ção \U0001f42f"))


def same(found: Credentials | None, expected: Credentials) -> bool:
    return found is not None and (found.user, found.password.reveal()) == (
        expected.user,
        expected.password.reveal(),
    )


def enter(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process one of that user and that bus."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def closed_connections() -> Iterator[None]:
    """keyring leaves its connection to the garbage collector where a call fails: let it come before the next test."""
    yield
    gc.collect()


@pytest.fixture
def open_keyring(keyring_daemon: KeyringDaemon, monkeypatch: pytest.MonkeyPatch) -> KeyringDaemon:
    enter(keyring_daemon.env, monkeypatch)
    return keyring_daemon


PATIENCE = 45.0
"""Seconds for what must come: a desktop's question may take long to appear."""


@pytest.fixture
def secrets() -> KeyringSecrets:
    return KeyringSecrets("casa", deadline=PATIENCE)


class Prompt:
    """The desktop's question for the keyring's password, and the person who answers it."""

    TITLE = "Unlock Login Keyring"

    def __init__(self, daemon: KeyringDaemon, display: Display, hands: Hands) -> None:
        self.daemon = daemon
        self._display = display
        self._hands = hands

    def answer(self) -> None:
        self._hands.focus(self._display.screen.wait_for_window(self.TITLE))
        self._hands.type(PASSWORD)
        self._close()

    def dismiss(self) -> None:
        self._hands.focus(self._display.screen.wait_for_window(self.TITLE))
        self._close("Escape")

    def _close(self, key: str = "Return") -> None:
        self._hands.key(key)
        self._display.screen.wait_for_no_window(self.TITLE)


@pytest.fixture
def prompting_keyring(
    private_home: PrivateHome, display: Display, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Prompt]:
    """A keyring on a desktop with a screen, where being locked makes it ask and wait for ever."""
    with SessionBus(private_home, env=display.env) as bus, KeyringDaemon(bus) as daemon:
        enter(daemon.env, monkeypatch)
        yield Prompt(daemon, display, hands)
    wait_for_calls_left_behind()


def wait_for_calls_left_behind() -> None:
    for thread in threading.enumerate():
        if thread.name == f"keyring{LEFT_BEHIND}":
            thread.join(20.0)
            assert not thread.is_alive()


@pytest.fixture
def plain_keyring_file(private_home: PrivateHome) -> Path:
    """A user's own choice of a keyring, in keyring's configuration file."""
    path = private_home.root / ".config" / "python_keyring" / "keyringrc.cfg"
    path.parent.mkdir(parents=True)
    path.write_text("[backend]\ndefault-keyring=tests.integration.secrets.plain_keyring.PlaintextKeyring\n")
    return path
