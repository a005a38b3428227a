"""The window: a list of pages on the left, made one by one when they are first looked at."""

from enum import StrEnum
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QFont, QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QFrame, QMainWindow, QPushButton, QSizePolicy, QStackedWidget, QWidget

from desktop.ui import icons
from desktop.ui.bridge import Bridge
from desktop.ui.messages import session_words
from desktop.ui.roster import Roster
from desktop.ui.text import fill, plain
from desktop.ui.theme import PICTURES, Theme, Tone
from desktop.ui.widgets.basics import button, column, label, row, set_tone
from desktop.ui.widgets.note import Note

_SIDEBAR_WIDTH = 228
_ICON = 20
_SIZE = QSize(1200, 800)
_FRAME = QSize(16, 48)
"""About what a desktop draws around a window: how much exactly is known only once it is shown."""


class Place(StrEnum):
    """The pages, in the order in which they are listed."""

    SEND = "send"
    HISTORY = "history"
    WHATSAPP = "whatsapp"
    SETTINGS = "settings"
    ERP = "erp"


_PICTURES = {
    Place.SEND: "send",
    Place.HISTORY: "history",
    Place.WHATSAPP: "phone",
    Place.SETTINGS: "settings",
    Place.ERP: "plug",
}


class MainWindow(QMainWindow):
    closing = Signal(QCloseEvent)
    """Somebody closes the window; whoever hears it decides what that means."""
    session_asked = Signal(str)
    """Somebody wants to see the session of this name."""

    def __init__(self, bridge: Bridge, theme: Theme, home: Path) -> None:
        super().__init__()
        self._bridge = bridge
        self._theme = theme
        self._memory = QSettings(str(home / "window.ini"), QSettings.Format.IniFormat)
        self._pages: dict[Place, QWidget] = {}
        self._buttons: dict[Place, QPushButton] = {}
        self._stack = QStackedWidget()
        self._simulation = Note(theme)
        self._simulation.setObjectName("simulation")
        self._brand = label()
        self._state = label("", "state", wrap=True)
        self._state_picture = label()
        self._state_picture.setFixedWidth(_ICON)
        self._tone = Tone.QUIET
        self._state.setObjectName("state")
        self.setWindowTitle("Malote")
        self.setWindowIcon(icons.application_icon())
        self.setMinimumSize(900, 620)
        banner = column(self._simulation)
        banner.setContentsMargins(28, 16, 28, 0)
        body = column(banner, self._stack, spacing=0)
        body.setStretch(1, 1)
        across = row(self._make_sidebar(), body, spacing=0)
        across.setStretch(1, 1)
        whole = QWidget()
        whole.setObjectName("page")
        whole.setLayout(across)
        self.setCentralWidget(whole)
        theme.dress(self)
        theme.changed.connect(self._paint)
        self._paint()
        self._restore()
        self._roster = Roster(bridge)
        self._roster.changed.connect(self._show_sessions)

    @property
    def place(self) -> Place | None:
        """The page on show; None before the first."""
        shown = self._stack.currentWidget()
        return next((place for place, page in self._pages.items() if page is shown), None)

    def go(self, place: Place) -> None:
        """Show a page, making it if nobody has looked at it yet."""
        page = self._pages.get(place)
        if page is None:
            page = self._pages[place] = self._make(place)
            page.setAccessibleName(self._buttons[place].accessibleName())
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self._buttons[place].setChecked(True)
        if self.focusWidget() not in self._buttons.values():
            # Whoever walks through the list with the arrow keys stays in it.
            page.setFocus()

    def show_session(self, name: str) -> None:
        """Show the WhatsApp page with this session chosen."""
        self.go(Place.WHATSAPP)
        self.session_asked.emit(name)

    def come_forward(self) -> None:
        """Show the window above all others, also where it was minimised."""
        self.show()
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.raise_()
        self.activateWindow()

    def remember(self) -> None:
        """Keep size and place for the next start."""
        self._memory.setValue("geometry", self.saveGeometry())
        self._memory.sync()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.remember()
        self.closing.emit(event)

    def _make(self, place: Place) -> QWidget:
        # Imported on first use: a window that nobody opens costs no memory.
        match place:
            case Place.SEND:
                from desktop.ui.pages.send import SendPage

                page = SendPage(self._bridge, self._theme)
                page.wants_whatsapp.connect(lambda: self.go(Place.WHATSAPP))
                page.wants_settings.connect(lambda: self.go(Place.SETTINGS))
                return page
            case Place.HISTORY:
                from desktop.ui.pages.history import HistoryPage

                history = HistoryPage(self._bridge, self._theme)
                history.wants_to_send.connect(lambda: self.go(Place.SEND))
                return history
            case Place.WHATSAPP:
                from desktop.ui.pages.whatsapp import WhatsAppPage

                whatsapp = WhatsAppPage(self._bridge, self._theme)
                self.session_asked.connect(whatsapp.choose)
                return whatsapp
            case Place.SETTINGS:
                from desktop.ui.pages.settings import SettingsPage

                return SettingsPage(self._bridge, self._theme)
            case Place.ERP:
                from desktop.ui.pages.erp import ErpPage

                return ErpPage(self._bridge, self._theme)

    def _make_sidebar(self) -> QFrame:
        names = {
            Place.SEND: self.tr("S&end"),
            Place.HISTORY: self.tr("&History"),
            Place.WHATSAPP: self.tr("&WhatsApp"),
            Place.SETTINGS: self.tr("Settin&gs"),
            Place.ERP: self.tr("Call from the ER&P"),
        }
        group = QButtonGroup(self)
        buttons = column(spacing=4)
        for place, name in names.items():
            made = self._buttons[place] = button(name, partial(self.go, place), "nav")
            made.setObjectName(f"go-{place.value}")
            made.setCheckable(True)
            # A click leaves the focus where it was, in the page.
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.setIconSize(QSize(_ICON, _ICON))
            group.addButton(made)
            buttons.addWidget(made)
        title = label("Malote")
        title.setObjectName("brand")
        sidebar = QFrame()
        sidebar.setObjectName("sidebar")
        # Wider where the system's text is large; the state has several lines and asks for nothing.
        sidebar.setMinimumWidth(_SIDEBAR_WIDTH)
        sidebar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        several_lines = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        several_lines.setHeightForWidth(True)
        self._state.setSizePolicy(several_lines)
        state = row(self._state_picture, self._state, spacing=8)
        state.setAlignment(self._state_picture, Qt.AlignmentFlag.AlignTop)
        state.setStretch(1, 1)
        state.setContentsMargins(8, 0, 0, 0)
        parts = column(row(self._brand, title, 0, spacing=10), 14, buttons, 0, state)
        parts.setContentsMargins(14, 22, 14, 18)
        sidebar.setLayout(parts)
        return sidebar

    def _paint(self) -> None:
        colours = self._theme.colours
        for place, made in self._buttons.items():
            made.setIcon(icons.icon(_PICTURES[place], colours.muted, checked=colours.accent_text, size=_ICON))
            # The one on show is written stronger, which Qt does not ask room for.
            strong, name = QFont(made.font()), plain(made.text())
            strong.setWeight(QFont.Weight.DemiBold)
            wider = QFontMetrics(strong).horizontalAdvance(name) - made.fontMetrics().horizontalAdvance(name)
            made.setMinimumWidth(made.sizeHint().width() + wider)
        self._brand.setPixmap(icons.pixmap("malote", colours.accent_text, 30, self.devicePixelRatio()))

        self._paint_state()

    def _paint_state(self) -> None:
        colour = self._theme.colours.of(self._tone)
        self._state_picture.setPixmap(icons.pixmap(PICTURES[self._tone], colour, 18, self.devicePixelRatio()))

    def _restore(self) -> None:
        geometry = self._memory.value("geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            # A window taller than the screen hides its lower edge, and the buttons there.
            room = self.screen().availableSize() - _FRAME
            self.resize(_SIZE.boundedTo(room).expandedTo(self.minimumSize()))

    def _show_sessions(self) -> None:
        session = self._roster.worst
        if session is None:
            return
        words = session_words(session)
        title = self._roster.headline
        # What is read alone must not pass for a real connection.
        self._state.setText(fill(self.tr("SIMULATION · %1"), title) if session.simulated else title)
        self._tone = words.tone
        set_tone(self._state, words.tone)
        self._paint_state()
        if session.simulated:
            self._simulation.say(
                Tone.SIMULATION,
                self.tr("SIMULATION"),
                self.tr("Nothing goes out by WhatsApp: this is for trying the program out."),
            )
        else:
            self._simulation.hide()
