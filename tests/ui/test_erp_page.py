"""The ERP's programmer finds address, key and an example that works as it stands."""

from __future__ import annotations

import json
import shlex
import urllib.request
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
)

from desktop.domain.access import Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Rejected
from tests.harness.patience import PATIENCE
from tests.ui.conftest import SetStage
from tests.ui.stage import Stage


def make_key(stage: Stage) -> str:
    stage.go("erp")
    stage.click("make-key")
    stage.until_key()
    return stage.find(QLineEdit, "new-key").text()


def test_the_address_is_the_one_in_use_and_can_be_copied(stage: Stage) -> None:
    stage.go("erp")
    address = stage.find(QLineEdit, "address")
    assert address.text() == f"{stage.scene.services.door.url}/api/enviar-relatorio"
    assert stage.window.findChild(QLabel, "network") is None
    copy = next(button for button in stage.window.findChildren(QPushButton) if button.text() == "C&opiar endereço")
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == address.text()
    assert copy.text() == "Copiado"


def test_the_network_s_address_and_fingerprint_are_shown_where_it_is_served(set_stage: SetStage) -> None:
    stage = set_stage(settings={"door.lan": True, "door.lan_port": 0, "door.address": "127.0.0.2"})
    stage.go("erp")
    door = stage.scene.services.door
    assert door.lan_url.startswith("https://127.0.0.2:")
    assert stage.find(QLabel, "network").text() == f"Na rede local: {door.lan_url}, com chave."
    assert stage.find(QLabel, "fingerprint").text() == door.fingerprint
    copy = next(button for button in stage.window.findChildren(QPushButton) if "impressão" in button.text())
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == door.fingerprint


def test_a_key_lets_a_program_in_and_is_shown_once(stage: Stage) -> None:
    key = make_key(stage)
    known = stage.scene.do(stage.scene.services.keys.recognise(key))
    assert known.name == "ERP"
    stage.go("history")
    stage.go("erp")
    assert stage.find(QLineEdit, "new-key").text() == ""
    assert not stage.find(QLineEdit, "new-key").isVisible()
    assert key not in stage.find(QPlainTextEdit, "snippet-java").toPlainText()


@pytest.mark.parametrize("name", ["curl", "java", "delphi", "plsql"])
def test_every_example_calls_this_instance_with_the_new_key(stage: Stage, name: str) -> None:
    key = make_key(stage)
    code = stage.find(QPlainTextEdit, f"snippet-{name}").toPlainText()
    assert f"{stage.scene.services.door.url}/api/enviar-relatorio" in code
    assert f"Bearer {key}" in code
    assert "62567108000101" in code or name == "delphi"
    assert "%url%" not in code
    assert "%key%" not in code
    assert "%port%" not in code


def test_the_curl_example_sends_as_it_stands(stage: Stage) -> None:
    make_key(stage)
    # Read as a shell reads it, and sent without curl, which a bare machine may lack.
    words = shlex.split(stage.find(QPlainTextEdit, "snippet-curl").toPlainText())
    assert words[:3] == ["curl", "-X", "POST"]
    headers = dict(word.split(": ", 1) for flag, word in pairwise(words) if flag == "-H")
    body = next(word for flag, word in pairwise(words) if flag == "-d")
    request = urllib.request.Request(words[3], data=body.encode(), headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert json.load(answer)["status"] == "enviado"


def test_a_second_key_of_the_same_name_is_refused_and_the_first_one_stays(stage: Stage) -> None:
    first = make_key(stage)
    stage.until(lambda: stage.reads("nunca usada"), "the list")
    stage.type_into(stage.find(QLineEdit, "key-name"), "ERP")
    stage.click("make-key")
    stage.until(lambda: stage.reads("Já existe uma chave com este nome"), "the fault")
    assert stage.find(QLineEdit, "key-name").hasFocus()
    assert stage.scene.do(stage.scene.services.keys.recognise(first)).name == "ERP"


def rights(stage: Stage, key: str) -> Access:
    return stage.scene.do(stage.scene.services.keys.recognise(key)).access


def test_most_programs_send_and_read(stage: Stage) -> None:
    assert rights(stage, make_key(stage)) == Access(name="ERP", scopes=frozenset({Scope.SEND, Scope.READ}))
    stage.until(lambda: stage.reads("envia e lê"), "the rights in the list")


def test_a_key_may_be_for_reading_one_company_by_one_number_alone(stage: Stage) -> None:
    stage.add_sessions()
    stage.go("erp")
    stage.find(QCheckBox, "key-send").click()
    stage.type_into(stage.find(QLineEdit, "key-companies"), "11.222.333/0001-81")
    stage.until(lambda: stage.reads("Padaria Três Irmãos"), "the company's name")
    number = stage.find(QCheckBox, "key-number-Mercado")
    stage.until(number.isVisible, "several numbers")
    number.click()
    key = make_key(stage)
    assert rights(stage, key) == Access(
        name="ERP",
        scopes=frozenset({Scope.READ}),
        companies=frozenset({Cnpj("11222333000181")}),
        sessions=frozenset({"Mercado"}),
    )
    stage.until(lambda: stage.reads("só lê · somente para 11.222.333/0001-81, Mercado"), "the limits in the list")
    # The next key begins with the usual rights: nobody gets more, or less, by what was chosen for another one.
    assert stage.find(QCheckBox, "key-send").isChecked()
    assert stage.find(QLineEdit, "key-companies").text() == ""
    assert not number.isChecked()


def test_a_key_may_be_for_several_companies_and_numbers(stage: Stage) -> None:
    stage.add_sessions()
    stage.go("erp")
    stage.type_into(stage.find(QLineEdit, "key-companies"), "11.222.333/0001-81, 62567108000101")
    stage.until(lambda: stage.reads("Padaria Três Irmãos, "), "the companies' names")
    for name in ("principal", "Mercado"):
        number = stage.find(QCheckBox, f"key-number-{name}")
        stage.until(number.isVisible, "several numbers")
        number.click()
    access = rights(stage, make_key(stage))
    assert access.companies == {Cnpj("11222333000181"), Cnpj("62567108000101")}
    assert access.sessions == {"principal", "Mercado"}


def test_who_may_administer_may_do_the_rest(stage: Stage) -> None:
    stage.go("erp")
    stage.find(QCheckBox, "key-manage").click()
    assert not stage.find(QCheckBox, "key-send").isEnabled()
    assert rights(stage, make_key(stage)).scopes == frozenset(Scope)
    stage.until(lambda: stage.reads("envia, lê e administra"), "the rights in the list")


def test_a_key_without_any_right_is_not_made(stage: Stage) -> None:
    stage.go("erp")
    for name in ("key-send", "key-read"):
        stage.find(QCheckBox, name).click()
    stage.click("make-key")
    stage.until(lambda: stage.reads("Marque pelo menos um"), "the fault")
    assert stage.scene.do(stage.scene.services.keys.all()) == []


def test_a_company_that_is_none_is_told_before_a_key_is_made(stage: Stage) -> None:
    stage.go("erp")
    stage.type_into(stage.find(QLineEdit, "key-companies"), "11.222.333/0001-81; 1122")
    stage.click("make-key")
    stage.until(lambda: stage.reads("Este CNPJ tem 4 caracteres"), "the fault")
    assert stage.scene.do(stage.scene.services.keys.all()) == []


def test_a_name_that_is_taken_is_not_proposed(stage: Stage) -> None:
    stage.scene.do(stage.scene.services.keys.create("ERP"))
    stage.go("erp")
    stage.until(lambda: stage.reads("nunca usada"), "the list")
    assert stage.find(QLineEdit, "key-name").text() == ""


def test_a_revoked_key_lets_nobody_in(stage: Stage) -> None:
    key = make_key(stage)
    stage.until(lambda: stage.reads("nunca usada"), "the list")
    revoke = next(
        button for button in stage.window.findChildren(QPushButton) if button.accessibleName() == "Revogar a chave ERP"
    )
    QTest.mouseClick(revoke, Qt.MouseButton.LeftButton)
    [question] = stage.window.findChildren(QMessageBox)
    yes = next(button for button in question.buttons() if button.text() == "&Revogar")
    QTest.mouseClick(yes, Qt.MouseButton.LeftButton)
    stage.until(lambda: stage.reads("Ainda não há nenhuma chave"), "the empty list")
    with pytest.raises(Rejected):
        stage.scene.do(stage.scene.services.keys.recognise(key))


def test_a_key_needs_a_name(stage: Stage) -> None:
    stage.go("erp")
    stage.find(QLineEdit, "key-name").clear()
    stage.click("make-key")
    stage.until(lambda: stage.reads("Dê um nome"), "the fault")
    assert stage.scene.do(stage.scene.services.keys.all()) == []


def test_a_key_made_elsewhere_is_listed_when_somebody_looks_again(stage: Stage) -> None:
    make_key(stage)
    stage.go("history")
    stage.scene.do(stage.scene.services.keys.create("Delphi"))
    stage.go("erp")
    stage.until(lambda: stage.reads("Delphi") and stage.reads("nunca usada"), "the other program's key")


def test_a_key_for_one_number_is_never_one_for_all_because_that_number_went(stage: Stage) -> None:
    stage.add_sessions()
    stage.go("erp")
    stage.until(lambda: stage.window.findChild(QCheckBox, "key-number-Mercado"), "the numbers")
    stage.find(QCheckBox, "key-number-Mercado").setChecked(True)
    stage.scene.do(stage.scene.services.sessions.remove("Mercado"))
    stage.until(lambda: "1 número" in stage.find(QLabel, "state").text(), "its end")
    stage.click("make-key")
    stage.until_key()
    [key] = stage.scene.do(stage.scene.services.keys.all())
    assert key.access.sessions == {"Mercado"}
