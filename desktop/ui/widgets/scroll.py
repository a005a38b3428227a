"""A form longer than its window, which shows what has something new to say."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget


class Scroll(QScrollArea):
    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._revealed: QWidget | None = None
        """What stays in view while things around it come and go; None once somebody scrolls."""
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inside)
        bar = self.verticalScrollBar()
        # The place of what was just shown is known only after the layout, which also sets the bar's new range.
        bar.rangeChanged.connect(lambda: self._bring())
        bar.actionTriggered.connect(lambda: self._let_go())

    def reveal(self, part: QWidget) -> None:
        """Scroll to a part of what is inside, and keep it in view until somebody scrolls or it is hidden."""
        self._revealed = part
        self._bring()

    def _bring(self) -> None:
        if self._revealed is None:
            return
        if self._revealed.isHidden():
            self._let_go()
        else:
            self.ensureWidgetVisible(self._revealed)

    def _let_go(self) -> None:
        self._revealed = None
