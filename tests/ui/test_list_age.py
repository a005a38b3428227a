"""The picker on Oracle: it says how old its list is, and goes on finding companies while the database is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QListView

from desktop.domain.secret import Credentials, Secret
from tests.doubles.oracle import OracleDouble
from tests.integration.directory.oracle_companies import PASSWORD, QUERY, USER, companies
from tests.ui.stage import Stage


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}) as double:
        yield double


def found(stage: Stage) -> list[str]:
    model = stage.find(QListView, "company-list").model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def age(stage: Stage) -> str:
    shown = stage.find(QLabel, "companies-age")
    return shown.text() if shown.isVisible() else ""


def test_a_list_says_when_it_was_read_and_works_without_its_database(stage: Stage, oracle: OracleDouble) -> None:
    stage.go("send")
    stage.until_companies()
    assert age(stage) == ""  # a file is looked at itself
    stage.scene.do(stage.scene.services.secrets.keep_credentials("oracle", Credentials(USER, Secret(PASSWORD))))
    chosen = {"host": "127.0.0.1", "port": oracle.port, "sid": "xe", "deadline": 20.0, **QUERY}
    changes = {f"directory.oracle.{name}": value for name, value in chosen.items()}
    stage.scene.look(lambda: stage.scene.services.settings.change({"directory.kind": "oracle", **changes}))
    stage.until(lambda: "Açougue do Zé" in found(stage), "Oracle's companies")
    stage.until(lambda: age(stage).startswith("Atualizado hoje "), "how old they are")
    oracle.fault("connect", "drop")
    oracle.hang_up()
    stage.type_into(stage.find(QLineEdit, "company-search"), "padaria")
    stage.until(lambda: found(stage) == ["Padaria São João"], "a company without Oracle")
    assert age(stage).startswith("Atualizado hoje ")
