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
from PySide6.QtWidgets import QLineEdit, QMessageBox, QPlainTextEdit, QPushButton

from desktop.domain.errors import Rejected
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
    copy = next(button for button in stage.window.findChildren(QPushButton) if button.text() == "C&opiar endereço")
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == address.text()
    assert copy.text() == "Copiado"


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
    with urllib.request.urlopen(request, timeout=15) as answer:
        assert json.load(answer)["status"] == "enviado"


def test_a_key_of_the_same_name_is_replaced_only_after_a_question(stage: Stage) -> None:
    first = make_key(stage)
    stage.until(lambda: stage.reads("nunca usada"), "the list")
    stage.click("make-key")
    [question] = stage.window.findChildren(QMessageBox)
    assert question.text() == "Trocar a chave “ERP”?"
    QTest.mouseClick(question.defaultButton(), Qt.MouseButton.LeftButton)
    stage.settle()
    assert stage.scene.do(stage.scene.services.keys.recognise(first)).name == "ERP"


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
