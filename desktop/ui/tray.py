"""The icon near the clock: it tells the state, and it is the way in and out."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from desktop.ui.icons import tray_icon
from desktop.ui.text import fill

_SHOWN_FOR = 6_000
"""Milliseconds; StatusNotifier trays show the notification in place of state and tooltip for as long."""
_GATHER = 1_500
"""Milliseconds in which several failures become one notification."""


class Tray(QObject):
    open_asked = Signal()
    send_asked = Signal()
    quit_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._state = ""
        self._on_click: Callable[[], object] | None = None
        self._failures = _Gathered(self, self._tell_many_failures)
        self._warnings = _Gathered(self, self._tell_many_warnings)
        self._icon = QSystemTrayIcon(self)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self._clicked_message)
        self._menu = QMenu()
        self._headline = QAction(self)
        self._headline.setEnabled(False)
        self._open = QAction(self)
        self._open.triggered.connect(lambda: self.open_asked.emit())
        self._send = QAction(self)
        self._send.triggered.connect(lambda: self.send_asked.emit())
        self._quit = QAction(self)
        self._quit.triggered.connect(lambda: self.quit_asked.emit())
        self._menu.addAction(self._headline)
        self._menu.addSeparator()
        self._menu.addActions([self._open, self._send])
        self._menu.addSeparator()
        self._menu.addAction(self._quit)
        self._menu.setDefaultAction(self._open)
        self._icon.setContextMenu(self._menu)
        self.speak()
        self._icon.show()

    def speak(self) -> None:
        """Say everything in the language of the moment; until the services run that is only that they start."""
        self._open.setText(self.tr("&Open Malote"))
        self._send.setText(self.tr("&Send…"))
        self._quit.setText(self.tr("&Quit"))
        self.show_state("starting", self.tr("Starting…"))

    @property
    def available(self) -> bool:
        """False on a desktop without a tray, where nobody would ever see the icon."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    @property
    def icon(self) -> QSystemTrayIcon:
        return self._icon

    def show_state(self, state: str, words: str, details: Sequence[str] = ()) -> None:
        """Show one of messages.TrayState, and say it in words; the details are further lines of the tooltip."""
        if state != self._state:
            self._state = state
            self._icon.setIcon(tray_icon(state))
        self._headline.setText(words)
        self._icon.setToolTip("\n".join((fill(self.tr("Malote: %1"), words), *details)))

    def notify(self, title: str, text: str, on_click: Callable[[], object] | None = None) -> None:
        """Say something that needs a person; the last one's click counts."""
        self._on_click = on_click
        self._icon.showMessage(title, text, self._icon.icon(), _SHOWN_FOR)

    def notify_failure(self, title: str, text: str, on_click: Callable[[], object]) -> None:
        """Like notify, but many at once become one: a failed batch must not bury the screen."""
        self._failures.add(title, text, on_click)

    def notify_warning(self, title: str, text: str, on_click: Callable[[], object]) -> None:
        """Like notify_failure, for reports that did go out and that somebody should look at all the same."""
        self._warnings.add(title, text, on_click)

    def remove(self) -> None:
        """Take the icon away at the program's end."""
        self._icon.hide()

    def _tell_many_failures(self, number: int) -> tuple[str, str]:
        return self.tr("%n report(s) did not go out", "", number), self.tr("Click to see which ones and why.")

    def _tell_many_warnings(self, number: int) -> tuple[str, str]:
        title = self.tr("%n report(s) went to groups that nobody confirmed", "", number)
        return title, self.tr("Click to see which ones.")

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.open_asked.emit()

    def _clicked_message(self) -> None:
        if self._on_click is not None:
            self._on_click()


class _Gathered:
    """What happens at about the same time is told at once."""

    def __init__(self, tray: Tray, in_one: Callable[[int], tuple[str, str]]) -> None:
        self._tray = tray
        self._in_one = in_one
        self._told: list[tuple[str, str]] = []
        self._on_click: Callable[[], object] | None = None
        self._clock = QTimer(tray, singleShot=True, interval=_GATHER)
        self._clock.timeout.connect(self._tell)

    def add(self, title: str, text: str, on_click: Callable[[], object]) -> None:
        self._told.append((title, text))
        self._on_click = on_click
        self._clock.start()

    def _tell(self) -> None:
        told, self._told = self._told, []
        title, text = told[0] if len(told) == 1 else self._in_one(len(told))
        self._tray.notify(title, text, self._on_click)
