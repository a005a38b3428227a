"""Every error of every keyring has a meaning: what Windows and macOS raise is told from the errors' own shapes."""

import inspect
from importlib import import_module
from types import ModuleType

import jeepney.auth
import jeepney.io.common
import jeepney.wrappers
import keyring.errors
import pytest
import secretstorage.exceptions

from desktop.adapters.secrets.keyring_errors import MEANINGS, keyring_error, without_frames
from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient


class WindowsError(Exception):
    """As pywin32-ctypes makes it from a failed call."""

    def __init__(self, winerror: int, funcname: str, strerror: str) -> None:
        super().__init__(winerror, funcname, strerror)
        self.winerror = winerror


WindowsError.__module__, WindowsError.__qualname__ = "win32ctypes.pywin32.pywintypes", "error"


def errors_of(module: ModuleType) -> list[type[Exception]]:
    found = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Exception)]
    return [kind for kind in found if kind.__module__ == module.__name__]


@pytest.mark.parametrize("kind", [*errors_of(keyring.errors), *errors_of(secretstorage.exceptions)])
def test_no_error_that_a_keyring_defines_is_unknown(kind: type[Exception]) -> None:
    error = keyring_error(kind("x"))
    assert error is not None
    assert error.code in (Code.KEYRING_LOCKED, Code.KEYRING_UNAVAILABLE)
    assert error.facts["detail"] == kind.__name__


@pytest.mark.parametrize(
    ("raised", "kind", "code", "reason"),
    [
        (keyring.errors.NoKeyringError(), Transient, Code.KEYRING_UNAVAILABLE, "no_safe_keyring"),
        (keyring.errors.InitError(), Transient, Code.KEYRING_UNAVAILABLE, "not_set_up"),
        (keyring.errors.KeyringLocked(), NeedsHuman, Code.KEYRING_LOCKED, "locked"),
        (keyring.errors.PasswordSetError(), Transient, Code.KEYRING_UNAVAILABLE, "failed"),
        (keyring.errors.PasswordDeleteError(), Transient, Code.KEYRING_UNAVAILABLE, "failed"),
        (secretstorage.exceptions.LockedException(), NeedsHuman, Code.KEYRING_LOCKED, "locked"),
        (secretstorage.exceptions.PromptDismissedException(), NeedsHuman, Code.KEYRING_LOCKED, "dismissed"),
        (secretstorage.exceptions.ItemNotFoundException(), Transient, Code.KEYRING_UNAVAILABLE, "failed"),
        (jeepney.auth.AuthenticationError(b"", "x"), Transient, Code.KEYRING_UNAVAILABLE, "failed"),
        (jeepney.io.common.RouterClosed(), Transient, Code.KEYRING_UNAVAILABLE, "failed"),
        (ConnectionResetError(), Transient, Code.KEYRING_UNAVAILABLE, "failed"),
        (FileNotFoundError(), Transient, Code.KEYRING_UNAVAILABLE, "failed"),
        (WindowsError(1312, "CredWrite", "no logon session"), Transient, Code.KEYRING_UNAVAILABLE, "failed"),
        (WindowsError(1783, "CredWrite", "bad stub data"), Rejected, Code.SETTING_INVALID, "too_long"),
    ],
)
def test_an_error_says_whether_a_person_is_needed(
    raised: Exception, kind: type[AppError], code: Code, reason: str
) -> None:
    error = keyring_error(raised)
    assert type(error) is kind
    assert (error.code, error.facts["reason"]) == (code, reason)


def test_windows_own_number_is_told() -> None:
    error = keyring_error(WindowsError(1312, "CredWrite", "no logon session"))
    assert error is not None
    assert error.facts["detail"] == "1312"


def test_the_bus_own_name_of_an_error_is_told() -> None:
    error = jeepney.wrappers.DBusErrorResponse.__new__(jeepney.wrappers.DBusErrorResponse)
    error.name = "org.freedesktop.DBus.Error.Timeout"
    found = keyring_error(error)
    assert found is not None
    assert found.facts["detail"] == "org.freedesktop.DBus.Error.Timeout"


@pytest.mark.parametrize("bug", [AttributeError("x"), TypeError("x"), ValueError("x"), AssertionError("x")])
def test_a_bug_is_not_taken_for_an_error_of_the_keyring(bug: Exception) -> None:
    assert keyring_error(bug) is None


@pytest.mark.parametrize("name", sorted(set(MEANINGS) - {"win32ctypes.pywin32.pywintypes.error", "pywintypes.error"}))
def test_every_error_that_is_known_by_name_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(import_module(module), kind), Exception)


def test_frames_are_taken_off_all_that_led_to_an_error() -> None:
    def fail(password: str) -> None:
        try:
            raise KeyError(password[:0])
        except KeyError as exc:
            raise OSError from exc

    with pytest.raises(OSError) as failed:  # noqa: PT011 (any will do)
        fail("tigre")
    bare = without_frames(failed.value)
    assert bare.__traceback__ is None
    assert bare.__cause__ is not None
    assert bare.__cause__.__traceback__ is None
