"""One send, step by step."""

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QWidget

from desktop.domain.send import Origin, Send, SendKind, SendState
from desktop.domain.session import DEFAULT_SESSION
from desktop.ui.messages import error_words, send_words
from desktop.ui.text import fill, shown_chat, shown_date_time
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import card, column, label, row, set_tone
from desktop.ui.widgets.note import Note


class SendDetail(QScrollArea):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Details of the send"))
        self.setMinimumHeight(150)
        self._title = label("", "heading", wrap=True)
        self._chip = label("", "chip")
        self._note = Note(theme)
        self._steps = QGridLayout()
        self._facts = QGridLayout()
        for grid in (self._steps, self._facts):
            grid.setHorizontalSpacing(12)
            grid.setVerticalSpacing(6)
            grid.setColumnStretch(1, 1)
        steps = column(label(self.tr("Steps"), "field"), self._steps, 0, spacing=8)
        facts = column(label(self.tr("Details"), "field"), self._facts, 0, spacing=8)
        both = row(steps, facts, spacing=24)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        head = row(self._title, self._chip, spacing=12)
        head.setStretch(0, 1)
        head.setAlignment(self._chip, Qt.AlignmentFlag.AlignTop)
        frame = card(column(head, self._note, both, 0, spacing=12), margins=18)
        self.setWidget(frame)

    def show_send(self, send: Send, *, whither: str, undelivered: bool) -> None:
        """Show one; `whither` is where it goes in short, `undelivered` as in `send_words`."""
        words = send_words(send, undelivered=undelivered)
        self._title.setText(send.company_name or (send.cnpj.masked if send.cnpj else whither))
        self._chip.setText(fill(self.tr("%1 · SIMULATION"), words.label) if send.simulated else words.label)
        set_tone(self._chip, Tone.SIMULATION if send.simulated else words.tone)
        self._say_trouble(send, words.tone, undelivered)
        _fill(self._steps, [(name, self._when(at, by)) for name, at, by in self._times(send) if at is not None])
        _fill(self._facts, [(name, value) for name, value in self._about(send, whither) if value])

    def _say_trouble(self, send: Send, tone: Tone, undelivered: bool) -> None:
        if send.duplicate_of is not None:
            text = self.tr("The same report was already on its way or had arrived.")
            self._note.say(Tone.QUIET, self.tr("This report had already been sent today."), text)
        elif send.error is not None:
            said = error_words(send.error, send.facts)
            self._note.say(tone, said.text, said.action)
        elif undelivered:
            text = self.tr("WhatsApp took it, but no phone has said that it has it. Look in the chat on the phone.")
            self._note.say(Tone.ATTENTION, self.tr("Delivery not confirmed"), text)
        else:
            self._note.hide()

    def _when(self, at: datetime, people: int) -> str:
        """A time, and how many people's phones have said so where that is known."""
        if not people:
            return shown_date_time(at)
        return fill(self.tr("%1 · %2"), shown_date_time(at), self.tr("%n person(s)", "", people))

    def _times(self, send: Send) -> tuple[tuple[str, datetime | None, int], ...]:
        """What happened, when, and how many people's phones confirm it."""
        ended = {
            SendState.FAILED: self.tr("Failed"),
            SendState.UNKNOWN: self.tr("Not confirmed"),
            SendState.CANCELLED: self.tr("Cancelled"),
            SendState.EXPIRED: self.tr("Not sent in time"),
        }.get(send.state, "")
        return (
            (self.tr("Asked for"), send.created_at, 0),
            (self.tr("Next try"), send.not_before if send.state is SendState.QUEUED else None, 0),
            (self.tr("Started"), send.sending_at, 0),
            (self.tr("Sent"), send.sent_at, 0),
            (self.tr("Delivered"), send.delivered_at, send.delivered_count),
            (self.tr("Read"), send.read_at, send.read_count),
            (ended, send.finished_at if ended else None, 0),
        )

    def _about(self, send: Send, whither: str) -> tuple[tuple[str, str], ...]:
        origin = {
            Origin.ERP: self.tr("ERP"),
            Origin.WINDOW: self.tr("This window"),
            Origin.COMMAND_LINE: self.tr("Command line"),
            Origin.API: self.tr("Another program"),
        }[send.origin]
        return (
            (self.tr("CNPJ"), send.cnpj.masked if send.cnpj else ""),
            (self.tr("Asked by"), origin),
            (self.tr("Sent by the number"), send.session if send.session != DEFAULT_SESSION else ""),
            (self.tr("To"), _with_address(whither, send.recipient or send.addressee or "")),
            (self.tr("Text") if send.kind is SendKind.TEXT else self.tr("Caption"), send.caption or ""),
            (self.tr("File"), send.report_source or send.path or send.url or send.filename),
            (self.tr("Tries"), str(send.attempts) if send.attempts > 1 else ""),
            (self.tr("Message number"), send.message_id or ""),
        )


def _with_address(whither: str, jid: str) -> str:
    """A group's name with the jid that support asks for; a person's number says it all."""
    if not jid.endswith("@g.us"):
        return whither
    return jid if whither == shown_chat(jid) else f"{whither} · {jid}"


def _fill(grid: QGridLayout, lines: list[tuple[str, str]]) -> None:
    """Show these lines in a grid, in the labels that are there already where there are enough."""
    while grid.count() < 2 * len(lines):
        line = grid.count() // 2
        grid.addWidget(label("", "muted"), line, 0, Qt.AlignmentFlag.AlignTop)
        value = label("", wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(value, line, 1)
    for number in range(grid.count() // 2):
        shown = lines[number] if number < len(lines) else None
        for side in (0, 1):
            part = _widget(grid, number, side)
            part.setVisible(shown is not None)
            if shown is not None and isinstance(part, QLabel):
                part.setText(shown[side])


def _widget(grid: QGridLayout, line: int, side: int) -> QWidget:
    item = grid.itemAtPosition(line, side)
    assert item is not None
    widget = item.widget()
    assert widget is not None
    return widget
