"""One company: its group, today's report, and the button that sends it."""

import asyncio
from datetime import date, datetime
from functools import partial
from uuid import UUID, uuid4

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox, QPlainTextEdit, QWidget

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import AppError, Code
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Origin, Send, SendState
from desktop.domain.session import Session, SessionState
from desktop.runtime.wording import shown_size
from desktop.services.preparing import Prepared
from desktop.services.sending import Arrival, SendRequest
from desktop.ui.bridge import Bridge, Call
from desktop.ui.dialogs import ask
from desktop.ui.messages import language, words_of
from desktop.ui.pages.send_group import GroupLine
from desktop.ui.pages.send_outcome import SETTINGS_MEND, SendOutcome, blame_settings_or_tell
from desktop.ui.roster import Roster
from desktop.ui.text import fill, shown_moment, shown_time
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, card, column, label, rename, row, rule, set_tone
from desktop.ui.widgets.elided import ElidedLabel
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.report_preview import ReportPreview, decode_preview
from desktop.ui.widgets.session_choice import SessionChoice

COULD_SEND = frozenset(
    {SessionState.CONNECTED, SessionState.DEGRADED, SessionState.STARTING, SessionState.DISCONNECTED}
)
"""States in which a session sends now or as soon as it has its line."""


class CompanyDetail(QWidget):
    busy_changed = Signal(bool)
    """True from the click on send to its outcome."""
    asked = Signal()
    """There is a question about the company on show: it stays there until somebody has answered."""
    spoke = Signal(QWidget)
    """The note that has something new to say."""
    wants_settings = Signal()
    """Somebody asks for the page that mends what was wrong."""
    looked = Signal()
    """What there is to know about the company is known now, or why it is not."""
    session_changed = Signal()
    """A send would go out by another session, or by one whose state has changed."""

    def __init__(self, bridge: Bridge, theme: Theme, roster: Roster) -> None:
        super().__init__()
        self._bridge = bridge
        self._company: Company | None = None
        self._prepared: Prepared | None = None
        self._before: Send | None = None
        """What went out for this company today, or may have."""
        self._calls: list[Call] = []
        self._followed: UUID | None = None
        """The send whose steps the outcome shows."""
        self._told: Send | None = None
        """How that send was when it was last told of."""
        self._busy = False
        self._proposed = ""
        """The caption that stood here before anybody touched it; it may have yesterday's date by now."""
        self._asked_by: tuple[str, bool] | None = None
        """The session that was asked about the group, and whether it had its line."""

        self._name = label("", "title", wrap=True)
        self._name.setObjectName("company-name")
        self._cnpj = label("", "muted")
        self._group = GroupLine(bridge, theme)
        self._group.changed.connect(self._arm)
        self._chip = label("", "chip")
        self._preview = ReportPreview(theme)
        self._day = label("", "heading", wrap=True)
        self._size = label("", "muted", wrap=True)
        self._path = ElidedLabel("muted")
        self._again = button(self.tr("&Look again"), self.refresh, "quiet")
        self._trouble = Note(theme)
        self._trouble.setObjectName("trouble")
        self._caption = QPlainTextEdit()
        self._caption.setObjectName("caption")
        self._caption.setTabChangesFocus(True)
        self._caption.setFixedHeight(62)
        self._caption_field = Field(self.tr("&Caption"), self._caption)
        self._by = SessionChoice(roster)
        self._by.changed.connect(self._follow_session)
        self._send_button = button(self.tr("&Send to the group"), self._send, "primary", large=True)
        self._send_button.setObjectName("send")
        # Where the button that was pressed stood there is nothing any more.
        self._group.confirmed.connect(self._send_button.setFocus)
        self._outcome = SendOutcome(theme)
        self._outcome.setObjectName("outcome")
        for part in (self._trouble, self._outcome, self._group.question, self._group.trouble):
            part.spoke.connect(partial(self.spoke.emit, part))

        about = column(self._day, self._size, self._path, row(self._again, 0), 0, spacing=4)
        found = row(self._preview, 8, about)
        found.setStretch(0, 2)
        found.setStretch(2, 3)
        self._report = QWidget()
        self._report.setLayout(found)
        self._ready = QWidget()
        self._ready.setLayout(
            column(
                self._caption_field,
                self._by,
                self._group.question,
                self._group.trouble,
                row(self._send_button, 0),
                spacing=12,
            )
        )
        frame = card(
            column(
                self._name,
                column(self._cnpj, self._group, spacing=4),
                row(self._chip, 0),
                rule(),
                self._trouble,
                self._report,
                self._ready,
                self._outcome,
                0,
                spacing=12,
            ),
            margins=22,
        )
        self.setLayout(column(frame))
        bridge.send_changed.connect(self._follow)

    def show_company(self, company: Company) -> None:
        """Put another company here; what was typed or said about the one before is gone."""
        if self._busy:
            return
        self._company = company
        self._followed = None
        self._outcome.hide()
        self._name.setText(company.label)
        self._cnpj.setText(company.cnpj.masked if company.name else "")
        self._group.show_company(company)
        self._caption.clear()
        self._by.prefer(company.cnpj)
        self.refresh()

    @property
    def session(self) -> Session | None:
        """The one a send would go out by; None before anything is known."""
        return self._by.session

    @property
    def trouble(self) -> str:
        """What is said to be in the way of a send; empty where nothing is."""
        return self._trouble.said

    def refresh(self) -> None:
        """Look up company, picture and history afresh."""
        company = self._company
        if company is None or self._busy:
            return
        for call in self._calls:
            call.cancel()
        self._prepared = None
        self._before = None
        self._trouble.hide()
        self._group.forget()
        self._report.show()
        self._ready.show()
        self._day.setText(self.tr("Looking for the report…"))
        self._size.setText("")
        self._path.say("")
        self._chip.hide()
        self._preview.show_image(QImage())
        self._arm()
        services = self._bridge.services
        self._calls = [
            self._bridge.call(lambda: services.preparing.prepare(company.cnpj, _today()), self._show, self._blame),
            self._bridge.call(lambda: self._look_back(company.cnpj), self._show_before, self._blame),
        ]

    async def _look_back(self, cnpj: Cnpj) -> Send | None:
        """Runs in the service loop."""
        sending = self._bridge.services.sending
        arrived = await sending.arrived_today(cnpj)
        if arrived is not None:
            return arrived
        unsure = HistoryFilter(cnpj=cnpj, day=_today(), states=frozenset({SendState.UNKNOWN}), limit=1)
        return next(iter(await sending.history(unsure)), None)

    def _show(self, prepared: Prepared) -> None:
        self._prepared = prepared
        report = prepared.report
        when = shown_moment(report.modified_at, _today())
        self._day.setText(fill(self.tr("Report of %1"), when))
        size = shown_size(len(report.content), language())
        self._size.setText(fill(self.tr("%1 × %2 pixels, %3"), report.width, report.height, size))
        self._path.say(report.source)
        if self._caption.toPlainText() in ("", self._proposed):
            self._caption.setPlainText(prepared.caption)
            self._proposed = prepared.caption
        content = report.content
        self._arm()
        self._calls.append(
            self._bridge.call(lambda: asyncio.to_thread(decode_preview, content), self._preview.show_image)
        )
        self._look_at_group()
        self.looked.emit()

    def _look_at_group(self) -> None:
        session = self.session
        self._asked_by = (session.name, session.online) if session else None
        if self._prepared is not None and session is not None:
            self._group.look(self._prepared.company, session.name)

    def _follow_session(self) -> None:
        session = self.session
        if session is not None and self._asked_by != (session.name, session.online) and not self._busy:
            # Another number may see the group otherwise, and one without a line not at all.
            self._look_at_group()
        self._arm()
        self.session_changed.emit()

    def _show_before(self, send: Send | None) -> None:
        self._before = send
        self._chip.setVisible(send is not None)
        if send is not None:
            at = shown_time(send.sent_at or send.created_at)
            if send.arrived:
                self._chip.setText(fill(self.tr("Already sent today at %1"), at))
            else:
                self._chip.setText(fill(self.tr("Not confirmed today at %1"), at))
            set_tone(self._chip, Tone.OK if send.arrived else Tone.ATTENTION)
        self._arm()

    def _blame(self, error: AppError) -> None:
        if self._prepared is None:
            self._report.hide()
            self._ready.hide()
        if error.code in SETTINGS_MEND:
            # Whoever comes back from there finds all of it looked up afresh.
            blame_settings_or_tell(self._trouble, error, self.wants_settings.emit)
        else:
            self._trouble.fail(words_of(error), press=self.tr("&Look again"), on_press=self.refresh)
        self._arm()
        self.looked.emit()

    def _arm(self) -> None:
        again = self._before is not None
        rename(self._send_button, self.tr("Send aga&in") if again else self.tr("&Send to the group"))
        may_send = self.session is not None and self.session.state in COULD_SEND and not self._group.holds_up
        self._send_button.setEnabled(self._prepared is not None and may_send and not self._busy)
        self._by.setEnabled(not self._busy)
        self._again.setVisible(self._prepared is not None)
        self._caption_field.setEnabled(self._prepared is not None and not self._busy)

    def _send(self) -> None:
        before = self._before
        if before is None:
            self._hand_over()
            return
        self.asked.emit()
        if before.arrived:
            # Also what the second click of a slow double click meets: the first one's send may have arrived by then.
            ask(
                self.window(),
                title=fill(self.tr("Already sent today at %1"), shown_time(before.sent_at or before.created_at)),
                text=self.tr("The group would get it once more."),
                yes=self.tr("Send aga&in"),
                no=self.tr("&Do not send"),
                on_yes=self._hand_over,
            )
        else:
            self._ask_whether_missing()

    def _ask_whether_missing(self) -> None:
        ask(
            self.window(),
            title=self.tr("Is the report missing in the group?"),
            text=self.tr("Whether it arrived could not be confirmed. If you see it in the group, do not send it."),
            yes=self.tr("It is missing: &send"),
            no=self.tr("&Do not send"),
            icon=QMessageBox.Icon.Warning,
            on_yes=self._hand_over,
        )

    def _hand_over(self) -> None:
        session = self.session
        if self._company is None or self._prepared is None or session is None or self._busy:
            return
        self._set_busy(True)
        caption = self._caption.toPlainText().strip()
        request = SendRequest(
            cnpj=self._company.cnpj,
            session=session.name,
            origin=Origin.WINDOW,
            caption=None if caption == self._prepared.caption.strip() else caption,
            resend=self._before is not None,
            # One click, one send: should the same click ever come through twice, it is the same send.
            idempotency_key=f"window-{uuid4()}",
        )
        self._outcome.say_step(SendState.QUEUED)
        sending = self._bridge.services.sending
        self._bridge.call(lambda: sending.enqueue(request), self._await_outcome, self._fail)

    def _await_outcome(self, send: Send) -> None:
        self._followed, self._told = send.id, None
        services = self._bridge.services

        async def outcome() -> Arrival:
            return await services.sending.outcome(send, within=services.settings.load().door.wait_limit)

        self._bridge.call(outcome, self._arrive, self._fail)

    def _arrive(self, arrival: Arrival) -> None:
        send, told = arrival.send, self._told
        if told is not None and told.id == send.id and told.arrived:
            # A phone may have confirmed it while the answer was on its way.
            send = told
        self._followed = send.id
        if arrival.duplicate and send.sent_at is not None:
            self._outcome.say_duplicate(send.sent_at)
        else:
            self._outcome.say_arrived(send)
        self._show_before(send)
        self._set_busy(False)

    def _fail(self, error: AppError) -> None:
        self._outcome.say_failed(error, self.wants_settings.emit)
        if error.code is Code.GROUP_UNCONFIRMED:
            # Nobody had been asked yet, or the group has changed since.
            self._look_at_group()
        company = self._company
        if company is not None:
            self._calls.append(self._bridge.call(lambda: self._look_back(company.cnpj), self._show_before, self._blame))
        self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._arm()
        self.busy_changed.emit(busy)

    def _follow(self, send: Send) -> None:
        """Show each step of what was sent from here."""
        if send.id != self._followed:
            return
        self._told = send
        if send.arrived:
            self._outcome.say_arrived(send)
            self._show_before(send)
        elif self._busy:
            self._outcome.say_step(send.state)


def _today() -> date:
    return datetime.now().astimezone().date()
