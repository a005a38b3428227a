"""Choosing the one company whose reports a WhatsApp number carries."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from desktop.domain.company import Company
from desktop.domain.errors import AppError
from desktop.ui.bridge import Bridge, Call
from desktop.ui.messages import words_of
from desktop.ui.text import fill
from desktop.ui.theme import Theme
from desktop.ui.widgets.basics import button, column, label, row
from desktop.ui.widgets.company_picker import CompanyPicker

_MOST = 60


class CompanyChoice(QDialog):
    decided = Signal(object)
    """The company's Cnpj, or None for none in particular."""

    def __init__(self, parent: QWidget, bridge: Bridge, theme: Theme, session: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Malote")
        self.resize(480, 520)
        self._bridge = bridge
        self._company: Company | None = None
        self._call: Call | None = None
        self._picker = CompanyPicker(theme)
        self._picker.searched.connect(self._look_up)
        self._picker.picked.connect(self._pick)
        self._use = button(self.tr("&Use for this company"), self._decide, "primary")
        self._use.setEnabled(False)
        self._use.setAutoDefault(False)
        none = button(self.tr("&No company in particular"), self._decide_none)
        cancel = button(self.tr("Canc&el"), self.reject)
        for other in (none, cancel):
            other.setAutoDefault(False)
        heading = label(fill(self.tr("Whose reports does “%1” carry?"), session), "heading", wrap=True)
        layout = column(heading, self._picker, row(none, 0, cancel, self._use), spacing=16, margins=22)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.finished.connect(self._let_go)
        self._look_up("")
        self._picker.field.setFocus()

    def _look_up(self, text: str) -> None:
        self._let_go()
        preparing = self._bridge.services.preparing
        self._call = self._bridge.call(lambda: preparing.search(text, _MOST), self._show_found, self._blame)

    def _show_found(self, found: list[Company]) -> None:
        self._picker.show_companies(found, "" if found else self.tr("No company has this in its name or CNPJ."))
        # What is used is what can be seen to be marked.
        picked = self._company.cnpj if self._company else None
        self._use.setEnabled(any(company.cnpj == picked for company in found))

    def _blame(self, error: AppError) -> None:
        words = words_of(error)
        self._picker.show_companies([], f"{words.text} {words.action}")
        self._use.setEnabled(False)

    def _pick(self, company: Company) -> None:
        self._company = company
        self._use.setEnabled(True)

    def _decide(self) -> None:
        self._picker.settle()
        if self._company is not None:
            self.decided.emit(self._company.cnpj)
            self.accept()

    def _decide_none(self) -> None:
        self.decided.emit(None)
        self.accept()

    def _let_go(self) -> None:
        if self._call is not None:
            self._call.cancel()
