"""Whoever's database speaks TLS only says so in the settings, and what it takes is asked for then and not before."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton

from desktop.domain.secret import Credentials, Secret
from desktop.domain.settings import WALLET_USER, OracleSource
from desktop.ui.widgets.note import Note
from tests.ui.conftest import SetStage
from tests.ui.stage import Stage

PASSWORD = "carteira só minha"
TLS = "directory.oracle.tls"
MATCH = "directory.oracle.match_server_name"
WALLET = "directory.oracle.wallet"


@pytest.fixture
def stage(set_stage: SetStage) -> Stage:
    stage = set_stage()
    stage.go("settings")
    stage.press_radio("directory-oracle")
    return stage


def kept(stage: Stage) -> OracleSource:
    return stage.scene.look(lambda: stage.scene.services.settings.load().directory.oracle)


def press(stage: Stage, name: str) -> None:
    box = stage.find(QCheckBox, name)
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(12, box.height() // 2))


def write(stage: Stage, name: str, text: str) -> None:
    line = stage.find(QLineEdit, name)
    line.clear()
    stage.type_into(line, text)
    line.textEdited.emit(text)


def save(stage: Stage) -> None:
    stage.click("save-settings")
    stage.until(lambda: stage.find(Note, "settings-outcome").said == "Salvo", "the save")


def test_nothing_of_tls_is_asked_for_where_it_is_not_spoken(stage: Stage) -> None:
    assert not stage.find(QLineEdit, WALLET).isVisible()
    press(stage, TLS)
    assert stage.find(QLineEdit, WALLET).isVisible()
    assert stage.find(QCheckBox, MATCH).isChecked()


def test_what_tls_takes_is_kept_when_saved(stage: Stage, tmp_path: Path) -> None:
    press(stage, TLS)
    write(stage, WALLET, str(tmp_path))
    press(stage, MATCH)
    assert not kept(stage).tls
    save(stage)
    assert (kept(stage).tls, kept(stage).wallet, kept(stage).match_server_name) == (True, str(tmp_path), False)


def test_the_wallet_s_password_goes_to_the_keyring_and_nowhere_else(stage: Stage) -> None:
    press(stage, TLS)
    write(stage, "wallet-password", PASSWORD)
    save(stage)
    found = stage.scene.secrets.kept[kept(stage).wallet_secret]
    assert (found.user, found.password.reveal()) == (WALLET_USER, PASSWORD)
    line = stage.find(QLineEdit, "wallet-password")
    stage.until(lambda: line.text() == "" and "cofre" in line.placeholderText(), "the emptied field")
    assert line.echoMode() is QLineEdit.EchoMode.Password
    files = [path for path in stage.scene.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]


def test_a_wallet_whose_password_is_kept_says_so(set_stage: SetStage) -> None:
    stage = set_stage(settings={"directory.kind": "oracle", TLS: True, WALLET: "/srv/carteira"})
    stage.scene.secrets.kept["oracle.wallet"] = Credentials(WALLET_USER, Secret(PASSWORD))
    stage.go("settings")
    line = stage.find(QLineEdit, "wallet-password")
    stage.until(lambda: "cofre" in line.placeholderText(), "what the keyring has")
    assert line.text() == ""
    assert stage.find(QLineEdit, WALLET).text() == "/srv/carteira"
    assert not stage.find(QPushButton, "save-settings").isEnabled()


def test_discarding_takes_it_back(stage: Stage) -> None:
    press(stage, TLS)
    write(stage, "wallet-password", PASSWORD)
    discard = next(button for button in stage.window.findChildren(QPushButton) if button.text() == "&Descartar")
    QTest.mouseClick(discard, Qt.MouseButton.LeftButton)
    stage.until(lambda: not stage.find(QCheckBox, TLS).isChecked(), "what is kept")
    assert stage.find(QLineEdit, "wallet-password").text() == ""
    assert not stage.scene.secrets.kept
