"""Which picture is sent and what is written under it: the part of the settings that asks for it."""

from collections.abc import Callable
from datetime import date, datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import AppError, Rejected
from desktop.domain.location import LocationFault, TemplateCheck
from desktop.domain.report import fill_caption, unknown_fields
from desktop.domain.settings import Settings
from desktop.ui.bridge import Call
from desktop.ui.messages import words_of
from desktop.ui.text import fill, translate
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import column, label
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note

CheckTemplate = Callable[[str, Cnpj, Callable[[TemplateCheck], None], Callable[[AppError], None]], Call]
"""Looks at the disk for a template; one of the two answers."""

_PAUSE_IN_TYPING = 250
_EXAMPLE = "62.567.108/0001-01"


class ReportForm(QWidget):
    edited = Signal()
    spoke = Signal(QWidget)
    """The note with the answer to what is being typed."""

    def __init__(self, theme: Theme, check_template: CheckTemplate) -> None:
        super().__init__()
        self._check_template = check_template
        self._call: Call | None = None
        self._template = QLineEdit()
        self._template.setObjectName("report.template")
        self._sample = QLineEdit(_EXAMPLE)
        self._sample.setObjectName("sample-cnpj")
        self._caption = QPlainTextEdit()
        self._caption.setObjectName("report.caption")
        self._caption.setTabChangesFocus(True)
        self._caption.setFixedHeight(76)
        self.fields = {
            "report.template": Field(
                self.tr("Where the report &lies"),
                self._template,
                self.tr("A path or an address, with {cnpj} where the company's CNPJ goes"),
            ),
            "report.caption": Field(self.tr("Caption &below the picture"), self._caption),
        }
        """By the dotted name of the setting."""
        self._sample_field = Field(self.tr("Try it with this CNP&J"), self._sample)
        self._found = Note(theme)
        self._found.setObjectName("template-check")
        self._found.spoke.connect(self._speak)
        self.setLayout(
            column(
                label(self.tr("Report"), "heading"),
                self.fields["report.template"],
                self._found,
                self._sample_field,
                self.fields["report.caption"],
                spacing=14,
            )
        )
        self._typing = QTimer(self, singleShot=True, interval=_PAUSE_IN_TYPING)
        self._typing.timeout.connect(self._look)
        self._template.textChanged.connect(lambda: self._look_soon())
        self._sample.textChanged.connect(lambda: self._look_soon())
        self._template.textEdited.connect(lambda: self.edited.emit())
        self._caption.textChanged.connect(self._caption_edited)

    def show_settings(self, settings: Settings) -> None:
        """Put what is kept into the fields."""
        self._template.setText(settings.report.template)
        self._caption.setPlainText(settings.report.caption)
        for field in self.fields.values():
            field.blame("")
        self._explain_caption()
        self._look()

    def values(self) -> dict[str, object]:
        """What is typed, by the dotted names of the settings."""
        return {"report.template": self._template.text().strip(), "report.caption": self._caption.toPlainText().strip()}

    def check(self) -> bool:
        """Mark what cannot be right; True where nothing is."""
        template = self._template.text().strip()
        fault = "" if "{cnpj}" in template else fault_words(LocationFault.NO_CNPJ)
        if not template:
            fault = fault_words(LocationFault.EMPTY)
        self.fields["report.template"].blame(fault)
        caption_fault = self._caption_fault()
        self.fields["report.caption"].blame(caption_fault)
        return not fault and not caption_fault

    def _caption_edited(self) -> None:
        self._explain_caption()
        self.edited.emit()

    def _explain_caption(self) -> None:
        hint = self.tr("{empresa}, {cnpj} and {data} are filled in.")
        text = self._caption.toPlainText().strip()
        if "{" in text and not self._caption_fault():
            company = Company(cnpj=Cnpj.parse(_EXAMPLE), name=self.tr("Example Ltd"), group=None)
            hint = fill(self.tr("Example: %1"), fill_caption(text, company, _today()))
        self.fields["report.caption"].explain(hint)

    def _caption_fault(self) -> str:
        try:
            unknown = unknown_fields(self._caption.toPlainText())
        except ValueError:
            return fault_words(LocationFault.BRACES)
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in sorted(unknown))
            return fill(self.tr("%1 means nothing here; use {empresa}, {cnpj} or {data}."), names)
        return ""

    def _look_soon(self) -> None:
        self._give_up_look()
        self._typing.start()

    def _give_up_look(self) -> None:
        # What is wrong with an older text must not be held against the one that is typed now.
        if self._call is not None:
            self._call.cancel()

    def _look(self) -> None:
        self._typing.stop()
        self._give_up_look()
        try:
            cnpj = Cnpj.parse(self._sample.text())
        except Rejected as error:
            words = words_of(error)
            self._sample_field.blame(f"{words.text} {words.action}")
            return
        self._call = self._check_template(self._template.text().strip(), cnpj, self._show_check, self._blame)

    def _speak(self) -> None:
        # What the page finds out by itself when it opens must not scroll it.
        if self.window().focusWidget() in (self._template, self._sample):
            self.spoke.emit(self._found)

    def _blame(self, error: AppError) -> None:
        self._found.fail(words_of(error))

    def _show_check(self, check: TemplateCheck) -> None:
        if check.faults:
            self.fields["report.template"].blame(" ".join(fault_words(fault) for fault in check.faults))
            self._found.hide()
            return
        example = fill(self.tr("Example: %1"), check.example)
        if check.is_url:
            self._found.say(Tone.QUIET, self.tr("The report is fetched from this address"), example)
        elif check.file_exists:
            self._found.say(Tone.OK, self.tr("The report is there"), example)
        elif check.folder_exists:
            self._found.say(Tone.ATTENTION, self.tr("The folder exists, but there is no report in it yet"), example)
        elif check.folder_exists is False:
            self._found.say(Tone.DANGER, self.tr("This folder does not exist"), example)
        else:
            self._found.say(Tone.ATTENTION, self.tr("The folder did not answer in time"), example)


def fault_words(fault: LocationFault) -> str:
    """What is wrong with a template, in one sentence."""
    match fault:
        case LocationFault.EMPTY:
            return translate("Words", "Say where the report lies.")
        case LocationFault.NO_CNPJ:
            return translate("Words", "Put {cnpj} in it: without it, every company would get the same picture.")
        case LocationFault.BRACES:
            return translate("Words", "Something in braces is not understood.")
        case LocationFault.RELATIVE:
            return translate("Words", "Write the whole path, from the drive on.")
        case LocationFault.PARENT:
            return translate("Words", "The path must not go back with “..”.")
        case LocationFault.NETWORK:
            return translate("Words", "Network folders are not allowed in the settings.")
        case LocationFault.DEVICE | LocationFault.STREAM | LocationFault.RESERVED_NAME | LocationFault.CHARACTERS:
            return translate("Words", "This path cannot be used: it has a name or a sign that files cannot have.")
        case LocationFault.ADDRESS:
            return translate("Words", "This address is not complete.")


def _today() -> date:
    return datetime.now().astimezone().date()
