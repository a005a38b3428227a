"""Pictures drawn from the shipped SVGs, in the colours of the moment."""

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from desktop.runtime.resources import resource

# Trays ask for 16 to 24 logical pixels, at scales from 1 to 3, docks and task switchers for more.
_TRAY_SIZES = (16, 20, 22, 24, 32, 48, 64, 128)
_SCALES = (1, 2, 3)


def tray_icon(state: str) -> QIcon:
    """The tray's picture of a state, sharp at every size that trays ask for."""
    renderer = QSvgRenderer(str(resource(f"tray/{state}.svg")))
    icon = QIcon()
    for size in _TRAY_SIZES:
        icon.addPixmap(_drawn(renderer, QSize(size, size)))
    return icon


def application_icon() -> QIcon:
    """The program's own picture, for windows and task switchers."""
    renderer = QSvgRenderer(str(resource("icons/malote.svg")))
    icon = QIcon()
    for size in _TRAY_SIZES:
        icon.addPixmap(_drawn(renderer, QSize(size, size)))
    return icon


def icon(name: str, colour: str, *, checked: str | None = None, size: int = 20) -> QIcon:
    """A line drawing in one colour, in another where its button is checked."""
    made = QIcon()
    for scale in _SCALES:
        made.addPixmap(pixmap(name, colour, size, scale))
        if checked:
            made.addPixmap(pixmap(name, checked, size, scale), QIcon.Mode.Normal, QIcon.State.On)
    return made


def pixmap(name: str, colour: str, size: int, scale: float) -> QPixmap:
    """A line drawing of so many logical pixels a side for a screen of this scale."""
    svg = resource(f"icons/{name}.svg").read_text("utf-8").replace("currentColor", colour)
    side = round(size * scale)
    drawn = _drawn(QSvgRenderer(QByteArray(svg.encode())), QSize(side, side))
    drawn.setDevicePixelRatio(scale)
    return drawn


def _drawn(renderer: QSvgRenderer, size: QSize) -> QPixmap:
    picture = QPixmap(size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    return picture
