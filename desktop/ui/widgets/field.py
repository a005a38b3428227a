"""A control with its name above and, where something is wrong with it, the reason below."""

from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.ui.widgets.basics import label, name_by, row, set_look


class Field(QWidget):
    """The label is the control's buddy: its mnemonic leads there, and screen readers say it.

    A button that belongs to the control stands beside it.
    """

    def __init__(self, name: str, control: QWidget, hint: str = "", *, beside: QWidget | None = None) -> None:
        super().__init__()
        self.control = control
        self._label: QLabel = label(name, "field")
        self._label.setBuddy(control)
        name_by(control, name)
        self._hint = label(hint, "muted", wrap=True)
        self._hint.setVisible(bool(hint))
        self._fault = label("", "fault", wrap=True)
        self._fault.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._label)
        if beside is None:
            layout.addWidget(control)
        else:
            line = row(control, beside)
            line.setStretch(0, 1)
            layout.addLayout(line)
        layout.addWidget(self._fault)
        layout.addWidget(self._hint)
        # Beside a field with a longer hint this one stays level with it.
        layout.addStretch(1)
        if isinstance(control, QLineEdit | QPlainTextEdit):
            control.textChanged.connect(lambda: self.blame(""))

    def blame(self, fault: str) -> None:
        """Mark the control and say why; an empty text takes the mark off."""
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault))
        set_look(self.control, "faulty", "true" if fault else "false")
        self.control.setAccessibleDescription(fault or self._hint.text())

    @property
    def fault(self) -> str:
        return self._fault.text()

    def explain(self, hint: str) -> None:
        """Change the line below the control."""
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
