"""A web server of reports that takes the question and never answers."""

import socket
import threading
from types import TracebackType
from typing import Self


class SilentSite:
    """Listens on loopback while the `with` lasts."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._asked = threading.Event()
        self._calls: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, name="silent-site", daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def wait_asked(self, timeout: float) -> None:
        """Until somebody has asked for a report. Raises TimeoutError."""
        if not self._asked.wait(timeout):
            raise TimeoutError(f"nobody asked for a report within {timeout:g} s")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Wakes accept, which closing alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for open_socket in (self._listener, *self._calls):
            open_socket.close()

    def _serve(self) -> None:
        while True:
            try:
                call, _ = self._listener.accept()
            except OSError:
                return
            self._calls.append(call)
            if call.recv(1):
                self._asked.set()
