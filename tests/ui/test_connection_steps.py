"""«Testar conexão» on Oracle shows each step with how it went, and what to do about the one that failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from desktop.ui.widgets.note import Note
from tests.doubles.oracle import OracleDouble
from tests.integration.directory.oracle_companies import PASSWORD, QUERY, USER, companies
from tests.ui.stage import Stage


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}) as double:
        yield double


def steps(stage: Stage) -> list[str]:
    shown = stage.find(QWidget, "test-steps")
    return [label.text() for label in shown.findChildren(QLabel) if label.text() and label.isVisible()]


def fill_in(stage: Stage, oracle: OracleDouble, password: str) -> None:
    stage.go("settings")
    stage.press_radio("directory-oracle")
    typed = {"host": "127.0.0.1", "port": str(oracle.port), "sid": "xe", **QUERY}
    for name, text in typed.items():
        write(stage, f"directory.oracle.{name}", text)
    write(stage, "user", USER)
    write(stage, "password", password)


def write(stage: Stage, name: str, text: str) -> None:
    control = stage.find(QLineEdit, name)
    control.selectAll()
    stage.type_into(control, text)


def test_each_step_of_a_test_is_shown(stage: Stage, oracle: OracleDouble) -> None:
    fill_in(stage, oracle, PASSWORD)
    stage.click("test-directory")
    stage.until_test("Funcionou")
    assert steps(stage) == [
        "Servidor: O servidor respondeu.",
        "Usuário e senha: Oracle 19.3.0.0.0, por conexão direta.",
        "Tabela de empresas: Empresas encontradas: 3.",
    ]
    write(stage, "directory.oracle.table", "OUTRA")
    assert steps(stage) == []  # what was tested is not what is typed any more


def test_the_step_that_failed_is_told_and_those_behind_it_are_not_tried(stage: Stage, oracle: OracleDouble) -> None:
    fill_in(stage, oracle, "errada")
    stage.click("test-directory")
    stage.until_test("não aceitou o usuário ou a senha")
    assert steps(stage) == [
        "Servidor: O servidor respondeu.",
        "Usuário e senha: O Oracle não aceitou o usuário ou a senha.",
        "Tabela de empresas: Não chegou a ser testado.",
    ]
    assert oracle.logins.attempts == 1


def test_a_server_too_old_leads_to_the_client(stage: Stage, oracle: OracleDouble) -> None:
    oracle.config.tns_version = 314
    fill_in(stage, oracle, PASSWORD)
    stage.click("test-directory")
    stage.until_test("antigo demais")
    [press] = stage.find(Note, "test-result").findChildren(QPushButton)
    assert press.isVisible()
    assert press.text() == "Instalar cliente Oracle…"
    assert len(steps(stage)) == 3
