"""The harness's screen reader, with a small Qt program as the one that is heard."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

import pytest

from tests.harness.display import Display
from tests.harness.environment import clean_environment
from tests.harness.hands import Hands
from tests.harness.processes import Child
from tests.harness.screen_reader import Part, ScreenReader, SilenceError
from tests.harness.session_bus import SessionBus

WINDOW = """
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout
    from PySide6.QtWidgets import QWidget

    app = QApplication([])
    inside = QWidget()
    column = QVBoxLayout(inside)
    said = QLabel("Bom dia")
    field = QLineEdit(accessibleName="Nome")
    password = QLineEdit(accessibleName="Senha", echoMode=QLineEdit.EchoMode.Password)
    hidden = QLabel("Escondido")
    later = QPushButton("&Mais tarde")
    later.clicked.connect(lambda: QTimer.singleShot(300, lambda: said.setText(f"Boa noite, {field.text()}")))
    below = QCheckBox("Lá embaixo", enabled=False)
    for part in (said, field, password, hidden, later):
        column.addWidget(part)
    column.addSpacing(600)
    column.addWidget(below)
    window = QScrollArea(windowTitle="Ensaio")
    window.setWidget(inside)
    window.resize(400, 300)
    hidden.hide()
    window.show()
    app.exec()
"""


@pytest.fixture
def reader(session_bus: SessionBus, display: Display) -> Iterator[ScreenReader]:
    with ScreenReader(session_bus, display) as reader:
        yield reader


@pytest.fixture
def program(session_bus: SessionBus, display: Display, reader: ScreenReader) -> Iterator[Child]:
    env = {**clean_environment(), **session_bus.env, **display.env, **reader.env}
    with Child([sys.executable, "-c", textwrap.dedent(WINDOW)], env=env, name="qt") as program:
        display.screen.wait_for_focus(display.screen.wait_for_window("^Ensaio$"))
        # It may announce itself to the screen reader after its window is there.
        reader.wait_until(lambda: True if reader.parts() else None, "the program was not heard")
        yield program


def part(reader: ScreenReader, name: str) -> Part:
    return next(part for part in reader.parts() if part.name == name)


def wait_for_focus(reader: ScreenReader, name: str) -> None:
    reader.wait_until(lambda: part(reader, name).focused or None, f"{name} has no focus")


def test_it_hears_what_is_shown_and_where(program: Child, reader: ScreenReader) -> None:
    assert part(reader, "Bom dia").showing
    assert not part(reader, "Escondido").visible
    button = part(reader, "Mais tarde")
    assert (button.role, button.enabled, reader.keys(button)) == ("push button", True, "Alt+M")
    below = part(reader, "Lá embaixo")
    assert (below.visible, below.showing, below.enabled) == (True, False, False)
    assert "Bom dia" in reader.story()


def test_it_reads_a_field_but_never_a_password(program: Child, reader: ScreenReader, hands: Hands) -> None:
    for name in ("Nome", "Senha"):
        hands.click(part(reader, name).rect)
        wait_for_focus(reader, name)
        hands.type("João")
    reader.wait_until(lambda: reader.text(part(reader, "Nome")) == "João" or None, "the name did not come")
    reader.wait_until(lambda: len(reader.text(part(reader, "Senha"))) == 4 or None, "the password did not come")
    assert "João" not in reader.text(part(reader, "Senha"))


def test_it_looks_again_when_something_is_painted(program: Child, reader: ScreenReader, hands: Hands) -> None:
    hands.click(part(reader, "Mais tarde").rect)
    said = reader.wait_until(
        lambda: next((one.name for one in reader.parts() if one.name.startswith("Boa noite")), None), "nobody spoke"
    )
    assert said == "Boa noite, "


def test_what_does_not_come_is_said_with_what_is_there(program: Child, reader: ScreenReader) -> None:
    with pytest.raises(SilenceError, match=r"(?s)no answer within 0\.3 s; it says:.*'Bom dia'"):
        reader.wait_until(lambda: None, "no answer", 0.3)


def test_a_program_that_ended_is_not_there_any_more(program: Child, reader: ScreenReader, display: Display) -> None:
    button = part(reader, "Mais tarde")
    program.stop()
    display.screen.wait_for_no_window("^Ensaio$")
    assert reader.parts() == []
    assert reader.again(button) is None
