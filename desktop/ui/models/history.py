"""The history as a table: read page by page as one scrolls, kept up to date by what the bridge tells."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from enum import IntEnum
from typing import Any
from uuid import UUID

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QIcon

from desktop.domain.errors import AppError
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Send
from desktop.ui import icons
from desktop.ui.bridge import Call
from desktop.ui.messages import send_detail, send_words
from desktop.ui.text import shown_moment
from desktop.ui.theme import Theme, Tone

Fetch = Callable[[HistoryFilter, Callable[[list[Send]], None], Callable[[AppError], None]], Call]
"""Asks for a page; one of the two answers."""

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_PAGE = 100


class Column(IntEnum):
    WHEN = 0
    COMPANY = 1
    CNPJ = 2
    GROUP = 3
    STATE = 4
    DETAIL = 5


class HistoryModel(QAbstractTableModel):
    """Newest first. Rows appear as they are read; what changes meanwhile replaces its row."""

    loaded = Signal()
    """A page came in."""
    failed = Signal(object)
    """The AppError because of which a page did not come."""

    def __init__(
        self,
        fetch: Fetch,
        theme: Theme,
        today: Callable[[], date],
        *,
        whither: Callable[[Send], str],
        undelivered: Callable[[Send], bool],
    ) -> None:
        """`whither` says in short where a send goes; `undelivered`, whether no phone has confirmed it for too long."""
        super().__init__()
        self._whither = whither
        self._undelivered = undelivered
        self._fetch = fetch
        self._theme = theme
        self._today = today
        self._query = HistoryFilter(limit=_PAGE)
        self._rows: list[Send] = []
        self._row_of: dict[UUID, int] = {}
        self._exhausted = True
        self._call: Call | None = None
        self._told_meanwhile: dict[UUID, Send] = {}
        self._icons: dict[tuple[str, Tone], QIcon] = {}
        theme.changed.connect(self.redraw)

    def look(self, query: HistoryFilter) -> None:
        """Start anew with this filter; the old rows stay until the first page is there."""
        if self._call is not None:
            self._call.cancel()
        self._query = replace(query, before=None, limit=_PAGE)
        self._told_meanwhile = {}
        self._call = self._fetch(self._query, self._begin, self._give_up)

    @property
    def reading(self) -> bool:
        """Whether a page is on its way."""
        return self._call is not None

    @property
    def filtered(self) -> bool:
        return bool(self._query.text or self._query.states or self._query.cnpj or self._query.day)

    def note(self, send: Send) -> bool:
        """Show a change; False where only a new look can tell whether this send belongs here."""
        self._told_meanwhile[send.id] = send
        row = self._row_of.get(send.id)
        if row is not None:
            self._rows[row] = send
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))
            return not self.filtered
        if self.filtered:
            return False
        # Of those asked for at once the newest may be told first, and within a millisecond ids have no order.
        row = bisect_left(self._rows, -send.id.int, key=lambda shown: -shown.id.int)
        if row == len(self._rows) and not self._exhausted:
            return True  # it comes with a page that was not read yet
        self.beginInsertRows(_ROOT, row, row)
        self._rows.insert(row, send)
        self._number(row)
        self.endInsertRows()
        return True

    def send(self, row: int) -> Send:
        return self._rows[row]

    def row_of(self, send_id: UUID) -> int | None:
        return self._row_of.get(send_id)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return {
            Column.WHEN: self.tr("When"),
            Column.COMPANY: self.tr("Company"),
            Column.CNPJ: self.tr("CNPJ"),
            Column.GROUP: self.tr("To"),
            Column.STATE: self.tr("State"),
            Column.DETAIL: self.tr("Detail"),
        }[Column(section)]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        send = self._rows[index.row()]
        column = Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(send, column)
            case Qt.ItemDataRole.ToolTipRole if column is Column.GROUP:
                jid = send.recipient or send.addressee
                return f"{self._whither(send)}\n{jid}" if jid else None
            case Qt.ItemDataRole.ToolTipRole if column in (Column.DETAIL, Column.COMPANY):
                return self._text(send, column)
            case Qt.ItemDataRole.DecorationRole if column is Column.STATE:
                words = send_words(send, undelivered=self._undelivered(send))
                return self._icon(words.icon, Tone.SIMULATION if send.simulated else words.tone)
            case _:
                return None

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return not parent.isValid() and not self._exhausted and self._call is None

    def fetchMore(self, parent: AnyIndex) -> None:
        self._told_meanwhile = {}
        self._call = self._fetch(replace(self._query, before=self._rows[-1].id), self._append, self._give_up)

    def _begin(self, sends: list[Send]) -> None:
        self.beginResetModel()
        self._rows = self._with_missed(sends)
        self._number()
        self._finish(sends)
        self.endResetModel()
        self.loaded.emit()

    def _append(self, sends: list[Send]) -> None:
        if sends:
            first = len(self._rows)
            self.beginInsertRows(_ROOT, first, first + len(sends) - 1)
            self._rows += self._fresh(sends)
            self._number(first)
            self.endInsertRows()
        self._finish(sends)
        self.loaded.emit()

    def _fresh(self, sends: list[Send]) -> list[Send]:
        # The page was read before these were told: the newer word counts.
        return [self._told_meanwhile.get(send.id, send) for send in sends]

    def _with_missed(self, sends: list[Send]) -> list[Send]:
        """The first page, and what was asked for while it was read and belongs on it."""
        rows = {send.id: send for send in self._fresh(sends)}
        if not self.filtered:  # under a filter a new look is on its way
            whole = len(sends) < _PAGE
            rows |= {told: send for told, send in self._told_meanwhile.items() if whole or told > sends[-1].id}
        return sorted(rows.values(), key=lambda send: send.id, reverse=True)

    def _finish(self, sends: list[Send]) -> None:
        self._call = None
        self._exhausted = len(sends) < _PAGE

    def _give_up(self, error: AppError) -> None:
        self._call = None
        self._exhausted = True
        self.failed.emit(error)

    def _number(self, first: int = 0) -> None:
        if first == 0:
            self._row_of = {}
        for row in range(first, len(self._rows)):
            self._row_of[self._rows[row].id] = row

    def _text(self, send: Send, column: Column) -> str:
        match column:
            case Column.WHEN:
                return shown_moment(send.created_at, self._today())
            case Column.COMPANY:
                return send.company_name or "—"
            case Column.CNPJ:
                return send.cnpj.masked if send.cnpj else "—"
            case Column.GROUP:
                return self._whither(send) or "—"
            case Column.STATE:
                return send_words(send, undelivered=self._undelivered(send)).label
            case Column.DETAIL:
                detail = send_detail(send, undelivered=self._undelivered(send))
                return " · ".join(filter(None, (self.tr("SIMULATION"), detail))) if send.simulated else detail

    def _icon(self, name: str, tone: Tone) -> QIcon:
        made = self._icons.get((name, tone))
        if made is None:
            made = self._icons[name, tone] = icons.icon(name, self._theme.colours.of(tone), size=18)
        return made

    def redraw(self) -> None:
        """Colours, names or limits are not what they were."""
        self._icons = {}
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(Column) - 1))
