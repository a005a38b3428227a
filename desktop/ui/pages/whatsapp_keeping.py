"""Whether the messages that come in on a number are kept for the programs that read them."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from desktop.ui.widgets.basics import card, column, label, name_by


class KeepingChoice(QWidget):
    decided = Signal(bool)
    """Somebody has marked the box or taken the mark away."""

    def __init__(self) -> None:
        super().__init__()
        text = self.tr("&Keep the messages that come in")
        self._box = QCheckBox(text)
        self._box.setObjectName("session-keeps-messages")
        name_by(self._box, text)
        told = self.tr(
            "Only needed by a program that reads the messages through Malote, a service desk for example. Those that "
            "come from now on are kept on this computer. Reports go out either way."
        )
        self._box.setAccessibleDescription(told)
        # A click alone: what is shown is no decision.
        self._box.clicked.connect(self.decided)
        hint = label(told, "muted", wrap=True)
        self.setLayout(column(card(column(self._box, hint, spacing=4), margins=24)))

    def show_choice(self, keeps: bool) -> None:
        self._box.setChecked(keeps)
