"""Every send there was, and what became of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QTableView,
    QWidget,
)

from desktop.domain.errors import AppError
from desktop.domain.history import HistoryFilter
from desktop.domain.send import ARRIVED, Send, SendState
from desktop.ui.bridge import Bridge, Call
from desktop.ui.group_names import GroupNames
from desktop.ui.messages import words_of
from desktop.ui.models.history import Column, HistoryModel
from desktop.ui.pages.history_detail import SendDetail
from desktop.ui.theme import Theme
from desktop.ui.widgets.basics import SPACE, column, label, name_by, row
from desktop.ui.widgets.blank import Blank
from desktop.ui.widgets.note import Note

_PAUSE_IN_TYPING = 200
_ROW_HEIGHT = 38
_NARROWEST = 100
_NARROW = 800
"""Below this not every column finds room."""
_LONGEST = {
    Column.WHEN: "00/00/0000 00:00",
    Column.CNPJ: "00.000.000/0000-00",
    Column.STATE: "mm Não confirmado",
}
"""What the columns of a fixed width have to hold; the others share what is left."""


class HistoryPage(QWidget):
    wants_to_send = Signal()
    """Somebody asks for the page that sends."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self._bridge = bridge
        self._limit = timedelta.max
        """So long a send may be without a phone's word before it is told as not confirmed."""
        self._names = GroupNames(bridge)
        self._model = HistoryModel(self._fetch, theme, _today, whither=self._names.of, undelivered=self._undelivered)
        self._names.learnt.connect(self._redraw)
        self._model.loaded.connect(self._loaded)
        self._model.failed.connect(self._blame)
        self._chosen: UUID | None = None
        self._look_again = False
        """Something has changed since the look that is under way began."""
        self._problem = Note(theme)
        self._text = QLineEdit()
        self._text.setObjectName("history-search")
        self._text.setClearButtonEnabled(True)
        self._text.setPlaceholderText(self.tr("Company or CNPJ"))
        self._states = QComboBox()
        self._states.setObjectName("history-states")
        for words, states in (
            (self.tr("All"), frozenset[SendState]()),
            (self.tr("Sent"), ARRIVED),
            (self.tr("Failed"), frozenset({SendState.FAILED, SendState.EXPIRED})),
            (self.tr("Not confirmed"), frozenset({SendState.UNKNOWN})),
            (self.tr("On their way"), frozenset({SendState.QUEUED, SendState.SENDING})),
            (self.tr("Cancelled"), frozenset({SendState.CANCELLED})),
        ):
            self._states.addItem(words, states)
        self._table = self._make_table()
        self._empty = Blank(theme, "history")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._table)
        self._stack.addWidget(self._empty)
        self._detail = SendDetail(theme)
        self._detail.hide()
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(14)
        split.addWidget(self._stack)
        split.addWidget(self._detail)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        layout = column(
            row(label(self.tr("History"), "title"), 0, *self._filters(), spacing=SPACE),
            self._problem,
            split,
            spacing=16,
            margins=28,
        )
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self._typing = QTimer(self, singleShot=True, interval=_PAUSE_IN_TYPING)
        self._typing.timeout.connect(self._look)
        self._text.textChanged.connect(lambda: self._typing.start())
        self._states.currentIndexChanged.connect(lambda: self._look())
        bridge.send_changed.connect(self._note)
        bridge.settings_changed.connect(self._read_limit)
        self._read_limit()
        self._look()

    def showEvent(self, event: QShowEvent) -> None:
        # «today» may have become «yesterday» since it was last looked at.
        self._table.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Where there is little room a name says more than its CNPJ and its group, which the details have.
        for section in (Column.CNPJ, Column.GROUP):
            self._table.setColumnHidden(section, event.size().width() < _NARROW)

    def _filters(self) -> tuple[QWidget, ...]:
        search = label(self.tr("&Find"), "muted")
        search.setBuddy(self._text)
        name_by(self._text, self.tr("&Find"))
        self._text.setMinimumWidth(220)
        show = label(self.tr("&Show"), "muted")
        show.setBuddy(self._states)
        name_by(self._states, self.tr("&Show"))
        self._states.setMinimumWidth(150)
        return search, self._text, show, self._states

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("history")
        table.setModel(self._model)
        table.setAccessibleName(self.tr("Sends, newest first"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(max(_ROW_HEIGHT, table.fontMetrics().height() + 14))
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(_NARROWEST)
        header.setAccessibleName(self.tr("Columns"))
        for section in Column:
            if section in _LONGEST:
                table.setColumnWidth(section, table.fontMetrics().horizontalAdvance(_LONGEST[section]) + 28)
            else:
                header.setSectionResizeMode(section, QHeaderView.ResizeMode.Stretch)
        table.selectionModel().currentChanged.connect(self._choose)
        return table

    def _fetch(
        self, query: HistoryFilter, on_done: Callable[[list[Send]], None], on_error: Callable[[AppError], None]
    ) -> Call:
        def show(sends: list[Send]) -> None:
            self._names.learn(sends)
            on_done(sends)

        return self._bridge.call(lambda: self._bridge.services.sending.history(query), show, on_error)

    def _read_limit(self) -> None:
        settings = self._bridge.services.settings

        def note(hours: float) -> None:
            self._limit = timedelta(hours=hours)
            self._redraw()

        self._bridge.read(lambda: settings.load().engine.undelivered_after_hours, note, self._blame)

    def _undelivered(self, send: Send) -> bool:
        return self._limit != timedelta.max and send.undelivered(datetime.now(UTC), self._limit)

    def _redraw(self) -> None:
        self._model.redraw()
        row_ = self._model.row_of(self._chosen) if self._chosen else None
        if row_ is not None:
            self._show_detail(self._model.send(row_))

    def _show_detail(self, send: Send) -> None:
        self._detail.show_send(send, whither=self._names.of(send), undelivered=self._undelivered(send))

    def _look(self) -> None:
        self._typing.stop()
        self._look_again = False
        states = self._states.currentData()
        self._model.look(HistoryFilter(text=self._text.text().strip(), states=states))

    def _loaded(self) -> None:
        self._problem.hide()
        if self._chosen is not None and (row_ := self._model.row_of(self._chosen)) is not None:
            index = self._model.index(row_, 0)
            self._table.selectionModel().setCurrentIndex(
                index, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            )
        self._settle()
        if self._look_again:
            self._typing.start()

    def _settle(self) -> None:
        if self._model.rowCount() > 0:
            self._stack.setCurrentIndex(0)
            return
        if self._model.filtered:
            self._empty.say(
                self.tr("Nothing here matches this filter."), press=self.tr("Show &all"), on_press=self._show_all
            )
        else:
            self._empty.say(
                self.tr("Nothing has been sent yet. Every report that goes out will be listed here."),
                press=self.tr("Send a &report"),
                on_press=self.wants_to_send.emit,
            )
        self._stack.setCurrentIndex(1)
        self._detail.hide()

    def _show_all(self) -> None:
        self._text.clear()
        self._states.setCurrentIndex(0)
        self._look()
        self._text.setFocus()

    def _blame(self, error: AppError) -> None:
        self._problem.fail(words_of(error), press=self.tr("&Try again"), on_press=self._look)

    def _note(self, send: Send) -> None:
        self._names.learn([send])
        if not self._model.note(send):
            self._follow()
        if send.id == self._chosen:
            self._show_detail(send)
        self._settle()

    def _follow(self) -> None:
        """Look again soon; where changes follow each other quickly, each look still comes to its end."""
        if self._model.reading:
            self._look_again = True
        elif not self._typing.isActive():
            self._typing.start()

    def _choose(self, current: QModelIndex) -> None:
        if not current.isValid():
            return
        send = self._model.send(current.row())
        self._chosen = send.id
        self._show_detail(send)
        self._detail.show()


def _today() -> date:
    return datetime.now().astimezone().date()
