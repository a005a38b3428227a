"""One tray icon per home: a second start asks the first one to open its window."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

OPEN = b"open\n"
DONE = b"done\n"
"""What a second start says to the first, and what it hears."""
_LONGEST_SOCKET_PATH = 100
"""A POSIX socket's path holds 107 bytes, a Mac's 103."""


class SingleInstance(QObject):
    """QLockFile decides, since on Windows two servers may listen on one name; the lock ends with its process."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        home.mkdir(parents=True, exist_ok=True)
        self._lock = QLockFile(str(home / "tray.lock"))
        # Old is not stale: only a process that is gone is.
        self._lock.setStaleLockTime(0)
        self.address = _address(home)
        self._server: QLocalServer | None = None

    def take(self) -> bool:
        """Become the instance of this home; False where there is one."""
        return self._lock.tryLock(0)

    def listen(self, on_open: Callable[[], bool]) -> None:
        """From now on let a second start open the window; where `on_open` says no, it waits for this one's end."""
        from PySide6.QtNetwork import QLocalServer

        # What a killed predecessor left behind; the lock says that nobody uses it.
        QLocalServer.removeServer(self.address)
        server = self._server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(lambda: self._greet(server, on_open))
        if not server.listen(self.address):
            import logging

            logging.getLogger(__name__).warning("a second start cannot reach this one: %s", server.errorString())

    def release(self) -> None:
        """Let go of home and address at the program's end."""
        if self._server is not None:
            self._server.close()
        self._lock.unlock()

    def _greet(self, server: "QLocalServer", on_open: Callable[[], bool]) -> None:
        while (socket := server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._answer(server, socket, on_open))
            socket.disconnected.connect(socket.deleteLater)
            if socket.bytesAvailable():
                self._answer(server, socket, on_open)

    def _answer(self, server: "QLocalServer", socket: "QLocalSocket", on_open: Callable[[], bool]) -> None:
        if socket.peek(len(OPEN)).data() != OPEN:
            return
        socket.readAll()
        if on_open():
            socket.write(DONE)
            socket.flush()
        else:
            # Without an address left, whoever asks waits for the lock.
            server.close()
            socket.abort()


def _address(home: Path) -> str:
    if sys.platform != "win32":
        beside = str(home / "tray.socket")
        if len(beside.encode()) <= _LONGEST_SOCKET_PATH:
            return beside
    import hashlib

    # A pipe's or socket's name of its own for every home, and homes belong to one user each.
    return "malote-" + hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:24]
