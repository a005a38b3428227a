"""Buttons that put a text on the clipboard and say that they did."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from desktop.ui.widgets.basics import name_by

_SAID_FOR = 1800


class CopyButton(QPushButton):
    def __init__(self, text: str, source: Callable[[], str]) -> None:
        super().__init__(text)
        self._text = text
        self._source = source
        self.setAutoDefault(True)
        name_by(self, text)
        self._back = QTimer(self, singleShot=True, interval=_SAID_FOR)
        self._back.timeout.connect(lambda: self.setText(self._text))
        self.clicked.connect(self._copy)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._source())
        # As wide as before, or its neighbours would jump.
        self.setMinimumWidth(self.width())
        self.setText(self.tr("Copied"))
        self._back.start()
