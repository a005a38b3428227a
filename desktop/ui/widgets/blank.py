"""What stands where there is nothing to show yet."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop.ui.icons import pixmap
from desktop.ui.theme import Theme
from desktop.ui.widgets.basics import button, column, label, rename, row

_SIDE = 44


class Blank(QWidget):
    """A picture and a sentence in the middle, and the next thing to do."""

    def __init__(self, theme: Theme, picture: str, text: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._name = picture
        self._picture = label()
        self._text = label(text, "muted", wrap=True)
        for part in (self._picture, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._press: Callable[[], object] | None = None
        self._button = button("", self._pressed)
        self._button.hide()
        self.setLayout(column(0, self._picture, self._text, row(0, self._button, 0), 0, spacing=12, margins=24))
        theme.changed.connect(self._repaint)
        self._repaint()

    def say(self, text: str, *, press: str = "", on_press: Callable[[], object] | None = None) -> None:
        """Put another sentence here; `press` is what the button reads, if there is one."""
        self._text.setText(text)
        self._press = on_press
        rename(self._button, press)
        self._button.setVisible(bool(press))

    def _pressed(self) -> None:
        if self._press is not None:
            self._press()

    def _repaint(self) -> None:
        self._picture.setPixmap(pixmap(self._name, self._theme.colours.control_line, _SIDE, self.devicePixelRatio()))
