"""What becomes of the report that was sent from the window, step by step."""

from collections.abc import Callable
from datetime import datetime

from desktop.domain.errors import AppError, Code, OutcomeUnknown
from desktop.domain.send import Send, SendState
from desktop.ui.messages import words_of
from desktop.ui.text import fill, shown_time, translate
from desktop.ui.theme import Tone
from desktop.ui.widgets.note import Note

SETTINGS_MEND = frozenset(
    {
        Code.DIRECTORY_NOT_CONFIGURED,
        Code.DIRECTORY_FILE_INVALID,
        Code.DIRECTORY_UNAVAILABLE,
        Code.DIRECTORY_CREDENTIALS,
        Code.ORACLE_CREDENTIALS,
        Code.ORACLE_UNAVAILABLE,
        Code.REPORT_NOT_CONFIGURED,
    }
)
"""Errors that somebody has to look for in the settings."""


class SendOutcome(Note):
    def say_step(self, state: SendState) -> None:
        """Say where a send is that has not arrived yet."""
        if state is SendState.SENDING:
            self.say(Tone.BUSY, self.tr("Sending…"), self.tr("Waiting for WhatsApp to confirm."))
        elif state is SendState.QUEUED:
            self.say(Tone.BUSY, self.tr("In the queue…"), self.tr("It goes out in a few seconds."))

    def say_duplicate(self, sent_at: datetime) -> None:
        """Say that an earlier one went out, and nothing now."""
        title = fill(self.tr("This report had already been sent today at %1."), shown_time(sent_at))
        self.say(Tone.OK, title, self.tr("Nothing was sent now."))

    def say_arrived(self, send: Send) -> None:
        """Say when WhatsApp had it, and what the phones have confirmed since."""
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
        self.say(Tone.SIMULATION if send.simulated else Tone.OK, title, follow)

    def say_failed(self, error: AppError, wants_settings: Callable[[], object]) -> None:
        """Say why it did not go out, or that it is not known whether it did."""
        words = words_of(error)
        if isinstance(error, OutcomeUnknown):
            self.say(Tone.ATTENTION, words.text, words.action)
        else:
            blame_settings_or_tell(self, error, wants_settings)


def blame_settings_or_tell(note: Note, error: AppError, wants_settings: Callable[[], object]) -> None:
    """Tell an error, with the way to the settings where they can mend it."""
    if error.code in SETTINGS_MEND:
        note.fail(words_of(error), press=translate("Words", "Open se&ttings"), on_press=wants_settings)
    else:
        note.fail(words_of(error))
