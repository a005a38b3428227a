"""Sending one company's report by hand."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.session import SessionState
from desktop.ui.bridge import Bridge, Call
from desktop.ui.messages import error_words, session_words, words_of
from desktop.ui.pages.send_detail import COULD_SEND, CompanyDetail
from desktop.ui.pages.send_outcome import SETTINGS_MEND
from desktop.ui.roster import Roster
from desktop.ui.text import fill
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import column, label, row
from desktop.ui.widgets.blank import Blank
from desktop.ui.widgets.company_picker import CompanyPicker
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.scroll import Scroll

_MOST = 60
"""So many companies are listed; whoever looks for another one types more."""


class SendPage(QWidget):
    wants_whatsapp = Signal()
    """Somebody asks for the page that mends the session."""
    wants_settings = Signal()

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self._bridge = bridge
        self._search: Call | None = None
        self._found = False
        self._directory_trouble = ""
        """Why there is no list of companies; empty where there is one."""
        self._session_note = Note(theme)
        self._directory_note = Note(theme)
        self._picker = CompanyPicker(theme)
        self._picker.searched.connect(self._look_up)
        self._picker.picked.connect(self._pick)
        self._roster = Roster(bridge)
        self._detail = CompanyDetail(bridge, theme, self._roster)
        self._hint = Blank(theme, "building", self.tr("Choose a company on the left to see today's report."))
        scroll = Scroll(self._detail)
        # In a small window the outcome must not be below the edge.
        self._detail.spoke.connect(scroll.reveal, Qt.ConnectionType.QueuedConnection)
        self._right = QStackedWidget()
        self._right.addWidget(self._hint)
        self._right.addWidget(scroll)
        left = QWidget()
        found = column(self._directory_note, self._picker)
        found.setStretch(1, 1)
        left.setLayout(found)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(20)
        split.addWidget(left)
        split.addWidget(self._right)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        split.setSizes([320, 520])
        title = row(label(self.tr("Send a report"), "title"), 0)
        layout = column(title, self._session_note, split, spacing=16, margins=28)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self._detail.wants_settings.connect(self.wants_settings)
        self._detail.busy_changed.connect(self._follow_busy)
        self._detail.asked.connect(self._picker.stay)
        self._detail.looked.connect(self._follow_look)
        self._detail.session_changed.connect(self._show_session)
        bridge.settings_changed.connect(lambda: self._look_up(self._picker.text))

    def focusInEvent(self, event: QFocusEvent) -> None:
        # No focus proxy: Tab would go straight to it, past the note above and its button.
        self._picker.field.setFocus(event.reason())

    def showEvent(self, event: QShowEvent) -> None:
        if not self._found:
            self._look_up(self._picker.text)
        self._detail.refresh()

    def _follow_busy(self, busy: bool) -> None:
        self._picker.setEnabled(not busy)
        if not busy:
            # Ready for the next company, and a second Enter cannot send the same one again.
            self._picker.field.setFocus()
            self._picker.field.selectAll()

    def _look_up(self, text: str) -> None:
        if self._search is not None:
            self._search.cancel()
        preparing = self._bridge.services.preparing
        self._search = self._bridge.call(
            lambda: preparing.search(text, _MOST), lambda found: self._show_found(text, found), self._blame
        )

    def _show_found(self, text: str, found: list[Company]) -> None:
        self._found = True
        self._directory_trouble = ""
        self._directory_note.hide()
        self._hint.say(self.tr("Choose a company on the left to see today's report."))
        self._picker.show_companies(found, self._remark(text, found))
        self._bridge.read(self._bridge.services.preparing.list_read_at, self._picker.show_age)

    def _remark(self, text: str, found: list[Company]) -> str:
        if len(found) == _MOST:
            return fill(self.tr("The first %1. Type more to narrow the search."), _MOST)
        if found:
            return ""
        if not text:
            return self.tr("The directory has no companies yet.")
        if sum(c.isdigit() for c in text) >= 11:
            # It looks like a whole CNPJ: say what is wrong with it.
            try:
                cnpj = Cnpj.parse(text)
            except Rejected as error:
                words = words_of(error)
            else:
                expected = None if cnpj.check_digits_hold else cnpj.expected.value
                words = error_words(Code.COMPANY_NOT_FOUND, {"cnpj": cnpj.value, "expected": expected})
            return f"{words.text} {words.action}"
        return self.tr("No company has this in its name or CNPJ.")

    def _blame(self, error: AppError) -> None:
        self._found = False
        self._picker.show_companies([])
        self._hint.say(self.tr("Once the companies are listed on the left, choose one to see today's report."))
        words = words_of(error)
        press: str = self.tr("&Try again")
        on_press: Callable[[], object] = lambda: self._look_up(self._picker.text)  # noqa: E731
        if error.code in SETTINGS_MEND:
            press, on_press = self.tr("&Open settings"), self.wants_settings.emit
        self._directory_trouble = words.text
        self._directory_note.fail(words, press=press, on_press=on_press)
        self._tell_once()

    def _pick(self, company: Company) -> None:
        self._detail.show_company(company)
        self._right.setCurrentIndex(1)

    def _follow_look(self) -> None:
        if not self._detail.trouble and not self._found:
            # What kept the list from coming is over.
            self._look_up(self._picker.text)
        self._tell_once()

    def _tell_once(self) -> None:
        """One and the same trouble is told at one side only: at the company's, where one is on show."""
        if self._directory_trouble and self._detail.isVisible() and self._directory_trouble in self._detail.trouble:
            self._directory_note.hide()

    def _show_session(self) -> None:
        session = self._detail.session
        if session is None or session.state is SessionState.CONNECTED:
            self._session_note.hide()
            return
        words = session_words(session)
        tone = Tone.ATTENTION if words.tone is Tone.BUSY else words.tone
        needs_page = session.state not in COULD_SEND
        title = fill(self.tr("%1: %2"), session.name, words.title) if len(self._roster) > 1 else words.title
        self._session_note.say(
            tone if needs_page else Tone.BUSY,
            title,
            words.text,
            press=self.tr("Ope&n WhatsApp") if needs_page else "",
            on_press=self.wants_whatsapp.emit,
        )
