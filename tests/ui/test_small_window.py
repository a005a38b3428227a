"""On the smallest screen what matters is still in view, and nothing is cut off."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QTableView

from desktop.ui.models.history import Column
from desktop.ui.theme import Tone
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.wrapped import WrappedLabel
from tests.ui.conftest import SetStage
from tests.ui.plays import PLAYS, behaviour
from tests.ui.stage import Stage

FINGERPRINT = ":".join(["A7"] * 32)


def small(set_stage: SetStage, name: str) -> Stage:
    stage = set_stage(simulated=False, **behaviour(name))
    stage.window.resize(stage.window.minimumSize())
    PLAYS[name](stage)
    stage.settle()
    return stage


@pytest.mark.parametrize("name", ["send", "send-several"])
def test_the_button_that_sends_needs_no_scrolling(set_stage: SetStage, name: str) -> None:
    stage = small(set_stage, name)
    assert stage.whole(stage.find(QPushButton, "send"))


def test_a_failure_that_settings_mend_is_no_thin_column_beside_its_button(set_stage: SetStage) -> None:
    stage = small(set_stage, "send-no-directory")
    [note] = [found for found in stage.window.findChildren(Note) if "empresas-de-todas" in found.said]
    title = next(found for found in note.findChildren(QLabel) if found.property("part") == "title")
    assert title.width() > note.width() / 2
    stage.window.resize(1600, 900)
    stage.settle()
    assert "à esquerda" in "".join(stage.texts())


def test_a_word_longer_than_its_place_goes_on_in_the_next_line(stage: Stage) -> None:
    short, long = WrappedLabel("curto"), WrappedLabel(FINGERPRINT)
    assert long.minimumSizeHint().width() < 2 * short.minimumSizeHint().width()
    # Programs, tests and screen readers get what was put in.
    assert long.text() == long.accessibleName() == FINGERPRINT
    long.setText("curto")
    assert long.accessibleName() == ""


def test_a_note_says_a_long_path_in_one_piece_to_whoever_listens(stage: Stage) -> None:
    note = Note(stage.theme)
    path = "/srv/" + "relatorios" * 8
    note.say(Tone.DANGER, "Não achei", path)
    assert note.said == f"Não achei {path}"


def test_the_history_shows_names_and_reasons_before_numbers(set_stage: SetStage) -> None:
    stage = small(set_stage, "history")
    table = stage.find(QTableView, "history")
    hidden = {section for section in Column if table.isColumnHidden(section)}
    assert hidden == {Column.CNPJ, Column.GROUP}
    stage.window.resize(1200, 800)
    stage.settle()
    assert not any(table.isColumnHidden(section) for section in Column)
