"""A box that says one thing that matters now, and what to do about it."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPushButton, QSizePolicy

from desktop.runtime.wording import Wording
from desktop.ui.icons import pixmap
from desktop.ui.theme import PICTURES, Theme, Tone
from desktop.ui.widgets.basics import button, column, label, rename, row, set_tone

_PICTURE_SIDE = 22
_NARROW = 420
"""Below this the button stands under the text, which would be a thin column beside it."""


class Note(QFrame):
    """Hidden until something is said; its title comes in the tone's colour with the tone's picture."""

    spoke = Signal()
    """It says something else than before."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._tone = Tone.QUIET
        self._press: Callable[[], object] | None = None
        self.setProperty("role", "note")
        self._picture = label()
        self._picture.setFixedWidth(_PICTURE_SIDE)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._title = label(wrap=True)
        self._title.setProperty("part", "title")
        self._text = label(wrap=True)
        self._button: QPushButton = button("", self._pressed)
        self._button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(12)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        # Below one another until it is known that there is room: what is hidden must not ask for more than it needs.
        self._across = column(column(self._title, self._text, spacing=2), row(self._button, 0), spacing=10)
        layout.addLayout(self._across, 1)
        theme.changed.connect(self._repaint_picture)
        self.hide()

    def say(
        self, tone: Tone, title: str, text: str = "", *, press: str = "", on_press: Callable[[], object] | None = None
    ) -> None:
        """Show this instead of what was said before; `press` is what the button reads, if there is one."""
        self._tone = tone
        self._press = on_press
        changed = self._title.text() != title or self.isHidden()
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        rename(self._button, press)
        self._button.setVisible(bool(press))
        set_tone(self, tone)
        self._repaint_picture()
        self.setAccessibleName(f"{title} {text}".strip())
        self.show()
        if changed:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
            self.spoke.emit()

    def fail(self, wording: Wording, *, press: str = "", on_press: Callable[[], object] | None = None) -> None:
        """Say what went wrong and what to do."""
        self.say(Tone.DANGER, wording.text, wording.action, press=press, on_press=on_press)

    @property
    def said(self) -> str:
        """What it reads now; empty while it is hidden."""
        return "" if self.isHidden() else self.accessibleName()

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow, ways = event.size().width() < _NARROW, QBoxLayout.Direction
        self._across.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        self._across.setStretch(0, 0 if narrow else 1)

    def _pressed(self) -> None:
        if self._press is not None:
            self._press()

    def _repaint_picture(self) -> None:
        colour = self._theme.colours.of(self._tone)
        self._picture.setPixmap(pixmap(PICTURES[self._tone], colour, _PICTURE_SIDE, self.devicePixelRatio()))
