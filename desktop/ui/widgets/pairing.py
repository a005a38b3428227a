"""The letters that somebody types on the phone, large enough to be read from where the phone lies."""

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop.ui.text import fill
from desktop.ui.widgets.basics import column, label, row
from desktop.ui.widgets.copying import CopyButton
from desktop.ui.widgets.countdown import Countdown

_MINUTE = 60


class PairingView(QWidget):
    """Shows a code until it expires and not a moment longer."""

    def __init__(self) -> None:
        super().__init__()
        self._code = ""
        self._groups = (_group(), _group())
        for group in self._groups:
            group.setObjectName("pairing-group")
        self._copy = CopyButton(self.tr("Cop&y the code"), lambda: self._code)
        self._left = Countdown(self.tr("Time left for this code"), self._words)
        self._left.ended.connect(self.clear)
        dash = label("–", "figure")
        self.setLayout(
            column(
                row(0, self._groups[0], dash, self._groups[1], 0, spacing=10),
                self._left,
                row(0, self._copy, 0),
                0,
                spacing=14,
            )
        )
        self.clear()

    @property
    def code(self) -> str:
        """As WhatsApp shows it; empty where there is none."""
        return self._code

    def show_code(self, code: str, expires_at: datetime) -> None:
        """Show a code as WhatsApp does, `SEB3-FM77`; one that has already expired is not shown."""
        if code != self._code:
            self._code = code
            halves = code.split("-", 1) if "-" in code else (code[:4], code[4:])
            for group, half in zip(self._groups, halves, strict=False):
                group.setText(half)
                # Letter by letter: a screen reader would make a word of it.
                group.setAccessibleName(" ".join(half))
            self._copy.setEnabled(True)
        self._left.run(expires_at)

    def clear(self) -> None:
        """Take the code off the screen."""
        self._code = ""
        for group in self._groups:
            group.setText("····")
            group.setAccessibleName(self.tr("No code at the moment"))
        self._copy.setEnabled(False)
        self._left.stop(self.tr("Waiting for a new code…"))

    def _words(self, seconds: int) -> str:
        minutes, rest = divmod(seconds, _MINUTE)
        return fill(self.tr("This code holds for another %1 min"), f"{minutes}:{rest:02}")


def _group() -> QLabel:
    made = label("", "pairing")
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
