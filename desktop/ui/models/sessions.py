"""The WhatsApp numbers, one row each."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.domain.session import Session
from desktop.ui.messages import session_words
from desktop.ui.text import shown_phone, translate

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
SESSION = Qt.ItemDataRole.UserRole
"""The role under which a row gives its Session."""
THIRD_LINE = Qt.ItemDataRole.UserRole + 1
"""The role for the number and the company it is for; empty where there is neither."""


class SessionsModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._sessions: list[Session] = []
        self._companies: Mapping[str, str] = {}

    def show(self, sessions: list[Session], companies: Mapping[str, str]) -> None:
        """Show these, in this order; `companies` has what is read for a CNPJ."""
        same = [session.name for session in sessions] == [session.name for session in self._sessions]
        if not same:
            self.beginResetModel()
        self._sessions, self._companies = sessions, companies
        if not same:
            self.endResetModel()
        elif sessions:
            self.dataChanged.emit(self.index(0), self.index(len(sessions) - 1))

    def row_of(self, name: str) -> int | None:
        return next((row for row, session in enumerate(self._sessions) if session.name == name), None)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._sessions)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        session = self._sessions[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return session.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return session_words(session).title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(
                filter(None, (session.name, self._mark(session), session_words(session).title, self._third(session)))
            )
        if role == SESSION:
            return session
        if role == THIRD_LINE:
            return self._third(session)
        return None

    def _mark(self, session: Session) -> str:
        standard = session.profile is not None and session.profile.default
        return translate("Words", "default") if standard else ""

    def _third(self, session: Session) -> str:
        number = shown_phone(session.account.phone) if session.account else ""
        company = session.profile.company if session.profile else None
        return "  ·  ".join(
            filter(None, (number, self._companies.get(company.value, company.masked) if company else ""))
        )
