"""The clerk finds a company, looks at today's report and sends it, once."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QListView, QMessageBox, QPlainTextEdit, QPushButton

from desktop.adapters.engines.simulator import SimulatorPace
from desktop.domain.cnpj import Cnpj
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Origin, Send, SendState
from desktop.domain.session import SessionState
from desktop.services.sending import SendRequest
from desktop.ui.widgets.note import Note
from desktop.ui.window import Place
from tests.ui.audit import clashing_mnemonics
from tests.ui.conftest import SetStage
from tests.ui.stage import Stage

MARKET = "62567108000101"


def sends(stage: Stage) -> list[Send]:
    return stage.scene.do(stage.scene.services.sending.history(HistoryFilter()))


def companies(stage: Stage) -> list[str]:
    model = stage.find(QListView, "company-list").model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sao joao", ["Mercado São João"]),
        ("12.abc", ["Farmácia Boa Saúde"]),
        ("62.567.108/0001-01", ["Mercado São João"]),
        ("irmãos", ["Padaria Três Irmãos"]),
    ],
)
def test_a_company_is_found_by_name_or_cnpj_as_one_types(stage: Stage, typed: str, found: list[str]) -> None:
    stage.go("send")
    stage.until_companies()
    stage.type_into(stage.find(QLineEdit, "company-search"), typed)
    stage.until(lambda: companies(stage) == found, f"finding {found}")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0360305000104", "faltou um zero à esquerda. Use 00.360.305/0001-04."),
        ("62567108000200", f"Confira se o certo não é {Cnpj('62567108000200').expected.masked}."),
        ("armarinho", "Nenhuma empresa tem isso no nome ou no CNPJ."),
    ],
)
def test_a_search_without_result_says_what_may_be_wrong(stage: Stage, typed: str, said: str) -> None:
    stage.go("send")
    stage.type_into(stage.find(QLineEdit, "company-search"), typed)
    stage.until(lambda: stage.reads(said), said)


def test_enter_before_the_search_has_answered_chooses_what_was_typed(stage: Stage) -> None:
    stage.go("send")
    stage.until_companies()
    search = stage.find(QLineEdit, "company-search")
    stage.type_into(search, "Padaria")
    QTest.keyClick(search, Qt.Key.Key_Return)
    stage.until(lambda: stage.reads("Relatório de hoje"), "a report")
    assert stage.reads("Padaria Três Irmãos")
    assert not stage.reads("Auto Peças Central")


def test_the_report_is_shown_with_its_day_size_and_the_group_by_name(stage: Stage) -> None:
    stage.choose_company("São João")
    assert stage.reads("Relatório de hoje")
    assert stage.reads("1080 × 1350")
    assert stage.reads("RelatorioVendas.jpg")
    assert stage.reads("participante")
    assert stage.find(QPlainTextEdit, "caption").toPlainText() == "Relatório do dia"


def test_the_report_goes_out_and_its_receipts_are_followed(stage: Stage) -> None:
    stage.choose_company("São João")
    stage.click("send")
    stage.until_outcome("Lido às")
    [send] = sends(stage)
    assert send.state is SendState.READ
    assert send.origin is Origin.WINDOW
    assert stage.reads("Já enviado hoje às")
    assert stage.find(QPushButton, "send").text() == "Enviar de &novo"


@pytest.mark.parametrize(("company", "said"), [("São João", "Lido às"), ("Posto", "não participa do grupo")])
def test_what_became_of_a_send_is_never_below_the_edge_of_a_small_screen(stage: Stage, company: str, said: str) -> None:
    stage.fits_a_small_screen()
    stage.choose_company(company, in_group=company != "Posto")
    stage.click("send")
    stage.until_outcome(said)
    stage.settle()
    assert stage.whole(stage.find(Note, "outcome"))


def test_a_double_click_sends_once(set_stage: SetStage) -> None:
    stage = set_stage(pace=SimulatorPace(scan_after=0.05, connect_after=0.01, ack_after=0.3))
    stage.choose_company("São João")
    button = stage.find(QPushButton, "send")
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.keyClick(button, Qt.Key.Key_Return)
    stage.until_outcome("Enviado às")
    assert len(sends(stage)) == 1


def test_enter_in_the_search_or_the_list_never_sends(stage: Stage) -> None:
    stage.choose_company("São João")
    for _ in range(3):
        QTest.keyClick(stage.find(QLineEdit, "company-search"), Qt.Key.Key_Return)
        QTest.keyClick(stage.find(QListView, "company-list"), Qt.Key.Key_Return)
    stage.settle()
    assert sends(stage) == []


def test_enter_on_the_button_sends(stage: Stage) -> None:
    stage.choose_company("São João")
    QTest.keyClick(stage.find(QPushButton, "send"), Qt.Key.Key_Return)
    stage.until_outcome("Enviado às")
    assert len(sends(stage)) == 1


def test_sending_again_today_is_a_choice_of_its_own(stage: Stage) -> None:
    request = SendRequest(cnpj=Cnpj(MARKET), origin=Origin.ERP)
    stage.scene.do(stage.scene.services.sending.send_and_wait(request))
    stage.choose_company("São João")
    stage.until(lambda: stage.find(QPushButton, "send").text() == "Enviar de &novo", "the offer to send again")
    assert stage.reads("Já enviado hoje às")
    stage.click("send")
    [question] = stage.window.findChildren(QMessageBox)
    assert question.text().startswith("Já enviado hoje às ")
    again = next(button for button in question.buttons() if button is not question.defaultButton())
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    stage.until(lambda: len(sends(stage)) == 2 and all(send.arrived for send in sends(stage)), "the second send")


def test_whoever_clicks_once_too_often_does_not_send_again(stage: Stage) -> None:
    stage.choose_company("São João")
    stage.click("send")
    stage.until(lambda: stage.find(QPushButton, "send").text() == "Enviar de &novo", "the first send")
    stage.click("send")
    [question] = stage.window.findChildren(QMessageBox)
    QTest.keyClick(question, Qt.Key.Key_Return)
    stage.settle()
    assert len(sends(stage)) == 1


def test_a_caption_of_the_clerk_s_own_is_sent(stage: Stage) -> None:
    stage.choose_company("São João")
    caption = stage.find(QPlainTextEdit, "caption")
    caption.clear()
    stage.type_into(caption, "Fechamento de sábado")
    stage.click("send")
    stage.until_outcome("Enviado às")
    assert sends(stage)[0].caption == "Fechamento de sábado"


def test_a_missing_report_says_where_it_should_be_and_is_found_once_it_is_there(stage: Stage) -> None:
    stage.choose_company("Livraria", sendable=False)
    assert stage.reads("Não achou imagem")
    assert stage.reads("ERP_04252011000110_VENDAS_COMERCIO")
    stage.scene.put_report("04252011000110")
    look_again = next(
        button
        for button in stage.window.findChildren(QPushButton)
        if button.isVisible() and button.text() == "&Atualizar"
    )
    QTest.mouseClick(look_again, Qt.MouseButton.LeftButton)
    stage.until(lambda: stage.find(QPushButton, "send").isEnabled(), "the report")


def test_yesterday_s_report_cannot_be_sent(stage: Stage) -> None:
    picture = stage.scene.put_report(MARKET)
    yesterday = time.mktime((datetime.now(UTC) - timedelta(days=1)).timetuple())
    os.utime(picture, (yesterday, yesterday))
    stage.choose_company("São João", sendable=False)
    assert stage.reads("não de hoje")


def test_a_company_without_a_group_says_so(stage: Stage) -> None:
    stage.choose_company("Sem Grupo", sendable=False)
    assert stage.reads("ainda não tem um grupo de WhatsApp no cadastro")


ORACLE = {"directory.kind": "oracle", "directory.oracle.host": "127.0.0.1", "directory.oracle.port": 1}
MISTAKES: dict[str, tuple[dict[str, object], str]] = {
    "no server": ({"directory.kind": "oracle"}, "não foi dito onde estão as empresas"),
    "no password": ({**ORACLE, "directory.oracle.sid": "xe"}, "senha"),
    "no file": ({"directory.table.path": "/nenhuma/empresas.csv"}, "empresas.csv"),
    "no database": (
        {"directory.kind": "database", "directory.database.url": "sqlite:////nenhuma/erp.db"},
        "não foi alcançado",
    ),
    "no report": ({"report.template": "relatorios/{cnpj}.jpg"}, "relatório"),
}


def mistake(stage: Stage, name: str) -> str:
    """Make a mistake in the settings; what is said of it."""
    changes, said = MISTAKES[name]
    change = stage.scene.services.settings.change
    stage.scene.look(lambda: change(changes))
    return said


def leads_to_the_settings(stage: Stage, note: Note) -> bool:
    [button] = note.findChildren(QPushButton)
    assert button.text() == "Abrir c&onfigurações"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    return stage.window.place is Place.SETTINGS


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_wrong_in_the_settings_leads_there_and_back(stage: Stage, name: str) -> None:
    stage.choose_company("São João")
    before = stage.scene.look(stage.scene.services.settings.load)
    said = mistake(stage, name)
    stage.go("history")
    stage.go("send")
    trouble = stage.find(Note, "trouble")
    stage.until(lambda: said in trouble.said, said)
    assert clashing_mnemonics(stage.window) == []
    assert leads_to_the_settings(stage, trouble)
    mended: dict[str, object] = {
        "directory.kind": before.directory.kind.value,
        "directory.table.path": before.directory.table.path,
        "report.template": before.report.template,
    }
    change = stage.scene.services.settings.change
    stage.scene.look(lambda: change(mended))
    stage.go("send")
    stage.until(lambda: stage.find(QPushButton, "send").isEnabled(), "the report")
    assert not trouble.said


def test_a_send_that_the_settings_stopped_leads_there(stage: Stage) -> None:
    stage.choose_company("São João")
    said = mistake(stage, "no report")
    stage.click("send")
    stage.until_outcome(said)
    assert leads_to_the_settings(stage, stage.find(Note, "outcome"))


def test_a_failure_is_told_with_what_to_do(stage: Stage) -> None:
    stage.choose_company("Posto", in_group=False)
    stage.click("send")
    stage.until_outcome("não participa do grupo")
    assert stage.reads("Peça a um administrador do grupo")


def test_what_could_not_be_confirmed_is_sent_again_only_after_a_look_into_the_group(set_stage: SetStage) -> None:
    # The receipts that would settle it come only after a long while.
    stage = set_stage(
        pace=SimulatorPace(scan_after=0.05, connect_after=0.01, ack_after=0.02, delivered_after=600, read_after=900)
    )
    stage.choose_company("Auto Peças")
    stage.click("send")
    stage.until_outcome("confirm")
    stage.until(lambda: stage.reads("Não confirmado hoje às"), "the warning")
    stage.click("send")
    [question] = stage.window.findChildren(QMessageBox)
    assert question.text() == "O relatório não está no grupo?"
    stay = question.defaultButton()
    QTest.mouseClick(stay, Qt.MouseButton.LeftButton)
    stage.settle()
    assert len(sends(stage)) == 1


def test_while_the_session_needs_somebody_the_page_says_so_and_nothing_can_be_sent(set_stage: SetStage) -> None:
    stage = set_stage(scanned=False)
    stage.go("send")
    stage.until(lambda: stage.reads("Abr&ir o WhatsApp"), "the way to the WhatsApp page")
    search = stage.find(QLineEdit, "company-search")
    stage.type_into(search, "São João")
    stage.until(lambda: companies(stage) == ["Mercado São João"], "the company")
    QTest.keyClick(search, Qt.Key.Key_Return)
    stage.until(lambda: stage.reads("Relatório de hoje"), "the report")
    assert not stage.find(QPushButton, "send").isEnabled()


def test_a_simulated_send_never_looks_like_a_real_one(stage: Stage) -> None:
    stage.until(lambda: stage.find(Note, "simulation").said.startswith("SIMULAÇÃO"), "the banner")
    stage.choose_company("São João")
    stage.click("send")
    stage.until_outcome("SIMULAÇÃO: Enviado às")


def test_a_simulated_connection_is_never_read_as_a_real_one(set_stage: SetStage) -> None:
    stage = set_stage()
    stage.until(lambda: stage.find(QLabel, "state").text() == "SIMULAÇÃO · Conectado ao WhatsApp", "the mark")
    real = set_stage(simulated=False)
    real.until(lambda: real.find(QLabel, "state").text() == "Conectado ao WhatsApp", "the state")


def test_the_session_coming_back_opens_the_way(stage: Stage) -> None:
    services = stage.scene.services
    stage.choose_company("São João")
    stage.scene.do(services.sessions.stop("principal"))
    stage.until(lambda: not stage.find(QPushButton, "send").isEnabled(), "the button to be locked")
    stage.scene.do(services.sessions.start("principal"))
    stage.scene.wait_state(SessionState.CONNECTED)
    stage.until(lambda: stage.find(QPushButton, "send").isEnabled(), "the button to be free")


def test_the_number_is_a_choice_only_where_there_are_several(stage: Stage) -> None:
    stage.choose_company("Padaria")
    choice = stage.find(QComboBox, "send-session")
    assert not choice.isVisible()
    stage.add_sessions()
    stage.until(choice.isVisible, "the choice")
    assert choice.currentText() == "principal"
    stage.choose_company("São João")
    assert choice.currentText() == "Mercado"


def test_the_report_goes_out_by_the_chosen_number_and_the_page_speaks_of_that_one(stage: Stage) -> None:
    stage.add_sessions()
    stage.choose_company("Padaria")
    choice = stage.find(QComboBox, "send-session")
    stage.until(choice.isVisible, "the choice")
    take(choice, "Loja da Praça")
    stage.until(lambda: stage.reads("Loja da Praça: Desconectado por você"), "what is wrong with it")
    assert not stage.find(QPushButton, "send").isEnabled()
    take(choice, "Mercado")
    stage.until(lambda: stage.find(QPushButton, "send").isEnabled(), "the way to send")
    assert not stage.reads("Desconectado por você")
    stage.click("send")
    stage.until_outcome("Enviado às")
    assert sends(stage)[0].session == "Mercado"


def take(choice: QComboBox, name: str) -> None:
    row = next(row for row in range(choice.count()) if choice.itemText(row).startswith(name))
    choice.setCurrentIndex(row)
    choice.activated.emit(row)


def test_trouble_with_the_directory_is_told_once(stage: Stage) -> None:
    stage.choose_company("São João")
    said = mistake(stage, "no file")
    stage.go("history")
    stage.go("send")
    stage.until(lambda: said in stage.find(Note, "trouble").said, said)
    stage.settle()
    assert len([note for note in stage.window.findChildren(Note) if said in note.said]) == 1


def test_whoever_walks_on_at_the_last_moment_sees_what_is_being_sent(set_stage: SetStage) -> None:
    stage = set_stage(pace=SimulatorPace(scan_after=0.05, connect_after=0.01, ack_after=0.5))
    stage.choose_company("São João")
    search, found = stage.find(QLineEdit, "company-search"), stage.find(QListView, "company-list")
    search.clear()
    stage.until(lambda: len(companies(stage)) > 1, "all companies")
    QTest.keyClick(found, Qt.Key.Key_Down)
    walked = found.currentIndex().data()
    stage.click("send")
    assert walked != "Mercado São João"
    assert found.currentIndex().data() == "Mercado São João"
    stage.until_outcome("Enviado às")
    assert sends(stage)[0].company_name == "Mercado São João"


def test_another_company_takes_the_last_one_s_outcome_away(stage: Stage) -> None:
    stage.choose_company("São João")
    stage.click("send")
    stage.until_outcome("Enviado às")
    stage.choose_company("Padaria")
    assert stage.find(Note, "outcome").said == ""
