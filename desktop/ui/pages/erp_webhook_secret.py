"""The secret that the programs which Malote calls check its signatures with: shown once, renewed here."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QMessageBox, QWidget

from desktop.domain.errors import AppError
from desktop.domain.secret import Secret
from desktop.ui.bridge import Bridge
from desktop.ui.dialogs import ask
from desktop.ui.messages import words_of
from desktop.ui.theme import Theme
from desktop.ui.widgets.basics import button, card, column, label, name_by, row
from desktop.ui.widgets.copying import CopyButton
from desktop.ui.widgets.note import Note


class WebhookSecret(QWidget):
    spoke = Signal(QWidget)
    """What has just come to be seen."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._signing = bridge.services.telling.signing
        about = self.tr("Every call is signed. The program that receives it checks the signature with a secret.")
        show = button(self.tr("Show the secret"), lambda: self._get(self._signing.show))
        show.setObjectName("show-webhook-secret")
        renew = button(self.tr("Renew the secret"), self._ask_renew, "quiet")
        renew.setObjectName("renew-webhook-secret")
        self._buttons = (show, renew)
        self._problem = Note(theme)
        self._text = QLineEdit()
        self._text.setObjectName("webhook-secret")
        self._text.setReadOnly(True)
        self._text.setProperty("role", "code")
        name_by(self._text, self.tr("Secret of the webhooks"))
        self._copy = CopyButton(self.tr("Copy the secret"), self._text.text)
        line = row(self._text, self._copy)
        line.setStretch(0, 1)
        remark = self.tr("Copy it now: it is not shown again. It stays in the system's keyring.")
        self._shown = card(column(label(remark, "field", wrap=True), line), "sunken", margins=14)
        self._shown.hide()
        self.setLayout(
            column(label(about, "muted", wrap=True), row(show, renew, 0), self._shown, self._problem, spacing=12)
        )

    def forget(self) -> None:
        """Take the secret off the screen."""
        self._text.clear()
        self._shown.hide()
        self._problem.hide()

    def _ask_renew(self) -> None:
        ask(
            self.window(),
            title=self.tr("Renew the secret of the webhooks?"),
            text=self.tr(
                "Each program that is called needs the new one. For a day the old one signs as well, in a header of"
                " its own."
            ),
            yes=self.tr("&Renew"),
            no=self.tr("&Keep it"),
            icon=QMessageBox.Icon.Warning,
            on_yes=lambda: self._get(self._signing.renew),
        )

    def _get(self, work: Callable[[], Coroutine[Any, Any, Secret]]) -> None:
        self._enable(False)
        self._bridge.call(work, self._show, self._fail)

    def _show(self, secret: Secret) -> None:
        self._enable(True)
        self._problem.hide()
        self._text.setText(secret.reveal())
        self._text.setCursorPosition(0)
        self._shown.show()
        self._copy.setFocus()
        self.spoke.emit(self._shown)

    def _fail(self, error: AppError) -> None:
        self._enable(True)
        self._problem.fail(words_of(error))
        self.spoke.emit(self._problem)

    def _enable(self, enabled: bool) -> None:
        for each in self._buttons:
            each.setEnabled(enabled)
