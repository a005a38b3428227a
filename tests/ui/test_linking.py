"""A phone is linked by camera or by typing letters; both can be given up, expire and be begun anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.session import HumanReason, NeedsPerson, Qr, SessionState
from desktop.ui.phone import read_phone
from desktop.ui.widgets.pairing import PairingView
from desktop.ui.widgets.qr import QrView
from tests.ui.conftest import SetStage
from tests.ui.scene import NOBODY_SCANS, QUICK
from tests.ui.stage import Stage


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("(11) 98765-4321", "5511987654321"),
        ("11 3456-7890", "551134567890"),
        ("011987654321", "5511987654321"),
        ("+55 (11) 98765-4321", "5511987654321"),
        ("5511987654321", "5511987654321"),
        ("+1 415 555 2671", "14155552671"),
        ("98765-4321", None),
        ("", None),
        ("onze 98765", None),
        ("+1", None),
        ("4155552671234", None),
        ("١١987654321", None),
    ],
)
def test_a_number_is_read_as_people_type_it_and_its_ninth_digit_is_never_touched(typed: str, phone: str | None) -> None:
    assert read_phone(typed) == phone


def group_texts(view: QWidget) -> list[str]:
    return [part.text() for part in view.findChildren(QLabel) if part.objectName() == "pairing-group"]


def test_the_letters_stand_in_two_groups_and_are_copied_as_whatsapp_writes_them(qtbot: QtBot) -> None:
    view = PairingView()
    qtbot.addWidget(view)
    view.show()
    view.show_code("SEB3-FM77", datetime.now(UTC) + timedelta(seconds=160))
    assert group_texts(view) == ["SEB3", "FM77"]
    heard = [part.accessibleName() for part in view.findChildren(QLabel) if part.objectName() == "pairing-group"]
    assert heard == ["S E B 3", "F M 7 7"]
    [copy] = view.findChildren(QPushButton)
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "SEB3-FM77"


def test_letters_leave_the_screen_the_moment_they_expire(qtbot: QtBot) -> None:
    view = PairingView()
    qtbot.addWidget(view)
    view.show()
    view.show_code("SEB3-FM77", datetime.now(UTC) + timedelta(seconds=1))
    qtbot.waitUntil(lambda: view.code == "")
    assert "SEB3" not in group_texts(view)
    [copy] = view.findChildren(QPushButton)
    assert not copy.isEnabled()


@pytest.fixture
def unlinked(set_stage: SetStage, qtbot: QtBot) -> Stage:
    """The WhatsApp page with a QR code that nobody scans."""
    stage = set_stage(scanned=False)
    stage.go("whatsapp")
    [view] = stage.window.findChildren(QrView)
    stage.until(lambda: view.text and view.isVisible(), "the code")
    return stage


def letters(stage: Stage) -> PairingView:
    [view] = stage.window.findChildren(PairingView)
    return view


def test_a_phone_number_brings_letters_and_the_way_back_is_a_new_qr_code(unlinked: Stage) -> None:
    unlinked.click("link-by-phone")
    assert unlinked.window.focusWidget() is unlinked.find(QLineEdit, "link-phone")
    unlinked.type_phone("(11) 98765-4321")
    unlinked.until(lambda: letters(unlinked).isVisible() and letters(unlinked).code, "the letters")
    assert unlinked.reads("No celular +55 (11) 98765-4321:")
    assert unlinked.reads("Este código vale por mais 2:")
    unlinked.click("link-cancel-code")
    [view] = unlinked.window.findChildren(QrView)
    unlinked.until(lambda: view.isVisible() and view.text, "the QR code")
    assert letters(unlinked).code == ""


def test_enter_asks_for_the_letters_and_a_slip_is_told_at_the_field(unlinked: Stage) -> None:
    unlinked.click("link-by-phone")
    phone = unlinked.find(QLineEdit, "link-phone")
    unlinked.type_into(phone, "98765")
    QTest.keyClick(phone, Qt.Key.Key_Return)
    assert unlinked.reads("Digite o número com o DDD")
    phone.clear()
    unlinked.type_into(phone, "11987654321")
    QTest.keyClick(phone, Qt.Key.Key_Return)
    unlinked.until(lambda: letters(unlinked).isVisible() and letters(unlinked).code, "the letters")


def test_a_new_qr_code_does_not_take_the_field_away_from_whoever_types(unlinked: Stage) -> None:
    unlinked.click("link-by-phone")
    unlinked.tell(Qr("the next code", datetime.now(UTC) + timedelta(seconds=20)))
    assert unlinked.find(QLineEdit, "link-phone").isVisible()
    unlinked.click("link-back")
    [view] = unlinked.window.findChildren(QrView)
    assert view.isVisible()
    assert view.text == "the next code"


def test_letters_typed_on_the_phone_connect(set_stage: SetStage) -> None:
    stage = set_stage(scanned=False)
    stage.go("whatsapp")
    stage.until(lambda: stage.find(QPushButton, "link-by-phone").isVisible(), "the way to the letters")
    stage.click("link-by-phone")
    stage.scene.go_on_at(QUICK)
    # Looked at after each step, since they are gone as soon as the phone has them.
    shown: list[str] = []
    stage.bridge.session_changed.connect(lambda _: shown.append(letters(stage).code))
    stage.type_phone("(11) 98765-4321")
    stage.until(lambda: stage.find(QLabel, "session-state").text().startswith("Conectado"), "the connection")
    assert any(shown)
    assert not letters(stage).isVisible()


def test_letters_that_nobody_typed_are_asked_for_again_with_one_click(unlinked: Stage) -> None:
    unlinked.click("link-by-phone")
    unlinked.type_phone("(11) 98765-4321")
    unlinked.until(lambda: letters(unlinked).code, "the letters")
    unlinked.tell(NeedsPerson(HumanReason.PAIRING_CODE_EXPIRED))
    assert unlinked.reads("Ninguém digitou o código a tempo")
    assert not letters(unlinked).isVisible()
    assert unlinked.find(QPushButton, "session-next").text() == "Pedir &novo código"
    assert unlinked.find(QPushButton, "session-other").text() == "Usar o QR code"
    unlinked.click("session-next")
    unlinked.until(lambda: letters(unlinked).isVisible() and letters(unlinked).code, "new letters")
    assert unlinked.reads("+55 (11) 98765-4321")


def test_after_a_restart_the_number_is_asked_for_before_new_letters(unlinked: Stage) -> None:
    unlinked.tell(NeedsPerson(HumanReason.PAIRING_CODE_EXPIRED))
    unlinked.click("session-next")
    assert unlinked.find(QLineEdit, "link-phone").isVisible()


def test_where_no_code_is_on_show_letters_can_be_asked_for_all_the_same(unlinked: Stage) -> None:
    unlinked.scene.do(unlinked.scene.services.sessions.stop("principal"))
    unlinked.until(lambda: unlinked.reads("Conectar com número de telefone"), "the way to the letters")
    unlinked.click("session-other")
    unlinked.type_phone("(11) 98765-4321")
    unlinked.until(lambda: letters(unlinked).isVisible() and letters(unlinked).code, "the letters")


def visible_box(stage: Stage) -> QMessageBox:
    return next(box for box in stage.window.findChildren(QMessageBox) if box.isVisible())


def test_linking_another_phone_asks_first_and_enter_keeps_the_link(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("Mais opçõe&s"), "the menu")
    menu = stage.find(QPushButton, "session-more").menu()
    assert menu is not None
    for answer in ("no", "yes"):
        menu.aboutToShow.emit()
        next(action for action in menu.actions() if action.text() == "&Vincular outro celular…").trigger()
        question = visible_box(stage)
        assert "+55 (00) 00000-0000" in question.informativeText()
        if answer == "no":
            QTest.keyClick(question, Qt.Key.Key_Return)
            assert stage.scene.look(lambda: stage.scene.services.sessions.get("principal").has_link)
    stage.scene.go_on_at(NOBODY_SCANS)
    yes = next(button for button in question.buttons() if button.text() == "&Vincular outro")
    QTest.mouseClick(yes, Qt.MouseButton.LeftButton)
    [view] = stage.window.findChildren(QrView)
    stage.until(lambda: view.isVisible() and view.text, "the code for the other phone")


def test_letters_over_a_link_that_appeared_meanwhile_ask_first(unlinked: Stage) -> None:
    unlinked.click("link-by-phone")
    before = unlinked.scene.look(lambda: unlinked.scene.services.sessions.get("principal"))
    unlinked.scene.go_on_at(QUICK)
    unlinked.scene.do(unlinked.scene.services.sessions.restart("principal"))
    unlinked.scene.wait_state(SessionState.CONNECTED)
    unlinked.until(lambda: unlinked.reads("Pronto para enviar."), "the link")
    unlinked.bridge.session_changed.emit(before)
    unlinked.click("link-by-phone")
    unlinked.type_phone("(11) 98765-4321")
    unlinked.until(lambda: any(box.isVisible() for box in unlinked.window.findChildren(QMessageBox)), "the question")
    yes = next(button for button in visible_box(unlinked).buttons() if button.text() == "&Vincular outro")
    QTest.mouseClick(yes, Qt.MouseButton.LeftButton)
    unlinked.until(lambda: letters(unlinked).isVisible() and letters(unlinked).code, "the letters")


def test_another_number_than_before_is_shown_beside_it_and_taken_or_unlinked(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("Pronto para enviar."), "the state")
    stage.tell(NeedsPerson(HumanReason.OTHER_ACCOUNT, detail="5511987654321"))
    assert stage.reads("Número vinculado antes")
    assert stage.reads("+55 (00) 00000-0000")
    assert stage.reads("Número vinculado agora")
    assert stage.reads("+55 (11) 98765-4321")
    assert stage.find(QPushButton, "session-next").text() == "&Usar este número"
    stage.click("session-other")
    assert visible_box(stage).text() == "Desvincular +55 (11) 98765-4321?"
