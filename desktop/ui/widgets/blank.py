"""What stands where there is nothing to show yet."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop.ui.icons import pixmap
from desktop.ui.theme import Theme
from desktop.ui.widgets.basics import column, label

_SIDE = 44


class Blank(QWidget):
    """A picture and a sentence in the middle."""

    def __init__(self, theme: Theme, picture: str, text: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._name = picture
        self._picture = label()
        self._text = label(text, "muted", wrap=True)
        for part in (self._picture, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayout(column(0, self._picture, self._text, 0, spacing=12, margins=24))
        theme.changed.connect(self._repaint)
        self._repaint()

    def say(self, text: str) -> None:
        self._text.setText(text)

    def _repaint(self) -> None:
        self._picture.setPixmap(pixmap(self._name, self._theme.colours.control_line, _SIDE, self.devicePixelRatio()))
