"""Several WhatsApp numbers in one window: a list, what can be done with each, and one that is as simple as ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListView, QMenu, QMessageBox, QPushButton

from desktop.domain.cnpj import Cnpj
from desktop.domain.history import HistoryFilter
from desktop.domain.session import (
    Connected,
    Disconnected,
    HumanReason,
    NeedsPerson,
    PairingCode,
    Profile,
    Qr,
    Session,
    SessionState,
    Starting,
    Status,
    Stopped,
)
from desktop.ui.messages import worst_first
from desktop.ui.models.sessions import SessionsModel
from desktop.ui.pages.whatsapp_company import CompanyChoice
from desktop.ui.pages.whatsapp_linking import LinkCard
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.qr import QrView
from tests.ui.stage import Stage

MARKET = Cnpj("62567108000101")


def sessions(stage: Stage) -> list[Session]:
    return stage.scene.look(stage.scene.services.sessions.all)


def session(stage: Stage, name: str) -> Session:
    return next(one for one in sessions(stage) if one.name == name)


def listed(stage: Stage) -> list[str]:
    model = stage.find(QListView, "session-list").model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def choose(stage: Stage, text: str) -> None:
    """What a person finds under «Mais opções»."""
    menu = stage.find(QPushButton, "session-more").menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    action = next(action for action in menu.actions() if action.text().replace("&", "") == text)
    action.trigger()


def offered(stage: Stage) -> list[str]:
    menu = stage.find(QPushButton, "session-more").menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    return [action.text().replace("&", "") for action in menu.actions() if action.text()]


def agree(stage: Stage) -> QMessageBox:
    """Say yes to the question on show, whose Enter leaves everything as it is."""
    question = next(box for box in stage.window.findChildren(QMessageBox) if box.isVisible())
    yes = next(button for button in question.buttons() if button is not question.defaultButton())
    QTest.mouseClick(yes, Qt.MouseButton.LeftButton)
    return question


def answer(stage: Stage, text: str) -> QDialog:
    """Type into the question on show and press Enter."""
    dialog = next(one for one in stage.window.findChildren(QDialog) if one.isVisible())
    line = dialog.findChild(QLineEdit, "answer")
    assert isinstance(line, QLineEdit)
    line.clear()
    stage.type_into(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)
    return dialog


@pytest.fixture
def several(stage: Stage) -> Stage:
    """«principal» and «Mercado» are connected, «Loja da Praça» was never started."""
    stage.add_sessions()
    # The page begins with a number that needs somebody, where there is one.
    stage.until(lambda: "2 números conectados" in stage.find(QLabel, "state").text(), "what became of them")
    stage.go("whatsapp")
    stage.until(lambda: len(listed(stage)) == 3, "three numbers")
    return stage


def test_one_number_has_no_list(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("Pronto para enviar."), "the state")
    assert not stage.find(QListView, "session-list").isVisible()
    assert not stage.find(QLabel, "session-name").isVisible()
    assert stage.reads("Adicionar outro número")
    assert "Tornar padrão" not in offered(stage)


def test_the_list_has_the_default_first_and_says_all_to_a_screen_reader(several: Stage) -> None:
    assert listed(several) == ["principal", "Loja da Praça", "Mercado"]
    model = several.find(QListView, "session-list").model()
    assert isinstance(model, SessionsModel)
    heard = [model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert heard[0] == "principal, padrão, Conectado ao WhatsApp, +55 (00) 00000-0000"
    assert heard[1] == "Loja da Praça, Desconectado por você"
    several.until(
        lambda: model.index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole).endswith("Mercado São João"), "its company"
    )


def test_the_arrow_keys_walk_through_the_numbers(several: Stage) -> None:
    numbers = several.find(QListView, "session-list")
    QTest.keyClick(numbers, Qt.Key.Key_Down)
    assert several.find(QLabel, "session-name").text() == "Loja da Praça"
    assert several.find(QPushButton, "session-next").text() == "C&onectar"
    QTest.keyClick(numbers, Qt.Key.Key_Down)
    assert several.find(QLabel, "session-name").text() == "Mercado"
    assert several.reads("Só para os relatórios de")


def test_each_button_is_for_the_number_on_show(several: Stage) -> None:
    several.window.show_session("Loja da Praça")
    several.click("session-next")
    several.until(lambda: session(several, "Loja da Praça").state is SessionState.CONNECTED, "its connection")
    several.until(lambda: several.reads("Desvincular o celular…"), "its page")
    choose(several, "Parar por enquanto")
    several.until(lambda: session(several, "Loja da Praça").state is SessionState.STOPPED, "its end")
    assert session(several, "principal").state is SessionState.CONNECTED


def test_a_number_is_added_by_its_name_alone_and_shown(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.click("add-session")
    answer(stage, "Filial Centro")
    stage.until(lambda: stage.find(QLabel, "session-name").text() == "Filial Centro", "the new number")
    stage.until(lambda: session(stage, "Filial Centro").state is not SessionState.STOPPED, "its code")
    assert listed(stage) == ["principal", "Filial Centro"]


@pytest.mark.parametrize(("name", "said"), [("Principal", "Já existe"), ("../x", "nome")])
def test_a_name_that_cannot_be_is_refused_where_it_was_typed(stage: Stage, name: str, said: str) -> None:
    stage.go("whatsapp")
    stage.click("add-session")
    dialog = answer(stage, name)
    stage.until(lambda: any(said in part.text() for part in dialog.findChildren(QLabel) if part.isVisible()), said)
    assert len(sessions(stage)) == 1
    answer(stage, "Filial")
    stage.until(lambda: len(sessions(stage)) == 2, "the second try")
    stage.until(lambda: not dialog.isVisible(), "the end of the question")


def test_a_number_gets_another_name_and_stays_on_show(several: Stage) -> None:
    several.window.show_session("Mercado")
    choose(several, "Mudar o nome…")
    answer(several, "Mercado São João")
    several.until(lambda: listed(several) == ["principal", "Loja da Praça", "Mercado São João"], "the new name")
    several.until(lambda: several.find(QLabel, "session-name").text() == "Mercado São João", "its page")


def test_the_default_is_another_one_by_choice(several: Stage) -> None:
    several.window.show_session("Mercado")
    choose(several, "Tornar padrão")
    several.until(lambda: listed(several)[0] == "Mercado", "the new default")
    assert "Tornar padrão" not in offered(several)


def test_removing_says_what_is_lost_and_enter_keeps_the_number(several: Stage) -> None:
    several.window.show_session("Mercado")
    choose(several, "Remover este número…")
    question = next(box for box in several.window.findChildren(QMessageBox) if box.isVisible())
    assert question.text() == "Remover “Mercado”?"
    assert "mensagens guardadas" in question.informativeText()
    QTest.keyClick(question, Qt.Key.Key_Return)
    several.settle()
    assert len(sessions(several)) == 3
    choose(several, "Remover este número…")
    agree(several)
    several.until(lambda: listed(several) == ["principal", "Loja da Praça"], "the removal")
    several.until(lambda: several.find(QLabel, "session-name").text() == "principal", "the default's page")


def test_starting_afresh_asks_and_unlinks_every_number(several: Stage) -> None:
    choose(several, "Desvincular tudo e recomeçar…")
    question = agree(several)
    assert "vinculado de novo" in question.informativeText()
    several.until(
        lambda: all(one.account is None or one.state is not SessionState.CONNECTED for one in sessions(several)), "it"
    )
    assert len(sessions(several)) == 3


def test_a_number_carries_one_company_by_choice(several: Stage) -> None:
    several.window.show_session("Loja da Praça")
    choose(several, "Só para uma empresa…")
    [choice] = several.window.findChildren(CompanyChoice)
    [search], [companies] = choice.findChildren(QLineEdit), choice.findChildren(QListView)
    several.type_into(search, "Padaria")
    several.until(lambda: companies.model().rowCount() == 1, "the bakery")
    QTest.keyClick(search, Qt.Key.Key_Return)
    use = next(button for button in choice.findChildren(QPushButton) if button.text() == "&Usar para esta empresa")
    several.until(use.isEnabled, "the choice")
    QTest.mouseClick(use, Qt.MouseButton.LeftButton)
    several.until(lambda: several.reads("Só para os relatórios de Padaria Três Irmãos"), "the company")
    choose(several, "Só para uma empresa…")
    choice = next(one for one in several.window.findChildren(CompanyChoice) if one.isVisible())
    none = next(
        button for button in choice.findChildren(QPushButton) if button.text() == "&Nenhuma empresa em especial"
    )
    QTest.mouseClick(none, Qt.MouseButton.LeftButton)
    several.until(lambda: several.reads("Só para o que for enviado por ele de propósito"), "no company")


def test_what_cannot_be_done_is_told(several: Stage) -> None:
    several.window.show_session("Mercado")
    several.until(lambda: several.reads("Desvincular o celular…"), "its page")
    several.scene.do(several.scene.services.sessions.stop("Mercado"))
    several.tell(Connected(), "Mercado")
    several.click("session-other")
    agree(several)
    several.until(lambda: several.find(Note, "session-problem").said, "the reason")


def test_the_code_on_show_never_turns_into_another_number_s(several: Stage) -> None:
    name = several.find(QLabel, "session-name")
    assert name.text() == "principal"
    several.tell(Qr("principal's", soon()))
    several.tell(Qr("Mercado's", soon()), "Mercado")
    [code] = several.window.findChildren(QrView)
    assert (name.text(), code.text) == ("principal", "principal's")
    several.tell(Starting())
    assert name.text() == "principal"
    assert code.text == ""
    several.go("send")
    several.go("whatsapp")
    assert (name.text(), code.text) == ("Mercado", "Mercado's")


def test_news_of_one_number_before_all_are_known_does_not_put_it_on_show(stage: Stage) -> None:
    stage.add_sessions()
    stage.until(lambda: "2 números conectados" in stage.find(QLabel, "state").text(), "what became of them")
    market = session(stage, "Mercado")
    with stage.scene.busy():
        stage.go("whatsapp")
        stage.bridge.session_changed.emit(market)
    stage.until(lambda: len(listed(stage)) == 3, "three numbers")
    assert stage.find(QLabel, "session-name").text() == "principal"


def test_what_went_wrong_with_one_number_is_not_told_of_another(several: Stage) -> None:
    several.window.show_session("Mercado")
    several.until(lambda: several.reads("Desvincular o celular…"), "its page")
    several.scene.do(several.scene.services.sessions.stop("Mercado"))
    several.tell(Connected(), "Mercado")
    several.click("session-other")
    with several.scene.busy():
        agree(several)
        several.window.show_session("principal")
    problem = several.find(Note, "session-problem")
    several.until(lambda: problem.said, "the reason")
    assert problem.said.startswith("Mercado: ")


def test_a_new_code_is_asked_for_with_this_number_s_phone_and_no_other(several: Stage) -> None:
    several.window.show_session("Mercado")
    several.tell(PairingCode("SEB3-FM77", "5511987654321", soon()), "Mercado")
    several.window.show_session("principal")
    several.tell(NeedsPerson(HumanReason.PAIRING_CODE_EXPIRED))
    several.click("session-next")
    phone = several.find(QLineEdit, "link-phone")
    assert phone.isVisible()
    several.type_into(phone, "(11) 3456-7890")
    several.window.show_session("Mercado")
    [link] = several.window.findChildren(LinkCard)
    assert link.last_phone == "5511987654321"
    several.tell(NeedsPerson(HumanReason.QR_EXPIRED), "Mercado")
    assert phone.text() == ""


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=2)


def test_a_report_goes_out_by_the_company_s_own_number(several: Stage) -> None:
    several.choose_company("São João")
    assert several.find(QLabel, "state").text()
    several.click("send")
    several.until_outcome("Enviado às")
    [send] = several.scene.do(several.scene.services.sending.history(HistoryFilter()))
    assert send.session == "Mercado"


def named(name: str, status: Status, *, default: bool = False) -> Session:
    profile = Profile(id=uuid4(), name=name, created_at=datetime.now(UTC), default=default)
    return Session(name=name, status=status, since=datetime.now(UTC), profile=profile)


def test_the_one_that_most_needs_somebody_comes_first() -> None:
    found = worst_first(
        [
            named("stopped", Stopped()),
            named("fine", Connected(), default=True),
            named("starting", Starting()),
            named("banned", NeedsPerson(HumanReason.BANNED)),
            named("offline", Disconnected()),
            named("scan me", NeedsPerson(HumanReason.QR_EXPIRED)),
        ]
    )
    assert [one.name for one in found] == ["scan me", "banned", "offline", "starting", "fine", "stopped"]
    assert worst_first([named("fine", Connected()), named("stopped", Stopped(), default=True)])[0].name == "stopped"


def test_an_old_engine_is_told_on_the_page(several: Stage) -> None:
    old = several.find(Note, "engine-old")
    assert not old.said
    several.bridge.session_changed.emit(replace(session(several, "principal"), engine_build=date(2024, 3, 9)))
    several.until(lambda: "09/03/2024" in old.said, "the warning")
