"""Whoever has the system's text at twice its size reads all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel, QListView, QPushButton, QTableView

from desktop.ui.text import plain
from tests.ui.conftest import SetStage
from tests.ui.stage import Stage


@pytest.fixture
def stage(qapp: QApplication, set_stage: SetStage) -> Iterator[Stage]:
    usual = qapp.font()
    large = qapp.font()
    large.setPointSizeF(2 * QFontInfo(usual).pointSizeF())
    qapp.setFont(large)
    try:
        yield set_stage()
    finally:
        qapp.setFont(usual)


def test_the_pages_names_are_read_to_their_end(stage: Stage) -> None:
    stage.settle()
    for place in ("send", "history", "whatsapp", "settings", "erp"):
        button = stage.find(QPushButton, f"go-{place}")
        usual, strong = QFontMetrics(button.font()), QFont(button.font())
        strong.setWeight(QFont.Weight.DemiBold)
        name = plain(button.text())
        stronger = QFontMetrics(strong).horizontalAdvance(name) - usual.horizontalAdvance(name)
        assert button.width() >= button.sizeHint().width() + stronger, place


def test_headings_are_never_smaller_than_the_text(stage: Stage) -> None:
    stage.go("settings")
    text = QFontInfo(stage.application.font()).pointSizeF()
    headings = [part for part in stage.window.findChildren(QLabel) if part.property("role") in ("title", "heading")]
    stage.settle()
    assert headings
    assert all(part.fontInfo().pointSizeF() >= text - 0.5 for part in headings)


def test_no_line_of_a_list_stands_in_the_next_one(stage: Stage) -> None:
    stage.go("send")
    stage.until_companies()
    companies = stage.find(QListView, "company-list")
    assert companies.sizeHintForRow(0) >= 2 * companies.fontMetrics().height() + 16
    stage.go("history")
    table = stage.find(QTableView, "history")
    assert table.verticalHeader().defaultSectionSize() >= table.fontMetrics().height() + 8
