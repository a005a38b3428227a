"""The QR code, drawn dot for dot, and how long it still holds."""

from datetime import datetime

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from qrcode.constants import ERROR_CORRECT_L
from qrcode.main import QRCode

from desktop.ui.text import fill
from desktop.ui.widgets.basics import column
from desktop.ui.widgets.countdown import Countdown

_QUIET_ZONE = 4
_SIDE = 336
"""Five pixels a module for the codes that WhatsApp gives, which have 61 modules or a few more."""
_SMALLEST = 212
"""Three pixels a module: in a small window too the whole code is on the screen."""
_BLACK, _WHITE = 0xFF000000, 0xFFFFFFFF


def qr_image(text: str) -> QImage:
    """One pixel a module, with the quiet zone that scanners need; always black on white."""
    code = QRCode(error_correction=ERROR_CORRECT_L, border=_QUIET_ZONE)
    code.add_data(text)
    matrix = code.get_matrix()
    image = QImage(len(matrix), len(matrix), QImage.Format.Format_RGB32)
    for y, line in enumerate(matrix):
        for x, dark in enumerate(line):
            image.setPixel(x, y, _BLACK if dark else _WHITE)
    return image


class QrCanvas(QWidget):
    """Paints a code at the largest whole number of device pixels a module, so that no edge is ever blurred."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setMinimumSize(_SMALLEST, _SMALLEST)
        self.setMaximumSize(_SIDE, _SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    def show_code(self, image: QImage | None) -> None:
        self._image = image
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(_WHITE))
        if self._image is None:
            return
        scale = self.devicePixelRatio()
        side = min(self.width(), self.height()) * scale
        module = max(1, int(side // self._image.width()))
        drawn = module * self._image.width()
        left, top = int((self.width() * scale - drawn) // 2), int((self.height() * scale - drawn) // 2)
        # In device pixels, without smoothing.
        painter.scale(1 / scale, 1 / scale)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(QRect(left, top, drawn, drawn), self._image)


class QrView(QWidget):
    """Shows a code until it expires and not a moment longer."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._canvas = QrCanvas()
        self._left = Countdown(self.tr("Time left for this code"), self._words)
        self._left.ended.connect(self.clear)
        self.setMinimumWidth(_SMALLEST)
        layout = column(self._canvas, self._left, spacing=10)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.clear()

    @property
    def text(self) -> str:
        """What a phone would read now; empty where there is nothing to scan."""
        return self._text

    def show_code(self, text: str, expires_at: datetime) -> None:
        """Draw a code; one that has already expired is not drawn."""
        if text != self._text:
            self._text = text
            self._canvas.show_code(qr_image(text))
            self._canvas.setAccessibleName(self.tr("QR code to scan with WhatsApp on the phone"))
        self._left.run(expires_at)

    def clear(self) -> None:
        """Take the code off the screen."""
        self._text = ""
        self._canvas.show_code(None)
        self._canvas.setAccessibleName(self.tr("No code at the moment"))
        self._left.stop(self.tr("Waiting for a new code…"))

    def _words(self, seconds: int) -> str:
        return fill(self.tr("This code changes in %1 s"), seconds)
