"""Questions and bad news outside of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from desktop.domain.cnpj import Cnpj
from desktop.domain.send import Origin
from desktop.domain.session import Session, SessionState, Starting
from desktop.services.sending import SendRequest
from desktop.ui.presence import Presence
from desktop.ui.translation import install_translations
from desktop.ui.tray import Tray
from desktop.ui.window import MainWindow, Place
from tests.ui.scene import NOBODY_SCANS, QUICK, Scene


@pytest.fixture
def in_portuguese(qapp: QCoreApplication) -> Iterator[None]:
    installed = install_translations(qapp, "pt_BR")
    yield
    for translator in installed:
        qapp.removeTranslator(translator)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def presence_of(scene: Scene, stack: ExitStack, state: SessionState = SessionState.CONNECTED) -> Presence:
    stack.enter_context(scene)
    scene.wait_state(state)
    tray = Tray()
    presence = Presence(scene, scene.services, tray, scene.folder)
    stack.callback(tray.remove)
    stack.callback(presence.bridge.deleteLater)
    return presence


def boxes() -> list[QMessageBox]:
    return [box for box in QApplication.topLevelWidgets() if isinstance(box, QMessageBox) and box.isVisible()]


def press(box: QMessageBox, text: str) -> None:
    button = next(button for button in box.buttons() if button.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.expects_error_log("nobody foresaw")
def test_a_bug_is_told_once_with_details_to_copy(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    presence = presence_of(Scene(folder), stack)

    def fail() -> None:
        raise ZeroDivisionError("never mind")

    for _ in range(3):
        presence.bridge.read(fail, lambda _: None)
    qtbot.waitUntil(lambda: len(boxes()) == 1)
    [box] = boxes()
    assert box.text() == "Aconteceu um erro que o programa não esperava."
    press(box, "&Copiar detalhes")
    assert "ZeroDivisionError: never mind" in QGuiApplication.clipboard().text()
    assert box.isVisible()
    press(box, "&Fechar")
    qtbot.waitUntil(lambda: boxes() == [])


def opened(presence: Presence, stack: ExitStack, qtbot: QtBot) -> MainWindow:
    presence.open()
    qtbot.waitUntil(lambda: presence.window is not None and presence.window.isVisible())
    assert presence.window is not None
    stack.callback(presence.window.deleteLater)
    stack.callback(presence.window.hide)
    return presence.window


def test_a_first_start_opens_where_the_phone_is_linked(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    presence = presence_of(Scene(folder, NOBODY_SCANS), stack, SessionState.QR)
    assert opened(presence, stack, qtbot).place is Place.WHATSAPP


def test_a_first_start_opens_there_also_before_whatsapp_has_sent_a_code(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    presence = presence_of(Scene(folder, NOBODY_SCANS), stack, SessionState.QR)
    presence.bridge.session_changed.emit(Session(name="principal", status=Starting(), since=datetime.now(UTC)))
    assert opened(presence, stack, qtbot).place is Place.WHATSAPP


def test_with_a_linked_number_the_window_opens_where_reports_are_sent(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    presence = presence_of(Scene(folder), stack)
    assert opened(presence, stack, qtbot).place is Place.SEND


def test_quitting_needs_no_question_while_nothing_is_being_sent(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    presence = presence_of(Scene(folder), stack)
    with qtbot.waitSignal(presence.quit_agreed):
        presence.ask_to_quit()
    assert boxes() == []


def test_quitting_asks_while_something_is_being_sent(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    scene = Scene(folder, replace(QUICK, ack_after=3.0))
    presence = presence_of(scene, stack)
    agreed: list[bool] = []
    presence.quit_agreed.connect(lambda: agreed.append(True))
    scene.submit(scene.services.sending.send_and_wait(SendRequest(cnpj=Cnpj("62567108000101"), origin=Origin.ERP)))
    qtbot.waitUntil(lambda: scene.look(lambda: scene.services.pipeline.sending))
    presence.ask_to_quit()
    qtbot.waitUntil(lambda: len(boxes()) == 1)
    [box] = boxes()
    assert box.text() == "Um relatório está sendo enviado. Sair mesmo assim?"
    QTest.keyClick(box, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: boxes() == [])
    assert agreed == []
    presence.ask_to_quit()
    qtbot.waitUntil(lambda: len(boxes()) == 1)
    press(boxes()[0], "&Sair")
    qtbot.waitUntil(lambda: agreed == [True])


@pytest.mark.expects_error_log
def test_a_damaged_database_is_set_aside_and_the_user_told_where(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    (folder / "malote.db").write_bytes(b"SQLite format 3\x00" + b"broken" * 4000)
    presence_of(Scene(folder), stack)
    qtbot.waitUntil(lambda: len(boxes()) == 1)
    [box] = boxes()
    assert box.text() == "O banco de dados do Malote estava danificado, por isso um novo foi criado."
    assert str(folder) in box.informativeText()
    press(box, "&Fechar")
    qtbot.waitUntil(lambda: boxes() == [])
