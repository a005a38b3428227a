"""What a new key lets its program do, and for which company and number."""

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

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


class RightsForm(QWidget):
    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._asked: Call | None = None
        """For the name of the company whose CNPJ is typed."""
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
        self._company = QLineEdit()
        self._company.setObjectName("key-company")
        self._company.setPlaceholderText(self.tr("All companies"))
        self._company.textChanged.connect(self._look_up)
        self._company_field = Field(self.tr("For this c&ompany only (CNPJ)"), self._company)
        self._number = QComboBox()
        self._number.setObjectName("key-number")
        self._number_field = Field(self.tr("For this n&umber only"), self._number)
        limits = row(self._company_field, self._number_field, spacing=16)
        for place in range(2):
            limits.setStretch(place, 1)
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
                limits,
            )
        )
        self.reset()
        self._show_numbers()

    def reset(self) -> None:
        """Back to what most programs need."""
        for scope, box in self._boxes.items():
            box.setChecked(scope in TO_SEND_AND_READ)
        self._company.clear()
        self._number.setCurrentIndex(0)

    def access(self, name: str) -> Access | None:
        """What is chosen, for the key of this name; None where it cannot be right, which is then marked."""
        scopes = frozenset(scope for scope, box in self._boxes.items() if box.isChecked())
        self._blame_boxes("" if scopes else self.tr("Choose at least one."))
        companies: frozenset[Cnpj] = frozenset()
        if self._company.text().strip():
            try:
                companies = frozenset({Cnpj.parse(self._company.text())})
            except AppError as error:
                self._company_field.blame(words_of(error).text)
                self._company.setFocus()
                return None
        number = self._number.currentData()
        return (
            Access(name=name, scopes=scopes, companies=companies, sessions=frozenset({number} if number else ()))
            if scopes
            else None
        )

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
        """Tell whose CNPJ it is as soon as it is one: a typing mistake shows in the name."""
        if self._asked is not None:
            self._asked.cancel()
        self._company_field.explain("")
        try:
            cnpj = Cnpj.parse(self._company.text())
        except AppError:
            return  # not typed to its end yet; what is wrong with it is told when the key is made
        preparing = self._bridge.services.preparing
        self._asked = self._bridge.call(lambda: preparing.company(cnpj), self._show_company, self._show_unknown)

    def _show_company(self, company: Company) -> None:
        self._company_field.explain(company.label)

    def _show_unknown(self, error: AppError) -> None:
        self._company_field.explain(words_of(error).text)

    def _show_numbers(self) -> None:
        chosen = self._number.currentData()
        self._number.clear()
        self._number.addItem(self.tr("All numbers"), "")
        for session in self._roster.sessions:
            self._number.addItem(session.name, session.name)
        self._number.setCurrentIndex(max(0, self._number.findData(chosen)))
        # With a single number there is nothing to choose.
        self._number_field.setVisible(len(self._roster) > 1)


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
