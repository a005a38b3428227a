"""How a test of a connection went, one line for each step, as they end."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.domain.diagnosis import Step, StepResult
from desktop.runtime.step_wording import describe_step
from desktop.ui.icons import pixmap
from desktop.ui.messages import language
from desktop.ui.text import fill
from desktop.ui.theme import PICTURES, Theme, Tone
from desktop.ui.widgets.basics import label, row

_TONES = {StepResult.OK: Tone.OK, StepResult.FAILED: Tone.DANGER, StepResult.SKIPPED: Tone.QUIET}
_PICTURE_SIDE = 16


class StepLine(QObject):
    """From the service thread to the window; nobody's child, so that it outlives the page as long as a call needs."""

    came = Signal(int, object)
    """The number of its test, and a Step."""

    def __init__(self) -> None:
        super().__init__()
        self.test = 0
        """The number of the newest one."""

    def begin(self) -> Callable[[Step], None]:
        """Begin a test; the answer takes its steps, from any thread."""
        self.test += 1
        return partial(self.came.emit, self.test)


class StepList(QWidget):
    """Hidden while it has nothing to show."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(14, 0, 0, 0)
        self._steps: list[Step] = []
        theme.changed.connect(self._repaint)
        self.hide()

    def clear(self) -> None:
        self._steps = []
        self._empty()
        self.hide()

    def add(self, step: Step) -> None:
        self._steps.append(step)
        self.show()
        self._put(step)

    def _put(self, step: Step) -> None:
        line = self._line(step)
        self._lines.addWidget(line)
        line.show()  # now, and not when the event loop gets round to it

    def _empty(self) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            if (line := item.widget()) is not None:
                line.hide()
                line.deleteLater()

    def _repaint(self) -> None:
        self._empty()
        for step in self._steps:
            self._put(step)

    def _line(self, step: Step) -> QWidget:
        words, tone = describe_step(step, language()), _TONES[step.result]
        picture = label()
        picture.setFixedWidth(_PICTURE_SIDE)
        colour = self._theme.colours.of(tone)
        picture.setPixmap(pixmap(PICTURES[tone], colour, _PICTURE_SIDE, self.devicePixelRatio()))
        said = label(fill("%1: %2", words.title, words.text), "muted" if tone is Tone.QUIET else "", wrap=True)
        line = QWidget()
        layout = row(picture, said)
        layout.setStretch(1, 1)
        line.setLayout(layout)
        return line
