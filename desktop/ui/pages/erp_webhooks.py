"""The programs that Malote calls by itself: whether they are told, and what they could not be told."""

from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.domain.errors import AppError
from desktop.domain.webhook import Delivery, Webhook
from desktop.ui.bridge import Bridge, Call
from desktop.ui.messages import words_of
from desktop.ui.text import fill, shown_date_time
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, column, label, name_by, set_tone
from desktop.ui.widgets.note import Note

_TOP = Qt.AlignmentFlag.AlignTop
_MOST = 20
"""Failures on show: who has more mends the address first."""

_Seen = tuple[list[Webhook], list[Delivery], AppError | None]
"""Who is told, what could not be told, and why nothing can be told at present."""


class WebhooksList(QWidget):
    """Says nothing until it is asked to look; empty where no program is to be told anything."""

    known = Signal(bool)
    """Whether there is anything to show."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("webhooks")
        self._bridge = bridge
        self._telling = bridge.services.telling
        self._asked: Call | None = None
        self._targets = _grid()
        self._failures = _grid()
        self._failures_title = label(self.tr("Could not be told"), "field")
        self._problem = Note(theme)
        self.setLayout(column(self._targets, self._failures_title, self._failures, self._problem, spacing=12))
        bridge.webhook_trouble.connect(lambda _: self.reload())

    def reload(self) -> None:
        """Look again: deliveries come and go while nobody watches."""
        telling = self._telling
        if self._asked is not None:
            self._asked.cancel()  # an earlier look must not answer after this one

        async def look() -> _Seen:
            return telling.targets(), await telling.dead(_MOST), telling.unsigned

        self._asked = self._bridge.call(look, self._show, self._fail)

    def _show(self, seen: _Seen) -> None:
        targets, dead, unsigned = seen
        self.known.emit(bool(targets or dead))
        self._problem.hide()
        if unsigned is not None:
            self._fail(unsigned)
        _empty(self._targets)
        for number, webhook in enumerate(sorted(targets, key=lambda one: one.session)):
            self._show_target(number, webhook)
        _empty(self._failures)
        self._failures_title.setVisible(bool(dead))
        for number, delivery in enumerate(dead):
            self._show_failure(number, delivery)

    def _show_target(self, number: int, webhook: Webhook) -> None:
        state = label(self._state(webhook), "state", wrap=True)
        set_tone(state, Tone.ATTENTION if webhook.disabled else Tone.OK)
        about = QWidget()
        about.setLayout(column(label(webhook.url or self.tr("no address yet"), "muted", wrap=True), state, spacing=2))
        self._targets.addWidget(label(webhook.session, "field", wrap=True), number, 0, _TOP)
        self._targets.addWidget(about, number, 1)
        if webhook.disabled and webhook.url:
            again = button(self.tr("Tell again"), partial(self._enable, webhook.session), "quiet")
            name_by(again, fill(self.tr("Tell the program of %1 again"), webhook.session))
            self._targets.addWidget(again, number, 2)

    def _state(self, webhook: Webhook) -> str:
        if not webhook.disabled:
            return self.tr("is told")
        return self.tr("stopped: it said that it is gone") if webhook.url else self.tr("waits for its address")

    def _show_failure(self, number: int, delivery: Delivery) -> None:
        when = shown_date_time(delivery.created_at)
        told = fill(self.tr("%1 of %2: %3"), delivery.event, when, delivery.last_error)
        again = button(self.tr("Resend"), partial(self._resend, delivery.id), "quiet")
        name_by(again, fill(self.tr("Resend %1 of %2"), delivery.event, when))
        self._failures.addWidget(label(delivery.session, "field", wrap=True), number, 0, _TOP)
        self._failures.addWidget(label(told, "muted", wrap=True), number, 1)
        self._failures.addWidget(again, number, 2)

    def _enable(self, session: str) -> None:
        telling = self._telling
        self._bridge.call(lambda: telling.enable(session), lambda _: self.reload(), self._fail)

    def _resend(self, delivery: UUID) -> None:
        telling = self._telling
        self._bridge.call(lambda: telling.resend(delivery), lambda _: self.reload(), self._fail)

    def _fail(self, error: AppError) -> None:
        self._problem.fail(words_of(error))


def _grid() -> QGridLayout:
    made = QGridLayout()
    made.setHorizontalSpacing(20)
    made.setVerticalSpacing(6)
    made.setColumnStretch(0, 1)
    made.setColumnStretch(1, 4)
    return made


def _empty(grid: QGridLayout) -> None:
    while (item := grid.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.deleteLater()
