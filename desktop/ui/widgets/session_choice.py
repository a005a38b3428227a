"""Which of several numbers a report goes out by; not to be seen where there is only one."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from desktop.domain.cnpj import Cnpj
from desktop.domain.session import Session
from desktop.ui.messages import TrayState, session_words
from desktop.ui.roster import Roster
from desktop.ui.text import fill
from desktop.ui.widgets.basics import column
from desktop.ui.widgets.field import Field


class SessionChoice(QWidget):
    changed = Signal()
    """Another session is chosen, or the chosen one is not what it was."""

    def __init__(self, roster: Roster) -> None:
        super().__init__()
        self._roster = roster
        self._company: Cnpj | None = None
        self._chosen = ""
        """What a person chose for this company; empty where they did not."""
        self._names: list[str] = []
        self._box = QComboBox()
        self._box.setObjectName("send-session")
        self._box.activated.connect(self._choose)
        self.setLayout(column(Field(self.tr("Send &by"), self._box)))
        self.hide()
        roster.changed.connect(self._show)
        self._show()

    @property
    def session(self) -> Session | None:
        """The one a send would go out by; None before anything is known."""
        sessions = self._roster.sessions
        own = (session for session in sessions if session.profile and session.profile.company == self._company)
        return self._roster.get(self._chosen) or (next(own, None) if self._company else None) or self._roster.default

    def prefer(self, company: Cnpj) -> None:
        """Choose what is usual for a company: its own session, else the default one."""
        self._company = company
        self._chosen = ""
        self._show()

    def _show(self) -> None:
        session = self.session
        if session is None:
            return
        self.setVisible(len(self._roster) > 1)
        sessions = self._roster.sessions
        names = [each.name for each in sessions]
        if names != self._names:
            self._names = names
            self._box.clear()
            self._box.addItems(names)
        for row, each in enumerate(sessions):
            words = session_words(each)
            text = each.name if words.tray is TrayState.OK else fill(self.tr("%1 (%2)"), each.name, words.title)
            self._box.setItemText(row, text)
        self._box.setCurrentIndex(names.index(session.name))
        self.changed.emit()

    def _choose(self, row: int) -> None:
        self._chosen = self._names[row]
        self._show()
