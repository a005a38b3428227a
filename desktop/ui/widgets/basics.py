"""Labels, cards and buttons as the style sheet knows them."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QPushButton, QVBoxLayout, QWidget

from desktop.ui.text import plain
from desktop.ui.theme import Tone
from desktop.ui.widgets.wrapped import WrappedLabel

L = TypeVar("L", QVBoxLayout, QHBoxLayout)

SPACE = 8
"""Every distance is a multiple of half of it."""


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A label in one of the style sheet's roles; never rich text, since much of what is shown comes from outside."""
    made = WrappedLabel(text) if wrap else QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    return made


def button(text: str, on_click: Callable[[], object], role: str = "", *, large: bool = False) -> QPushButton:
    """A button that Enter presses too while it has the focus."""
    made = QPushButton(text)
    made.setAutoDefault(True)
    name_by(made, text)
    if role:
        made.setProperty("role", role)
    if large:
        made.setProperty("large", True)
    made.clicked.connect(lambda: on_click())
    return made


def name_by(control: QWidget, text: str) -> None:
    """Tell a screen reader what a sighted person reads on or beside the control."""
    control.setAccessibleName(plain(text).rstrip("…:"))


def rename(control: QPushButton, text: str) -> None:
    """Change what a button says, for eyes and ears."""
    if control.text() != text:
        control.setText(text)
        name_by(control, text)


def set_tone(widget: QWidget, tone: Tone) -> None:
    set_look(widget, "tone", tone.value)


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Change a property that the style sheet looks at."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    # A sheet's rules are matched once, unless the widget and what is in it are polished again.
    for part in (widget, *widget.findChildren(QWidget)):
        part.style().unpolish(part)
        part.style().polish(part)


def column(*items: QWidget | QLayout | int, spacing: int = SPACE, margins: int = 0) -> QVBoxLayout:
    """Things below one another; a number is a gap, 0 whatever is left over."""
    layout = QVBoxLayout()
    return _laid(layout, items, spacing, margins)


def row(*items: QWidget | QLayout | int, spacing: int = SPACE, margins: int = 0) -> QHBoxLayout:
    """Things beside one another; a number is a gap, 0 whatever is left over."""
    layout = QHBoxLayout()
    return _laid(layout, items, spacing, margins)


def _laid(layout: L, items: tuple[QWidget | QLayout | int, ...], spacing: int, margins: int) -> L:
    layout.setSpacing(spacing)
    layout.setContentsMargins(margins, margins, margins, margins)
    for item in items:
        if isinstance(item, QWidget):
            layout.addWidget(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        elif item == 0:
            layout.addStretch(1)
        else:
            layout.addSpacing(item)
    return layout


def card(layout: QLayout, role: str = "card", margins: int = 20) -> QFrame:
    """A surface of its own."""
    frame = QFrame()
    frame.setProperty("role", role)
    layout.setContentsMargins(margins, margins, margins, margins)
    frame.setLayout(layout)
    return frame


def rule() -> QFrame:
    """A thin line between two parts."""
    frame = QFrame()
    frame.setProperty("role", "line")
    return frame
