"""The WhatsApp numbers of this computer: a card for the only one, a list beside the card for several."""

from datetime import datetime

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.session import Session
from desktop.runtime.session_wording import engine_warning
from desktop.ui.bridge import Bridge
from desktop.ui.messages import TrayState, language, session_words
from desktop.ui.pages.whatsapp_actions import SessionActions
from desktop.ui.pages.whatsapp_company import CompanyChoice
from desktop.ui.pages.whatsapp_session import SessionCard
from desktop.ui.roster import Roster
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, column, label, row
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.scroll import Scroll
from desktop.ui.widgets.session_list import SessionList

_WIDEST = 760
_LIST_NARROW = 225
_LIST_WIDE = 290


class WhatsAppPage(QWidget):
    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self._bridge = bridge
        self._theme = theme
        self._chosen = ""
        """The name of the session that somebody wants to see; empty until they say."""
        self._shown = ""
        """The name of the session on show, where nobody has chosen."""
        self._companies: dict[str, str] = {}
        """What is read for a company, by its CNPJ; those not yet found have their CNPJ."""
        self._roster = Roster(bridge)
        self._actions = SessionActions(bridge, self)
        self._actions.named.connect(self.choose)
        self._list = SessionList(theme)
        self._list.chosen.connect(self.choose)
        self._card = SessionCard(theme, self._actions)
        self._card.company_asked.connect(self._ask_company)
        add = button(self.tr("Add another number"), self._actions.ask_add, "quiet")
        add.setObjectName("add-session")
        self._none = label(self.tr("There is no WhatsApp number here yet."), "muted", wrap=True)
        self._aside = QWidget()
        self._aside.setMinimumWidth(_LIST_NARROW)
        self._aside.setMaximumWidth(_LIST_WIDE)
        aside = column(self._list)
        aside.setStretch(0, 1)
        self._aside.setLayout(aside)
        inside = QWidget()
        inside.setObjectName("scrolled")
        # Here and not at the cards: a layout counts lines of text as if what is in it could be as wide as itself.
        inside.setMaximumWidth(_WIDEST)
        inside.setLayout(column(self._none, self._card, 0, spacing=8))
        self._scroll = Scroll(inside)
        across = row(self._aside, self._scroll, spacing=20)
        across.setStretch(0, 1)
        across.setStretch(1, 2)
        self._old = Note(theme)
        self._old.setObjectName("engine-old")
        self._lost = Note(theme)
        self._lost.setObjectName("messages-lost")
        title = row(label(self.tr("WhatsApp"), "title"), 0, add)
        layout = column(title, self._old, self._lost, across, spacing=16, margins=28)
        layout.setStretch(3, 1)
        self.setLayout(layout)
        self._card.spoke.connect(self._scroll.reveal, Qt.ConnectionType.QueuedConnection)
        # What is inside may be wider than its place, so the place says how wide it is.
        self._scroll.viewport().installEventFilter(self)
        # Until it is known what there is to show.
        self._scroll.hide()
        self._aside.hide()
        self._roster.changed.connect(self._show)
        bridge.messages_lost.connect(self._tell_lost)

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous() and self._roster.known:
            self._shown = ""
            self._show()
        inbox = self._bridge.services.inbox
        self._bridge.read(lambda: inbox.lost, self._tell_lost)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QResizeEvent) and watched is self._scroll.viewport():
            self._card.fit(event.size().width())
        return False

    def choose(self, name: str) -> None:
        """Show the session of this name, now or as soon as it is known."""
        if name != self._chosen:
            self._chosen = name
            self._show()

    def _show(self) -> None:
        session = self._on_show()
        self._shown = session.name if session else ""
        self._card.setVisible(session is not None)
        self._none.setVisible(session is None)
        self._scroll.show()
        if session is None:
            self._aside.hide()
            return
        self._tell_age(sessions := self._roster.sessions)
        alone = len(sessions) == 1
        for each in sessions:
            self._name_company(each)
        self._aside.setVisible(not alone)
        self._list.show_sessions(sessions, self._companies, session.name)
        company = session.profile.company if session.profile else None
        self._card.show_session(session, alone=alone, company=self._companies.get(company.value, "") if company else "")

    def _on_show(self) -> Session | None:
        # A code must not turn into another number's while somebody holds a phone before it.
        return self._roster.get(self._chosen) or self._roster.get(self._shown) or self._first()

    def _first(self) -> Session | None:
        """Where nobody has chosen: the one that needs somebody, else the default one."""
        worst = self._roster.worst
        if worst is not None and session_words(worst).tray in (TrayState.NEEDS_YOU, TrayState.RESTRICTED):
            return worst
        return self._roster.default

    def _tell_age(self, sessions: list[Session]) -> None:
        today = datetime.now().astimezone().date()
        warnings = (engine_warning(session, today, language()) for session in sessions)
        warning = next(filter(None, warnings), None)
        if warning is None:
            self._old.hide()
        else:
            self._old.say(Tone.ATTENTION, warning.text, warning.action)

    def _tell_lost(self, number: int) -> None:
        if not number:
            self._lost.hide()
            return
        self._lost.say(
            Tone.ATTENTION,
            self.tr("%n message(s) that came in could not be kept", "", number),
            self.tr(
                "Programs that read messages through Malote will not find them; on the phone they are. Look whether "
                "the disk of this computer is full. Reports go out all the same."
            ),
        )

    def _name_company(self, session: Session) -> None:
        cnpj = session.profile.company if session.profile else None
        if cnpj is None or cnpj.value in self._companies:
            return
        self._companies[cnpj.value] = cnpj.masked
        preparing = self._bridge.services.preparing
        # Where the directory does not answer, the CNPJ stays.
        self._bridge.call(lambda: preparing.company(cnpj), self._note_company)

    def _note_company(self, company: Company) -> None:
        self._companies[company.cnpj.value] = company.label
        self._show()

    def _ask_company(self) -> None:
        session = self._on_show()
        if session is None:
            return
        choice = CompanyChoice(self, self._bridge, self._theme, session.name)

        def decide(cnpj: Cnpj | None) -> None:
            self._actions.set_company(session, cnpj)

        choice.decided.connect(decide)
        choice.open()
