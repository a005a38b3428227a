"""Which keyring of the system holds our secrets: one that encrypts, or none."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

# The operating systems' own, in order of preference; not the plain text files of keyrings.alt, nor what forgets.
_SAFE_ON = {
    "win32": ("keyring.backends.Windows.WinVaultKeyring",),
    "darwin": ("keyring.backends.macOS.Keyring",),
}
_SAFE_ELSEWHERE = ("keyring.backends.SecretService.Keyring", "keyring.backends.kwallet.DBusKeyring")


class NoSafeKeyringError(Exception):
    """There is none, or the user configured one that does not protect anything."""


def choose_keyring() -> "KeyringBackend":
    """The keyring that the user configured (PYTHON_KEYRING_BACKEND, keyringrc.cfg), or the system's own.

    Not keyring.get_keyring(), which remembers for ever what it found first: a program that starts with the desktop may
    be there before the keyring is. Raises NoSafeKeyringError.
    """
    from keyring import core

    try:
        configured = core.load_env() or core.load_config()
    except Exception as exc:  # whatever a module of the user's choice raises when it is imported
        raise NoSafeKeyringError("the configured keyring does not work") from exc
    safe = _SAFE_ON.get(sys.platform, _SAFE_ELSEWHERE)
    if configured is not None:
        name = f"{type(configured).__module__}.{type(configured).__qualname__}"
        if name not in safe:
            raise NoSafeKeyringError(f"{name} is not one of {', '.join(safe)}")
        return configured
    found = None
    for name in safe:
        try:
            return core.load_keyring(name)
        except RuntimeError as exc:  # it says so where it cannot be used here
            found = found or exc
    raise NoSafeKeyringError(str(found)) from found
