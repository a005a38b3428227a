"""What the program shows of itself outside of its pages: icon, notifications, questions and the way out."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from desktop.domain.errors import AppError, Code
from desktop.domain.events import GroupWarned
from desktop.domain.send import Send, SendState
from desktop.domain.session import Session
from desktop.runtime.wording import Wording
from desktop.ui.bridge import Bridge, RunningServices
from desktop.ui.dialogs import ask, report_bug, tell
from desktop.ui.messages import TrayState, error_words, send_detail, send_words, session_words, worst_first
from desktop.ui.roster import Roster
from desktop.ui.text import fill
from desktop.ui.tray import Tray

if TYPE_CHECKING:
    from desktop.services.catalogue import Notice, Services
    from desktop.ui.theme import Theme
    from desktop.ui.window import MainWindow

_LOST = frozenset({SendState.FAILED, SendState.UNKNOWN, SendState.EXPIRED})
_NEEDS_YOU = frozenset({TrayState.NEEDS_YOU, TrayState.RESTRICTED})
_HINT_GIVEN = "tray_hint_given"
_MOST_LINES = 6
"""Of a tooltip; Windows shows about as much."""


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
        self._open_asked = False
        """Somebody wants the window; it opens once the sessions' states are known."""
        self._needing: set[str] = set()
        """Names of the sessions that need somebody; each is told of once."""
        self._sending: set[UUID] = set()
        self._shown = TrayState.STARTING
        self._question: QMessageBox | None = None
        self._loss_told = False
        self.bridge = Bridge(running, services)
        self._roster = Roster(self.bridge)
        self._roster.changed.connect(self._follow_sessions)
        self.bridge.send_changed.connect(self._follow_send)
        self.bridge.group_warned.connect(self._follow_warning)
        self.bridge.webhook_trouble.connect(self._tell_webhook)
        self.bridge.messages_lost.connect(self._tell_loss)
        self.bridge.failed.connect(self.confess)
        for notice in services.notices:
            self._tell_notice(notice)

    @property
    def window(self) -> "MainWindow | None":
        """None until it was opened once."""
        return self._window

    def open(self, place: str = "") -> None:
        """Show the window; without a place, where the next thing to do is, or what was shown last."""
        from desktop.ui.window import Place

        if not place and not self._roster.known:
            # Where to begin depends on them; the answer is on its way.
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
            linked = any(session.account is not None for session in self._roster.sessions)
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

    def _follow_sessions(self) -> None:
        self._repaint()
        sessions = self._roster.sessions
        needing = {session.name for session in sessions if session_words(session).tray in _NEEDS_YOU}
        fresh, self._needing = needing - self._needing, needing
        if self._open_asked:
            self.open()
        elif fresh and not self._watched:
            self._tell_need([session for session in sessions if session.name in fresh])

    def _tell_need(self, sessions: list[Session]) -> None:
        words = session_words(sessions[0])
        title, text = self._named(sessions[0], words.title), words.text
        if len(sessions) > 1:
            title = self.tr("%n number(s) need you", "", len(sessions))
            text = ", ".join(session.name for session in sessions)
        self._tray.notify(title, text, partial(self._open_session, sessions[0].name))

    def _open_session(self, name: str) -> None:
        self.open("whatsapp")
        if self._window is not None:
            self._window.show_session(name)

    def _follow_warning(self, warned: GroupWarned) -> None:
        members = self.tr("%n member(s)", "", warned.group.members)
        text = fill(self.tr("It went to “%1” (%2), which nobody has confirmed."), warned.group.subject, members)
        self._tray.notify_warning(warned.company, text, lambda: self.open("history"))

    def _tell_webhook(self, session: str) -> None:
        # Also while somebody looks at the window: it says so on one page only.
        self._tray.notify(
            self.tr("A program could not be told"),
            fill(self.tr("The webhook of “%1” does not take its news. Click to see why."), session),
            lambda: self.open("erp"),
        )

    def _tell_loss(self) -> None:
        # Once: more of them are lost for the same reason, and the page counts them.
        if not self._loss_told:
            self._loss_told = True
            self._tray.notify(
                self.tr("Messages that come in are not kept"),
                self.tr("Programs that read messages through Malote will not find them. Click to see what to do."),
                lambda: self.open("whatsapp"),
            )

    def _follow_send(self, send: Send) -> None:
        if send.state is SendState.SENDING:
            self._sending.add(send.id)
        else:
            self._sending.discard(send.id)
        self._repaint()
        if send.state in _LOST and not self._watched:
            title = fill(self.tr("%1: %2"), send.label, send_words(send).label)
            self._tray.notify_failure(title, send_detail(send), lambda: self.open("history"))

    @property
    def _watched(self) -> bool:
        """True while somebody looks at the window, which says it all."""
        return self._window is not None and self._window.isActiveWindow()

    def _repaint(self) -> None:
        sessions = worst_first(self._roster.sessions)
        if not sessions:
            return
        session = sessions[0]
        words = session_words(session)
        state, text = words.tray, self._roster.headline
        if state is TrayState.OK and self._sending:
            state, text = TrayState.SENDING, self.tr("Sending %n report(s)…", "", len(self._sending))
        if session.simulated:
            state = TrayState.SIMULATION if state is TrayState.OK else state
            text = fill(self.tr("SIMULATION · %1"), text)
        self._shown = state
        self._tray.show_state(state, text, self._lines(sessions))

    def _lines(self, sessions: list[Session]) -> list[str]:
        """A line each where there are several; the ones that need nobody are the first to be left out."""
        if len(sessions) == 1:
            return []
        lines = [self._named(session, session_words(session).title) for session in sessions[:_MOST_LINES]]
        if further := len(sessions) - len(lines):
            lines.append(self.tr("and %n more", "", further))
        return lines

    def _named(self, session: Session, words: str) -> str:
        return fill(self.tr("%1: %2"), session.name, words) if len(self._roster) > 1 else words

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
