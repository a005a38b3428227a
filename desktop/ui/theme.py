"""Light and dark, as the system has it; every colour of ours exists in both."""

import re
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from desktop.runtime.resources import resource

_POINTS = re.compile(r"\b(\d+)pt\b")
_LARGE = 12
"""Points of the system's text from which on the sheet's own sizes grow with it: headings are never the smallest."""


class Tone(StrEnum):
    """What a piece of the screen means; style sheets know these names."""

    OK = "ok"
    BUSY = "busy"
    ATTENTION = "attention"
    DANGER = "danger"
    SIMULATION = "simulation"
    QUIET = "quiet"


PICTURES = {
    Tone.OK: "check",
    Tone.BUSY: "clock",
    Tone.ATTENTION: "alert",
    Tone.DANGER: "error",
    Tone.SIMULATION: "flask",
    Tone.QUIET: "offline",
}
"""The drawing in resources/icons that goes with each tone: no state is told by colour alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Text on its own ground has a contrast of at least 4.5 : 1, borders of controls 3 : 1."""

    window: str
    surface: str
    sidebar: str
    sunken: str
    text: str
    muted: str
    line: str
    control_line: str
    hover: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    accent_text: str
    """The accent as a colour of text."""
    ok: str
    ok_soft: str
    busy: str
    busy_soft: str
    attention: str
    attention_soft: str
    danger: str
    danger_soft: str
    simulation: str
    simulation_soft: str
    quiet: str
    quiet_soft: str

    def of(self, tone: Tone) -> str:
        return str(getattr(self, tone.value))


LIGHT = Colours(
    window="#f4f6f7",
    surface="#ffffff",
    sidebar="#e8edef",
    sunken="#eef2f4",
    text="#17212b",
    muted="#52606d",
    line="#d9e0e5",
    control_line="#7d8a96",
    hover="#e3e9ec",
    accent="#0b6b61",
    accent_hover="#095950",
    on_accent="#ffffff",
    accent_soft="#d8efec",
    accent_text="#0a5f56",
    ok="#136b39",
    ok_soft="#e2f4e8",
    busy="#1c4f93",
    busy_soft="#e4eefb",
    attention="#774900",
    attention_soft="#fff0d2",
    danger="#a41b1b",
    danger_soft="#fce7e6",
    simulation="#5a2985",
    simulation_soft="#f0e5fa",
    quiet="#52606d",
    quiet_soft="#e8edef",
)
DARK = Colours(
    window="#15191d",
    surface="#1e2429",
    sidebar="#101417",
    sunken="#181d21",
    text="#e7ecf0",
    muted="#a4b0bb",
    line="#323b43",
    control_line="#73808c",
    hover="#2a3239",
    accent="#3cc7b5",
    accent_hover="#5bd6c6",
    on_accent="#05241f",
    accent_soft="#16352f",
    accent_text="#5bd6c6",
    ok="#72d69a",
    ok_soft="#163424",
    busy="#90bff8",
    busy_soft="#172b42",
    attention="#f3bf66",
    attention_soft="#382a10",
    danger="#ff9d97",
    danger_soft="#401c1c",
    simulation="#d4abf6",
    simulation_soft="#2f1f3f",
    quiet="#a4b0bb",
    quiet_soft="#262e35",
)


def contrasty(system: QPalette) -> Colours:
    """The system's own colours and no others, for people who asked for high contrast."""
    role = QPalette.ColorRole
    window, text = system.color(role.Window).name(), system.color(role.WindowText).name()
    base, accent = system.color(role.Base).name(), system.color(role.Highlight).name()
    strong = {
        "accent": accent,
        "accent_hover": accent,
        "on_accent": system.color(role.HighlightedText).name(),
    }
    grounds = {"surface": base, "sidebar": window, "sunken": base, "hover": window, "accent_soft": base}
    values = {field.name: window if field.name.endswith("_soft") else text for field in fields(Colours)}
    return Colours(**{**values, "window": window, **grounds, **strong})


class Theme(QObject):
    """Dresses one window, and dresses it anew when the system changes between light and dark."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._system = QPalette(application.palette())
        self._windows: list[QWidget] = []
        self.colours = LIGHT
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._follow)
        hints.accessibility().contrastPreferenceChanged.connect(self._follow)
        application.setStyle("Fusion")
        self._follow()

    def dress(self, window: QWidget) -> None:
        """Style a top-level widget now and after every change."""
        self._windows.append(window)
        window.destroyed.connect(lambda: self._windows.remove(window))
        window.setStyleSheet(self._sheet())

    def use(self, colours: Colours) -> None:
        """Switch to these colours at once."""
        self.colours = colours
        # A question lays its buttons out anew and would put the keyboard on its first one, which says yes.
        windows = self._application.topLevelWidgets()
        focused: list[tuple[QWidget, QWidget | None]] = [(window, window.focusWidget()) for window in windows]
        # Under a style sheet children keep their old palette (measured 1.64 : 1): take it off before, put it on after.
        for window in self._windows:
            window.setStyleSheet("")
        self._application.setPalette(_palette(colours))
        for window in self._windows:
            window.setStyleSheet(self._sheet())
        for window, part in focused:
            if part is not None and window.focusWidget() is not part:
                part.setFocus()
        self.changed.emit()

    def _follow(self) -> None:
        hints = self._application.styleHints()
        if hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast:
            self.use(contrasty(self._system))
            return
        scheme = hints.colorScheme()
        if scheme is Qt.ColorScheme.Unknown:
            dark = self._system.color(QPalette.ColorRole.Window).lightness() < 128
        else:
            dark = scheme is Qt.ColorScheme.Dark
        self.use(DARK if dark else LIGHT)

    def _sheet(self) -> str:
        sheet = resource("theme/malote.qss").read_text("utf-8")
        shade = "dark" if QColor(self.colours.window).lightness() < 128 else "light"
        values = {**asdict(self.colours), "icons": resource(f"theme/{shade}").as_posix()}
        # Longest names first: @accent must not eat the head of @accent_soft.
        for name in sorted(values, key=len, reverse=True):
            sheet = sheet.replace(f"@{name}", values[name])
        larger = max(1.0, QFontInfo(self._application.font()).pointSizeF() / _LARGE)
        return _POINTS.sub(lambda size: f"{float(size[1]) * larger:g}pt", sheet)


def _palette(colours: Colours) -> QPalette:
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette(QColor(colours.surface), QColor(colours.window))
    for target, name in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.sunken,
        role.Text: colours.text,
        role.Button: colours.surface,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.ToolTipBase: colours.surface,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent_text,
        role.LinkVisited: colours.accent_text,
    }.items():
        palette.setColor(target, QColor(name))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, target, QColor(colours.muted))
    return palette
