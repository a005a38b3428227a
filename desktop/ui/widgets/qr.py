"""The QR code, drawn dot for dot, and how long it still holds."""

from datetime import UTC, datetime

from PySide6.QtCore import QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QImage, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QVBoxLayout, QWidget
from qrcode.constants import ERROR_CORRECT_L
from qrcode.main import QRCode

from desktop.ui.text import fill
from desktop.ui.widgets.basics import label

_QUIET_ZONE = 4
_TICK = 500
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
        self._expires_at: datetime | None = None
        self._lifetime = 1.0
        self._text = ""
        self._canvas = QrCanvas()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName(self.tr("Time left for this code"))
        self._seconds = label("", "muted")
        self._seconds.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        self.setMinimumWidth(_SMALLEST)
        layout.addWidget(self._canvas, 1)
        layout.addWidget(self._bar)
        layout.addWidget(self._seconds)
        self._clock = QTimer(self, interval=_TICK)
        self._clock.timeout.connect(self._tick)
        self._end = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._end.timeout.connect(self.clear)
        self.clear()

    @property
    def text(self) -> str:
        """What a phone would read now; empty where there is nothing to scan."""
        return self._text

    def show_code(self, text: str, expires_at: datetime) -> None:
        """Draw a code; one that has already expired is not drawn."""
        left = (expires_at - datetime.now(UTC)).total_seconds()
        if left <= 0:
            self.clear()
            return
        if text != self._text:
            self._lifetime = left
            self._canvas.show_code(qr_image(text))
        self._text = text
        self._expires_at = expires_at
        self._canvas.setAccessibleName(self.tr("QR code to scan with WhatsApp on the phone"))
        if self.isVisible():
            self._clock.start()
        self._end.start(int(left * 1000))
        self._tick()

    def clear(self) -> None:
        """Take the code off the screen."""
        self._clock.stop()
        self._end.stop()
        self._text = ""
        self._expires_at = None
        self._canvas.show_code(None)
        self._canvas.setAccessibleName(self.tr("No code at the moment"))
        self._bar.setValue(0)
        self._seconds.setText(self.tr("Waiting for a new code…"))

    def showEvent(self, event: QShowEvent) -> None:
        if self._text:
            self._clock.start()
            self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        # Nobody looks: only the moment of its end still matters.
        self._clock.stop()

    def _tick(self) -> None:
        if self._expires_at is None:
            return
        left = (self._expires_at - datetime.now(UTC)).total_seconds()
        if left <= 0:
            # The clock of the machine was set forward, or it slept.
            self.clear()
            return
        self._bar.setValue(int(1000 * min(1.0, left / self._lifetime)))
        self._seconds.setText(fill(self.tr("This code changes in %1 s"), int(left) + 1))
