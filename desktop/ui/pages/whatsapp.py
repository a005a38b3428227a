"""The link between this computer and a phone: what state it is in and the one thing to do next."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QMessageBox, QSizePolicy, QWidget

from desktop.domain.errors import AppError
from desktop.domain.session import DEFAULT_SESSION, Broken, Qr, Session, SessionState
from desktop.ui.bridge import Bridge
from desktop.ui.dialogs import ask
from desktop.ui.icons import pixmap
from desktop.ui.messages import session_words, words_of
from desktop.ui.text import fill, shown_date_time, shown_phone
from desktop.ui.theme import PICTURES, Theme, Tone
from desktop.ui.widgets.basics import button, card, column, label, rename, row, set_tone
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.qr import QrView

_SIDE = 40


class WhatsAppPage(QWidget):
    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self._bridge = bridge
        self._theme = theme
        self._session: Session | None = None
        self._tone = Tone.QUIET

        self._picture = label()
        self._picture.setFixedSize(_SIDE, _SIDE)
        self._title = label("", "figure", wrap=True)
        self._title.setObjectName("session-state")
        self._text = label("", "muted", wrap=True)
        self._number = label("", "figure")
        self._number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._number_name = label(self.tr("Linked number"), "muted")
        self._since = label("", "muted")
        self._next = button("", self._start, "primary", large=True)
        self._next.setObjectName("session-next")
        self._logout = button(self.tr("&Unlink the phone…"), self._ask_logout)
        self._problem = Note(theme)
        self._qr = QrView()
        self._scan = self._scan_card()

        about = column(self._title, self._text, spacing=4)
        head = row(self._picture, about, spacing=16)
        head.setAlignment(self._picture, Qt.AlignmentFlag.AlignTop)
        head.setStretch(1, 1)
        account = column(self._number_name, self._number, self._since, spacing=2)
        state = self._card = card(
            column(head, account, row(self._next, self._logout, 0), self._problem, spacing=18),
            margins=24,
        )
        state.setMaximumWidth(760)
        for part in (state, self._scan):
            # Until it is known what there is to show.
            part.hide()
        self._scan.setMaximumWidth(760)
        self.setLayout(
            column(row(label(self.tr("WhatsApp"), "title"), 0), state, self._scan, 0, spacing=16, margins=28)
        )
        theme.changed.connect(self._repaint)
        bridge.session_changed.connect(self._show)
        bridge.read(bridge.services.sessions.all, self._show_all)

    def _scan_card(self) -> QFrame:
        steps = (
            self.tr("Open WhatsApp on the phone that sends the reports."),
            self.tr("Tap the menu ⋮ (Android) or Settings (iPhone), then Linked devices."),
            self.tr("Tap Link a device and point the camera at the code."),
        )
        lines = column(label(self.tr("How to scan"), "heading"), spacing=14)
        for number, step in enumerate(steps, 1):
            badge = label(str(number), "chip")
            badge.setProperty("tone", Tone.OK.value)
            badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
            badge.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            line = row(badge, label(step, wrap=True), spacing=12)
            line.setAlignment(badge, Qt.AlignmentFlag.AlignTop)
            line.setStretch(1, 1)
            lines.addLayout(line)
        lines.addWidget(
            label(self.tr("The code changes by itself: always scan the one on the screen."), "muted", wrap=True)
        )
        lines.addStretch(1)
        both = row(lines, self._qr, spacing=28)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        return card(both, margins=24)

    def _show_all(self, sessions: list[Session]) -> None:
        for session in sessions[:1]:
            self._show(session)

    def _show(self, session: Session) -> None:
        before = self._session
        self._session = session
        self._card.show()
        words = session_words(session)
        self._tone = words.tone
        self._title.setText(words.title)
        self._text.setText(words.text)
        self._title.setAccessibleDescription(words.text)
        rename(self._next, words.button)
        self._next.setVisible(bool(words.button))
        self._next.setEnabled(True)
        connected = session.state is SessionState.CONNECTED
        self._logout.setVisible(connected)
        self._logout.setEnabled(True)
        self._show_account(session)
        match session.status:
            case Qr(text=text, expires_at=expires_at):
                self._qr.show_code(text, expires_at)
                self._scan.show()
            case _:
                self._qr.clear()
                self._scan.hide()
        if isinstance(session.status, Broken):
            self._problem.say(Tone.DANGER, self.tr("What the engine said:"), session.status.detail)
        elif before is None or before.state is not session.state:
            self._problem.hide()
        self._repaint()

    def _show_account(self, session: Session) -> None:
        account = session.account
        for part in (self._number_name, self._number, self._since):
            part.setVisible(account is not None)
        if account is None:
            return
        number = shown_phone(account.phone)
        self._number.setText(f"{number} · {account.name}" if account.name else number)
        self._since.setText(fill(self.tr("Connected since %1"), shown_date_time(session.since)))
        self._since.setVisible(session.state is SessionState.CONNECTED)

    def _repaint(self) -> None:
        colour = self._theme.colours.of(self._tone)
        self._picture.setPixmap(pixmap(PICTURES[self._tone], colour, _SIDE, self.devicePixelRatio()))
        set_tone(self._picture, self._tone)

    def _start(self) -> None:
        self._next.setEnabled(False)
        sessions = self._bridge.services.sessions
        self._bridge.call(lambda: sessions.start(DEFAULT_SESSION), lambda _: None, self._fail)

    def _ask_logout(self) -> None:
        ask(
            self,
            title=self.tr("Unlink the phone?"),
            text=self.tr("Reports stop going out until a phone scans a new code. The history is kept."),
            yes=self.tr("&Unlink"),
            no=self.tr("&Keep linked"),
            icon=QMessageBox.Icon.Warning,
            on_yes=self._log_out,
        )

    def _log_out(self) -> None:
        self._logout.setEnabled(False)
        sessions = self._bridge.services.sessions
        self._bridge.call(lambda: sessions.logout(DEFAULT_SESSION), lambda _: None, self._fail)

    def _fail(self, error: AppError) -> None:
        self._next.setEnabled(True)
        self._logout.setEnabled(True)
        self._problem.fail(words_of(error))
