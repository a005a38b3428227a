"""The list of WhatsApp numbers: each with its state as picture, colour and words."""

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.domain.session import Session
from desktop.ui.icons import pixmap
from desktop.ui.messages import session_words
from desktop.ui.models.sessions import SESSION, THIRD_LINE, SessionsModel
from desktop.ui.text import translate
from desktop.ui.theme import PICTURES, Theme

_LINE = 20
_PADDING = 8
_ICON = 22
_RADIUS = 7


class SessionList(QListView):
    chosen = Signal(str)
    """The name of the session that somebody walked or clicked to."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("session-list")
        self.setAccessibleName(self.tr("WhatsApp numbers"))
        self._model = SessionsModel()
        self.setModel(self._model)
        self.setItemDelegate(_ThreeLines(theme, self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._walked)
        theme.changed.connect(self.viewport().update)

    def show_sessions(self, sessions: list[Session], companies: Mapping[str, str], chosen: str) -> None:
        """Show these, the chosen one marked; nobody is told of that choice."""
        self.selectionModel().blockSignals(True)
        self._model.show(sessions, companies)
        row = self._model.row_of(chosen)
        if row is not None:
            self.setCurrentIndex(self._model.index(row))
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def _walked(self, current: QModelIndex) -> None:
        session = current.data(SESSION) if current.isValid() else None
        if isinstance(session, Session):
            self.chosen.emit(session.name)


class _ThreeLines(QStyledItemDelegate):
    """The name, the state, and whose number it is."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        lines = 3 if index.data(THIRD_LINE) else 2
        return QSize(200, lines * max(_LINE, option.fontMetrics.height() + 2) + 2 * _PADDING + 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        session: Session = index.data(SESSION)
        words, colours = session_words(session), self._theme.colours
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect.adjusted(4, 2, -4, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent_soft if selected else colours.hover))
            painter.drawRoundedRect(box, _RADIUS, _RADIUS)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours.accent_text))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, _RADIUS, _RADIUS)
        inner = box.adjusted(10, _PADDING, -10, -_PADDING)
        colour = colours.of(words.tone)
        scale = painter.device().devicePixelRatioF()
        painter.drawPixmap(inner.left(), inner.top() + 2, pixmap(PICTURES[words.tone], colour, _ICON, scale))
        lines = inner.adjusted(_ICON + 10, 0, 0, 0)
        height = lines.height() // (3 if index.data(THIRD_LINE) else 2)
        strong = QFont(option.font)
        strong.setWeight(QFont.Weight.DemiBold)
        first = QRect(lines.left(), lines.top(), lines.width(), height)
        if session.profile is not None and session.profile.default:
            first.setRight(self._mark(painter, first, option.font))
        self._line(painter, first, session.name, strong, colours.text)
        self._line(painter, first.translated(0, height), words.title, option.font, colour, lines.right())
        self._line(
            painter, first.translated(0, 2 * height), index.data(THIRD_LINE), option.font, colours.muted, lines.right()
        )
        painter.restore()

    def _mark(self, painter: QPainter, line: QRect, font: QFont) -> int:
        """The word for the default one at the right of a line; gives what is left of the line's right edge."""
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colours.accent_text))
        word = translate("Words", "default")
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, word)
        return line.right() - painter.fontMetrics().horizontalAdvance(word) - 10

    @staticmethod
    def _line(painter: QPainter, box: QRect, text: str, font: QFont, colour: str, right: int | None = None) -> None:
        if right is not None:
            box.setRight(right)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
