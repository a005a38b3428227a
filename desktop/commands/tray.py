"""`malote` without a command: the tray icon and its window."""

import builtins
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from desktop.domain.errors import AppError
from desktop.runtime.paths import Home

if TYPE_CHECKING:  # the services cost what the tray icon has no time for
    from desktop.services.catalogue import Services

T = TypeVar("T")


class _Running:
    """Implements ui.bridge.RunningServices over the service thread."""

    def __init__(self, home: Home) -> None:
        from desktop.app import serve
        from desktop.runtime.loop import ServiceThread

        self.ready: Future[Services] = Future()
        self._thread = ServiceThread()
        self.ended = self._thread.start(lambda stop: serve(home, self.ready.set_result, stop))
        self.ended.add_done_callback(self._release_waiters)

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return self._thread.submit(work)

    def stop(self) -> None:
        self._thread.stop()

    def _release_waiters(self, ended: Future[None]) -> None:
        if not self.ready.done():
            self.ready.set_exception(ended.exception() or RuntimeError("the services ended before they were ready"))


def run_tray(home: Home, *, open_window: bool = False) -> int:
    """Show the tray icon and stay until the user quits; 5 where it cannot start."""
    try:
        home.prepare()
    except AppError as error:
        return cannot_start(error)
    running: _Running | None = None
    asked_to_end = False

    def start() -> _Running:
        nonlocal running
        # The log's handlers import half of the standard library: after the icon shows.
        from desktop.runtime.logs import start_logging

        start_logging(home.log)
        running = _Running(home)
        if asked_to_end:
            running.stop()
        return running

    def stop() -> None:
        nonlocal asked_to_end
        # Also before the start, which the event loop has on its list already.
        asked_to_end = True
        if running is not None:
            running.stop()

    return _import_desktop()(
        start_services=start,
        stop_services=stop,
        home=home.folder,
        open_window=open_window,
        language=lambda: _language(home),
    )


def cannot_start(error: AppError) -> int:
    """Say why in a dialog: who clicked on an icon sees no terminal."""
    from desktop.ui.start import say_why_not

    return say_why_not(error)


def _import_desktop() -> Callable[..., int]:
    # PySide6 puts an __import__ of its own in place, which reads the source of every module imported from then on, and
    # keeps it, in case it says `from __feature__ import`. Ours never does, and would pay 27 MB for it.
    plain_import = builtins.__import__
    from desktop.ui.start import run_desktop

    builtins.__import__ = plain_import
    return run_desktop


def _language(home: Home) -> str:
    from desktop.adapters.settings_file import SettingsFile
    from desktop.domain.errors import ConfigError
    from desktop.domain.settings import Language

    try:
        return SettingsFile(home.settings).load().language.value
    except ConfigError:
        # The services say what is wrong with the file, in words and in a dialog.
        return Language.PORTUGUESE.value
