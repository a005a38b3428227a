"""`malote --headless`: the whole program without a screen."""

import signal
import sys
import threading
from types import FrameType

from desktop.domain.errors import AppError
from desktop.runtime.logs import start_logging
from desktop.runtime.loop import ServiceThread
from desktop.runtime.paths import Home
from desktop.services.catalogue import Services


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
    start_logging(home.log, terminal=True)
    over = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)

    def ready(services: Services) -> None:
        print(f"Malote em {services.door.url}", flush=True)
        terminal = Terminal(sys.stdout)
        for session in services.sessions.all():
            terminal.show(session)
        services.bus.subscribe(terminal.watch)

    thread = ServiceThread()
    finished = thread.start(lambda stop: serve(home, ready, stop))
    finished.add_done_callback(lambda _: over.set())
    # With a limit, because on Windows a wait without one cannot be interrupted by Ctrl-C.
    while not over.wait(3600.0):
        continue
    thread.stop()
    try:
        finished.result()
    except AppError as error:
        print_error(error)
        return 5
    return 0
