"""How long something on the screen still holds."""

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from desktop.ui.widgets.basics import column, label

_TICK = 500
_WHOLE = 1000


class Countdown(QWidget):
    """A bar that empties, with the time left in words below it."""

    ended = Signal()
    """The time is over, or was so already when it was started."""

    def __init__(self, name: str, words: Callable[[int], str]) -> None:
        super().__init__()
        self._words = words
        self._expires_at: datetime | None = None
        self._lifetime = 1.0
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, _WHOLE)
        self._bar.setAccessibleName(name)
        self._left = label("", "muted")
        self._left.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayout(column(self._bar, self._left, spacing=10))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._clock = QTimer(self, interval=_TICK)
        self._clock.timeout.connect(self._tick)
        self._end = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._end.timeout.connect(self._finish)

    def run(self, expires_at: datetime) -> None:
        """Count down to a moment; the same moment once more changes nothing."""
        if expires_at == self._expires_at:
            return
        left = (expires_at - datetime.now(UTC)).total_seconds()
        self._expires_at = expires_at
        self._lifetime = max(left, 1.0)
        if left <= 0:
            self._finish()
            return
        self._end.start(int(left * 1000))
        if self.isVisible():
            self._clock.start()
        self._tick()

    def stop(self, words: str) -> None:
        """Count no more, and say this instead."""
        self._clock.stop()
        self._end.stop()
        self._expires_at = None
        self._bar.setValue(0)
        self._left.setText(words)

    def showEvent(self, event: QShowEvent) -> None:
        if self._expires_at is not None:
            self._clock.start()
            self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        # Nobody looks: only the moment of its end still matters.
        self._clock.stop()

    def _tick(self) -> None:
        if self._expires_at is None:
            return
        left = (self._expires_at - datetime.now(UTC)).total_seconds()
        if left <= 0:
            # The clock of the machine was set forward, or it slept.
            self._finish()
            return
        self._bar.setValue(int(_WHOLE * min(1.0, left / self._lifetime)))
        self._left.setText(self._words(int(left) + 1))

    def _finish(self) -> None:
        self._clock.stop()
        self._end.stop()
        self._expires_at = None
        self.ended.emit()
