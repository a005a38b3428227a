"""The picture that is about to be sent, and what is known of it."""

from PySide6.QtCore import QBuffer, QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui.icons import pixmap
from desktop.ui.theme import Theme

_TALLEST = 260
_LARGEST = 1200
"""Device pixels a side: enough for the preview at any scale, and a tenth of a long report's memory."""


def decode_preview(content: bytes) -> QImage:
    """Decode a picture no larger than a preview needs; safe outside of the GUI thread.

    A null image where Qt cannot read what the report's check took: the send is not held up by a preview.
    """
    buffer = QBuffer()
    buffer.setData(QByteArray(content))
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > _LARGEST:
        reader.setScaledSize(size.scaled(_LARGEST, _LARGEST, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


class ReportPreview(QWidget):
    """Shows the whole picture, as large as its place allows."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._image = QImage()
        self.setMinimumSize(120, 130)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("Preview of the report"))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(220, _TALLEST)

    def heightForWidth(self, width: int) -> int:
        """Where it is narrow it is low, too: the button that sends stands below it."""
        return min(_TALLEST, width * 5 // 4)

    @property
    def empty(self) -> bool:
        return self._image.isNull()

    def show_image(self, image: QImage) -> None:
        """A null image shows an empty frame."""
        self._image = image
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        colours = self._theme.colours
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        outline = QPainterPath()
        outline.addRoundedRect(frame, 8, 8)
        painter.fillPath(outline, QColor(colours.sunken))
        painter.setPen(QColor(colours.line))
        painter.drawPath(outline)
        if self.empty:
            picture = pixmap("image", colours.muted, 40, self.devicePixelRatio())
            painter.drawPixmap((self.width() - 40) // 2, (self.height() - 40) // 2, picture)
            return
        inner = frame.adjusted(8, 8, -8, -8)
        fitted = self._image.size().scaled(inner.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, fitted.width(), fitted.height())
        target.moveCenter(inner.center())
        scale = self.devicePixelRatio()
        # Scaled down beforehand: drawing a much larger picture into a small place leaves out lines of text.
        small = self._image.scaled(
            fitted * scale, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter.drawImage(target, small)
