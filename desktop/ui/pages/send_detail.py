"""One company: its group, today's report, and the button that sends it."""

import asyncio
from datetime import date, datetime
from functools import partial
from uuid import UUID, uuid4

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox, QPlainTextEdit, QWidget

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import AppError, Code, OutcomeUnknown
from desktop.domain.group import GroupInfo
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Origin, Send, SendState
from desktop.domain.session import DEFAULT_SESSION
from desktop.runtime.wording import shown_size
from desktop.services.preparing import Prepared
from desktop.services.sending import Arrival, SendRequest
from desktop.ui.bridge import Bridge, Call
from desktop.ui.dialogs import ask
from desktop.ui.messages import language, words_of
from desktop.ui.text import fill, shown_moment, shown_time
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, card, column, label, rename, row, rule, set_tone
from desktop.ui.widgets.elided import ElidedLabel
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.report_preview import ReportPreview, decode_preview

SETTINGS_MEND = frozenset(
    {
        Code.DIRECTORY_NOT_CONFIGURED,
        Code.DIRECTORY_FILE_INVALID,
        Code.ORACLE_CREDENTIALS,
        Code.ORACLE_UNAVAILABLE,
        Code.REPORT_NOT_CONFIGURED,
    }
)
"""Errors that somebody has to look for in the settings."""


class CompanyDetail(QWidget):
    busy_changed = Signal(bool)
    """True from the click on send to its outcome."""
    spoke = Signal(QWidget)
    """The note that has something new to say."""
    wants_settings = Signal()
    """Somebody asks for the page that mends what was wrong."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._company: Company | None = None
        self._prepared: Prepared | None = None
        self._before: Send | None = None
        """What went out for this company today, or may have."""
        self._calls: list[Call] = []
        self._followed: UUID | None = None
        """The send whose steps the outcome shows."""
        self._busy = False
        self._may_send = False

        self._name = label("", "title", wrap=True)
        self._cnpj = label("", "muted")
        self._group = label("", wrap=True)
        self._group.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
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
        self._send_button = button(self.tr("&Send to the group"), self._send, "primary", large=True)
        self._send_button.setObjectName("send")
        self._outcome = Note(theme)
        self._outcome.setObjectName("outcome")
        for note in (self._trouble, self._outcome):
            note.spoke.connect(partial(self.spoke.emit, note))

        about = column(self._day, self._size, self._path, row(self._again, 0), 0, spacing=4)
        found = row(self._preview, 8, about)
        found.setStretch(0, 2)
        found.setStretch(2, 3)
        self._report = QWidget()
        self._report.setLayout(found)
        self._ready = QWidget()
        self._ready.setLayout(column(self._caption_field, row(self._send_button, 0), spacing=12))
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
        self._say_group(company.group or "")
        self._caption.clear()
        self.refresh()

    def allow(self, may_send: bool) -> None:
        """Say whether the session could take a send at all."""
        self._may_send = may_send
        self._arm()

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
        if not self._caption.toPlainText():
            self._caption.setPlainText(prepared.caption)
        jid, content = prepared.recipient.jid, report.content
        self._say_group(jid)
        self._arm()
        sessions = self._bridge.services.sessions
        self._calls += [
            self._bridge.call(lambda: asyncio.to_thread(decode_preview, content), self._preview.show_image),
            # Without an answer the jid stays: what the engine cannot tell must not hold up a send.
            self._bridge.call(lambda: sessions.group(DEFAULT_SESSION, jid), self._show_group, self._blame_group),
        ]

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

    def _show_group(self, group: GroupInfo) -> None:
        members = self.tr("%n member(s)", "", group.members)
        self._group.setText(fill(self.tr("Group: %1 · %2"), group.subject, members))

    def _blame_group(self, error: AppError) -> None:
        if error.code is Code.NOT_IN_GROUP:
            self._trouble.fail(words_of(error))

    def _say_group(self, jid: str) -> None:
        self._group.setText(fill(self.tr("Group: %1"), jid) if jid else self.tr("No group is registered yet."))

    def _blame(self, error: AppError) -> None:
        if self._prepared is None:
            self._report.hide()
            self._ready.hide()
        if error.code in SETTINGS_MEND:
            # Whoever comes back from there finds all of it looked up afresh.
            self._blame_settings(self._trouble, error)
        else:
            self._trouble.fail(words_of(error), press=self.tr("&Look again"), on_press=self.refresh)
        self._arm()

    def _blame_settings(self, note: Note, error: AppError) -> None:
        note.fail(words_of(error), press=self.tr("Open se&ttings"), on_press=self.wants_settings.emit)

    def _arm(self) -> None:
        again = self._before is not None
        rename(self._send_button, self.tr("Send aga&in") if again else self.tr("&Send to the group"))
        self._send_button.setEnabled(self._prepared is not None and self._may_send and not self._busy)
        self._again.setVisible(self._prepared is not None)
        self._caption_field.setEnabled(self._prepared is not None and not self._busy)

    def _send(self) -> None:
        before = self._before
        if before is None:
            self._hand_over()
        elif before.arrived:
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
        if self._company is None or self._prepared is None or self._busy:
            return
        self._set_busy(True)
        caption = self._caption.toPlainText().strip()
        request = SendRequest(
            cnpj=self._company.cnpj,
            origin=Origin.WINDOW,
            caption=None if caption == self._prepared.caption.strip() else caption,
            resend=self._before is not None,
            # One click, one send: should the same click ever come through twice, it is the same send.
            idempotency_key=f"window-{uuid4()}",
        )
        self._say_step(SendState.QUEUED)
        sending = self._bridge.services.sending
        self._bridge.call(lambda: sending.enqueue(request), self._await_outcome, self._fail)

    def _await_outcome(self, send: Send) -> None:
        self._followed = send.id
        services = self._bridge.services

        async def outcome() -> Arrival:
            return await services.sending.outcome(send, within=services.settings.load().door.wait_limit)

        self._bridge.call(outcome, self._arrive, self._fail)

    def _arrive(self, arrival: Arrival) -> None:
        send = arrival.send
        self._followed = send.id
        if arrival.duplicate and send.sent_at is not None:
            title = fill(self.tr("This report had already been sent today at %1."), shown_time(send.sent_at))
            self._outcome.say(Tone.OK, title, self.tr("Nothing was sent now."))
        else:
            self._say_arrived(send)
        self._show_before(send)
        self._set_busy(False)

    def _fail(self, error: AppError) -> None:
        words = words_of(error)
        if isinstance(error, OutcomeUnknown):
            self._outcome.say(Tone.ATTENTION, words.text, words.action)
        elif error.code in SETTINGS_MEND:
            self._blame_settings(self._outcome, error)
        else:
            self._outcome.fail(words)
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
        if send.arrived:
            self._say_arrived(send)
            self._show_before(send)
        elif self._busy:
            self._say_step(send.state)

    def _say_step(self, state: SendState) -> None:
        if state is SendState.SENDING:
            self._outcome.say(Tone.BUSY, self.tr("Sending…"), self.tr("Waiting for WhatsApp to confirm."))
        elif state is SendState.QUEUED:
            self._outcome.say(Tone.BUSY, self.tr("In the queue…"), self.tr("It goes out in a few seconds."))

    def _say_arrived(self, send: Send) -> None:
        steps: list[str] = []
        said: tuple[tuple[datetime | None, str], ...] = (
            (send.delivered_at, self.tr("Delivered at %1")),
            (send.read_at, self.tr("Read at %1")),
        )
        for at, words in said:
            if at is not None:
                steps.append(fill(words, shown_time(at)))
        title = fill(self.tr("Sent at %1"), shown_time(send.sent_at)) if send.sent_at else self.tr("Sent")
        if send.simulated:
            title = fill(self.tr("SIMULATION: %1"), title)
        follow = " · ".join(steps) or self.tr("Confirmed by WhatsApp.")
        self._outcome.say(Tone.SIMULATION if send.simulated else Tone.OK, title, follow)


def _today() -> date:
    return datetime.now().astimezone().date()
