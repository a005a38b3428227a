"""On a server without a keyring the password comes from systemd or from a variable, and says so; never from a file."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

import pytest

from desktop.adapters.secrets.ordered import OrderedSecrets
from desktop.adapters.secrets.os_keyring import KeyringSecrets
from desktop.adapters.secrets.outside import Outside, OutsideSecrets
from desktop.domain.errors import Code, Fact, NeedsHuman, Rejected
from desktop.domain.secret import Credentials, Secret
from tests.integration.secrets.conftest import PATIENCE, SCOTT, same

ERP = Credentials("erp", Secret("tigre: é ção"))

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What systemd mounts for the unit."""
    made = tmp_path / "credentials"
    made.mkdir()
    return made


def given(user: str = "", variable: str = "", **environment: str) -> OutsideSecrets:
    return OutsideSecrets(lambda: {"oracle": Outside(user=user, variable=variable)}, environment)


def systemd(folder: Path, user: str = "") -> OutsideSecrets:
    return given(user, CREDENTIALS_DIRECTORY=str(folder))


def refusal(outside: OutsideSecrets, name: str = "oracle") -> dict[str, Fact]:
    with pytest.raises(NeedsHuman) as refused:
        outside.credentials(name)
    assert refused.value.code is Code.KEYRING_UNAVAILABLE
    return refused.value.facts


@pytest.mark.parametrize(
    ("text", "user"), [("erp\ntigre: é ção\n", ""), ("tigre: é ção\n", "erp"), ("tigre: é ção", "erp")]
)
def test_systemd_gives_the_password_alone_or_with_its_user(folder: Path, text: str, user: str) -> None:
    (folder / "oracle").write_text(text, "utf-8")
    assert same(systemd(folder, user).credentials("oracle"), ERP)


def test_each_data_source_has_its_own(folder: Path) -> None:
    (folder / "oracle").write_text("erp\none")
    (folder / "filial").write_text("filial\ntwo")
    outside = systemd(folder)
    assert same(outside.credentials("filial"), Credentials("filial", Secret("two")))
    assert outside.credentials("database") is None


@pytest.mark.parametrize("name", ["../oracle", "/etc/passwd", ".hidden", "a\\b", ".."])
def test_a_name_never_leads_out_of_systemds_folder(folder: Path, name: str) -> None:
    (folder.parent / "oracle").write_text("erp\nsecret")
    assert systemd(folder).credentials(name) is None
    assert not systemd(folder).gives(name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00", "credential_unreadable"),
        (b"x" * 5000, "credential_unreadable"),
        (b"one\ntwo\nthree", "credential_unreadable"),
        (b"password", "user_missing"),
        (b"", "user_missing"),
    ],
)
def test_a_credential_that_cannot_be_used_is_told(folder: Path, content: bytes, reason: str) -> None:
    (folder / "oracle").write_bytes(content)
    facts = refusal(systemd(folder))
    assert facts["reason"] == reason
    assert "password" not in str(facts.values())


def test_a_credential_that_cannot_be_opened_is_told(folder: Path) -> None:
    (folder / "oracle").mkdir()
    assert refusal(systemd(folder))["reason"] == "credential_unreadable"


def test_a_variable_gives_the_password_and_no_later_process_inherits_it() -> None:
    environment = {"ERP_SENHA": "tigre: é ção"}
    outside = OutsideSecrets(lambda: {"oracle": Outside(user="erp", variable="ERP_SENHA")}, environment)
    assert environment == {}
    assert same(outside.credentials("oracle"), ERP)
    assert same(outside.credentials("oracle"), ERP)


class HeldUp(dict[str, str]):
    """An environment whose thread is held up with what it took in its hand."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self.taken, self.go_on = Event(), Event()

    def pop(self, name: str, otherwise: str = "") -> str:  # type: ignore[override]
        found = super().pop(name, otherwise)
        if found:
            self.taken.set()
            self.go_on.wait(PATIENCE)
        return found


def test_of_two_who_ask_at_once_for_a_variable_that_was_just_named_both_get_it() -> None:
    environment = HeldUp({"ERP_SENHA": "tigre: é ção"})
    named: dict[str, Outside] = {}
    outside = OutsideSecrets(lambda: named, environment)
    named["oracle"] = Outside(user="erp", variable="ERP_SENHA")
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(outside.credentials, "oracle")
        assert environment.taken.wait(PATIENCE)
        second = threads.submit(outside.credentials, "oracle")
        wait([second], timeout=0.1)  # it may wait for the first one, who is let go only now
        environment.go_on.set()
        assert same(first.result(PATIENCE), ERP)
        assert same(second.result(PATIENCE), ERP)


def test_the_variable_is_the_programs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_SENHA", "tigre: é ção")
    outside = OutsideSecrets(lambda: {"oracle": Outside(user="erp", variable="ERP_SENHA")})
    assert "ERP_SENHA" not in os.environ
    assert same(outside.credentials("oracle"), ERP)


@pytest.mark.parametrize("environment", [{}, {"ERP_SENHA": ""}])
def test_a_variable_that_is_missing_is_told_by_its_name(environment: dict[str, str]) -> None:
    facts = refusal(given("erp", "ERP_SENHA", **environment))
    assert facts == {"reason": "variable_missing", "secret": "oracle", "variable": "ERP_SENHA"}


def test_systemd_goes_before_a_variable(folder: Path) -> None:
    (folder / "oracle").write_text("erp\ntigre: é ção")
    outside = given("other", "ERP_SENHA", CREDENTIALS_DIRECTORY=str(folder), ERP_SENHA="other")
    assert same(outside.credentials("oracle"), ERP)


def test_each_says_once_that_a_keyring_would_be_better(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "oracle").write_text("erp\ntigre: é ção")
    outside = systemd(folder)
    with caplog.at_level(logging.WARNING):
        outside.credentials("oracle")
        outside.credentials("oracle")
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "systemd" in warning
    assert "tigre" not in warning


@pytest.mark.usefixtures("open_keyring")
async def test_what_nobody_gives_from_outside_is_in_the_keyring(secrets: KeyringSecrets, folder: Path) -> None:
    ordered = OrderedSecrets(systemd(folder), secrets)
    await ordered.keep_credentials("oracle", SCOTT)
    assert same(await ordered.credentials("oracle"), SCOTT)
    (folder / "oracle").write_text("erp\ntigre: é ção")
    assert same(await ordered.credentials("oracle"), ERP)
    (folder / "oracle").unlink()
    await ordered.forget_credentials("oracle")
    assert await ordered.credentials("oracle") is None


@pytest.mark.parametrize("by_variable", [True, False])
async def test_a_password_that_would_never_be_read_is_not_kept(
    secrets: KeyringSecrets, folder: Path, by_variable: bool
) -> None:
    (folder / "oracle").write_text("erp\ntigre")
    outside = given("erp", "ERP_SENHA", ERP_SENHA="tigre") if by_variable else systemd(folder)
    with pytest.raises(Rejected) as refused:
        await OrderedSecrets(outside, secrets).keep_credentials("oracle", SCOTT)
    assert refused.value.facts["reason"] == "from_outside"


async def test_without_a_keyring_a_server_still_has_its_password(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    (folder / "oracle").write_text("erp\ntigre: é ção")
    assert same(await OrderedSecrets(systemd(folder), KeyringSecrets("casa")).credentials("oracle"), ERP)
