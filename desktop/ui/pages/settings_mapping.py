"""«Mapping»: looks into the directory, proposes table and columns, and shows what they hold before they are kept."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from desktop.domain.errors import AppError
from desktop.domain.mapping import Column, Finding, Found, Role, TableMapping, propose, worth
from desktop.ui.bridge import Bridge, Call
from desktop.ui.messages import words_of
from desktop.ui.text import fill
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, column, label, row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note

if TYPE_CHECKING:
    from desktop.services.mapping import Preview

_NEEDED = (Role.CNPJ, Role.GROUP)
_SIZE = (860, 680)


class MappingDialog(QDialog):
    """Asks the services at once; closes itself when a mapping was kept."""

    def __init__(self, bridge: Bridge, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Mapping"))
        self.resize(*_SIZE)
        self._bridge = bridge
        self._mappings = bridge.services.mappings
        self._asked: Call | None = None
        """What is waited for; a newer choice takes its place."""
        self._wanted: TableMapping | None = None
        """Columns to choose once those of the table are known."""
        self._looked_at: str | None = None
        """The table whose columns are to choose from; None where another name is being typed."""
        self._table = QComboBox()
        self._table.setObjectName("mapping-table")
        self._table.setEditable(True)
        self._table.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._table_field = Field(self.tr("&Table"), self._table, self.tr("The likeliest ones come first"))
        self._columns: dict[Role, QComboBox] = {}
        fields = {role: self._make_column(role, name) for role, name in self._roles().items()}
        self._said = Note(theme)
        self._said.setObjectName("mapping-said")
        self._findings = label("", wrap=True)
        self._findings.setObjectName("mapping-findings")
        self._rows = self._make_rows()
        self._use = button(self.tr("&Use these"), self._keep, "primary")
        self._use.setObjectName("mapping-use")
        self._use.setEnabled(False)
        close = button(self.tr("Canc&el"), self.reject)
        for each in (self._use, close):
            # Enter in the table's field looks at that table, and ends nothing.
            each.setAutoDefault(False)
        layout = column(
            self._table_field,
            row(fields[Role.CNPJ], fields[Role.GROUP], spacing=16),
            row(fields[Role.NAME], fields[Role.ACTIVE], spacing=16),
            self._said,
            self._findings,
            self._rows,
            row(0, close, self._use),
            spacing=12,
            margins=20,
        )
        layout.setStretchFactor(self._rows, 1)
        self.setLayout(layout)
        self._table.activated.connect(lambda: self._look_at_table())
        self._table.editTextChanged.connect(self._follow_typing)
        line = self._table.lineEdit()
        assert line is not None
        line.editingFinished.connect(self._look_at_typed)
        self._said.say(Tone.BUSY, self.tr("Looking…"), self.tr("Searching for tables with a CNPJ and a group."))
        self._ask_for_proposals()

    def _roles(self) -> dict[Role, str]:
        return {
            Role.CNPJ: self.tr("&CNPJ column"),
            Role.GROUP: self.tr("&Group column"),
            Role.NAME: self.tr("&Name column"),
            Role.ACTIVE: self.tr("Column that tells which are &active"),
        }

    def _make_column(self, role: Role, name: str) -> Field:
        chosen = self._columns[role] = QComboBox()
        chosen.setObjectName(f"mapping-{role.value}")
        chosen.activated.connect(lambda: self._preview())
        return Field(name, chosen, "" if role in _NEEDED else self.tr("May stay empty"))

    def _make_rows(self) -> QTableWidget:
        rows = QTableWidget(0, len(Role))
        rows.setObjectName("mapping-rows")
        rows.setAccessibleName(self.tr("The first rows"))
        rows.setHorizontalHeaderLabels([self.tr("CNPJ"), self.tr("Group"), self.tr("Name"), self.tr("Active")])
        rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        rows.setTabKeyNavigation(False)
        rows.verticalHeader().hide()
        rows.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        rows.horizontalHeader().setAccessibleName(self.tr("Columns"))
        rows.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        return rows

    def done(self, result: int) -> None:
        if self._asked is not None:
            self._asked.cancel()
        super().done(result)

    def _ask_for_proposals(self) -> None:
        mappings = self._mappings

        async def look() -> tuple[list[TableMapping], list[str]]:
            return await mappings.propose(), await mappings.tables()

        self._asked = self._bridge.call(look, self._show_proposals, self._fail)

    def _show_proposals(self, found: tuple[list[TableMapping], list[str]]) -> None:
        proposed, tables = found
        first = [mapping.table for mapping in proposed]
        self._table.addItems([*first, *(table for table in tables if table not in first)])
        # a file is one table without a name
        self._table_field.setVisible(self._table.count() > 1 or any(first))
        if not proposed:
            self._said.say(
                Tone.ATTENTION,
                self.tr("No table looks like the companies"),
                self.tr("Choose the table and its columns, or ask whoever looks after the database."),
            )
            self._table.setCurrentIndex(-1)
            if self._table.count() <= 1:
                self._look_at_table()
            return
        self._wanted = proposed[0]
        self._look_at_table()

    def _follow_typing(self, text: str) -> None:
        if self._looked_at is None or text.strip() == self._looked_at:
            return
        self._looked_at = None
        if self._asked is not None:
            self._asked.cancel()
        self._take_back()
        self._said.hide()

    def _look_at_typed(self) -> None:
        if self._looked_at is None and self._table.currentText().strip():
            self._look_at_table()

    def _look_at_table(self) -> None:
        mappings, table = self._mappings, self._table.currentText().strip()
        self._looked_at = table
        # The last table's columns are not this one's, and must not be kept with its name.
        for box in self._columns.values():
            box.clear()
        self._take_back()
        self._said.say(Tone.BUSY, self.tr("Reading…"))
        self._replace(self._bridge.call(lambda: mappings.columns(table), self._show_columns, self._fail))

    def _show_columns(self, columns: list[Column]) -> None:
        wanted = self._wanted or next(iter(propose(columns)), None)
        self._wanted = None
        chosen = {} if wanted is None else wanted.columns
        for role, box in self._columns.items():
            box.clear()
            if role not in _NEEDED:
                box.addItem("")
            # the likeliest first; a database's own order among the others
            box.addItems([one.name for one in sorted(columns, key=lambda one: -worth(one, role))])
            box.setCurrentIndex(box.findText(chosen.get(role, "")))
        self._preview()

    def _mapping(self) -> TableMapping | None:
        """What is chosen; None where something that is needed is not."""
        names = {role: box.currentText() for role, box in self._columns.items()}
        if self._looked_at is None or not all(names[role] for role in _NEEDED):
            return None
        return TableMapping(
            table=self._looked_at,
            cnpj=names[Role.CNPJ],
            group=names[Role.GROUP],
            name=names[Role.NAME],
            active=names[Role.ACTIVE],
        )

    def _preview(self) -> None:
        mappings, mapping = self._mappings, self._mapping()
        self._take_back()
        if mapping is None:
            self._said.say(Tone.ATTENTION, self.tr("Choose the column of the CNPJ and the one of the group"))
            return
        self._said.say(Tone.BUSY, self.tr("Reading…"))
        self._replace(self._bridge.call(lambda: mappings.preview(mapping), self._show_preview, self._fail))

    def _take_back(self) -> None:
        """What was seen of another choice says nothing of this one."""
        self._use.setEnabled(False)
        self._rows.setRowCount(0)
        self._findings.clear()

    def _show_preview(self, preview: "Preview") -> None:
        seen = preview.examination
        self._rows.setRowCount(len(preview.rows))
        for number, kept in enumerate(preview.rows):
            for place, value in enumerate((kept.cnpj, kept.group, kept.name, kept.active)):
                self._rows.setItem(number, place, QTableWidgetItem("" if value is None else str(value)))
        told = self.tr("%n row(s) looked at", "", seen.rows)
        if not preview.whole:
            told = self.tr("the first %n row(s) looked at", "", seen.rows)
        tone = Tone.OK if seen.usable else Tone.ATTENTION
        self._said.say(tone, self.tr("%n company(ies) can be sent to", "", seen.usable), told)
        self._findings.setText("\n".join(f"• {line}" for line in self._sentences(seen.found)))
        self._use.setEnabled(True)

    def _sentences(self, found: Mapping[Finding, Found]) -> list[str]:
        """What hinders a send first."""
        ordered = sorted(found, key=lambda finding: not finding.hinders)
        return [self._sentence(finding, found[finding]) for finding in ordered]

    def _sentence(self, finding: Finding, found: Found) -> str:
        n = found.count
        text = {
            Finding.CNPJ_MASKED: self.tr("%n CNPJ(s) with dots and slashes: they are understood", "", n),
            Finding.CNPJ_PADDED: self.tr("%n CNPJ(s) with blanks around: they are understood", "", n),
            Finding.CNPJ_LOWER_CASE: self.tr("%n CNPJ(s) in lower case: they are understood", "", n),
            Finding.CNPJ_NUMERIC: self.tr("%n CNPJ(s) kept as a number: the new ones with letters will not fit", "", n),
            Finding.CNPJ_CHECK_DIGITS: self.tr("%n CNPJ(s) with wrong check digits", "", n),
            Finding.CNPJ_EMPTY: self.tr("%n row(s) without a CNPJ", "", n),
            Finding.CNPJ_UNREADABLE: self.tr("%n row(s) whose CNPJ is none", "", n),
            Finding.CNPJ_REPEATED: self.tr("%n company(ies) with more than one group", "", n),
            Finding.GROUP_MISSING: self.tr("%n company(ies) without a group", "", n),
            Finding.GROUP_INVALID: self.tr("%n group(s) that are no WhatsApp group", "", n),
            Finding.NAME_EMPTY: self.tr("%n company(ies) without a name", "", n),
            Finding.INACTIVE: self.tr("%n inactive company(ies)", "", n),
            Finding.ACTIVE_UNKNOWN: self.tr("%n company(ies) neither active nor inactive: they count as active", "", n),
        }[finding]
        examples = ", ".join(example for example in found.examples if example.strip())
        return fill(self.tr("%1 (%2)"), text, examples) if examples else text

    def _keep(self) -> None:
        mappings, mapping = self._mappings, self._mapping()
        if mapping is not None:
            self._use.setEnabled(False)
            kept = partial(mappings.use, mapping)
            self._replace(self._bridge.read(kept, lambda _: self.accept(), self._not_kept))

    def _not_kept(self, error: AppError) -> None:
        self._use.setEnabled(True)
        self._fail(error)

    def _replace(self, asked: Call) -> None:
        if self._asked is not None:
            self._asked.cancel()
        self._asked = asked

    def _fail(self, error: AppError) -> None:
        self._said.fail(words_of(error))
