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
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Rejected
from desktop.domain.send import Origin
from desktop.domain.session import (
    Disconnected,
    HumanReason,
    NeedsPerson,
    OfflineCause,
    Session,
    SessionState,
    Starting,
    Status,
)
from desktop.services.sending import SendRequest
from desktop.ui.presence import Presence
from desktop.ui.translation import install_translations
from desktop.ui.tray import Tray
from desktop.ui.window import MainWindow, Place
from tests.harness.patience import PATIENCE
from tests.ui.scene import NOBODY_SCANS, WITHOUT_REPORT, Scene
from tests.ui.watched_tray import Tray as WatchedTray


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

    told: list[str] = []
    presence.bridge.failed.connect(told.append)
    for _ in range(3):
        presence.bridge.read(fail, lambda _: None)
    # One that came after the box was closed would be told in a box of its own.
    qtbot.waitUntil(lambda: len(told) == 3)
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
    with qtbot.waitSignal(presence.quit_agreed, timeout=int(PATIENCE * 1000)):
        presence.ask_to_quit()
    assert boxes() == []


def test_quitting_asks_while_something_is_being_sent(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    scene = Scene(folder)
    presence = presence_of(scene, stack)
    [engine] = scene.engines
    scene.look(engine.taking.clear)
    stack.callback(scene.look, engine.taking.set)
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


def watched(scene: Scene, stack: ExitStack) -> tuple[Presence, WatchedTray]:
    stack.enter_context(scene)
    scene.wait_state(SessionState.CONNECTED)
    tray = WatchedTray()
    presence = Presence(scene, scene.services, tray, scene.folder)
    stack.callback(tray.remove)
    stack.callback(presence.bridge.deleteLater)
    return presence, tray


def add_session(scene: Scene, name: str) -> None:
    scene.do(scene.services.sessions.add(name))
    scene.do(scene.services.sessions.start(name))
    scene.wait_state(SessionState.CONNECTED, name)


def tell(presence: Presence, scene: Scene, name: str, status: Status) -> None:
    presence.bridge.session_changed.emit(replace(scene.services.sessions.get(name), status=status))


def test_of_several_numbers_the_worst_shows_in_the_tray_and_the_tooltip_lists_them(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    scene = Scene(folder, simulated=False)
    presence, tray = watched(scene, stack)
    qtbot.waitUntil(lambda: tray.icon.toolTip() == "Malote: Conectado ao WhatsApp")
    add_session(scene, "Filial")
    qtbot.waitUntil(lambda: "Filial: Conectado ao WhatsApp" in tray.icon.toolTip())
    assert tray.icon.toolTip().startswith("Malote: 2 números conectados")
    tell(presence, scene, "Filial", Disconnected(cause=OfflineCause.NO_INTERNET))
    lines = tray.icon.toolTip().splitlines()
    assert lines == ["Malote: Filial: Sem internet", "Filial: Sem internet", "principal: Conectado ao WhatsApp"]
    tell(presence, scene, "principal", NeedsPerson(HumanReason.QR_EXPIRED))
    assert tray.icon.toolTip().startswith("Malote: principal: Ninguém leu o QR code a tempo")


def test_a_tooltip_of_many_numbers_is_cut_where_nobody_is_needed(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    scene = Scene(folder, simulated=False)
    presence, tray = watched(scene, stack)
    for number in range(8):
        scene.do(scene.services.sessions.add(f"Filial {number}"))
    qtbot.waitUntil(lambda: tray.icon.toolTip().endswith("e mais 3"))
    tell(presence, scene, "Filial 7", NeedsPerson(HumanReason.BANNED))
    assert tray.icon.toolTip().splitlines()[1].startswith("Filial 7: ")


def test_each_number_that_needs_somebody_is_told_once_by_its_name(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    scene = Scene(folder, simulated=False)
    presence, tray = watched(scene, stack)
    add_session(scene, "Filial")
    # Not before: it needs somebody until its code is scanned.
    qtbot.waitUntil(lambda: "Filial: Conectado ao WhatsApp" in tray.icon.toolTip())
    tray.told.clear()
    for _ in range(2):
        tell(presence, scene, "Filial", NeedsPerson(HumanReason.QR_EXPIRED))
    tell(presence, scene, "principal", NeedsPerson(HumanReason.REPLACED))
    assert [title for title, _ in tray.told] == [
        "Filial: Ninguém leu o QR code a tempo",
        "principal: Outro computador está usando esta mesma conexão",
    ]
    tray.clicks[-2]()
    window = presence.window
    assert window is not None
    stack.callback(window.deleteLater)
    stack.callback(window.hide)
    assert window.place is Place.WHATSAPP
    qtbot.waitUntil(lambda: "Filial" in [label.text() for label in window.findChildren(QLabel, "session-name")])


def test_a_report_that_went_to_an_unconfirmed_group_is_told_and_leads_to_the_history(
    in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot
) -> None:
    scene = Scene(folder, simulated=False)
    presence, tray = watched(scene, stack)
    change = scene.services.settings.change
    scene.look(lambda: change({"groups.policy": "warn"}))
    scene.do(scene.services.sending.send_and_wait(SendRequest(cnpj=Cnpj("62567108000101"), origin=Origin.ERP)))
    qtbot.waitUntil(lambda: len(tray.told) == 1)
    [(title, text)] = tray.told
    assert title == "Mercado São João"
    assert text == "O relatório foi para “Vendas · Diretoria” (11 participantes), grupo que ninguém confirmou."
    for cnpj in ("11222333000181", "12ABC34501DE35"):
        scene.do(scene.services.sending.send_and_wait(SendRequest(cnpj=Cnpj(cnpj), origin=Origin.ERP)))
    qtbot.waitUntil(lambda: len(tray.told) == 2)
    assert tray.told[1][0] == "2 relatórios foram para grupos que ninguém confirmou"
    tray.clicks[-1]()
    window = presence.window
    assert window is not None
    stack.callback(window.deleteLater)
    stack.callback(window.hide)
    assert window.place is Place.HISTORY


def test_many_failures_at_once_are_told_once(in_portuguese: None, folder: Path, stack: ExitStack, qtbot: QtBot) -> None:
    scene = Scene(folder)
    _, tray = watched(scene, stack)
    # Meanwhile this thread stands still, and the window hears of all three at once, however long each takes.
    for cnpj in ("33000167000101", WITHOUT_REPORT, "00000000000191"):
        with pytest.raises(Rejected):
            scene.do(scene.services.sending.send_and_wait(SendRequest(cnpj=Cnpj(cnpj), origin=Origin.ERP)))
    qtbot.waitUntil(lambda: bool(tray.told))
    assert tray.told == [("3 relatórios não saíram", "Clique para ver quais e por quê.")]


def test_a_program_that_cannot_be_told_is_told_of(in_portuguese: None, folder: Path, stack: ExitStack) -> None:
    scene = Scene(folder)
    presence, tray = watched(scene, stack)
    presence.bridge.webhook_trouble.emit("principal")
    assert tray.told[-1] == (
        "Um programa não pôde ser avisado",
        "O webhook de “principal” não recebe as notícias dele. Clique para ver por quê.",
    )
    tray.clicks[-1]()
    assert presence.window is not None
    assert presence.window.place is Place.ERP


def test_messages_that_cannot_be_kept_are_told_of_once(in_portuguese: None, folder: Path, stack: ExitStack) -> None:
    scene = Scene(folder)
    presence, tray = watched(scene, stack)
    for total in (1, 500, 1_000):
        presence.bridge.messages_lost.emit(total)
    assert tray.told == [
        (
            "Mensagens recebidas não estão sendo guardadas",
            "Os programas que leem mensagens pelo Malote não vão encontrá-las. Clique para ver o que fazer.",
        )
    ]
    tray.clicks[-1]()
    assert presence.window is not None
    assert presence.window.place is Place.WHATSAPP
