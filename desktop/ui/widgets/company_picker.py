"""Finding a company while one types."""

from datetime import datetime

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.company import Company
from desktop.ui.models.companies import COMPANY, CompaniesModel
from desktop.ui.text import fill, shown_moment
from desktop.ui.theme import Theme
from desktop.ui.widgets.basics import SPACE, label, name_by

# Milliseconds: long enough not to ask at every letter, short enough not to be noticed.
_PAUSE_IN_TYPING = 160
_PAUSE_IN_WALKING = 180
_ROW_HEIGHT = 54


class CompanyPicker(QWidget):
    """A search field over a list. Enter and the arrow keys lead from the field into the list, never further."""

    searched = Signal(str)
    """What is typed, once the typing pauses."""
    picked = Signal(object)
    """A Company."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._picked: Company | None = None
        self._awaited = False
        """The list still answers an older text than the one in the field."""
        self._wants_in = False
        """Somebody has typed and pressed Enter: into the list, once it answers what was typed."""
        self.field = QLineEdit()
        self.field.setObjectName("company-search")
        self.field.setProperty("large", True)
        self.field.setClearButtonEnabled(True)
        self.field.setPlaceholderText(self.tr("Name or CNPJ"))
        self.field.installEventFilter(self)
        name = label(self.tr("Find the comp&any"), "field")
        name.setBuddy(self.field)
        name_by(self.field, self.tr("Find the comp&any"))
        self._model = CompaniesModel()
        self.list = QListView()
        self.list.setObjectName("company-list")
        self.list.setModel(self._model)
        self.list.setItemDelegate(_TwoLines(theme, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(self.tr("Companies found"))
        self.list.selectionModel().currentChanged.connect(self._walked)
        self.list.activated.connect(self._pick)
        self.list.clicked.connect(self._pick)
        self.remark = label("", "muted", wrap=True)
        self.remark.hide()
        self._age = label("", "muted")
        self._age.setObjectName("companies-age")
        self._age.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        for part in (name, self.field, self.remark):
            layout.addWidget(part)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._age)
        self._typing = QTimer(self, singleShot=True, interval=_PAUSE_IN_TYPING)
        self._typing.timeout.connect(self._search)
        self._walking = QTimer(self, singleShot=True, interval=_PAUSE_IN_WALKING)
        self._walking.timeout.connect(self._pick_current)
        self.field.textChanged.connect(self._typed)
        theme.changed.connect(self.list.viewport().update)

    @property
    def text(self) -> str:
        return self.field.text().strip()

    def show_companies(self, companies: list[Company], remark: str = "") -> None:
        """Show what was found, or say why there is nothing."""
        self._model.show(companies)
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))
        self._mark_picked()
        self._awaited = self._typing.isActive()
        if self._wants_in and not self._awaited and self.field.hasFocus():
            self._enter_list()

    def show_age(self, read_at: datetime | None) -> None:
        """Say how old the list is that was searched; nothing where it is what the directory holds now."""
        if read_at is not None:
            self._age.setText(fill(self.tr("Updated %1"), shown_moment(read_at, datetime.now().astimezone().date())))
        self._age.setVisible(read_at is not None)

    def stay(self) -> None:
        """Whoever walked on at the last moment has not picked: the list shows what is worked on."""
        self._mark_picked()
        self._walking.stop()

    def settle(self) -> None:
        """Whoever walked on at the last moment has picked what is marked."""
        if self._walking.isActive():
            self._pick_current()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            match Qt.Key(event.key()):
                case Qt.Key.Key_Down | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._enter_list()
                    return True
                case _:
                    return False
        return False

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.EnabledChange and not self.isEnabled():
            self.stay()
        super().changeEvent(event)

    def _mark_picked(self) -> None:
        for row in range(self._model.rowCount()):
            index = self._model.index(row)
            company = index.data(COMPANY)
            if self._picked is not None and company.cnpj == self._picked.cnpj:
                self.list.setCurrentIndex(index)

    def _typed(self) -> None:
        self._awaited = True
        self._wants_in = False
        self._typing.start()

    def _enter_list(self) -> None:
        self._wants_in = self._awaited
        if self._awaited:
            if self._typing.isActive():
                self._search()
            return
        if self._model.rowCount() == 0:
            return
        if not self.list.selectionModel().hasSelection():
            self.list.setCurrentIndex(self._model.index(0))
        self.list.setFocus(Qt.FocusReason.TabFocusReason)

    def _search(self) -> None:
        self._typing.stop()
        self.searched.emit(self.text)

    def _walked(self, current: QModelIndex) -> None:
        if current.isValid():
            self._walking.start()

    def _pick_current(self) -> None:
        self._pick(self.list.currentIndex())

    def _pick(self, index: QModelIndex) -> None:
        self._walking.stop()
        company = index.data(COMPANY) if index.isValid() else None
        if isinstance(company, Company) and company != self._picked:
            self._picked = company
            self.picked.emit(company)


class _TwoLines(QStyledItemDelegate):
    """The name, and the CNPJ below it."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, max(_ROW_HEIGHT, 2 * option.fontMetrics.height() + 18))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        company = index.data(COMPANY)
        colours = self._theme.colours
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect.adjusted(4, 2, -4, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent_soft if selected else colours.hover))
            painter.drawRoundedRect(box, 7, 7)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours.accent_text))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 7, 7)
        inner = box.adjusted(10, 6, -10, -6)
        upper = QRect(inner.left(), inner.top(), inner.width(), inner.height() // 2)
        lower = QRect(inner.left(), upper.bottom() + 1, inner.width(), inner.height() - upper.height())
        strong = QFont(option.font)
        strong.setWeight(QFont.Weight.DemiBold)
        self._line(painter, upper, company.label, strong, colours.text)
        second = company.cnpj.masked if company.name else ""
        if not company.group:
            second = fill(self.tr("%1  ·  no group registered"), second)
        self._line(painter, lower, second, option.font, colours.attention if not company.group else colours.muted)
        painter.restore()

    @staticmethod
    def _line(painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
