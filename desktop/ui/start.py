"""The start of the desktop: the tray icon first, everything else after it. Imports here delay the icon."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from desktop.ui.single_instance import SingleInstance
from desktop.ui.translation import install_translations
from desktop.ui.tray import Tray

if TYPE_CHECKING:
    from concurrent.futures import Future
    from types import TracebackType

    from desktop.domain.errors import AppError
    from desktop.services.catalogue import Services
    from desktop.ui.bridge import RunningServices
    from desktop.ui.presence import Presence
    from desktop.ui.signals import TerminationSignals

DONE = 0
COULD_NOT_START = 5
_FIRST_LANGUAGE = "pt_BR"


def run_desktop(
    *,
    start_services: "Callable[[], RunningServices]",
    stop_services: Callable[[], object],
    home: Path,
    open_window: bool,
    language: Callable[[], str],
) -> int:
    """Show the tray icon, then start the services, and stay until the user quits; the exit code (cli.EXIT_CODES).

    `start_services` is called on this thread and returns at once; `stop_services` only asks them to end. `language`
    is asked for once the icon shows, since reading the settings takes longer than drawing it. Where this home has an
    instance already, that one's window is opened instead.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Malote")
    application.setDesktopFileName("malote")
    application.setQuitOnLastWindowClosed(False)
    first = install_translations(application, _FIRST_LANGUAGE)
    instance = SingleInstance(home)
    if not instance.take():
        from desktop.ui.second_start import Met, SecondStart

        met = SecondStart(instance).run()
        if met is not Met.GONE:
            return DONE if met is Met.OPENED else COULD_NOT_START
    desktop = Desktop(start_services, stop_services, home)
    if open_window or not desktop.tray.available:
        desktop.open()

    def speak() -> None:
        if (chosen := language()) != _FIRST_LANGUAGE:
            for translator in first:
                application.removeTranslator(translator)
            install_translations(application, chosen)
            desktop.tray.speak()

    # The event loop's first turn draws the icon; only then is there time for anything else.
    for step in (speak, desktop.begin, partial(instance.listen, desktop.open)):
        QTimer.singleShot(0, step)
    application.commitDataRequest.connect(lambda _: stop_services())
    previous_hook, sys.excepthook = sys.excepthook, desktop.catch
    try:
        return application.exec()
    finally:
        sys.excepthook = previous_hook
        desktop.end()
        instance.release()


def say_why_not(error: "AppError") -> int:
    """For a start that fails before there can be an icon: a dialog alone; the exit code."""
    from desktop.ui.dialogs import tell
    from desktop.ui.presence import startup_words

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setQuitOnLastWindowClosed(False)
    install_translations(application, _FIRST_LANGUAGE)
    tell(None, startup_words(error), on_closed=application.quit)
    application.exec()
    return COULD_NOT_START


class Desktop(QObject):
    """From the first icon to the last: waits for the services, and for their end."""

    _told = Signal(object)
    """Emitted on the service thread, so Qt queues it: the call runs on the GUI thread."""

    def __init__(
        self, start_services: "Callable[[], RunningServices]", stop_services: Callable[[], object], home: Path
    ) -> None:
        super().__init__()
        self._start_services = start_services
        self._stop_services = stop_services
        self._home = home
        self._presence: Presence | None = None
        self._wanted: str | None = None
        """The page to open once there is something to show; empty for any."""
        self._stopping = False
        self._exit_code = DONE
        self._signals: TerminationSignals | None = None
        self._told.connect(lambda tell: tell())
        self.tray = Tray()
        self.tray.open_asked.connect(self.open)
        self.tray.send_asked.connect(lambda: self.open("send"))
        self.tray.quit_asked.connect(self._ask_to_quit)

    @property
    def presence(self) -> "Presence | None":
        """None until the services run."""
        return self._presence

    def open(self, place: str = "") -> bool:
        """Open the window, or as soon as there is something to show in it; False where the end has begun."""
        if self._stopping:
            return False
        if self._presence is not None:
            self._presence.open(place)
        else:
            self._wanted = place
        return True

    def stop(self) -> None:
        """End the program without a question."""
        if self._stopping:
            return
        self._stopping = True
        if self._presence is not None:
            self._presence.leave()
        self._stop_services()

    def begin(self) -> None:
        """Start the services, and hear SIGTERM and Ctrl-C."""
        from desktop.ui.signals import TerminationSignals

        self._signals = TerminationSignals(self.stop)
        running = self._start_services()
        running.ready.add_done_callback(lambda ready: self._told.emit(partial(self._ready, running, ready)))
        running.ended.add_done_callback(lambda ended: self._told.emit(partial(self._ended, ended)))

    def end(self) -> None:
        """After the event loop: leave nothing behind."""
        if self._signals is not None:
            self._signals.restore()
        self.tray.remove()

    def catch(self, kind: type[BaseException], error: BaseException, trace: "TracebackType | None") -> None:
        """Take what no slot caught: to the log, and before the user with a button that copies it."""
        import logging
        import traceback

        logging.getLogger(__name__).error("the window failed in a way nobody foresaw", exc_info=(kind, error, trace))
        if self._presence is not None:
            self._presence.confess("".join(traceback.format_exception(kind, error, trace)))

    def _ready(self, running: "RunningServices", ready: "Future[Services]") -> None:
        if self._stopping or ready.cancelled() or ready.exception() is not None:
            # Why they could not start is what `ended` says.
            return
        from desktop.ui.presence import Presence

        presence = self._presence = Presence(running, ready.result(), self.tray, self._home)
        presence.quit_agreed.connect(self.stop)
        if self._wanted is not None:
            presence.open(self._wanted)

    def _ended(self, ended: "Future[None]") -> None:
        error = None if ended.cancelled() else ended.exception()
        if error is None and (self._stopping or self._presence is not None):
            self._exit()
            return
        self._stopping = True
        self._exit_code = COULD_NOT_START
        from desktop.domain.errors import AppError, Code
        from desktop.ui.dialogs import report_bug, tell
        from desktop.ui.presence import startup_words

        if error is None:
            error = AppError(Code.NOT_RUNNING)
        if isinstance(error, AppError):
            tell(None, startup_words(error), on_closed=self._exit)
        else:
            import traceback

            details = "".join(traceback.format_exception(error))
            report_bug(None, startup_words(error), details, on_closed=self._exit)

    def _exit(self) -> None:
        application = QApplication.instance()
        assert application is not None
        application.exit(self._exit_code)

    def _ask_to_quit(self) -> None:
        if self._presence is None or self._stopping:
            self.stop()
        else:
            self._presence.ask_to_quit()
