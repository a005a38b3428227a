"""A text of several lines that never asks for more room than it is given."""

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

_LONG_WORD = re.compile(r"\S{33,}")
"""The longest jid is shorter: what people select and copy has nothing invisible in it."""
_INSIDE = re.compile(r"(?<=[!-~])(?=[!-~])")
"""Not before an accent or a sign that belongs to the letter in front of it."""
_MAY_BREAK = "\u200b"


class WrappedLabel(QLabel):
    """Breaks also within an address, a path or a fingerprint, each of which is one word to Qt and as wide as it is
    long.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._whole = text
        shown = _LONG_WORD.sub(lambda word: _INSIDE.sub(_MAY_BREAK, word[0]), text)
        super().setText(shown)
        # Whoever listens hears the word in one piece.
        self.setAccessibleName(text if shown != text else "")

    def text(self) -> str:
        return self._whole
