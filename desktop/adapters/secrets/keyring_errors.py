"""What every error of every keyring means; the one place that knows them."""

from collections.abc import Mapping

from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient

_LOCKED = (NeedsHuman, Code.KEYRING_LOCKED)
_UNAVAILABLE = (Transient, Code.KEYRING_UNAVAILABLE)

# By name, so that nothing of another system's keyring is imported to recognise its errors.
MEANINGS: Mapping[str, tuple[tuple[type[AppError], Code], str]] = {
    "desktop.adapters.secrets.keyring_choice.NoSafeKeyringError": (_UNAVAILABLE, "no_safe_keyring"),
    "keyring.errors.NoKeyringError": (_UNAVAILABLE, "no_safe_keyring"),
    "keyring.errors.InitError": (_UNAVAILABLE, "not_set_up"),
    "keyring.errors.KeyringLocked": (_LOCKED, "locked"),
    "keyring.errors.KeyringError": (_UNAVAILABLE, "failed"),
    "secretstorage.exceptions.LockedException": (_LOCKED, "locked"),
    "secretstorage.exceptions.PromptDismissedException": (_LOCKED, "dismissed"),
    "secretstorage.exceptions.SecretServiceNotAvailableException": (_UNAVAILABLE, "no_safe_keyring"),
    "secretstorage.exceptions.SecretStorageException": (_UNAVAILABLE, "failed"),
    "jeepney.wrappers.DBusErrorResponse": (_UNAVAILABLE, "failed"),
    "jeepney.auth.AuthenticationError": (_UNAVAILABLE, "failed"),
    "jeepney.io.common.RouterClosed": (_UNAVAILABLE, "failed"),
    "win32ctypes.pywin32.pywintypes.error": (_UNAVAILABLE, "failed"),
    "pywintypes.error": (_UNAVAILABLE, "failed"),
    "builtins.OSError": (_UNAVAILABLE, "failed"),
}

_BAD_STUB_DATA = 1783
"""Windows' answer to an entry of more than 2,560 bytes (RPC_X_BAD_STUB_DATA)."""


def keyring_error(exc: Exception) -> AppError | None:
    """The error in our words, with what the keyring called it as `detail`; None for what is no error of a keyring."""
    number = getattr(exc, "winerror", None)
    if number == _BAD_STUB_DATA:
        return too_long()
    for kind in type(exc).__mro__:
        if found := MEANINGS.get(f"{kind.__module__}.{kind.__qualname__}"):
            (error, code), reason = found
            detail = number or getattr(exc, "name", None) or type(exc).__name__
            return error(code, reason=reason, detail=str(detail))
    return None


def too_long() -> Rejected:
    return Rejected(Code.SETTING_INVALID, name="password", reason="too_long")


def without_frames(exc: BaseException) -> BaseException:
    """Take the frames off an error and off all that led to it: in their variables stands the password."""
    below: BaseException | None = exc
    while below is not None:
        below.__traceback__ = None
        below = below.__cause__ or below.__context__
    return exc
