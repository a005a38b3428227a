"""One WhatsApp number: the state it is in, the one thing to do next, and everything else in a menu."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QMenu, QWidget

from desktop.domain.errors import AppError
from desktop.domain.session import (
    Broken,
    Connected,
    Degraded,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    PairingCode,
    Qr,
    Session,
    Starting,
    Status,
    Stopped,
)
from desktop.runtime.wording import Wording
from desktop.ui.icons import pixmap
from desktop.ui.messages import SessionWords, Step, session_words, words_of
from desktop.ui.pages.whatsapp_actions import SessionActions
from desktop.ui.pages.whatsapp_keeping import KeepingChoice
from desktop.ui.pages.whatsapp_linking import LinkCard
from desktop.ui.text import fill, shown_date_time, shown_phone
from desktop.ui.theme import PICTURES, Theme, Tone
from desktop.ui.widgets.basics import button, card, column, label, rename, row, set_tone
from desktop.ui.widgets.note import Note

_SIDE = 40
_NARROW = 560
"""Below this the buttons stand below one another, and a code above its steps."""


class SessionCard(QWidget):
    company_asked = Signal()
    """Somebody wants to say whose reports this number carries."""
    spoke = Signal(QWidget)
    """The part that has something new to show."""

    def __init__(self, theme: Theme, actions: SessionActions) -> None:
        super().__init__()
        self._theme = theme
        self._actions = actions
        self._session: Session | None = None
        self._words: SessionWords | None = None
        self._alone = True
        self._phones: dict[str, str] = {}
        """The numbers for which a code was asked, by the names of the sessions that they were asked for."""

        self._name = label("", "title", wrap=True)
        self._name.setObjectName("session-name")
        self._default = label(self.tr("Default"), "chip")
        set_tone(self._default, Tone.OK)
        self._for_whom = label("", "muted", wrap=True)
        self._picture = label()
        self._picture.setFixedSize(_SIDE, _SIDE)
        self._title = label("", "figure", wrap=True)
        self._title.setObjectName("session-state")
        self._text = label("", "muted", wrap=True)
        self._number_name = label("", "muted")
        self._number = label("", "figure", wrap=True)
        self._new_name = label(self.tr("Number linked now"), "muted")
        self._new_number = label("", "figure", wrap=True)
        for number in (self._number, self._new_number):
            number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._since = label("", "muted", wrap=True)
        self._next = button("", self._take_next_step, "primary", large=True)
        self._next.setObjectName("session-next")
        self._other = button("", self._take_other_way)
        self._other.setObjectName("session-other")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._more = button(self.tr("More option&s"), lambda: None)
        self._more.setObjectName("session-more")
        self._more.setProperty("menu", True)
        self._more.setMenu(self._menu)
        self._problem = Note(theme)
        self._problem.setObjectName("session-problem")
        self._link = LinkCard()
        self._link.phone_given.connect(self._link_by_phone)
        self._link.qr_wanted.connect(self._back_to_qr)

        self._keeping = KeepingChoice()
        self._keeping.decided.connect(self._keep_messages)

        name = row(self._name, self._default, spacing=12)
        name.setStretch(0, 1)
        name.setAlignment(self._default, Qt.AlignmentFlag.AlignTop)
        self._heading = QWidget()
        self._heading.setLayout(column(name, self._for_whom, spacing=2))
        about = column(self._title, self._text, spacing=4)
        head = row(self._picture, about, spacing=16)
        head.setAlignment(self._picture, Qt.AlignmentFlag.AlignTop)
        head.setStretch(1, 1)
        account = column(self._number_name, self._number, self._new_name, self._new_number, self._since, spacing=2)
        self._buttons = row(self._next, self._other, self._more, 0)
        state = card(column(self._heading, head, account, self._buttons, self._problem, spacing=18), margins=24)
        self._link.hide()
        self.setLayout(column(state, self._link, self._keeping, 0, spacing=16))
        actions.done.connect(self._follow_end)
        actions.failed.connect(self._fail)
        theme.changed.connect(self._repaint)

    def show_session(self, session: Session, *, alone: bool, company: str) -> None:
        """Show how it is now; `company` is what is read for the company whose reports it carries."""
        before = self._session
        same = before is not None and before.name == session.name
        if before is not None and not same:
            self._phones[before.name] = self._link.last_phone
        self._session, self._alone = session, alone
        words = self._words = session_words(session)
        self._heading.setVisible(not alone)
        self._name.setText(session.name)
        self._default.setVisible(_is_default(session))
        self._for_whom.setText(self._whose(session, company))
        self._title.setText(words.title)
        self._text.setText(words.text)
        self._title.setAccessibleDescription(words.text)
        rename(self._next, words.button)
        self._next.setVisible(bool(words.button))
        other = self._other_way(session.status)
        rename(self._other, other)
        self._other.setVisible(bool(other))
        self._free()
        self._show_account(session)
        if not same:
            self._link.begin(self._phones.get(session.name, ""))
        self._show_linking(session.status, session.has_link)
        self._keeping.show_choice(_keeps_messages(session))
        if isinstance(session.status, Broken):
            self._problem.say(Tone.DANGER, self.tr("What the engine said:"), session.status.detail)
        elif not same or before is None or before.state is not session.state:
            self._problem.hide()
        self._repaint()

    def fit(self, width: int) -> None:
        """Arrange what stands side by side for so many pixels."""
        narrow = width < _NARROW
        self._link.set_narrow(narrow)
        self._buttons.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

    def _whose(self, session: Session, company: str) -> str:
        if company:
            return fill(self.tr("Only for the reports of %1"), company)
        if _is_default(session):
            return self.tr("For the reports of every company without a number of its own")
        return self.tr("Only for what is sent by it on purpose")

    def _show_account(self, session: Session) -> None:
        account = session.account
        for part in (self._number_name, self._number, self._since):
            part.setVisible(account is not None)
        new = self._new_phone(session.status)
        self._new_name.setVisible(bool(new))
        self._new_number.setVisible(bool(new))
        self._new_number.setText(shown_phone(new))
        if account is None:
            return
        gone = bool(new) or isinstance(session.status, LoggedOut)
        self._number_name.setText(self.tr("Number linked before") if gone else self.tr("Linked number"))
        number = shown_phone(account.phone)
        self._number.setText(f"{number} · {account.name}" if account.name else number)
        match session.status:
            case Connected():
                self._since.setText(fill(self.tr("Connected since %1"), shown_date_time(session.since)))
            case Degraded(unacknowledged=number_of):
                self._since.setText(self.tr("%n send(s) in a row without an answer", "", number_of))
            case _:
                self._since.hide()

    @staticmethod
    def _new_phone(status: Status) -> str:
        match status:
            case NeedsPerson(reason=HumanReason.OTHER_ACCOUNT, detail=phone):
                return phone
            case _:
                return ""

    def _show_linking(self, status: Status, has_link: bool) -> None:
        hidden = self._link.isHidden()
        match status:
            case Qr(text=text, expires_at=expires_at):
                self._link.show_qr(text, expires_at)
                self._show_link(True)
            case PairingCode(code=code, phone=phone, expires_at=expires_at):
                self._link.show_code(code, phone, expires_at)
                self._show_link(True)
            case _ if self._link.asks_phone and not has_link:
                self._show_link(True)
            case _:
                self._link.clear()
                self._show_link(False)
        if hidden and not self._link.isHidden():
            self.spoke.emit(self._link)

    def _other_way(self, status: Status) -> str:
        match status:
            case Connected() | NeedsPerson(reason=HumanReason.OTHER_ACCOUNT):
                return self.tr("Unlink the phone…")
            case NeedsPerson(reason=HumanReason.PAIRING_CODE_EXPIRED):
                return self.tr("Use the QR code")
            case _ if self._unlinked:
                return self.tr("Link with phone number")
            case _:
                return ""

    @property
    def _unlinked(self) -> bool:
        """Whether a phone has to be linked before anything else, and no code for it is on show."""
        session = self._session
        if session is None or session.has_link:
            return False
        match session.status:
            case Stopped() | LoggedOut() | NeedsPerson(reason=HumanReason.QR_EXPIRED | HumanReason.PAIRING_REFUSED):
                return True
            case _:
                return False

    def _repaint(self) -> None:
        tone = self._words.tone if self._words else Tone.QUIET
        colour = self._theme.colours.of(tone)
        self._picture.setPixmap(pixmap(PICTURES[tone], colour, _SIDE, self.devicePixelRatio()))
        set_tone(self._picture, tone)

    def _take_next_step(self) -> None:
        session = self._session
        if session is None or self._words is None:
            return
        self._next.setEnabled(False)
        match self._words.step:
            case Step.START:
                self._actions.start(session)
            case Step.RESTART:
                self._actions.restart(session)
            case Step.ACCEPT:
                self._actions.accept(session)
            case Step.NEW_CODE if self._link.last_phone:
                self._link_by_phone(self._link.last_phone)
            case Step.NEW_CODE:
                self._free()
                self._ask_phone()

    def _take_other_way(self) -> None:
        session = self._session
        if session is None:
            return
        match session.status:
            case Connected() | NeedsPerson(reason=HumanReason.OTHER_ACCOUNT):
                self._actions.ask_logout(session)
            case NeedsPerson(reason=HumanReason.PAIRING_CODE_EXPIRED):
                self._actions.show_qr(session)
            case _:
                self._ask_phone()

    def _show_link(self, shown: bool) -> None:
        self._link.setVisible(shown)
        # One thing at a time: whoever has the phone in hand looks at the code.
        self._keeping.setHidden(shown)

    def _ask_phone(self) -> None:
        self._show_link(True)
        self._link.ask_phone()
        self.spoke.emit(self._link)

    def _link_by_phone(self, phone: str) -> None:
        if self._session is not None:
            self._problem.hide()
            self._actions.link_by_phone(self._session, phone, partial(self._blame_phone, self._session.name))

    def _keep_messages(self, keeps: bool) -> None:
        if self._session is not None:
            self._problem.hide()
            self._actions.set_keeps_messages(self._session, keeps)

    def _blame_phone(self, name: str, error: AppError) -> None:
        words = words_of(error)
        if self._link.asks_phone and self._is_on_show(name):
            self._free()
            self._link.blame(f"{words.text} {words.action}")
        else:
            self._fail(name, error)

    def _back_to_qr(self) -> None:
        session = self._session
        if session is None:
            return
        if isinstance(session.status, PairingCode):
            self._actions.show_qr(session)
        else:
            # No code is on show: the state's own button makes a new one.
            self._link.clear()
            self._show_link(False)

    def _fill_menu(self) -> None:
        session = self._session
        self._menu.clear()
        if session is None:
            return
        status, actions, menu = session.status, self._actions, self._menu
        if not isinstance(status, Stopped | LoggedOut | Broken | NeedsPerson | Starting):
            menu.addAction(self.tr("Connect &again"), lambda: actions.restart(session))
        if not isinstance(status, Stopped | LoggedOut):
            menu.addAction(self.tr("&Stop for now"), lambda: actions.stop(session))
        if session.account is not None and isinstance(status, Connected | Degraded):
            menu.addAction(self.tr("&Link another phone…"), lambda: actions.ask_relink(session))
        if isinstance(status, Degraded):
            menu.addAction(self.tr("&Unlink the phone…"), lambda: actions.ask_logout(session))
        menu.addSeparator()
        menu.addAction(self.tr("&Rename…"), lambda: actions.ask_rename(session))
        if not self._alone:
            if not _is_default(session):
                menu.addAction(self.tr("Make it the &default"), lambda: actions.make_default(session))
            menu.addAction(self.tr("For one &company only…"), self.company_asked.emit)
            menu.addSeparator()
            menu.addAction(self.tr("Re&move this number…"), lambda: actions.ask_remove(session))
        menu.addSeparator()
        menu.addAction(self.tr("Unlink everything and start a&fresh…"), actions.ask_clear)

    def _free(self) -> None:
        self._next.setEnabled(True)
        self._other.setEnabled(True)

    def _follow_end(self, name: str) -> None:
        if self._is_on_show(name):
            self._free()

    def _fail(self, name: str, error: AppError) -> None:
        words = words_of(error)
        if self._is_on_show(name):
            self._free()
            # What was chosen in vain is not so.
            self._keeping.show_choice(self._session is not None and _keeps_messages(self._session))
        else:
            # It must not pass for something about the number that is on show by now.
            words = Wording(fill("%1: %2", name, words.text), words.action)
        self._problem.fail(words)

    def _is_on_show(self, name: str) -> bool:
        """Also true of what was done to all of them, whose name is empty."""
        return not name or (self._session is not None and self._session.name == name)


def _keeps_messages(session: Session) -> bool:
    return session.profile is not None and session.profile.keeps_messages


def _is_default(session: Session) -> bool:
    return session.profile is not None and session.profile.default
