"""Choices are checked, kept only when saved, and the password is nowhere but in the keyring."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit, QPushButton

from desktop.domain.group import GroupPolicy
from desktop.domain.secret import Credentials, Secret
from desktop.domain.settings import DirectoryKind, Language, Settings
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.scroll import Scroll
from tests.ui.stage import Stage

PASSWORD = "s3nha só minha"


def settings(stage: Stage) -> Settings:
    return stage.scene.look(stage.scene.services.settings.load)


def write(stage: Stage, name: str, text: str) -> None:
    control = stage.find(QLineEdit, name)
    stage.until(control.isEnabled, "the form")
    control.clear()
    stage.type_into(control, text)
    # What the input method commits is an edit as a key is; setText is not.
    control.textEdited.emit(control.text())


def fault(stage: Stage, name: str) -> str:
    fields = [field for field in stage.window.findChildren(Field) if field.control.objectName() == name]
    return fields[0].fault


def fill_oracle(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-oracle")
    write(stage, "directory.oracle.host", "127.0.0.1")
    write(stage, "directory.oracle.port", "1")
    write(stage, "directory.oracle.sid", "xe")
    write(stage, "user", "erp")
    write(stage, "password", PASSWORD)


def save(stage: Stage) -> None:
    stage.click("save-settings")
    stage.until(lambda: stage.find(Note, "settings-outcome").said == "Salvo", "the save")


def test_what_is_typed_is_kept_only_when_saved(stage: Stage) -> None:
    fill_oracle(stage)
    assert settings(stage).directory.oracle.host == ""
    save(stage)
    oracle = settings(stage).directory.oracle
    assert (oracle.host, oracle.port, oracle.sid) == ("127.0.0.1", 1, "xe")
    assert settings(stage).directory.kind is DirectoryKind.ORACLE
    assert not stage.find(QPushButton, "save-settings").isEnabled()


def test_the_password_goes_to_the_keyring_and_nowhere_else(stage: Stage) -> None:
    fill_oracle(stage)
    save(stage)
    kept = stage.scene.secrets.kept["oracle"]
    assert (kept.user, kept.password.reveal()) == ("erp", PASSWORD)
    password = stage.find(QLineEdit, "password")
    stage.until(lambda: password.text() == "" and "cofre" in password.placeholderText(), "the emptied field")
    assert password.echoMode() is QLineEdit.EchoMode.Password
    files = [path for path in stage.scene.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]


def test_a_kept_password_is_never_read_back_into_the_window(stage: Stage) -> None:
    stage.scene.secrets.kept["oracle"] = Credentials("erp", Secret(PASSWORD))
    stage.go("settings")
    stage.until(lambda: stage.find(QLineEdit, "user").text() == "erp", "the user's name")
    shown = [line.text() for line in stage.window.findChildren(QLineEdit)]
    assert PASSWORD not in " ".join(shown)


def test_discarding_brings_back_what_is_kept(stage: Stage) -> None:
    fill_oracle(stage)
    discard = next(button for button in stage.window.findChildren(QPushButton) if button.text() == "&Descartar")
    QTest.mouseClick(discard, Qt.MouseButton.LeftButton)
    stage.until(lambda: stage.find(QLineEdit, "directory.oracle.host").text() == "", "the old value")
    assert stage.find(QLineEdit, "password").text() == ""
    assert settings(stage).directory.kind is DirectoryKind.TABLE


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("directory.oracle.port", "70000", "Um número de 1 a 65535."),
        ("directory.oracle.service_name", "vendas", "Preencha o serviço ou o SID: só um deles."),
        ("directory.oracle.table", "", "Este campo é necessário."),
        ("user", "", "Digite o usuário."),
        ("report.template", r"C:\relatorios\hoje.jpg", "Coloque {cnpj} nele"),
    ],
)
def test_what_cannot_be_right_is_marked_beside_its_field_and_nothing_is_saved(
    stage: Stage, name: str, text: str, said: str
) -> None:
    before = settings(stage)
    fill_oracle(stage)
    write(stage, name, text)
    stage.click("save-settings")
    stage.until(lambda: said in fault(stage, name), said)
    assert "Nada foi salvo" in stage.find(Note, "settings-outcome").said
    assert settings(stage) == before


def test_another_user_needs_a_password_of_its_own(stage: Stage) -> None:
    stage.scene.secrets.kept["oracle"] = Credentials("erp", Secret(PASSWORD))
    fill_oracle(stage)
    save(stage)
    stage.until(lambda: stage.find(QLineEdit, "password").text() == "", "the emptied field")
    write(stage, "user", "outro")
    stage.click("save-settings")
    stage.until(lambda: fault(stage, "password") == "Digite a senha deste usuário.", "the mark")


def test_a_test_says_in_words_that_it_works(stage: Stage) -> None:
    stage.go("settings")
    stage.click("test-directory")
    stage.until_test("Funcionou")
    assert "7 empresas encontradas" in stage.find(Note, "test-result").said


def test_a_test_says_in_words_what_does_not_work_and_what_to_do(stage: Stage) -> None:
    fill_oracle(stage)
    stage.click("test-directory")
    stage.until_test("Não funcionou: O servidor existe, mas não há um Oracle atendendo nessa porta.")
    assert "Confira a porta" in stage.find(Note, "test-result").said


def test_a_file_of_companies_that_is_not_there_is_told(stage: Stage, tmp_path: Path) -> None:
    stage.go("settings")
    write(stage, "directory.table.path", str(tmp_path / "nada.csv"))
    stage.click("test-directory")
    stage.until_test("Não funcionou")
    assert "nada.csv" in stage.find(Note, "test-result").said


def test_the_answer_to_a_test_is_never_below_the_edge_of_a_small_screen(stage: Stage) -> None:
    stage.fits_a_small_screen()
    fill_oracle(stage)
    stage.click("test-directory")
    stage.until_test("Não funcionou")
    stage.settle()
    assert stage.whole(stage.find(Note, "test-result"))


def test_what_is_said_of_the_report_s_place_stands_below_it_and_in_view(stage: Stage) -> None:
    stage.fits_a_small_screen()
    fill_oracle(stage)
    note, template = stage.find(Note, "template-check"), stage.find(QLineEdit, "report.template")
    stage.until(lambda: note.said, "the first look")
    stage.settle()
    assert not stage.whole(note), "the page opens at its top"
    write(stage, "report.template", str(stage.scene.reports / "nenhuma" / "{cnpj}.jpg"))
    stage.until(lambda: "Esta pasta não existe" in note.said, "the check")
    stage.settle()
    assert stage.whole(note)
    assert stage.whole(template)
    sample = stage.find(QLineEdit, "sample-cnpj")
    assert template.mapTo(stage.window, QPoint()).y() < note.mapTo(stage.window, QPoint()).y()
    assert note.mapTo(stage.window, QPoint()).y() < sample.mapTo(stage.window, QPoint()).y()


def test_whoever_scrolls_away_from_an_answer_is_not_brought_back(stage: Stage) -> None:
    stage.fits_a_small_screen()
    fill_oracle(stage)
    stage.click("test-directory")
    stage.until_test("Não funcionou")
    stage.settle()
    [scroll] = stage.window.findChildren(Scroll)
    scroll.verticalScrollBar().triggerAction(QAbstractSlider.SliderAction.SliderToMinimum)
    stage.window.resize(1280, 700)
    stage.settle()
    assert scroll.verticalScrollBar().value() == 0


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("{reports}/ERP_{cnpj}_VENDAS_COMERCIO/RelatorioVendas.jpg", "O relatório está lá"),
        ("{reports}/ERP_{cnpj}_VENDAS_COMERCIO/Outro.jpg", "A pasta existe, mas ainda não há relatório nela"),
        ("{reports}/nenhuma/{cnpj}.jpg", "Esta pasta não existe"),
        ("http://intranet.exemplo/{cnpj}.jpg", "O relatório é buscado neste endereço"),
    ],
)
def test_the_report_s_place_is_checked_while_one_types(stage: Stage, place: str, said: str) -> None:
    stage.go("settings")
    write(stage, "report.template", place.replace("{reports}", str(stage.scene.reports)))
    stage.until(lambda: said in stage.find(Note, "template-check").said, said)
    assert "62567108000101" in stage.find(Note, "template-check").said


def test_the_example_follows_the_cnpj_that_is_typed(stage: Stage) -> None:
    stage.go("settings")
    write(stage, "sample-cnpj", "12.ABC.345/01DE-35")
    stage.until(lambda: "ERP_12ABC34501DE35_" in stage.find(Note, "template-check").said, "the example")
    write(stage, "sample-cnpj", "123")
    stage.until(lambda: "o certo são 14" in fault(stage, "sample-cnpj"), "the fault")


def test_a_caption_with_an_unknown_name_is_refused(stage: Stage) -> None:
    stage.go("settings")
    caption = stage.find(QPlainTextEdit, "report.caption")
    stage.until(caption.isEnabled, "the form")
    caption.setPlainText("Vendas de {empresa} em {data}")
    stage.until(lambda: stage.reads("Exemplo: Vendas de Empresa Exemplo Ltda em"), "the example")
    caption.setPlainText("Vendas de {loja}")
    stage.click("save-settings")
    stage.until(lambda: "{loja} não quer dizer nada aqui" in fault(stage, "report.caption"), "the fault")


def test_what_is_typed_at_once_is_not_lost_to_what_is_still_being_read(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-oracle")
    write(stage, "directory.oracle.host", "10.0.0.5")
    stage.go("history")
    stage.go("settings")
    stage.settle()
    stage.scene.look(stage.scene.services.settings.load)
    stage.settle()
    assert stage.find(QLineEdit, "directory.oracle.host").text() == "10.0.0.5"


def test_what_is_typed_while_the_keyring_is_slow_is_still_to_be_saved(stage: Stage) -> None:
    fill_oracle(stage)
    unlocked = stage.scene.secrets.unlocked
    stage.scene.look(unlocked.clear)
    stage.click("save-settings")
    write(stage, "directory.oracle.host", "10.0.0.9")
    stage.scene.look(unlocked.set)
    stage.until(lambda: stage.find(Note, "settings-outcome").said == "Salvo", "the save")
    assert settings(stage).directory.oracle.host == "127.0.0.1"
    assert stage.find(QLineEdit, "directory.oracle.host").text() == "10.0.0.9"
    save(stage)
    assert settings(stage).directory.oracle.host == "10.0.0.9"
    stage.until(lambda: stage.find(QLineEdit, "password").text() == "", "the emptied field")


def test_a_change_made_elsewhere_shows_unless_something_is_being_typed(stage: Stage) -> None:
    stage.go("settings")
    template = stage.find(QLineEdit, "report.template")
    stage.until(lambda: template.text() != "", "the form")
    change = stage.scene.services.settings.change
    stage.scene.look(lambda: change({"report.template": "/srv/um/{cnpj}.jpg"}))
    stage.until(lambda: template.text() == "/srv/um/{cnpj}.jpg", "the other's change")
    write(stage, "report.template", "/srv/meu/{cnpj}.jpg")
    stage.scene.look(lambda: change({"report.template": "/srv/dois/{cnpj}.jpg"}))
    stage.settle()
    assert template.text() == "/srv/meu/{cnpj}.jpg"


def test_group_policy_canary_and_language_are_kept_when_saved(stage: Stage) -> None:
    stage.go("settings")
    for name, choice in (
        ("groups.policy", "Enviar e me avisar"),
        ("engine.canary_minutes", "a cada 30 minutos"),
        ("language", "English"),
    ):
        box = stage.find(QComboBox, name)
        stage.until(box.isEnabled, "the form")
        row = box.findText(choice)
        box.setCurrentIndex(row)
        box.activated.emit(row)
    assert stage.reads("Vale a partir da próxima vez que o Malote for aberto.")
    save(stage)
    kept = settings(stage)
    assert (kept.groups.policy, kept.engine.canary_minutes, kept.language) == (
        GroupPolicy.WARN,
        30,
        Language.ENGLISH,
    )


def test_a_canary_set_by_hand_survives_the_window(stage: Stage) -> None:
    change = stage.scene.services.settings.change
    stage.scene.look(lambda: change({"engine.canary_minutes": 7}))
    stage.go("settings")
    box = stage.find(QComboBox, "engine.canary_minutes")
    stage.until(lambda: box.currentText() == "a cada 7 minutos", "the value")
    assert not stage.find(QPushButton, "save-settings").isEnabled()
