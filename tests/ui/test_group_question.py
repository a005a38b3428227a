"""Before the first report goes to a group, and whenever the group is not what it was, a person looks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from desktop.adapters.engines.simulator import SimulatorPace
from desktop.domain.cnpj import Cnpj
from desktop.domain.history import HistoryFilter
from desktop.ui.widgets.note import Note
from tests.ui.conftest import SetStage
from tests.ui.stage import Stage

MARKET, GROUP = "62567108000101", "120363041234567890@g.us"


@pytest.fixture
def careful(set_stage: SetStage) -> Stage:
    """A real connection, and nothing goes to a group that nobody has confirmed."""
    stage = set_stage(simulated=False)
    stage.ask_for_groups()
    return stage


def question(stage: Stage) -> QWidget:
    return stage.find(QWidget, "group-question")


def nothing_sent(stage: Stage) -> bool:
    return stage.scene.do(stage.scene.services.sending.history(HistoryFilter())) == []


def test_the_first_report_waits_for_a_yes_to_the_group_s_name(careful: Stage) -> None:
    careful.choose_company("São João", asked=True)
    assert careful.reads("É este o grupo?")
    assert careful.reads("Vendas · Diretoria")
    assert careful.reads("11 participantes")
    assert not careful.reads("Antes:")
    assert not careful.find(QPushButton, "send").isEnabled()
    careful.click("group-yes")
    careful.until(lambda: careful.find(QPushButton, "send").isEnabled(), "the way to send")
    assert not question(careful).isVisible()
    assert careful.window.focusWidget() is careful.find(QPushButton, "send")
    careful.click("send")
    careful.until_outcome("Enviado às")


def test_a_yes_holds_for_the_next_time(careful: Stage) -> None:
    careful.scene.confirm_group(MARKET)
    careful.choose_company("São João")
    assert not question(careful).isVisible()


def test_another_name_than_before_asks_again_and_shows_both(careful: Stage) -> None:
    careful.scene.confirm_group(MARKET)
    careful.scene.rename_group(GROUP, "Família Silva")
    careful.choose_company("São João", asked=True)
    assert careful.reads("O nome do grupo mudou desde a última vez.")
    assert careful.reads("Família Silva")
    assert careful.reads("Antes: Vendas · Diretoria")


def test_another_group_in_the_directory_asks_again(careful: Stage) -> None:
    careful.scene.confirm_group(MARKET)
    table = careful.scene.folder / "empresas.csv"
    table.write_text(table.read_text("utf-8").replace(GROUP, "120363041234567899@g.us"), "utf-8")
    careful.choose_company("São João", asked=True)
    assert careful.reads("O cadastro da empresa aponta agora para outro grupo.")


def test_enter_answers_nothing_and_the_space_bar_does(careful: Stage) -> None:
    careful.choose_company("São João", asked=True)
    yes = careful.find(QPushButton, "group-yes")
    yes.setFocus()
    for _ in range(3):
        QTest.keyClick(yes, Qt.Key.Key_Return)
    careful.settle()
    assert question(careful).isVisible()
    assert careful.scene.do(careful.scene.services.groups.confirmed(Cnpj(MARKET))) is None
    QTest.keyClick(yes, Qt.Key.Key_Space)
    careful.until(lambda: not question(careful).isVisible(), "the answer")


def test_a_no_says_what_to_correct_and_nothing_goes_out(careful: Stage) -> None:
    careful.choose_company("São João", asked=True)
    careful.click("group-no")
    trouble = careful.find(Note, "group-trouble")
    assert "Corrija o grupo desta empresa no cadastro" in trouble.said
    assert GROUP in trouble.said
    assert not careful.find(QPushButton, "send").isEnabled()
    [again] = trouble.findChildren(QPushButton)
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert question(careful).isVisible()
    assert nothing_sent(careful)


def test_a_group_that_changes_while_one_looks_is_asked_about_anew(careful: Stage) -> None:
    careful.choose_company("São João", asked=True)
    careful.scene.rename_group(GROUP, "Família Silva")
    careful.click("group-yes")
    careful.until(lambda: careful.reads("Família Silva") and question(careful).isEnabled(), "the new question")
    assert question(careful).isVisible()
    assert careful.scene.do(careful.scene.services.groups.confirmed(Cnpj(MARKET))) is None


def test_a_group_that_changes_before_the_click_on_send_is_refused_and_asked_about(careful: Stage) -> None:
    careful.scene.confirm_group(MARKET)
    careful.choose_company("São João")
    careful.scene.rename_group(GROUP, "Família Silva")
    careful.click("send")
    careful.until(lambda: question(careful).isVisible(), "the question")
    assert careful.reads("Família Silva")
    assert not any(send.arrived for send in careful.scene.do(careful.scene.services.sending.history(HistoryFilter())))


def test_another_company_takes_the_question_away(careful: Stage) -> None:
    careful.scene.confirm_group("11222333000181")
    careful.choose_company("São João", asked=True)
    careful.choose_company("Padaria")
    assert not question(careful).isVisible()


def test_a_group_that_only_administrators_may_write_to_is_told_before_anything_is_sent(careful: Stage) -> None:
    careful.scene.confirm_group(MARKET)
    careful.choose_company("São João")
    careful.scene.rename_group(GROUP, "Avisos da Diretoria")
    careful.go("history")
    careful.go("send")
    trouble = careful.find(Note, "group-trouble")
    careful.until(lambda: "administradores" in trouble.said, "the reason")
    assert not careful.find(QPushButton, "send").isEnabled()


def test_whoever_lets_everything_out_is_not_asked(set_stage: SetStage) -> None:
    stage = set_stage(simulated=False, pace=SimulatorPace(scan_after=0.05, connect_after=0.01))
    stage.choose_company("São João")
    assert not question(stage).isVisible()
