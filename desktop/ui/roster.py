"""All WhatsApp sessions as they are now, for whoever shows them."""

from PySide6.QtCore import QObject, Signal

from desktop.domain.session import Session
from desktop.ui.bridge import Bridge
from desktop.ui.messages import TrayState, session_words, worst_first
from desktop.ui.text import fill


class Roster(QObject):
    """Read once, then kept up to date by what the bridge tells."""

    changed = Signal()
    """Some session is not what it was, came or went; also once after the first look."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._sessions: dict[str, Session] = {}
        self._known = False
        bridge.session_changed.connect(self._note)
        bridge.session_removed.connect(self._forget)
        bridge.read(bridge.services.sessions.all, self._begin)

    @property
    def known(self) -> bool:
        """False until the sessions were read for the first time."""
        return self._known

    @property
    def sessions(self) -> list[Session]:
        """The default one first, the others by name."""
        return sorted(self._sessions.values(), key=lambda session: (not _is_default(session), session.name.casefold()))

    @property
    def default(self) -> Session | None:
        """The one that is taken where none is named; None only before anything is known."""
        return next(iter(self.sessions), None)

    @property
    def worst(self) -> Session | None:
        """The one that most needs somebody."""
        return next(iter(worst_first(self.sessions)), None)

    @property
    def headline(self) -> str:
        """How all of them are, in one line; empty before anything is known."""
        worst = self.worst
        if worst is None:
            return ""
        words = session_words(worst)
        if len(self) == 1:
            return words.title
        if words.tray is TrayState.OK:
            connected = [each for each in self.sessions if session_words(each).tray is TrayState.OK]
            return self.tr("%n number(s) connected", "", len(connected))
        return fill(self.tr("%1: %2"), worst.name, words.title)

    def get(self, name: str) -> Session | None:
        return self._sessions.get(name)

    def __len__(self) -> int:
        return len(self._sessions)

    def _begin(self, sessions: list[Session]) -> None:
        self._known = True
        self._sessions = {session.name: session for session in sessions}
        self.changed.emit()

    def _note(self, session: Session) -> None:
        if not self._known:
            return  # what is being read has it, and the others as well
        self._sessions[session.name] = session
        self.changed.emit()

    def _forget(self, name: str) -> None:
        if self._sessions.pop(name, None) is not None:
            self.changed.emit()


def _is_default(session: Session) -> bool:
    return session.profile is not None and session.profile.default
