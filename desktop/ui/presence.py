"""What the program shows of itself outside of its pages: icon, notifications, questions and the way out."""

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from desktop.domain.errors import AppError, Code
from desktop.domain.send import Send, SendState
from desktop.domain.session import Session
from desktop.runtime.wording import Wording
from desktop.ui.bridge import Bridge, RunningServices
from desktop.ui.dialogs import ask, report_bug, tell
from desktop.ui.messages import TrayState, error_words, send_detail, send_words, session_words
from desktop.ui.text import fill
from desktop.ui.tray import Tray

if TYPE_CHECKING:
    from desktop.services.catalogue import Notice, Services
    from desktop.ui.theme import Theme
    from desktop.ui.window import MainWindow

_LOST = frozenset({SendState.FAILED, SendState.UNKNOWN, SendState.EXPIRED})
_NEEDS_YOU = frozenset({TrayState.NEEDS_YOU, TrayState.RESTRICTED})
_HINT_GIVEN = "tray_hint_given"


class Presence(QObject):
    """Made once the services run."""

    quit_agreed = Signal()
    """Nothing is in the way of the program's end any more."""

    def __init__(self, running: RunningServices, services: "Services", tray: Tray, home: Path) -> None:
        super().__init__()
        self._home = home
        self._tray = tray
        self._memory = QSettings(str(home / "window.ini"), QSettings.Format.IniFormat)
        self._window: MainWindow | None = None
        self._theme: Theme | None = None
        self._session: Session | None = None
        self._open_asked = False
        """Somebody wants the window; it opens once the session's state is known."""
        self._sending: set[UUID] = set()
        self._shown = TrayState.STARTING
        self._question: QMessageBox | None = None
        self.bridge = Bridge(running, services)
        self.bridge.session_changed.connect(self._follow_session)
        self.bridge.send_changed.connect(self._follow_send)
        self.bridge.failed.connect(self.confess)
        self.bridge.read(services.sessions.all, self._begin)
        for notice in services.notices:
            self._tell_notice(notice)

    @property
    def window(self) -> "MainWindow | None":
        """None until it was opened once."""
        return self._window

    def open(self, place: str = "") -> None:
        """Show the window; without a place, where the next thing to do is, or what was shown last."""
        from desktop.ui.window import Place

        if not place and self._session is None:
            # Where to begin depends on it; the answer is on its way.
            self._open_asked = True
            return
        self._open_asked = False
        window = self._window or self._make_window()
        if place:
            window.go(Place(place))
        elif self._shown in _NEEDS_YOU:
            window.go(Place.WHATSAPP)
        elif window.place is None:
            # Without a number nothing can be sent: a first start begins at the QR code, also before there is one.
            linked = self._session is not None and self._session.account is not None
            window.go(Place.SEND if linked else Place.WHATSAPP)
        window.come_forward()

    def ask_to_quit(self) -> None:
        """Quit, but not without a question while something is being sent."""
        pipeline = self.bridge.services.pipeline
        self.bridge.read(lambda: pipeline.sending, self._quit_or_ask, lambda _: self.quit_agreed.emit())

    def leave(self) -> None:
        """Take everything off the screen: the end has begun."""
        self._open_asked = False
        if self._window is not None:
            self._window.remember()
            self._window.hide()
        self._tray.show_state(TrayState.STARTING, self.tr("Ending…"))

    def confess(self, details: str) -> None:
        """Say that the program itself failed; once at a time."""
        if self._question is None:
            words = error_words(Code.INTERNAL, {})
            self._question = report_bug(self._window, words, details, on_closed=self._forget_question)

    def _make_window(self) -> "MainWindow":
        from desktop.ui.theme import Theme
        from desktop.ui.window import MainWindow

        self._theme = Theme(_application())
        window = self._window = MainWindow(self.bridge, self._theme, self._home)
        window.closing.connect(self._closing)
        return window

    def _closing(self, event: QCloseEvent) -> None:
        if self._tray.available or _application().isSavingSession():
            if not self._memory.value(_HINT_GIVEN, False, bool):
                self._memory.setValue(_HINT_GIVEN, True)
                self._memory.sync()
                self._tray.notify(
                    self.tr("Malote stays open"),
                    self.tr("It goes on sending. Its icon is near the clock; to end it, choose Quit in its menu."),
                    self.open,
                )
            return
        # Nowhere to hide: closing the window is the only way out.
        event.ignore()
        self._ask(self.tr("Quit Malote?"), self.tr("While Malote is closed, neither you nor the ERP can send reports."))

    def _quit_or_ask(self, sending: bool) -> None:
        if not sending:
            self.quit_agreed.emit()
            return
        self._ask(
            self.tr("A report is being sent. Quit all the same?"),
            self.tr("It may then be unknown whether it arrived."),
        )

    def _ask(self, title: str, text: str) -> None:
        if self._question is not None:
            self._question.raise_()
            return
        self._question = ask(
            self._window,
            title=title,
            text=text,
            yes=self.tr("&Quit"),
            no=self.tr("&Stay"),
            on_yes=self.quit_agreed.emit,
        )
        self._question.finished.connect(self._forget_question)

    def _forget_question(self) -> None:
        self._question = None

    def _begin(self, sessions: list[Session]) -> None:
        for session in sessions[:1]:
            self._follow_session(session)
        if self._open_asked:
            self.open()

    def _follow_session(self, session: Session) -> None:
        before = self._shown
        self._session = session
        self._repaint()
        if self._shown in _NEEDS_YOU and before is not self._shown and not (self._watched or self._open_asked):
            words = session_words(session)
            self._tray.notify(words.title, words.text, lambda: self.open("whatsapp"))

    def _follow_send(self, send: Send) -> None:
        if send.state is SendState.SENDING:
            self._sending.add(send.id)
        else:
            self._sending.discard(send.id)
        self._repaint()
        if send.state in _LOST and not self._watched:
            who = send.company_name or send.cnpj.masked
            title = fill(self.tr("%1: %2"), who, send_words(send).label)
            self._tray.notify_failure(title, send_detail(send), lambda: self.open("history"))

    @property
    def _watched(self) -> bool:
        """True while somebody looks at the window, which says it all."""
        return self._window is not None and self._window.isActiveWindow()

    def _repaint(self) -> None:
        session = self._session
        if session is None:
            return
        words = session_words(session)
        state, text = words.tray, words.title
        if state is TrayState.OK and self._sending:
            state, text = TrayState.SENDING, self.tr("Sending %n report(s)…", "", len(self._sending))
        if session.simulated:
            state = TrayState.SIMULATION if state is TrayState.OK else state
            text = fill(self.tr("SIMULATION · %1"), text)
        self._shown = state
        self._tray.show_state(state, text)

    def _tell_notice(self, notice: "Notice") -> None:
        if notice.code == "database_set_aside":
            words = Wording(
                self.tr("The database was damaged, so Malote began a new one."),
                fill(self.tr("The old one was kept, nothing was deleted: %1. Show it to support."), notice.path),
            )
            tell(self._window, words)


def _application() -> QApplication:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application


def startup_words(error: BaseException) -> Wording:
    """Why the services could not start."""
    if isinstance(error, AppError):
        return error_words(error.code, error.facts)
    return error_words(Code.INTERNAL, {})
