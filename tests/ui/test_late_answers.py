"""What the services answer, or a clock does, after somebody has gone on to something else."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QMenu, QMessageBox, QPlainTextEdit, QPushButton

from desktop.domain.cnpj import Cnpj
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Origin
from desktop.services.sending import SendRequest
from desktop.ui.models.companies import COMPANY
from desktop.ui.pages.whatsapp_company import CompanyChoice
from desktop.ui.widgets.company_picker import CompanyPicker
from tests.ui.stage import Stage

MARKET = Cnpj("62567108000101")


def all_companies(stage: Stage) -> QListView:
    """Take back what was searched for, and wait for the whole list."""
    stage.find(QLineEdit, "company-search").clear()
    companies = stage.find(QListView, "company-list")
    stage.until(lambda: companies.model().rowCount() > 1, "all companies")
    return companies


def let_walking_end(stage: Stage) -> None:
    """As long as the picker takes to see that somebody stays where they walked to."""
    [picker] = [found for found in stage.window.findChildren(CompanyPicker) if found.isVisible()]
    stage.until(lambda: not any(timer.isActive() for timer in picker.findChildren(QTimer)), "the end of the walk")


def test_the_question_about_one_company_sends_no_other_one(stage: Stage) -> None:
    stage.scene.do(stage.scene.services.sending.send_and_wait(SendRequest(cnpj=MARKET, origin=Origin.ERP)))
    stage.choose_company("São João")
    stage.until(lambda: stage.find(QPushButton, "send").text() == "Enviar de &novo", "the offer to send again")
    companies = all_companies(stage)
    QTest.keyClick(companies, Qt.Key.Key_Down)
    assert companies.currentIndex().data() != "Mercado São João"
    stage.click("send")
    [question] = stage.window.findChildren(QMessageBox)
    let_walking_end(stage)
    assert stage.find(QLabel, "company-name").text() == "Mercado São João"
    assert companies.currentIndex().data() == "Mercado São João"
    again = next(button for button in question.buttons() if button is not question.defaultButton())
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    stage.until_outcome("Enviado às", "Lido às", "Entregue às")
    sends = stage.scene.do(stage.scene.services.sending.history(HistoryFilter()))
    assert [send.cnpj for send in sends] == [MARKET, MARKET]


def test_a_caption_that_nobody_touched_is_today_s_and_not_the_one_it_was(stage: Stage) -> None:
    stage.choose_company("São João")
    caption, change = stage.find(QPlainTextEdit, "caption"), stage.scene.services.settings.change
    stage.scene.look(lambda: change({"report.caption": "Vendas de {empresa}"}))
    stage.go("history")
    stage.go("send")
    stage.until(lambda: caption.toPlainText() == "Vendas de Mercado São João", "the caption as it is now")
    stage.type_into(caption, ", fechadas")
    typed = caption.toPlainText()
    stage.scene.look(lambda: change({"report.caption": "Outra"}))
    stage.go("history")
    stage.go("send")
    stage.until(lambda: stage.find(QPushButton, "send").isEnabled(), "the report")
    assert caption.toPlainText() == typed


def open_choice(stage: Stage) -> tuple[CompanyChoice, QPushButton]:
    """Ask whose reports a number carries; the dialog, and the button that takes the company."""
    stage.add_sessions()
    stage.go("whatsapp")
    stage.until(lambda: stage.find(QListView, "session-list").model().rowCount() == 3, "three numbers")
    stage.window.show_session("Loja da Praça")
    menu = stage.find(QPushButton, "session-more").menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "Só para uma &empresa…").trigger()
    [choice] = stage.window.findChildren(CompanyChoice)
    use = next(button for button in choice.findChildren(QPushButton) if button.text() == "&Usar para esta empresa")
    return choice, use


def test_the_company_that_is_marked_is_the_one_that_is_used(stage: Stage) -> None:
    choice, use = open_choice(stage)
    [companies] = choice.findChildren(QListView)
    stage.until(lambda: companies.model().rowCount() > 1, "the companies")
    QTest.keyClick(companies, Qt.Key.Key_Down)
    stage.until(use.isEnabled, "a company")
    QTest.keyClick(companies, Qt.Key.Key_Down)
    marked = companies.currentIndex().data(COMPANY)
    QTest.mouseClick(use, Qt.MouseButton.LeftButton)
    sessions = stage.scene.services.sessions
    stage.until(lambda: stage.reads(f"Só para os relatórios de {marked.name}"), "the company")
    profile = stage.scene.look(lambda: sessions.get("Loja da Praça")).profile
    assert profile is not None
    assert profile.company == marked.cnpj


def test_a_company_that_a_further_search_took_away_is_not_used(stage: Stage) -> None:
    choice, use = open_choice(stage)
    [search], [companies] = choice.findChildren(QLineEdit), choice.findChildren(QListView)
    stage.type_into(search, "Padaria")
    stage.until(lambda: companies.model().rowCount() == 1, "the bakery")
    QTest.keyClick(search, Qt.Key.Key_Return)
    stage.until(use.isEnabled, "the choice")
    stage.type_into(search, "x")
    stage.until(lambda: companies.model().rowCount() == 0, "nothing found")
    assert not use.isEnabled()
    search.clear()
    stage.until(lambda: companies.model().rowCount() > 1, "all companies")
    assert companies.currentIndex().data() == "Padaria Três Irmãos"
    assert use.isEnabled()
