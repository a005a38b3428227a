"""The keys that programs call with: made here, shown once, revoked here."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QMessageBox, QWidget

from desktop.domain.access import Access
from desktop.domain.errors import AppError, Code
from desktop.services.keys import ApiKey, NewKey
from desktop.ui.bridge import Bridge, Call
from desktop.ui.dialogs import ask
from desktop.ui.messages import words_of
from desktop.ui.pages.erp_rights import RightsForm, rights_words
from desktop.ui.text import fill, shown_date_time
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, card, column, label, name_by, row
from desktop.ui.widgets.copying import CopyButton
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note


class KeysForm(QWidget):
    made = Signal(str)
    """The text of a new key."""
    spoke = Signal(QWidget)
    """What has just come to be seen."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._asked: Call | None = None
        self._name = QLineEdit("ERP")
        self._name.setObjectName("key-name")
        self._name.setMaxLength(60)
        self._make_button = button(self.tr("&Make a key"), self._ask_make, "primary")
        self._make_button.setObjectName("make-key")
        self._name_field = Field(self.tr("&Name of the program that calls"), self._name)
        self._rights = RightsForm(bridge)
        self._problem = Note(theme)
        self._shown = QLineEdit()
        self._shown.setObjectName("new-key")
        self._shown.setReadOnly(True)
        self._shown.setProperty("role", "code")
        name_by(self._shown, self.tr("New key"))
        self._copy = CopyButton(self.tr("Cop&y the key"), self._shown.text)
        line = row(self._shown, self._copy)
        line.setStretch(0, 1)
        remark = self.tr("Copy it now: it is not shown again. Malote keeps only its fingerprint.")
        self._new = card(column(label(remark, "field", wrap=True), line), "sunken", margins=14)
        self._new.hide()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(0, 1)
        self._none = label(self.tr("There is no key yet: without one, no program gets in."), "muted", wrap=True)
        self.setLayout(
            column(
                self._name_field,
                self._rights,
                row(self._make_button, 0),
                self._new,
                self._problem,
                self._none,
                self._grid,
                spacing=12,
            )
        )

    def forget(self) -> None:
        """Take the new key off the screen."""
        self._shown.clear()
        self._new.hide()
        self.made.emit("")

    def reload(self) -> None:
        """Look again: keys are made, used and revoked while nobody watches."""
        keys = self._bridge.services.keys
        if self._asked is not None:
            self._asked.cancel()  # an earlier look must not answer after this one
        self._asked = self._bridge.call(keys.all, self._show, self._fail)

    def _show(self, keys: list[ApiKey]) -> None:
        if self._name.text() in {key.name for key in keys} and not self._name.isModified():
            # What is proposed must not be what is refused.
            self._name.clear()
        self._none.setVisible(not keys)
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for number, key in enumerate(keys):
            used_at = key.last_used_at
            used = fill(self.tr("last used %1"), shown_date_time(used_at)) if used_at else self.tr("never used")
            revoke = button(self.tr("Revoke"), partial(self._ask_revoke, key.name), "quiet")
            name_by(revoke, fill(self.tr("Revoke the key %1"), key.name))
            made = fill(self.tr("made %1"), shown_date_time(key.created_at))
            about = (label(rights_words(key.access), wrap=True), label(f"{made} · {used}", "muted", wrap=True))
            named = QWidget()
            named.setLayout(column(label(key.name, "field", wrap=True), *about, spacing=2))
            self._grid.addWidget(named, number, 0)
            self._grid.addWidget(revoke, number, 1)

    def _ask_make(self) -> None:
        name = self._name.text().strip()
        if not name:
            self._name_field.blame(self.tr("Give it a name, so that you know later which program uses it."))
            self._name.setFocus()
            return
        access = self._rights.access(name)
        if access is not None:
            self._make(access)

    def _make(self, access: Access) -> None:
        self._make_button.setEnabled(False)
        keys = self._bridge.services.keys
        self._bridge.call(lambda: keys.create(access.name, access), self._show_new, self._fail)

    def _show_new(self, key: NewKey) -> None:
        self._make_button.setEnabled(True)
        self._problem.hide()
        self._shown.setText(key.text)
        self._shown.setCursorPosition(0)
        self._new.show()
        self._copy.setFocus()
        self.spoke.emit(self._new)
        self._name.clear()
        self._rights.reset()
        self.made.emit(key.text)
        self.reload()

    def _ask_revoke(self, name: str) -> None:
        ask(
            self.window(),
            title=fill(self.tr("Revoke the key “%1”?"), name),
            text=self.tr("The program that uses it is refused from now on."),
            yes=self.tr("&Revoke"),
            no=self.tr("&Keep it"),
            icon=QMessageBox.Icon.Warning,
            on_yes=lambda: self._revoke(name),
        )

    def _revoke(self, name: str) -> None:
        keys = self._bridge.services.keys
        self._bridge.call(lambda: keys.remove(name), lambda _: self.reload(), self._fail)

    def _fail(self, error: AppError) -> None:
        self._make_button.setEnabled(True)
        words = words_of(error)
        if error.code is Code.API_KEY_EXISTS:
            # Said where it is mended: who has the old key keeps working with it.
            self._name_field.blame(f"{words.text} {words.action}")
            self._name.setFocus()
            self._name.selectAll()
            return
        self._problem.say(Tone.DANGER, words.text, words.action)
