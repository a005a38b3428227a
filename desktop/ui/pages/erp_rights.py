"""What a new key lets its program do, and for which companies and numbers."""

import re

from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from desktop.domain.access import TO_SEND_AND_READ, Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import AppError
from desktop.ui.bridge import Bridge, Call
from desktop.ui.messages import words_of
from desktop.ui.roster import Roster
from desktop.ui.text import fill, translate
from desktop.ui.widgets.basics import column, label, name_by, row
from desktop.ui.widgets.field import Field

_BETWEEN = re.compile("[,;]")


class RightsForm(QWidget):
    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._asked: Call | None = None
        """For the names of the companies whose CNPJs are typed."""
        self._roster = Roster(bridge)
        self._roster.changed.connect(self._show_numbers)
        self._boxes = {
            Scope.SEND: QCheckBox(self.tr("May sen&d")),
            Scope.READ: QCheckBox(self.tr("May &read")),
            Scope.MANAGE: QCheckBox(self.tr("May admin&ister")),
        }
        for scope, box in self._boxes.items():
            box.setObjectName(f"key-{scope.name.lower()}")
            name_by(box, box.text())
            box.toggled.connect(self._untwist)
        self._fault = label("", "fault", wrap=True)
        self._companies = QLineEdit()
        self._companies.setObjectName("key-companies")
        self._companies.setPlaceholderText(self.tr("All companies"))
        self._companies.textChanged.connect(self._look_up)
        self._companies_field = Field(self.tr("For these c&ompanies only (CNPJ, with commas between)"), self._companies)
        self._numbers: dict[str, QCheckBox] = {}
        """By the names of the sessions."""
        self._marks = QVBoxLayout()
        self._numbers_part = QWidget()
        self._numbers_part.setLayout(
            column(
                label(self.tr("For these numbers only"), "field"),
                self._marks,
                label(self.tr("None marked: all numbers."), "muted", wrap=True),
            )
        )
        told = self.tr(
            "Read: sends, groups and messages. Administer: numbers, keys and settings, and to send and read as well."
        )
        self.setLayout(
            column(
                label(self.tr("What the program may do"), "field"),
                row(*self._boxes.values(), 0, spacing=20),
                self._fault,
                label(told, "muted", wrap=True),
                4,
                self._companies_field,
                self._numbers_part,
            )
        )
        self.reset()
        self._show_numbers()

    def reset(self) -> None:
        """Back to what most programs need."""
        for scope, box in self._boxes.items():
            box.setChecked(scope in TO_SEND_AND_READ)
        self._companies.clear()
        for box in tuple(self._numbers.values()):
            box.setChecked(False)

    def access(self, name: str) -> Access | None:
        """What is chosen, for the key of this name; None where it cannot be right, which is then marked."""
        scopes = frozenset(scope for scope, box in self._boxes.items() if box.isChecked())
        self._blame_boxes("" if scopes else self.tr("Choose at least one."))
        try:
            companies = frozenset(self._typed())
        except AppError as error:
            self._companies_field.blame(words_of(error).text)
            self._companies.setFocus()
            return None
        if not scopes:
            return None
        return Access(name=name, scopes=scopes, companies=companies, sessions=frozenset(self._marked()))

    def _untwist(self) -> None:
        # Whoever may administer may do the rest: the boxes say so, and cannot say otherwise.
        all_of_it = self._boxes[Scope.MANAGE].isChecked()
        for scope in TO_SEND_AND_READ:
            if all_of_it:
                self._boxes[scope].setChecked(True)
            self._boxes[scope].setEnabled(not all_of_it)
        self._blame_boxes("")

    def _blame_boxes(self, fault: str) -> None:
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault))

    def _look_up(self) -> None:
        """Tell whose CNPJs they are as soon as they are some: a typing mistake shows in the name."""
        if self._asked is not None:
            self._asked.cancel()
        self._companies_field.explain("")
        try:
            typed = self._typed()
        except AppError:
            return  # not typed to its end yet; what is wrong with it is told when the key is made
        if not typed:
            return
        preparing = self._bridge.services.preparing

        async def found() -> list[Company]:
            return [await preparing.company(cnpj) for cnpj in typed]

        self._asked = self._bridge.call(found, self._show_companies, self._show_unknown)

    def _typed(self) -> list[Cnpj]:
        """Raises Rejected(CNPJ_INVALID)."""
        return [Cnpj.parse(part) for part in _BETWEEN.split(self._companies.text()) if part.strip()]

    def _show_companies(self, companies: list[Company]) -> None:
        self._companies_field.explain(", ".join(company.label for company in companies))

    def _show_unknown(self, error: AppError) -> None:
        self._companies_field.explain(words_of(error).text)

    def _marked(self) -> set[str]:
        return {name for name, box in self._numbers.items() if box.isChecked()}

    def _show_numbers(self) -> None:
        names = [session.name for session in self._roster.sessions]
        for gone in set(self._numbers) - set(names):
            # With its mark the limit would go, too, and the key be one for all numbers.
            if not self._numbers[gone].isChecked():
                self._numbers.pop(gone).deleteLater()
        for name in names:
            if name not in self._numbers:
                box = self._numbers[name] = QCheckBox(name.replace("&", "&&"))
                box.setObjectName(f"key-number-{name}")
                name_by(box, name)
                box.toggled.connect(self._show_numbers)
                self._marks.addWidget(box)
        # With a single number there is nothing to choose.
        self._numbers_part.setVisible(len(names) > 1 or bool(self._marked()))


def rights_words(access: Access) -> str:
    """A key's rights and limits in one line."""
    if Scope.MANAGE in access.scopes:
        what = translate("Words", "sends, reads and administers")
    elif access.scopes == TO_SEND_AND_READ:
        what = translate("Words", "sends and reads")
    elif Scope.SEND in access.scopes:
        what = translate("Words", "only sends")
    else:
        what = translate("Words", "only reads")
    limits = [*sorted(cnpj.masked for cnpj in access.companies), *sorted(access.sessions)]
    return fill(translate("Words", "%1 · only for %2"), what, ", ".join(limits)) if limits else what
