"""Windows that ask or tell one thing. They never block: the answer comes by a call."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QLineEdit, QMessageBox, QWidget

from desktop.runtime.wording import Wording
from desktop.ui.text import translate
from desktop.ui.widgets.basics import button, column, label, row
from desktop.ui.widgets.field import Field

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


def ask_text(
    parent: QWidget,
    *,
    title: str,
    name: str,
    hint: str,
    yes: str,
    on_text: Callable[["TextQuestion", str], object],
    text: str = "",
) -> "TextQuestion":
    """Ask for one line; `on_text` gets it and says `taken`, or blames it and leaves the question open."""
    question = TextQuestion(parent, title=title, name=name, hint=hint, yes=yes, on_text=on_text, text=text)
    question.open()
    return question


class TextQuestion(QDialog):
    """One field, and what is wrong with what was typed into it."""

    def __init__(
        self,
        parent: QWidget,
        *,
        title: str,
        name: str,
        hint: str,
        yes: str,
        on_text: Callable[["TextQuestion", str], object],
        text: str,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Malote")
        self.setMinimumWidth(420)
        self._on_text = on_text
        self._line = QLineEdit(text)
        self._line.setObjectName("answer")
        self._line.selectAll()
        self._field = Field(name, self._line, hint)
        self._yes = button(yes, self._give, "primary")
        self._yes.setDefault(True)
        no = button(self.tr("Canc&el"), self.reject)
        self.setLayout(
            column(label(title, "heading", wrap=True), self._field, row(0, no, self._yes), spacing=18, margins=22)
        )
        self._closed = False
        """Qt deletes what was closed; an answer that comes later finds nothing to say it to."""
        self.finished.connect(self._note_end)
        self._line.textChanged.connect(self._arm)
        self._arm()

    def taken(self) -> None:
        """It was what was wanted."""
        if not self._closed:
            self.accept()

    def blame(self, fault: str) -> None:
        """Say what is wrong with it and let it be mended."""
        if self._closed:
            return
        self._yes.setEnabled(True)
        self._field.blame(fault)
        self._line.setFocus()

    def _note_end(self) -> None:
        self._closed = True

    def _arm(self) -> None:
        self._yes.setEnabled(bool(self._line.text().strip()))

    def _give(self) -> None:
        # Until it is taken or blamed: a second click must not ask for the same thing twice.
        self._yes.setEnabled(False)
        self._on_text(self, self._line.text().strip())


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
