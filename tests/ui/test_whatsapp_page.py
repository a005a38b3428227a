"""The link to the phone: a live code, plain words for every state, one thing to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from qrcode.main import QRCode

from desktop.domain.message import Media
from desktop.domain.session import (
    Broken,
    Connected,
    Degraded,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    PairingCode,
    Qr,
    Session,
    SessionState,
    Starting,
    Status,
    Stopped,
    UnlinkCause,
)
from desktop.ui.messages import Step, TrayState, session_words
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.qr import QrCanvas, QrView, qr_image
from tests.integration.storage.letters import picture
from tests.ui.conftest import SetStage
from tests.ui.stage import Stage

TEXT = "https://wa.me/settings/linked_devices#2@" + "a1B2c3D4/+" * 20

NOBODY_CAN_MEND = {HumanReason.BANNED, HumanReason.RESTRICTED}
STATES: list[tuple[Status, TrayState]] = [
    (Starting(), TrayState.STARTING),
    (Qr("x", datetime(2030, 1, 1, tzinfo=UTC)), TrayState.NEEDS_YOU),
    (PairingCode("SEB3-FM77", "5511987654321", datetime(2030, 1, 1, tzinfo=UTC)), TrayState.NEEDS_YOU),
    (Connected(), TrayState.OK),
    (Degraded(2), TrayState.NEEDS_YOU),
    (Disconnected(), TrayState.OFFLINE),
    (Stopped(), TrayState.OFFLINE),
    (LoggedOut(UnlinkCause.PHONE), TrayState.NEEDS_YOU),
    (LoggedOut(UnlinkCause.HERE), TrayState.NEEDS_YOU),
    (Broken("no library"), TrayState.NEEDS_YOU),
    *(
        (NeedsPerson(reason), TrayState.RESTRICTED if reason in NOBODY_CAN_MEND else TrayState.NEEDS_YOU)
        for reason in HumanReason
    ),
]


def modules(image: QImage, side: int) -> list[list[bool]]:
    """What a camera would see: dark or not, at the middle of each module."""
    step = image.width() / side
    return [
        [image.pixelColor(int((x + 0.5) * step), int((y + 0.5) * step)).lightness() < 128 for x in range(side)]
        for y in range(side)
    ]


@pytest.mark.parametrize(("status", "tray"), STATES)
def test_every_state_has_plain_words_a_picture_and_at_most_one_button(
    stage: Stage, status: Status, tray: TrayState
) -> None:
    session = Session(name="principal", status=status, since=datetime.now(UTC))
    words = session_words(session)
    assert words.title
    assert words.text
    assert words.tray is tray
    waits_by_itself = isinstance(status, Starting | Qr | PairingCode | Connected | Disconnected)
    assert bool(words.button) is not waits_by_itself
    assert (words.step is Step.NONE) is waits_by_itself


def test_the_code_on_the_screen_is_the_one_whatsapp_gave_dot_for_dot(qtbot: QtBot) -> None:
    code = QRCode(error_correction=1, border=4)
    code.add_data(TEXT)
    view = QrView()
    qtbot.addWidget(view)
    view.show_code(TEXT, datetime.now(UTC) + timedelta(seconds=30))
    view.show()
    [canvas] = view.findChildren(QrCanvas)
    picture = canvas.grab().toImage()
    matrix = code.get_matrix()
    drawn = (canvas.width() // len(matrix)) * len(matrix)
    margin = (canvas.width() - drawn) // 2
    assert modules(picture.copy(margin, margin, drawn, drawn), len(matrix)) == matrix
    shades = {picture.pixelColor(x, picture.height() // 2).lightness() for x in range(picture.width())}
    assert shades == {0, 255}, "edges are blurred"


def test_one_pixel_is_one_module() -> None:
    image = qr_image(TEXT)
    code = QRCode(error_correction=1, border=4)
    code.add_data(TEXT)
    assert modules(image, image.width()) == code.get_matrix()


def test_a_code_leaves_the_screen_the_moment_it_expires(qtbot: QtBot) -> None:
    view = QrView()
    qtbot.addWidget(view)
    view.show()
    # Drawn first, which may take its time.
    view.show_code(TEXT, datetime.now(UTC) + timedelta(minutes=1))
    assert view.text == TEXT
    view.show_code(TEXT, datetime.now(UTC) + timedelta(seconds=1))
    qtbot.waitUntil(lambda: view.text == "")
    [canvas] = view.findChildren(QrCanvas)
    picture = canvas.grab().toImage()
    assert {picture.pixelColor(x, y).lightness() for x in range(0, 300, 7) for y in range(0, 300, 7)} == {255}


def test_a_code_that_has_expired_already_is_never_shown(qtbot: QtBot) -> None:
    view = QrView()
    qtbot.addWidget(view)
    view.show_code(TEXT, datetime.now(UTC) - timedelta(seconds=1))
    assert view.text == ""


def test_scanning_the_code_connects_and_the_code_goes_away(set_stage: SetStage) -> None:
    stage = set_stage(scanned=False)
    stage.go("whatsapp")
    [view] = stage.window.findChildren(QrView)
    stage.until(lambda: view.text and view.isVisible(), "the code")
    assert stage.reads("Toque em Conectar dispositivo")
    assert stage.reads("Este código muda em")
    stage.scene.do(stage.scene.services.sessions.stop("principal"))
    stage.until(lambda: not view.text and not view.isVisible(), "the code to go away")
    assert stage.find(QPushButton, "session-next").text() == "C&onectar"


def test_a_stopped_session_is_connected_with_one_click(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.scene.do(stage.scene.services.sessions.stop("principal"))
    stage.until(lambda: stage.find(QPushButton, "session-next").isVisible(), "the way back")
    stage.click("session-next")
    stage.until(lambda: stage.find(QLabel, "session-state").text().startswith("Conectado"), "the connection")
    assert not stage.find(QPushButton, "session-next").isVisible()


def test_the_linked_number_is_shown_as_people_write_it(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("+55 (00) 00000-0000"), "the number")


def unlink(stage: Stage) -> QMessageBox:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("Desvincular o celular…"), "the button")
    stage.click("session-other")
    [question] = stage.window.findChildren(QMessageBox)
    return question


def test_unlinking_asks_first_and_enter_keeps_the_link(stage: Stage) -> None:
    question = unlink(stage)
    QTest.keyClick(question, Qt.Key.Key_Return)
    stage.settle()
    assert stage.scene.look(lambda: stage.scene.services.sessions.get("principal").state) is SessionState.CONNECTED


def test_unlinking_offers_a_new_code(stage: Stage) -> None:
    question = unlink(stage)
    yes = next(button for button in question.buttons() if button.text() == "&Desvincular")
    QTest.mouseClick(yes, Qt.MouseButton.LeftButton)
    stage.until(lambda: stage.find(QPushButton, "session-next").text() == "&Gerar novo QR code", "the offer")
    stage.click("session-next")
    stage.until(lambda: stage.find(QLabel, "session-state").text().startswith("Conectado"), "the new link")


def test_a_number_that_is_not_linked_any_more_is_not_called_linked(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("Número vinculado"), "the number")
    stage.tell(LoggedOut(UnlinkCause.PHONE))
    assert "Número vinculado antes" in stage.texts()
    assert "Número vinculado" not in stage.texts()


def test_somebody_lets_a_number_keep_its_messages_with_the_keyboard_and_ends_it(stage: Stage) -> None:
    def keeps() -> bool:
        profile = stage.scene.services.sessions.get("principal").profile
        return profile is not None and profile.keeps_messages

    def decided(wish: bool) -> bool:
        return stage.scene.look(keeps) is wish

    stage.go("whatsapp")
    box = stage.find(QCheckBox, "session-keeps-messages")
    stage.until(box.isVisible, "the choice")
    assert (box.isChecked(), box.accessibleName()) == (False, "Guardar as mensagens recebidas")
    for wish in (True, False):
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)
        stage.until(partial(decided, wish), "the decision")
        stage.settle()
        assert box.isChecked() is wish
        assert stage.window.focusWidget() is box
    # Somebody else may decide it, at a terminal.
    stage.scene.do(stage.scene.services.sessions.set_keeps_messages("principal", True))
    stage.until(box.isChecked, "what was decided elsewhere")


def test_a_choice_that_is_refused_goes_back_and_says_why(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("00000-0000"), "the number")
    here = stage.scene.look(lambda: stage.scene.services.sessions.get("principal"))
    # Removed at a terminal a moment ago: the window has yet to hear of it.
    stage.bridge.session_removed.emit("principal")
    stage.bridge.session_changed.emit(replace(here, name="Removida"))
    box = stage.find(QCheckBox, "session-keeps-messages")
    stage.until(box.isVisible, "the choice")
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked()
    stage.until(lambda: "Removida" in stage.find(Note, "session-problem").said, "the refusal")
    assert not box.isChecked()


@pytest.mark.expects_error_log("a message cannot be kept")
def test_messages_that_could_not_be_kept_are_told_while_somebody_looks_and_after_that(stage: Stage) -> None:
    stage.go("whatsapp")
    note = stage.find(Note, "messages-lost")
    stage.until(lambda: stage.reads("00000-0000"), "the number")
    assert note.said == ""
    services, [engine] = stage.scene.services, stage.scene.engines
    stage.scene.do(services.sessions.set_keeps_messages("principal", True))
    monstrous = Media(mimetype="image/jpeg", size=2**70, ticket=b"k")
    stage.scene.look(lambda: engine.receive(picture("1", session="principal", media=monstrous)))
    stage.until(lambda: note.said.startswith("1 mensagem recebida não pôde ser guardada"), "the loss")
    stage.go("send")
    stage.go("whatsapp")
    assert note.said.startswith("1 mensagem")
    stage.scene.look(lambda: engine.receive(picture("2", session="principal", media=monstrous)))
    stage.until(lambda: note.said.startswith("2 mensagens recebidas não puderam ser guardadas"), "the second loss")
