"""`malote --headless`: the whole program without a screen."""

import contextlib
import os
import signal
import socket
import sys
from functools import partial
from types import FrameType, TracebackType
from typing import Self

from desktop.domain.errors import AppError
from desktop.runtime.logs import start_logging
from desktop.runtime.loop import ServiceThread
from desktop.runtime.paths import Home
from desktop.runtime.screen import Screen
from desktop.services.catalogue import Services

_LAST_WORDS = 2.0
"""Seconds that a terminal which stands still may hold up the end."""


class _SignalOrEnd:
    """What the main thread waits for: a byte in a socket, which a signal writes by itself.

    A lock would not do: the system may give a signal to any thread, and only the main one, which would sleep on, runs
    Python's handler.
    """

    def __enter__(self) -> Self:
        self._waiting, self._telling = socket.socketpair()
        self._telling.setblocking(False)
        signal.set_wakeup_fd(self._telling.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _heard)
        return self

    def tell(self) -> None:
        """From any thread; without effect where nobody waits any more."""
        with contextlib.suppress(OSError):
            self._telling.send(b"\0")

    def wait(self) -> None:
        self._waiting.recv(1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        self._telling.close()
        self._waiting.close()


def _heard(signum: int, frame: FrameType | None) -> None:
    """Python's own would end the program, or raise wherever it is."""


def run_headless(home: Home) -> int:
    """Run until SIGTERM or Ctrl-C; 5 where it cannot start."""
    from desktop.app import serve
    from desktop.commands.client import print_error
    from desktop.commands.terminal import Terminal

    try:
        home.prepare()
    except AppError as error:
        print_error(error)
        return 5
    screen, terminal = Screen(), Terminal(sys.stdout)
    end_logging = start_logging(home.log, screen)

    def ready(services: Services) -> None:
        screen.put(partial(print, f"Malote em {services.door.url}", flush=True))
        for notice in services.notices:
            screen.put(partial(terminal.tell, notice))
        for session in services.sessions.all():
            screen.put(partial(terminal.show, session))
        services.bus.watch(lambda event: screen.put(partial(terminal.watch, event)))

    thread = ServiceThread()
    with _SignalOrEnd() as over:
        finished = thread.start(lambda stop: serve(home, ready, stop))
        finished.add_done_callback(lambda _: over.tell())
        over.wait()
    screen.put(terminal.end)
    thread.stop()
    code = 0
    try:
        finished.result()
        screen.put(partial(print, "Malote encerrado.", flush=True))
    except AppError as error:
        screen.put(partial(print_error, error))
        code = 5
    end_logging()
    if not screen.is_done(_LAST_WORDS):
        # Python itself would wait for it.
        os._exit(code)
    return code
