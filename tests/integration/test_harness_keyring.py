"""The harness's keyring is the real one: the `keyring` package uses it from a process of its own."""

from __future__ import annotations

import sys
import textwrap

from tests.harness.environment import PrivateHome, clean_environment
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.processes import Child

KEPT = "malote-teste"
USE = """
    import keyring, keyring.errors, sys
    {act}
    print("fim")
"""


def run(act: str, env: dict[str, str]) -> list[str]:
    """Runs a few lines that use `keyring`, and gives what they printed."""
    code = textwrap.dedent(USE).format(act=act)
    with Child([sys.executable, "-c", code], env={**clean_environment(), **env}) as child:
        child.wait_for_line("^fim$")
        return child.lines("stdout")[:-1]


def test_a_secret_is_kept_read_and_forgotten(keyring_daemon: KeyringDaemon) -> None:
    env = keyring_daemon.env
    run(f"keyring.set_password('{KEPT}', 'oracle', 'pão de açúcar')", env)
    get = f"print(keyring.get_password('{KEPT}', 'oracle'))"
    assert run(get, env) == ["pão de açúcar"]
    assert run(f"print(type(keyring.get_keyring()).__module__); {get}", env)[0] == "keyring.backends.SecretService"
    run(f"keyring.delete_password('{KEPT}', 'oracle')", env)
    assert run(get, env) == ["None"]


def test_a_locked_keyring_refuses_and_keeps_what_it_holds(keyring_daemon: KeyringDaemon) -> None:
    env = keyring_daemon.env
    run(f"keyring.set_password('{KEPT}', 'oracle', 'segredo')", env)
    keyring_daemon.lock()
    refused = """
try: keyring.get_password('malote-teste', 'oracle')
except keyring.errors.KeyringLocked as error: print(type(error).__name__)
"""
    assert run(refused, env) == ["KeyringLocked"]
    keyring_daemon.unlock()
    assert run(f"print(keyring.get_password('{KEPT}', 'oracle'))", env) == ["segredo"]


def test_the_locked_keyring_is_locked_from_the_start(locked_keyring: KeyringDaemon) -> None:
    refused = """
try: keyring.set_password('malote-teste', 'oracle', 'x')
except keyring.errors.KeyringLocked as error: print(type(error).__name__)
"""
    assert run(refused, locked_keyring.env) == ["KeyringLocked"]


def test_the_keyring_is_nobody_elses(keyring_daemon: KeyringDaemon, private_home: PrivateHome) -> None:
    run(f"keyring.set_password('{KEPT}', 'oracle', 'segredo')", keyring_daemon.env)
    kept = list((private_home.root / ".local" / "share" / "keyrings").glob("*.keyring"))
    assert [path.name for path in kept] == ["login.keyring"]
    refused = """
try: keyring.get_password('malote-teste', 'oracle')
except keyring.errors.NoKeyringError as error: print(type(error).__name__)
"""
    assert run(refused, private_home.env) == ["NoKeyringError"]
