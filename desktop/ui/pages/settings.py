"""The owner's choices: typed here, kept only when saved."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from desktop.domain.cnpj import Cnpj
from desktop.domain.diagnosis import Step
from desktop.domain.errors import AppError, Code
from desktop.domain.location import TemplateCheck
from desktop.domain.secret import Credentials
from desktop.domain.settings import Settings
from desktop.ui.bridge import Bridge, Call
from desktop.ui.messages import words_of
from desktop.ui.pages.settings_client import ClientDialog
from desktop.ui.pages.settings_directory import DirectoryForm
from desktop.ui.pages.settings_mapping import MappingDialog
from desktop.ui.pages.settings_program import ProgramForm
from desktop.ui.pages.settings_report import ReportForm
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, card, column, label, row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.scroll import Scroll
from desktop.ui.widgets.step_list import StepLine

_WIDEST = 880
"""Lines of a form longer than this are hard to follow."""


class SettingsPage(QWidget):
    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self._bridge = bridge
        self._theme = theme
        self._kept: dict[str, object] | None = None
        """What the forms read when nothing was edited; None until the settings are known."""
        self._settings: Settings | None = None
        """What was kept when it was last looked at."""
        self._tests: Call | None = None
        """The test that is under way; what it tells is of no use once something else is typed."""
        self._busy = False
        self._edited_since = False
        """Whether anything was edited since the last save began."""
        self._directory = DirectoryForm(theme)
        self._report = ReportForm(theme, self._check_template)
        self._program = ProgramForm()
        self._said = Note(theme)
        self._said.setObjectName("settings-outcome")
        self._save_button = button(self.tr("&Save"), self._save_only, "primary")
        self._save_button.setObjectName("save-settings")
        self._discard_button = button(self.tr("Disc&ard"), self._discard)
        forms = (self._directory, self._report, self._program)
        cards = column(*(card(column(form), margins=24) for form in forms), 0, spacing=16)
        inside = self._forms = QWidget()
        # Nothing can be typed or saved before it is known what is kept.
        inside.setEnabled(False)
        inside.setObjectName("scrolled")
        inside.setLayout(cards)
        inside.setMaximumWidth(_WIDEST)
        scroll = Scroll(inside)
        for form in (self._directory, self._report):
            form.spoke.connect(scroll.reveal, Qt.ConnectionType.QueuedConnection)
        # As wide as the cards above it.
        bar = QWidget()
        bar.setMaximumWidth(_WIDEST)
        bar.setLayout(column(self._said, row(0, self._discard_button, self._save_button), spacing=12))
        layout = column(row(label(self.tr("Settings"), "title"), 0), scroll, bar, spacing=16, margins=28)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self._step_line = StepLine()
        self._step_line.came.connect(self._show_step)
        self._directory.edited.connect(self._edited)
        self._directory.test_asked.connect(self._save_and_test)
        self._directory.mapping_asked.connect(self._save_and_map)
        self._directory.client_asked.connect(self._install_client)
        self._report.edited.connect(self._edited)
        self._program.edited.connect(self._edited)
        bridge.settings_changed.connect(self._changed_elsewhere)
        self._arm()

    def showEvent(self, event: QShowEvent) -> None:
        if not self._dirty:
            self._load()

    @property
    def _dirty(self) -> bool:
        return self._kept is not None and (self._values() != self._kept or self._directory.login_edited)

    def _values(self) -> dict[str, object]:
        return {**self._directory.values(), **self._report.values(), **self._program.values()}

    def _load(self) -> None:
        self._bridge.read(self._bridge.services.settings.load, self._show_unless_typed, self._blame)

    def _discard(self) -> None:
        self._said.hide()
        if self._settings is not None:
            # At once: whoever types on must not lose it to an answer. What else has changed meanwhile comes after it.
            self._show(self._settings)
        self._load()

    def _show_unless_typed(self, settings: Settings) -> None:
        # Whoever has begun to type since it was asked for must not lose it.
        if not self._dirty and not self._busy:
            self._show(settings)

    def _show(self, settings: Settings) -> None:
        self._kept, self._settings = None, settings
        self._directory.show_settings(settings)
        self._report.show_settings(settings)
        self._program.show_settings(settings)
        self._kept = self._values()
        self._forms.setEnabled(True)
        self._arm()
        secrets, name = self._bridge.services.secrets, settings.directory.secret
        self._bridge.call(lambda: secrets.credentials(name), self._show_user, self._blame_keyring)
        if settings.directory.oracle.tls:
            wallet, show = settings.directory.oracle.wallet_secret, self._directory.tls.show_kept_password
            self._bridge.call(lambda: secrets.credentials(wallet), lambda kept: show(kept=kept is not None))

    def _show_user(self, credentials: Credentials | None) -> None:
        if not self._directory.login_edited:
            self._directory.show_kept_user(credentials)
            self._arm()

    def _blame_keyring(self, error: AppError) -> None:
        words = words_of(error)
        self._said.say(Tone.ATTENTION, words.text, words.action)

    def _changed_elsewhere(self) -> None:
        if not self._dirty and not self._busy:
            self._load()

    def _edited(self) -> None:
        if self._kept is None:
            return
        self._edited_since = True
        self._said.hide()
        self._give_up_test()
        self._directory.untested()
        self._arm()

    def _arm(self) -> None:
        dirty = self._dirty and not self._busy
        self._save_button.setEnabled(dirty)
        self._discard_button.setEnabled(dirty)

    def _check(self) -> bool:
        # Both, so that everything that is wrong is marked at once.
        return all((self._directory.check(), self._report.check()))

    def _save_only(self) -> None:
        self._save(lambda: None)

    def _save_and_test(self) -> None:
        self._save(self._test)

    def _save_and_map(self) -> None:
        self._save(lambda: MappingDialog(self._bridge, self._theme, self).open())

    def _install_client(self) -> None:
        ClientDialog(self._bridge, self._theme, self).open()

    def _save(self, then: Callable[[], object]) -> None:
        if self._busy:
            return
        if not self._check():
            self._said.say(
                Tone.ATTENTION, self.tr("Nothing was saved"), self.tr("Correct the fields that are marked in red.")
            )
            return
        kept, typed = self._kept or {}, self._values()
        changes = {name: value for name, value in typed.items() if kept.get(name) != value}
        credentials, kind = self._directory.credentials(), self._directory.kind
        wallet = self._directory.tls.credentials()
        services = self._bridge.services

        async def keep() -> Settings:
            directory = services.settings.load().directory
            # First: where the keyring refuses, nothing else has been changed.
            if credentials is not None:
                await services.secrets.keep_credentials(directory.secret_of(kind), credentials)
            if wallet is not None:
                await services.secrets.keep_credentials(directory.oracle.wallet_secret, wallet)
            return services.settings.change(changes) if changes else services.settings.load()

        self._busy, self._edited_since = True, False
        self._arm()

        def saved(settings: Settings) -> None:
            self._busy = False
            self._said.say(Tone.OK, self.tr("Saved"))
            if self._edited_since:
                # Whoever has typed on meanwhile must not lose it: that much is still to be saved.
                self._kept, self._settings = typed, settings
                self._arm()
            else:
                if credentials is not None:
                    self._directory.show_kept_user(credentials)
                self._show(settings)
            then()

        self._bridge.call(keep, saved, self._not_saved)

    def _not_saved(self, error: AppError) -> None:
        self._busy = False
        self._arm()
        field = self._field_of(error)
        if field is not None:
            field.blame(words_of(error).text)
            field.control.setFocus()
        self._said.fail(words_of(error))

    def _field_of(self, error: AppError) -> Field | None:
        if error.code is not Code.SETTING_INVALID:
            return None
        name = str(error.facts.get("name"))
        forms = (self._directory, self._directory.tls, self._report, self._program)
        return next((form.fields[name] for form in forms if name in form.fields), None)

    def _test(self) -> None:
        self._said.hide()
        self._give_up_test()
        self._directory.testing()
        diagnosing, told = self._bridge.services.diagnosing, self._step_line.begin()
        self._tests = self._bridge.call(lambda: diagnosing.directory_steps(told), self._tested, self._directory.failed)

    def _give_up_test(self) -> None:
        if self._tests is not None:
            self._tests.cancel()

    def _show_step(self, test: int, step: Step) -> None:
        # Of an earlier test some may still be on their way.
        if test == self._step_line.test:
            self._directory.show_step(step)

    def _tested(self, steps: list[Step]) -> None:
        self._directory.tested(steps)

    def _blame(self, error: AppError) -> None:
        self._said.fail(words_of(error))

    def _check_template(
        self, template: str, cnpj: Cnpj, on_done: Callable[[TemplateCheck], None], on_error: Callable[[AppError], None]
    ) -> Call:
        preparing = self._bridge.services.preparing
        return self._bridge.call(lambda: preparing.check_template(template, cnpj), on_done, on_error)
