"""What is typed in the settings goes before whatever was still on its way when it was typed."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from desktop.domain.diagnosis import Step
from desktop.domain.secret import Credentials, Secret
from desktop.ui.pages.settings_report import ReportForm
from desktop.ui.widgets.note import Note
from tests.ui.stage import Stage
from tests.ui.test_settings_page import fault, fill_oracle, write


def everything_has_come(stage: Stage) -> None:
    """Wait for an answer that was asked for last, behind which nothing older is left."""
    came: list[int] = []
    stage.bridge.read(lambda: 1, came.append)
    stage.until(lambda: came, "the last answer")


def test_a_fault_of_an_older_text_is_not_held_against_the_new_one(stage: Stage) -> None:
    stage.go("settings")
    note = stage.find(Note, "template-check")
    stage.until(lambda: "O relatório está lá" in note.said, "the first look")
    right = stage.find(QLineEdit, "report.template").text()
    [form] = stage.window.findChildren(ReportForm)
    with stage.scene.busy():
        write(stage, "report.template", "relatorios/{cnpj}.jpg")
        stage.until(lambda: not any(timer.isActive() for timer in form.findChildren(QTimer)), "the look")
        write(stage, "report.template", right)
    stage.until(lambda: not any(timer.isActive() for timer in form.findChildren(QTimer)), "the second look")
    everything_has_come(stage)
    assert fault(stage, "report.template") == ""


def test_a_test_says_nothing_of_what_was_typed_after_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    diagnosing, shelf = stage.scene.services.diagnosing, asyncio.Event()
    tests, real = list[int](), diagnosing.directory_steps

    async def slow(*told: object) -> list[Step]:
        tests.append(len(tests))
        try:
            await shelf.wait()
        except asyncio.CancelledError:
            tests.append(-1)
            raise
        return await real(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(diagnosing, "directory_steps", slow)
    stage.go("settings")
    stage.click("test-directory")
    stage.until(lambda: tests, "the test")
    result = stage.find(Note, "test-result")
    assert result.said.startswith("Testando")
    write(stage, "directory.table.path", "/outra/empresas.csv")
    stage.scene.look(shelf.set)
    everything_has_come(stage)
    assert result.said == ""
    stage.until(lambda: tests == [0, -1], "its end")


def test_the_kept_user_is_shown_also_where_something_else_was_typed_meanwhile(stage: Stage) -> None:
    stage.scene.secrets.kept["oracle"] = Credentials("erp", Secret("s3nha"))
    readable = stage.scene.secrets.readable
    stage.scene.look(readable.clear)
    stage.go("settings")
    stage.press_radio("directory-oracle")
    write(stage, "directory.oracle.host", "10.0.0.5")
    stage.scene.look(readable.set)
    user = stage.find(QLineEdit, "user")
    stage.until(lambda: user.text() == "erp", "the user")
    assert stage.find(QLineEdit, "directory.oracle.host").text() == "10.0.0.5"


def test_the_user_that_was_just_saved_stays_in_its_field(stage: Stage) -> None:
    fill_oracle(stage)
    readable = stage.scene.secrets.readable
    stage.scene.look(readable.clear)
    stage.click("save-settings")
    stage.until(lambda: stage.find(Note, "settings-outcome").said == "Salvo", "the save")
    assert stage.find(QLineEdit, "user").text() == "erp"
    assert not stage.find(QPushButton, "save-settings").isEnabled()
    stage.scene.look(readable.set)


def test_what_is_typed_right_after_discarding_is_not_discarded(stage: Stage) -> None:
    fill_oracle(stage)
    discard = next(button for button in stage.window.findChildren(QPushButton) if button.text() == "&Descartar")
    with stage.scene.busy():
        QTest.mouseClick(discard, Qt.MouseButton.LeftButton)
        stage.press_radio("directory-oracle")
        write(stage, "directory.oracle.host", "10.0.0.7")
    everything_has_come(stage)
    assert stage.find(QLineEdit, "directory.oracle.host").text() == "10.0.0.7"
    assert stage.find(QLineEdit, "directory.oracle.sid").text() == ""
