"""Where the companies and their groups are kept: the part of the settings that asks for it."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QLineEdit, QRadioButton, QWidget

from desktop.domain.diagnosis import Step
from desktop.domain.errors import AppError, Code, Fact
from desktop.domain.secret import Credentials, Secret
from desktop.domain.settings import DirectoryKind, Settings
from desktop.ui.messages import error_words
from desktop.ui.pages.settings_tls import TlsForm
from desktop.ui.text import fill
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, column, label, name_by, row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.step_list import StepList

_GAP = 16
_MENDED_BY_A_CLIENT = frozenset(
    {"server_too_old", "encryption_required", "verifier_10g", "client_broken", "client_too_new"}
)
"""Reasons of a failure that Oracle's own client library takes away."""


class DirectoryForm(QWidget):
    edited = Signal()
    test_asked = Signal()
    mapping_asked = Signal()
    """To look for the table and its columns in the directory that is typed here."""
    client_asked = Signal()
    """To install Oracle's client."""
    spoke = Signal(QWidget)
    """The note that has something new to say."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._kept_user = ""
        self._testing = False
        """A second test has to wait. The button stays enabled: else it would hand the keyboard to the next field."""
        self._oracle = QRadioButton(self.tr("&Oracle database"))
        self._oracle.setObjectName("directory-oracle")
        self._table = QRadioButton(self.tr("&File (CSV, Excel or SQLite)"))
        self._table.setObjectName("directory-table")
        self._database = QRadioButton(self.tr("Another database (M&ySQL, SQL Server…)"))
        self._database.setObjectName("directory-database")
        self._kinds = QButtonGroup(self)
        for choice in (self._oracle, self._table, self._database):
            name_by(choice, choice.text())
            self._kinds.addButton(choice)
            choice.toggled.connect(self._choose)
        self.tls = TlsForm()
        self.tls.edited.connect(self.edited)
        self.fields: dict[str, Field] = {}
        """By the dotted name of the setting."""
        self._panels = {
            self._make_oracle_panel(): {DirectoryKind.ORACLE},
            self._make_table_panel(): {DirectoryKind.TABLE},
            self._make_database_panel(): {DirectoryKind.DATABASE},
            self._make_login_panel(): {DirectoryKind.ORACLE, DirectoryKind.DATABASE},
            self._make_names_panel("oracle"): {DirectoryKind.ORACLE},
            self._make_names_panel("database"): {DirectoryKind.DATABASE},
        }
        """Each with the kinds that it belongs to."""
        self._map = button(self.tr("Find &companies and groups…"), self._ask_to_map)
        self._map.setObjectName("map-directory")
        self._client = button(self.tr("Install Oracle client…"), lambda: self.client_asked.emit())
        self._client.setObjectName("install-client")
        self._test = button(self.tr("Save and &test"), self._ask_to_test)
        self._test.setObjectName("test-directory")
        self._steps = StepList(theme)
        self._steps.setObjectName("test-steps")
        self._result = Note(theme)
        self._result.setObjectName("test-result")
        self._result.spoke.connect(partial(self.spoke.emit, self._result))
        self.setLayout(
            column(
                label(self.tr("Companies and their groups"), "heading"),
                column(self._oracle, self._table, self._database, spacing=0),
                *self._panels,
                row(self._test, self._map, self._client, 0),
                self._steps,
                self._result,
                spacing=14,
            )
        )

    def _make_oracle_panel(self) -> QWidget:
        host = self._field("directory.oracle.host", self.tr("Ser&ver"), self.tr("Name or address, as in 192.168.0.10"))
        port = self._field("directory.oracle.port", self.tr("Po&rt"), self.tr("Usually 1521"))
        service = self._field(
            "directory.oracle.service_name", self.tr("Service &name"), self.tr("Fill in the service or the SID")
        )
        sid = self._field("directory.oracle.sid", self.tr("S&ID"), self.tr("For older databases, as in xe"))
        panel = QWidget()
        panel.setLayout(column(_even(host, port, first=3), _even(service, sid), self.tls, spacing=_GAP))
        return panel

    def _make_login_panel(self) -> QWidget:
        user = self._field("user", self.tr("&User"))
        password = self._field("password", self.tr("Passwor&d"))
        line = self._line("password")
        line.setEchoMode(QLineEdit.EchoMode.Password)
        # What is being typed is a secret; what is kept is never shown here.
        line.setPlaceholderText(self.tr("Type the password"))
        panel = QWidget()
        panel.setLayout(column(_even(user, password)))
        return panel

    def _make_names_panel(self, kind: str) -> QWidget:
        table = self._field(f"directory.{kind}.table", self.tr("Table"))
        cnpj = self._field(f"directory.{kind}.column_cnpj", self.tr("CNPJ column"))
        group = self._field(f"directory.{kind}.column_group", self.tr("Group column"))
        name = self._field(f"directory.{kind}.column_name", self.tr("Name column"), self.tr("May stay empty"))
        panel = QWidget()
        panel.setLayout(column(_even(table, cnpj), _even(group, name), spacing=_GAP))
        return panel

    def _make_database_panel(self) -> QWidget:
        url = self._field(
            "directory.database.url",
            self.tr("Address of the database"),
            self.tr("As in mysql+pymysql://server:3306/erp or postgresql+pg8000://server:5432/erp, without the user"),
        )
        panel = QWidget()
        panel.setLayout(column(url))
        return panel

    def _make_table_panel(self) -> QWidget:
        path = self._field(
            "directory.table.path",
            self.tr("File of co&mpanies"),
            self.tr("With the columns cnpj, nome and grupo; in a SQLite file, in the table empresas"),
            beside=button(self.tr("B&rowse…"), self._browse),
        )
        panel = QWidget()
        panel.setLayout(column(path))
        return panel

    def _field(self, setting: str, name: str, hint: str = "", *, beside: QWidget | None = None) -> Field:
        control = QLineEdit()
        control.setObjectName(setting)
        control.textEdited.connect(lambda: self.edited.emit())
        field = self.fields[setting] = Field(name, control, hint, beside=beside)
        return field

    def _line(self, setting: str) -> QLineEdit:
        control = self.fields[setting].control
        assert isinstance(control, QLineEdit)
        return control

    def show_settings(self, settings: Settings) -> None:
        """Put what is kept into the fields."""
        directory = settings.directory
        oracle, database = directory.oracle, directory.database
        choices = {
            DirectoryKind.ORACLE: self._oracle,
            DirectoryKind.TABLE: self._table,
            DirectoryKind.DATABASE: self._database,
        }
        choices[directory.kind].setChecked(True)
        self.tls.show_source(oracle)
        for setting, value in {
            "directory.oracle.host": oracle.host,
            "directory.oracle.port": str(oracle.port),
            "directory.oracle.service_name": oracle.service_name,
            "directory.oracle.sid": oracle.sid,
            "directory.oracle.table": oracle.table,
            "directory.oracle.column_cnpj": oracle.column_cnpj,
            "directory.oracle.column_group": oracle.column_group,
            "directory.oracle.column_name": oracle.column_name,
            "directory.table.path": directory.table.path,
            "directory.database.url": database.url,
            "directory.database.table": database.table,
            "directory.database.column_cnpj": database.column_cnpj,
            "directory.database.column_group": database.column_group,
            "directory.database.column_name": database.column_name,
            "user": self._kept_user,
            "password": "",
        }.items():
            self._line(setting).setText(value)
            self.fields[setting].blame("")

    def show_kept_user(self, credentials: Credentials | None) -> None:
        """Show whose password the keyring holds; the password itself stays there."""
        self._kept_user = credentials.user if credentials else ""
        self._line("user").setText(self._kept_user)
        self._line("password").setPlaceholderText(
            self.tr("Kept in the keyring") if credentials else self.tr("Type the password")
        )

    def values(self) -> dict[str, object]:
        """What is typed, by the dotted names of the settings."""
        typed: dict[str, object] = {
            setting: self._line(setting).text().strip() for setting in self.fields if setting.startswith("directory.")
        }
        typed["directory.oracle.port"] = self._port() or typed["directory.oracle.port"]
        return {"directory.kind": self.kind.value, **typed, **self.tls.values()}

    @property
    def kind(self) -> DirectoryKind:
        if self._database.isChecked():
            return DirectoryKind.DATABASE
        return DirectoryKind.ORACLE if self._oracle.isChecked() else DirectoryKind.TABLE

    @property
    def login_edited(self) -> bool:
        """Whether user or a password are other than what the keyring holds."""
        typed = bool(self._line("password").text()) or self.tls.credentials() is not None
        return typed or self._line("user").text().strip() != self._kept_user

    def credentials(self) -> Credentials | None:
        """What is to be put into the keyring; None where it stays as it is."""
        password = self._line("password").text()
        return Credentials(self._line("user").text().strip(), Secret(password)) if password else None

    def check(self) -> bool:
        """Mark what cannot be right; True where nothing is."""
        if self._table.isChecked():
            missing = not self._line("directory.table.path").text().strip()
            self.fields["directory.table.path"].blame(self.tr("Choose the file.") if missing else "")
            return not missing
        faults = self._server_faults() if self._oracle.isChecked() else {}
        user, password = self._line("user").text().strip(), self._line("password").text()
        if user and user != self._kept_user and not password:
            faults["password"] = self.tr("Type this user's password.")
        if password and not user:
            faults["user"] = self.tr("Type the user.")
        for required in ("table", "column_cnpj", "column_group"):
            if not self._line(f"directory.{self.kind.value}.{required}").text().strip():
                faults[f"directory.{self.kind.value}.{required}"] = self.tr("This is needed.")
        for setting, field in self.fields.items():
            field.blame(faults.get(setting, ""))
        return not faults

    def _server_faults(self) -> dict[str, str]:
        faults: dict[str, str] = {}
        if self._port() is None:
            faults["directory.oracle.port"] = self.tr("A number from 1 to 65535.")
        service, sid = (self._line(f"directory.oracle.{name}").text().strip() for name in ("service_name", "sid"))
        host = self._line("directory.oracle.host").text().strip()
        if host and bool(service) == bool(sid):
            faults["directory.oracle.service_name"] = self.tr("Fill in the service or the SID, one of them.")
        return faults

    def testing(self) -> None:
        """Say that the answer is under way."""
        self._testing = True
        self._steps.clear()
        self._result.say(Tone.BUSY, self.tr("Testing…"), self.tr("Logging in and looking at the companies."))

    def show_step(self, step: Step) -> None:
        """Only Oracle has several; what the others have to say is in the note."""
        if self._testing and self._oracle.isChecked():
            self._steps.add(step)

    def tested(self, steps: list[Step]) -> None:
        """Say what came of it, and of the first step that failed what to do."""
        failed = next((step for step in steps if step.code is not None), None)
        if failed is not None and failed.code is not None:
            self._fail(failed.code, failed.facts)
            return
        self._testing = False
        seen = steps[-1].facts
        companies = seen.get("companies")
        found = self.tr("%n company(ies) found", "", companies) if isinstance(companies, int) else ""
        self._result.say(Tone.OK, self.tr("It works"), " · ".join(filter(None, (str(seen["source"]), found))))

    def failed(self, error: AppError) -> None:
        self._fail(error.code, error.facts)

    def _fail(self, code: Code, facts: Mapping[str, Fact]) -> None:
        self._testing = False
        words = error_words(code, facts)
        wanted = facts.get("reason") in _MENDED_BY_A_CLIENT
        self._result.say(
            Tone.DANGER,
            fill(self.tr("It does not work: %1"), words.text),
            words.action,
            press=self.tr("Install Oracle client…") if wanted else "",
            on_press=self.client_asked.emit,
        )

    def untested(self) -> None:
        """Take back what the last test said."""
        self._testing = False
        self._steps.clear()
        self._result.hide()

    def _ask_to_map(self) -> None:
        if not self._testing:
            self.mapping_asked.emit()

    def _ask_to_test(self) -> None:
        if not self._testing:
            self.test_asked.emit()

    def _port(self) -> int | None:
        text = self._line("directory.oracle.port").text().strip()
        return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65536 else None

    def _choose(self) -> None:
        for panel, kinds in self._panels.items():
            panel.setVisible(self.kind in kinds)
        self._client.setVisible(self.kind is DirectoryKind.ORACLE)
        self._steps.clear()
        self._result.hide()
        self.edited.emit()

    def _browse(self) -> None:
        kinds = self.tr("Companies (*.csv *.txt *.xlsx *.db *.sqlite *.sqlite3);;All files (*)")
        dialog = QFileDialog(self, self.tr("File of companies"), self._line("directory.table.path").text(), kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._take_file)
        dialog.finished.connect(lambda: dialog.deleteLater())
        dialog.open()

    def _take_file(self, path: str) -> None:
        self._line("directory.table.path").setText(path)
        self.edited.emit()


def _even(left: Field, right: Field, first: int = 1) -> QWidget:
    both = QWidget()
    line = row(left, right, spacing=_GAP)
    line.setStretch(0, first)
    line.setStretch(1, 1)
    both.setLayout(line)
    return both
