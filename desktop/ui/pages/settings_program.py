"""How careful the program is and which language it speaks: the part of the settings that asks for it."""

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from desktop.domain.group import GroupPolicy
from desktop.domain.settings import Language, Settings
from desktop.ui.widgets.basics import column, label
from desktop.ui.widgets.field import Field

_CANARY_MINUTES = (0, 15, 30, 60, 180)


class ProgramForm(QWidget):
    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._policy = self._choice(
            "groups.policy",
            (
                (GroupPolicy.REFUSE.value, self.tr("Do not send until somebody confirms it (recommended)")),
                (GroupPolicy.WARN.value, self.tr("Send, and tell me")),
                (GroupPolicy.ALLOW.value, self.tr("Send without asking")),
            ),
        )
        self._canary = self._choice("engine.canary_minutes", ((m, self._canary_words(m)) for m in _CANARY_MINUTES))
        # Each in its own language: whoever cannot read the one on the screen finds theirs.
        self._language = self._choice(
            "language", ((Language.PORTUGUESE.value, "Português (Brasil)"), (Language.ENGLISH.value, "English"))
        )
        self.fields = {
            "groups.policy": Field(
                self.tr("When a group is new or has changed"),
                self._policy,
                self.tr("Keeps a report from going to the wrong group by a mistake where companies are registered."),
            ),
            "engine.canary_minutes": Field(
                self.tr("Check the connection with a message to one's own number"),
                self._canary,
                self.tr("Finds out early when WhatsApp takes nothing any more. The message is seen in one's own chat."),
            ),
            "language": Field(
                self.tr("Language / Idioma"), self._language, self.tr("Takes effect when Malote is opened again.")
            ),
        }
        """By the dotted name of the setting."""
        self.setLayout(column(label(self.tr("Program"), "heading"), *self.fields.values(), spacing=14))

    def show_settings(self, settings: Settings) -> None:
        """Put what is kept into the fields."""
        minutes = settings.engine.canary_minutes
        if self._canary.findData(minutes) < 0:
            # Set in the file by hand: it must not be lost by saving something else.
            self._canary.addItem(self._canary_words(minutes), minutes)
        for box, value in (
            (self._policy, settings.groups.policy.value),
            (self._canary, minutes),
            (self._language, settings.language.value),
        ):
            box.setCurrentIndex(box.findData(value))
        for field in self.fields.values():
            field.blame("")

    def values(self) -> dict[str, object]:
        """What is chosen, by the dotted names of the settings."""
        return {
            "groups.policy": self._policy.currentData(),
            "engine.canary_minutes": self._canary.currentData(),
            "language": self._language.currentData(),
        }

    def _choice(self, setting: str, choices: Iterable[tuple[object, str]]) -> QComboBox:
        box = QComboBox()
        box.setObjectName(setting)
        for value, words in choices:
            box.addItem(words, value)
        box.activated.connect(lambda: self.edited.emit())
        return box

    def _canary_words(self, minutes: int) -> str:
        return self.tr("every %n minute(s)", "", minutes) if minutes else self.tr("No")
