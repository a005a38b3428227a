"""The password is in the desktop's own keyring or nowhere: against a real gnome-keyring-daemon on a private bus."""

import asyncio
import logging
import subprocess
import sys
import traceback
from contextlib import closing
from pathlib import Path

import pytest
import secretstorage

from desktop.adapters.secrets.os_keyring import KeyringSecrets
from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient
from desktop.domain.secret import Credentials, Secret
from tests.harness.environment import PrivateHome, clean_environment
from tests.harness.keyring_daemon import KeyringDaemon
from tests.harness.program import ROOT
from tests.harness.session_bus import SessionBus
from tests.integration.secrets.conftest import PATIENCE, SCOTT, Prompt, enter, same, wait_for_calls_left_behind
from tests.integration.secrets.plain_keyring import PlaintextKeyring

# keyring does not close its connection to the bus where a call fails.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PLAINTEXT = "tests.integration.secrets.plain_keyring.PlaintextKeyring"


async def error_of(secrets: KeyringSecrets, kind: type[AppError]) -> AppError:
    with pytest.raises(kind) as refused:
        await secrets.credentials("oracle")
    assert type(refused.value) is kind
    return refused.value


@pytest.mark.usefixtures("open_keyring")
async def test_user_and_password_are_kept_replaced_and_forgotten(secrets: KeyringSecrets) -> None:
    assert await secrets.credentials("oracle") is None
    await secrets.keep_credentials("oracle", SCOTT)
    assert same(await secrets.credentials("oracle"), SCOTT)
    other = Credentials("erp", Secret(""))
    await secrets.keep_credentials("oracle", other)
    assert same(await secrets.credentials("oracle"), other)
    await secrets.forget_credentials("oracle")
    assert await secrets.credentials("oracle") is None
    await secrets.forget_credentials("oracle")


async def test_they_are_there_after_the_program_and_the_desktop_were_started_again(
    open_keyring: KeyringDaemon, secrets: KeyringSecrets
) -> None:
    await secrets.keep_credentials("oracle", SCOTT)
    open_keyring.unlock()
    assert same(await KeyringSecrets("casa", deadline=PATIENCE).credentials("oracle"), SCOTT)


@pytest.mark.usefixtures("open_keyring")
async def test_homes_and_names_are_kept_apart(secrets: KeyringSecrets) -> None:
    await secrets.keep_credentials("oracle", SCOTT)
    assert await secrets.credentials("outro") is None
    assert await KeyringSecrets("outra casa", deadline=PATIENCE).credentials("oracle") is None


@pytest.mark.usefixtures("open_keyring")
async def test_the_longest_password_that_windows_takes_is_taken_and_no_longer_one(secrets: KeyringSecrets) -> None:
    fixed = len('{"user": "u", "password": ""}')
    longest = Credentials("u", Secret("ã" * (1280 - fixed)))
    await secrets.keep_credentials("oracle", longest)
    assert same(await secrets.credentials("oracle"), longest)
    with pytest.raises(Rejected) as refused:
        await secrets.keep_credentials("oracle", Credentials("u", Secret("ã" * (1281 - fixed))))
    assert refused.value.facts == {"name": "password", "reason": "too_long"}
    assert same(await secrets.credentials("oracle"), longest)


async def test_a_password_that_is_no_text_is_refused(secrets: KeyringSecrets) -> None:
    with pytest.raises(Rejected) as refused:
        await secrets.keep_credentials("oracle", Credentials("u", Secret("\ud800")))
    assert refused.value.facts == {"name": "password", "reason": "characters"}


@pytest.mark.parametrize(
    "entry", [b"tigre", b"{}", b'{"user": "u"}', b'{"user": "u", "password": 1}', b"[]", b"\xff\xfe tigre"]
)
@pytest.mark.usefixtures("open_keyring")
async def test_an_entry_that_somebody_else_wrote_must_be_typed_again(
    secrets: KeyringSecrets, entry: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    await secrets.keep_credentials("oracle", SCOTT)
    overwrite("malote/casa/oracle", entry)
    assert await secrets.credentials("oracle") is None
    assert "must be typed again" in caplog.text
    assert "tigre" not in caplog.text
    await secrets.keep_credentials("oracle", SCOTT)
    assert same(await secrets.credentials("oracle"), SCOTT)
    overwrite("malote/casa/oracle", entry)
    await secrets.forget_credentials("oracle")
    caplog.clear()
    assert await secrets.credentials("oracle") is None
    assert caplog.text == ""


def overwrite(service: str, entry: bytes) -> None:
    with closing(secretstorage.dbus_init()) as bus:
        (item,) = secretstorage.get_default_collection(bus).search_items({"service": service})
        item.set_secret(entry)


async def test_a_locked_keyring_without_a_screen_needs_a_person(
    open_keyring: KeyringDaemon, secrets: KeyringSecrets
) -> None:
    await secrets.keep_credentials("oracle", SCOTT)
    open_keyring.lock()
    error = await error_of(secrets, NeedsHuman)
    assert (error.code, error.facts["reason"]) == (Code.KEYRING_LOCKED, "locked")
    for act in (secrets.keep_credentials("oracle", SCOTT), secrets.forget_credentials("oracle")):
        with pytest.raises(NeedsHuman):
            await act
    open_keyring.unlock()
    assert same(await secrets.credentials("oracle"), SCOTT)


async def test_a_keyring_that_asks_a_person_is_given_up_at_the_deadline_and_answers_again_once_it_is_open(
    prompting_keyring: Prompt, secrets: KeyringSecrets
) -> None:
    await secrets.keep_credentials("oracle", SCOTT)
    prompting_keyring.daemon.lock()
    hurried = KeyringSecrets("casa", deadline=0.3)
    async with asyncio.timeout(PATIENCE):  # nobody answers before
        error = await error_of(hurried, NeedsHuman)
    assert (error.code, error.facts["reason"]) == (Code.KEYRING_LOCKED, "no_answer")
    await asyncio.to_thread(prompting_keyring.answer)
    hurried._deadline = PATIENCE  # how long an open keyring takes is not asked here
    assert same(await hurried.credentials("oracle"), SCOTT)


async def test_a_person_who_dismisses_the_question_leaves_it_locked(
    prompting_keyring: Prompt, secrets: KeyringSecrets
) -> None:
    await secrets.keep_credentials("oracle", SCOTT)
    prompting_keyring.daemon.lock()
    asked = asyncio.create_task(error_of(secrets, NeedsHuman))
    await asyncio.to_thread(prompting_keyring.dismiss)
    error = await asked
    assert (error.code, error.facts["reason"]) == (Code.KEYRING_LOCKED, "locked")


async def test_a_password_whose_keeping_was_given_up_is_not_written_later(
    prompting_keyring: Prompt, secrets: KeyringSecrets
) -> None:
    await secrets.keep_credentials("oracle", SCOTT)
    prompting_keyring.daemon.lock()
    hurried = KeyringSecrets("casa", deadline=0.3)
    with pytest.raises(NeedsHuman):
        await hurried.keep_credentials("oracle", Credentials("scott", Secret("nova")))
    await asyncio.to_thread(prompting_keyring.answer)
    await asyncio.to_thread(wait_for_calls_left_behind)
    assert same(await secrets.credentials("oracle"), SCOTT)


ASKING_PROGRAM = """
import asyncio
from desktop.adapters.secrets.os_keyring import KeyringSecrets
from desktop.domain.errors import AppError

async def main():
    try:
        await KeyringSecrets("casa", deadline=0.3).credentials("oracle")
    except AppError as exc:
        print(exc)

asyncio.run(main())
"""


def test_a_program_ends_although_the_keyring_still_asks(prompting_keyring: Prompt) -> None:
    prompting_keyring.daemon.lock()
    ended = subprocess.run(
        [sys.executable, "-c", ASKING_PROGRAM],
        cwd=ROOT,
        env={**clean_environment(), **prompting_keyring.daemon.env},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "cofre_bloqueado(reason='no_answer')\n"


async def test_without_a_bus_there_is_no_keyring_and_with_one_there_is(
    private_home: PrivateHome, secrets: KeyringSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that starts with the desktop may be there before the keyring is."""
    enter(private_home.env, monkeypatch)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    error = await error_of(secrets, Transient)
    assert (error.code, error.facts["reason"]) == (Code.KEYRING_UNAVAILABLE, "no_safe_keyring")
    with SessionBus(private_home) as bus, KeyringDaemon(bus) as daemon:
        enter(daemon.env, monkeypatch)
        await secrets.keep_credentials("oracle", SCOTT)
        assert same(await secrets.credentials("oracle"), SCOTT)


async def test_a_bus_that_dies_is_no_crash(
    session_bus: SessionBus, secrets: KeyringSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KeyringDaemon(session_bus) as daemon:
        enter(daemon.env, monkeypatch)
        await secrets.keep_credentials("oracle", SCOTT)
    session_bus.stop()
    error = await error_of(secrets, Transient)
    assert error.code is Code.KEYRING_UNAVAILABLE


async def test_a_desktop_without_any_keyring_file_says_that_it_is_not_set_up(
    session_bus: SessionBus, secrets: KeyringSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bus starts gnome-keyring by itself; it would ask for a new keyring's password, and there is no screen."""
    enter(session_bus.env, monkeypatch)
    error = await error_of(secrets, Transient)
    assert (error.code, error.facts["reason"]) == (Code.KEYRING_UNAVAILABLE, "not_set_up")


@pytest.mark.parametrize(
    "chosen",
    [
        PLAINTEXT,
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyring.backends.chainer.ChainerBackend",
        "keyring.backends.kwallet.DBusKeyring",
        "modulo.que.nao.existe.Keyring",
        "keyring.backends.SecretService.NaoExiste",
        "",
    ],
)
@pytest.mark.usefixtures("open_keyring")
async def test_a_keyring_that_protects_nothing_is_never_used(
    secrets: KeyringSecrets, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", chosen)
    with pytest.raises(Transient) as refused:
        await secrets.keep_credentials("oracle", SCOTT)
    assert refused.value.code is Code.KEYRING_UNAVAILABLE
    assert refused.value.facts["reason"] == "no_safe_keyring"
    assert PlaintextKeyring.kept == {}


@pytest.mark.usefixtures("open_keyring", "plain_keyring_file")
async def test_nor_one_that_keyrings_own_configuration_names(secrets: KeyringSecrets) -> None:
    assert (await error_of(secrets, Transient)).facts["reason"] == "no_safe_keyring"


@pytest.mark.usefixtures("open_keyring")
async def test_the_desktops_keyring_may_be_named_as_well(
    secrets: KeyringSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.SecretService.Keyring")
    await secrets.keep_credentials("oracle", SCOTT)
    assert same(await secrets.credentials("oracle"), SCOTT)


@pytest.mark.usefixtures("open_keyring")
async def test_an_installed_plain_keyring_of_high_priority_is_passed_over(secrets: KeyringSecrets) -> None:
    assert PlaintextKeyring.priority == 100
    await secrets.keep_credentials("oracle", SCOTT)
    assert PlaintextKeyring.kept == {}


def files_below(folder: Path) -> list[bytes]:
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert files
    return files


async def test_the_password_shows_nowhere(
    open_keyring: KeyringDaemon, secrets: KeyringSecrets, private_home: PrivateHome, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await secrets.keep_credentials("oracle", SCOTT)
        found = await secrets.credentials("oracle")
        open_keyring.lock()
        with pytest.raises(NeedsHuman) as refused:
            await secrets.keep_credentials("oracle", SCOTT)
    everything = "".join(traceback.TracebackException.from_exception(refused.value, capture_locals=True).format())
    files = files_below(private_home.root)
    for shown in (caplog.text, repr(secrets.__dict__), repr(found), str(refused.value), everything):
        assert "tigre" not in shown
    assert not any("tigre".encode(encoding) in file for file in files for encoding in ("utf-8", "utf-16-le"))


UNUSED = """
import sys
from desktop.adapters.secrets.os_keyring import KeyringSecrets
KeyringSecrets("casa")
print("keyring" in sys.modules)
"""


def test_no_keyring_is_loaded_before_a_secret_is_asked_for() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", UNUSED], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout == "False\n"
