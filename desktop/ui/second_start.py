"""A start that meets an instance of its home: it asks that one to open its window, or takes its place."""

import sys
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtNetwork import QLocalSocket

from desktop.ui.single_instance import DONE, OPEN, SingleInstance

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMessageBox

_SILENCE = 3_000
"""Milliseconds without an answer, then the user is told what is waited for."""
_PAUSE = 200
"""Milliseconds before one that has no address (it is starting, or ending) is asked again."""


class Met(Enum):
    """What became of the other one."""

    OPENED = "opened"
    GONE = "gone"
    """This one is the instance now."""
    GIVEN_UP = "given up"
    """It is there, it does not answer, and the user waits no longer."""


class SecondStart(QObject):
    def __init__(self, instance: SingleInstance) -> None:
        super().__init__()
        self._instance = instance
        self._loop = QEventLoop(self)
        self._met: Met | None = None
        # One for all tries. A lambda of a child that is deleted later may be the last to hold its parent, which would
        # then delete the child once more.
        self._socket = QLocalSocket(self)
        self._socket.connected.connect(self._speak)
        self._socket.readyRead.connect(self._hear)
        # It is not there, or not any more.
        self._socket.errorOccurred.connect(self._wait)
        self._socket.disconnected.connect(self._wait)
        self._box: QMessageBox | None = None
        self._again = QTimer(self, singleShot=True, interval=_PAUSE)
        self._again.timeout.connect(self._ask)
        self._silence = QTimer(self, singleShot=True, interval=_SILENCE)
        self._silence.timeout.connect(self._say_so)

    def run(self) -> Met:
        """Ask until there is an answer; without a limit, because a start that ends unseen looks like one that failed.

        The other one may take half a minute to start on an old computer, or to see its last send through.
        """
        self._silence.start()
        self._ask()
        # Where this one is the instance by now, there is nothing to wait for.
        if self._met is None:
            self._loop.exec()
        return self._met or Met.GIVEN_UP

    def _ask(self) -> None:
        self._hang_up()
        if self._instance.take():
            self._end(Met.GONE)
            return
        _let_another_window_come_forward()
        self._socket.connectToServer(self._instance.address)

    def _speak(self) -> None:
        self._socket.write(OPEN)

    def _hear(self) -> None:
        if self._socket.peek(len(DONE)).data() == DONE:
            self._end(Met.OPENED)

    def _wait(self) -> None:
        self._again.start()

    def _hang_up(self) -> None:
        self._socket.blockSignals(True)
        self._socket.abort()
        self._socket.blockSignals(False)

    def _end(self, met: Met) -> None:
        if self._met is not None:
            return
        self._met = met
        self._again.stop()
        self._silence.stop()
        self._hang_up()
        if self._box is not None:
            self._box.close()
        self._loop.quit()

    def _say_so(self) -> None:
        from desktop.domain.errors import AppError, Code
        from desktop.ui.dialogs import tell
        from desktop.ui.presence import startup_words

        error = AppError(Code.ALREADY_RUNNING, reason="no_answer")
        self._box = tell(None, startup_words(error), on_closed=lambda: self._end(Met.GIVEN_UP))


def _let_another_window_come_forward() -> None:
    if sys.platform == "win32":
        # Windows lets only the program that was just started come forward, unless that one passes it on.
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(-1)
