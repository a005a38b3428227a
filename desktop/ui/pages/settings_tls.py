"""Whether the way to an Oracle database is encrypted, and whom it trusts: the part of the settings that asks for it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QWidget

from desktop.domain.secret import Credentials, Secret
from desktop.domain.settings import WALLET_USER, OracleSource
from desktop.ui.widgets.basics import button, column, label, name_by
from desktop.ui.widgets.field import Field


class TlsForm(QWidget):
    """What belongs to an encrypted connection is seen only once it is chosen."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._tls = self._box("tls", self.tr("Encrypted connection (TLS, also called TCPS)"))
        self._match = self._box("match_server_name", self.tr("The certificate has to be made out to this server"))
        self._wallet = self._line("directory.oracle.wallet")
        self._password = self._line("wallet-password")
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self.fields = {
            "directory.oracle.wallet": Field(
                self.tr("Folder of the wallet"),
                self._wallet,
                self.tr("The one with ewallet.pem. Empty: what this computer trusts is trusted."),
                beside=button(self.tr("Choose folder…"), self._browse),
            )
        }
        """By the dotted name of the setting."""
        self._password_field = Field(self.tr("Password of the wallet"), self._password)
        self._more = QWidget()
        self._more.setLayout(column(*self.fields.values(), self._password_field, self._match, spacing=14))
        hint = label(self.tr("Only where the database asks for it; the port is then usually 2484."), "muted", wrap=True)
        self.setLayout(column(column(self._tls, hint, spacing=2), self._more, spacing=14))
        self._tls.toggled.connect(self._more.setVisible)
        self._more.hide()
        self.show_kept_password(kept=False)

    def show_source(self, source: OracleSource) -> None:
        """Put what is kept into the fields."""
        self._tls.setChecked(source.tls)
        self._match.setChecked(source.match_server_name)
        self._wallet.setText(source.wallet)
        self._password.clear()
        for field in self.fields.values():
            field.blame("")

    def show_kept_password(self, *, kept: bool) -> None:
        """Say whether the keyring has one; it stays there."""
        self._password.setPlaceholderText(self.tr("Kept in the keyring") if kept else self.tr("Only if it has one"))

    def values(self) -> dict[str, object]:
        """What is chosen, by the dotted names of the settings."""
        return {
            "directory.oracle.tls": self._tls.isChecked(),
            "directory.oracle.wallet": self._wallet.text().strip(),
            "directory.oracle.match_server_name": self._match.isChecked(),
        }

    def credentials(self) -> Credentials | None:
        """The wallet's password for the keyring; None where it stays as it is."""
        password = self._password.text()
        return Credentials(WALLET_USER, Secret(password)) if password else None

    def _box(self, setting: str, text: str) -> QCheckBox:
        made = QCheckBox(text)
        made.setObjectName(f"directory.oracle.{setting}")
        name_by(made, text)
        made.clicked.connect(lambda: self.edited.emit())
        return made

    def _line(self, name: str) -> QLineEdit:
        made = QLineEdit()
        made.setObjectName(name)
        made.textEdited.connect(lambda: self.edited.emit())
        return made

    def _browse(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder of the wallet"), self._wallet.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._take_folder)
        dialog.finished.connect(lambda: dialog.deleteLater())
        dialog.open()

    def _take_folder(self, path: str) -> None:
        self._wallet.setText(path)
        self.edited.emit()
