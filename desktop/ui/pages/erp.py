"""How another program asks for a send: the address, a key, and lines of code to start from."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLayout, QLineEdit, QPlainTextEdit, QTabWidget, QWidget

from desktop.runtime.resources import resource
from desktop.ui.bridge import Bridge
from desktop.ui.pages.erp_keys import KeysForm
from desktop.ui.pages.erp_webhook_secret import WebhookSecret
from desktop.ui.pages.erp_webhooks import WebhooksList
from desktop.ui.text import fill
from desktop.ui.theme import Theme
from desktop.ui.widgets.basics import card, column, label, name_by, row
from desktop.ui.widgets.copying import CopyButton
from desktop.ui.widgets.scroll import Scroll

_LANGUAGES = (("curl", "curl"), ("java", "Java"), ("delphi", "Delphi"), ("plsql", "Oracle PL/SQL"))
"""Files in resources/snippets, and what they are called."""


def snippet(name: str, *, url: str, port: int, key: str) -> str:
    """An example ready to be pasted, calling this instance."""
    text = resource(f"snippets/{name}.txt").read_text("utf-8")
    return text.replace("%url%", url).replace("%port%", str(port)).replace("%key%", key)


class ErpPage(QWidget):
    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self._door = bridge.services.door
        self._keys = KeysForm(bridge, theme)
        self._keys.made.connect(self._show_snippets)
        self._codes: dict[str, QPlainTextEdit] = {}
        self._webhooks = WebhooksList(bridge, theme)
        self._secret = WebhookSecret(bridge, theme)
        heading = label(self.tr("Programs that Malote tells (webhooks)"), "heading")
        told = card(column(heading, self._webhooks, self._secret, spacing=14))
        told.hide()
        # Most offices have none: then there is nothing to explain.
        self._webhooks.known.connect(told.setVisible)
        inside = QWidget()
        inside.setObjectName("scrolled")
        inside.setLayout(
            column(
                card(self._address()),
                card(column(label(self.tr("2. Make a key for the program"), "heading"), self._keys, spacing=14)),
                card(self._examples()),
                told,
                0,
                spacing=16,
            )
        )
        inside.setMaximumWidth(900)
        scroll = Scroll(inside)
        for part in (self._keys, self._secret):
            part.spoke.connect(scroll.reveal, Qt.ConnectionType.QueuedConnection)
        layout = column(
            row(label(self.tr("Call from the ERP"), "title"), 0),
            label(
                self.tr("A button in the ERP calls Malote on this same computer and gets one clear answer."),
                "muted",
                wrap=True,
            ),
            scroll,
            spacing=12,
            margins=28,
        )
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self._show_snippets("")

    def showEvent(self, event: QShowEvent) -> None:
        self._keys.reload()
        self._webhooks.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        # Shown once means once: whoever comes back to this page does not see it again. A minimised window does.
        if not event.spontaneous():
            self._keys.forget()
            self._secret.forget()

    def _address(self) -> QLayout:
        address = QLineEdit(f"{self._door.url}/api/enviar-relatorio")
        address.setObjectName("address")
        address.setReadOnly(True)
        address.setCursorPosition(0)
        name_by(address, self.tr("Address"))
        line = row(address, CopyButton(self.tr("Copy &address"), address.text))
        line.setStretch(0, 1)
        body = fill(self.tr("Send %1 and wait for the answer."), '{"cnpj": "62567108000101"}')
        parts: list[QLayout | QWidget] = [
            label(self.tr("1. Call this address with POST"), "heading"),
            line,
            label(body, "muted"),
        ]
        if self._door.lan_url:
            network = label(
                fill(self.tr("On the local network: %1, with a key."), self._door.lan_url), "muted", wrap=True
            )
            network.setObjectName("network")
            network.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            # It is compared with what the other computer shows.
            fingerprint = label(self._door.fingerprint, "code", wrap=True)
            fingerprint.setObjectName("fingerprint")
            told = row(fingerprint, CopyButton(self.tr("Copy fingerprint"), fingerprint.text))
            told.setStretch(0, 1)
            parts += [network, label(self.tr("SHA-256 fingerprint of its certificate:"), "muted"), told]
        return column(*parts, spacing=12)

    def _examples(self) -> QLayout:
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.setAccessibleName(self.tr("Examples by language"))
        for name, title in _LANGUAGES:
            code = self._codes[name] = QPlainTextEdit()
            code.setObjectName(f"snippet-{name}")
            code.setReadOnly(True)
            code.setTabChangesFocus(True)
            code.setProperty("role", "code")
            code.setMinimumHeight(250)
            name_by(code, fill(self.tr("Example in %1"), title))
            if name != "curl":
                code.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            copy = CopyButton(self.tr("&Copy the example"), code.toPlainText)
            page = QWidget()
            page.setLayout(column(code, row(0, copy)))
            tabs.addTab(page, title)
        return column(label(self.tr("3. Start from an example"), "heading"), tabs, spacing=12)

    def _show_snippets(self, key: str) -> None:
        shown = key or self.tr("PUT_THE_KEY_HERE")
        for name, code in self._codes.items():
            code.setPlainText(snippet(name, url=self._door.url, port=self._door.port, key=shown))
