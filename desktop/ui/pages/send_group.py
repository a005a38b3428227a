"""The group a company's report goes to, and the question whether it is the right one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from desktop.domain.company import Company
from desktop.domain.errors import AppError, Code
from desktop.domain.group import ConfirmedGroup, GroupDoubt, GroupInfo, GroupPolicy
from desktop.ui.bridge import Bridge, Call
from desktop.ui.messages import error_words, words_of
from desktop.ui.text import fill
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import column, label, name_by, row, set_tone
from desktop.ui.widgets.note import Note

_Looked = tuple[GroupInfo, GroupDoubt | None, ConfirmedGroup | None, GroupPolicy]


class GroupQuestion(QFrame):
    """«Is this the group?»: answered with a click or the space bar; Enter, which may be on its way to something else,
    does nothing.
    """

    agreed = Signal()
    refused = Signal()
    spoke = Signal()
    """It asks now, or asks something else than before."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("group-question")
        self.setProperty("role", "note")
        set_tone(self, Tone.ATTENTION)
        title = label(self.tr("Is this the group?"), "heading")
        title.setProperty("part", "title")
        self._why = label("", wrap=True)
        self._subject = label("", "figure", wrap=True)
        self._members = label("")
        self._before = label("", "muted", wrap=True)
        self._yes = _without_enter(self.tr("&Yes, this group"))
        self._yes.setObjectName("group-yes")
        self._yes.clicked.connect(self.agreed)
        self._no = _without_enter(self.tr("N&o, another one"))
        self._no.setObjectName("group-no")
        self._no.clicked.connect(self.refused)
        about = column(self._subject, self._members, self._before, spacing=2)
        layout = column(title, self._why, about, row(self._yes, self._no, 0), spacing=10)
        layout.setContentsMargins(16, 14, 16, 16)
        self.setLayout(layout)
        self.hide()

    def ask(self, group: GroupInfo, doubt: GroupDoubt, before: ConfirmedGroup | None) -> None:
        """Show the group as it is now, and what it was when somebody said yes."""
        self._why.setText(self._reason(doubt))
        self._subject.setText(group.subject)
        self._members.setText(self.members(group))
        self._before.setText(fill(self.tr("Before: %1"), before.subject) if before else "")
        self._before.setVisible(before is not None)
        self.setAccessibleName(f"{self.tr('Is this the group?')} {group.subject}, {self.members(group)}")
        self.setEnabled(True)
        fresh = self.isHidden()
        self.show()
        if fresh:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
            self.spoke.emit()

    def members(self, group: GroupInfo) -> str:
        """How many belong to it, in words."""
        return self.tr("%n member(s)", "", group.members)

    def _reason(self, doubt: GroupDoubt) -> str:
        match doubt:
            case GroupDoubt.FIRST:
                return self.tr("Nothing of this company has gone out from here yet.")
            case GroupDoubt.OTHER_GROUP:
                return self.tr("The company is registered with another group than last time.")
            case GroupDoubt.RENAMED:
                return self.tr("The group has another name than last time.")


class GroupLine(QWidget):
    """The group's name; the question stands where the page puts it."""

    confirmed = Signal()
    """Somebody has just said yes."""
    changed = Signal()
    """What is known of the group, or whether it was confirmed, is not what it was."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._company: Company | None = None
        self._session = ""
        self._group: GroupInfo | None = None
        self._asked: tuple[GroupInfo, GroupDoubt, ConfirmedGroup | None] | None = None
        self._call: Call | None = None
        self._holds_up = False
        self._name = label("", wrap=True)
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.question = GroupQuestion()
        self.question.agreed.connect(self._confirm)
        self.question.refused.connect(self._refuse)
        self.trouble = Note(theme)
        self.trouble.setObjectName("group-trouble")
        self.setLayout(column(self._name))

    @property
    def holds_up(self) -> bool:
        """Whether nothing may be sent before WhatsApp has told the group, or before somebody has said yes to it."""
        return self._holds_up

    def show_company(self, company: Company) -> None:
        """What the directory says, until WhatsApp has told more."""
        self.forget()
        self._company = company
        jid = company.group or ""
        self._name.setText(fill(self.tr("Group: %1"), jid) if jid else self.tr("No group is registered yet."))

    def forget(self) -> None:
        """Take back what was found out about a group."""
        if self._call is not None:
            self._call.cancel()
        self._group, self._asked = None, None
        self.question.hide()
        self.trouble.hide()
        self._hold_up(False)

    def look(self, company: Company, session: str) -> None:
        """Ask WhatsApp what the group is now; where it cannot tell, the jid stays, and what sends has the last word."""
        self.show_company(company)
        self._session = session
        services = self._bridge.services

        async def look() -> _Looked:
            group, doubt = await services.groups.look(company, session)
            before = await services.groups.confirmed(company.cnpj) if doubt else None
            return group, doubt, before, services.settings.load().groups.policy

        self._hold_up(True)
        self._call = self._bridge.call(look, self._show, self._blame)

    def _show(self, looked: _Looked) -> None:
        self._group, doubt, before, policy = looked
        self._name.setText(fill(self.tr("Group: %1 · %2"), self._group.subject, self.question.members(self._group)))
        if not self._group.writable:
            self.trouble.fail(error_words(Code.GROUP_ADMINS_ONLY, {"group": self._group.subject}))
            self._hold_up(True)
            return
        if doubt is None or policy is GroupPolicy.ALLOW:
            self.question.hide()
            self._hold_up(False)
            return
        self._asked = (self._group, doubt, before)
        self._ask()
        self._hold_up(policy is GroupPolicy.REFUSE)

    def _ask(self) -> None:
        if self._asked is not None:
            self.trouble.hide()
            self.question.ask(*self._asked)

    def _confirm(self) -> None:
        company, group = self._company, self._group
        if company is None or group is None:
            return
        self.question.setEnabled(False)
        groups, session = self._bridge.services.groups, self._session
        self._call = self._bridge.call(
            lambda: groups.confirm(company.cnpj, group.jid, group.subject, session),
            self._confirmed,
            self._not_confirmed,
        )

    def _confirmed(self, group: GroupInfo) -> None:
        self.question.hide()
        self._asked = None
        self._hold_up(False)
        self.confirmed.emit()

    def _not_confirmed(self, error: AppError) -> None:
        if error.code is Code.GROUP_UNCONFIRMED and self._company is not None:
            # It has changed while one looked at it: show what it is now.
            self.look(self._company, self._session)
            return
        self.question.setEnabled(True)
        self.trouble.fail(words_of(error))

    def _refuse(self) -> None:
        self.question.hide()
        jid = self._group.jid if self._group else ""
        self.trouble.say(
            Tone.ATTENTION,
            self.tr("Nothing was sent"),
            fill(self.tr("Correct this company's group where companies are registered. It is %1 now."), jid),
            press=self.tr("As&k again"),
            on_press=self._ask,
        )
        self._hold_up(True)

    def _blame(self, error: AppError) -> None:
        self._hold_up(False)
        if error.code is Code.NOT_IN_GROUP:
            self.trouble.fail(words_of(error))

    def _hold_up(self, holds_up: bool) -> None:
        self._holds_up = holds_up
        self.changed.emit()


def _without_enter(text: str) -> QPushButton:
    made = QPushButton(text)
    made.setAutoDefault(False)
    name_by(made, text)
    return made
