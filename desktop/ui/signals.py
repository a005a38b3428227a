"""SIGTERM and Ctrl-C reach a program that waits in Qt's event loop."""

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier


class TerminationSignals(QObject):
    """Python runs its handlers only between its own instructions, so a byte in a socket has to wake Qt first."""

    def __init__(self, on_signal: Callable[[], object]) -> None:
        super().__init__()
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._on_signal = on_signal
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._previous_wakeup = signal.set_wakeup_fd(self._write.fileno())
        self._previous = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        self._noted = False

    def restore(self) -> None:
        """Leave the signals as they were found."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._previous_wakeup)
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()

    def _note(self, number: int, frame: object) -> None:
        self._noted = True

    def _wake(self) -> None:
        self._read.recv(64)
        if self._noted:
            self._noted = False
            self._on_signal()
