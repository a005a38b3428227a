"""The icon near the clock: it tells the state, and it is the way in and out."""

from collections.abc import Callable

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
        self._failures: list[tuple[str, str]] = []
        self._on_click: Callable[[], object] | None = None
        self._on_failure_click: Callable[[], object] | None = None
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
        self._gathering = QTimer(self, singleShot=True, interval=_GATHER)
        self._gathering.timeout.connect(self._tell_failures)
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

    def show_state(self, state: str, words: str) -> None:
        """Show one of messages.TrayState, and say it in words."""
        if state != self._state:
            self._state = state
            self._icon.setIcon(tray_icon(state))
        self._headline.setText(words)
        self._icon.setToolTip(fill(self.tr("Malote: %1"), words))

    def notify(self, title: str, text: str, on_click: Callable[[], object] | None = None) -> None:
        """Say something that needs a person; the last one's click counts."""
        self._on_click = on_click
        self._icon.showMessage(title, text, self._icon.icon(), _SHOWN_FOR)

    def notify_failure(self, title: str, text: str, on_click: Callable[[], object]) -> None:
        """Like notify, but many at once become one: a failed batch must not bury the screen."""
        self._failures.append((title, text))
        self._on_failure_click = on_click
        self._gathering.start()

    def remove(self) -> None:
        """Take the icon away at the program's end."""
        self._icon.hide()

    def _tell_failures(self) -> None:
        failures, self._failures = self._failures, []
        if len(failures) == 1:
            title, text = failures[0]
        else:
            title = self.tr("%n report(s) did not go out", "", len(failures))
            text = self.tr("Click to see which ones and why.")
        self.notify(title, text, self._on_failure_click)

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.open_asked.emit()

    def _clicked_message(self) -> None:
        if self._on_click is not None:
            self._on_click()
