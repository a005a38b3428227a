"""Windows that ask or tell one thing. They never block: the answer comes by a call."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from desktop.runtime.wording import Wording
from desktop.ui.text import translate

_shown: set[QMessageBox] = set()
"""A box without a parent belongs to Python, and would vanish with the last name for it."""


def ask(
    parent: QWidget | None,
    *,
    title: str,
    text: str,
    yes: str,
    no: str,
    on_yes: Callable[[], object],
    icon: QMessageBox.Icon = QMessageBox.Icon.Question,
) -> QMessageBox:
    """Ask before something that is not easily undone; Enter and Escape both leave everything as it is."""
    box = _box(parent, icon, title, text)
    agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    stay = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.finished.connect(lambda: on_yes() if box.clickedButton() is agree else None)
    box.open()
    return box


def tell(parent: QWidget | None, wording: Wording, *, on_closed: Callable[[], object] | None = None) -> QMessageBox:
    """Tell what happened and what to do."""
    box = _box(parent, QMessageBox.Icon.Warning, wording.text, wording.action)
    close = box.addButton(translate("Words", "&Close"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(close)
    box.setEscapeButton(close)
    if on_closed is not None:
        box.finished.connect(lambda: on_closed())
    box.open()
    return box


def report_bug(
    parent: QWidget | None, wording: Wording, details: str, *, on_closed: Callable[[], object] | None = None
) -> QMessageBox:
    """Say that the program failed, with a button that copies what support needs."""
    box = _box(parent, QMessageBox.Icon.Critical, wording.text, wording.action)
    copy = box.addButton(translate("Words", "Copy &details"), QMessageBox.ButtonRole.ActionRole)
    close = box.addButton(translate("Words", "&Close"), QMessageBox.ButtonRole.AcceptRole)
    # Qt closes a message box on any of its buttons; copying is no answer.
    copy.clicked.disconnect()
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
    box.setDefaultButton(close)
    box.setEscapeButton(close)
    if on_closed is not None:
        box.finished.connect(lambda: on_closed())
    box.open()
    return box


def _box(parent: QWidget | None, icon: QMessageBox.Icon, title: str, text: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(icon)
    box.setWindowTitle("Malote")
    box.setText(title)
    box.setInformativeText(text)
    _shown.add(box)
    box.finished.connect(lambda: _shown.discard(box))
    return box
