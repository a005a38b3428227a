"""The companies that a search found."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.domain.company import Company

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
COMPANY = Qt.ItemDataRole.UserRole
"""The role under which a row gives its Company."""


class CompaniesModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._companies: list[Company] = []

    def show(self, companies: list[Company]) -> None:
        self.beginResetModel()
        self._companies = companies
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._companies)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        company = self._companies[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return company.label
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return f"{company.label}, {company.cnpj.masked}"
            case _ if role == COMPANY:
                return company
            case _:
                return None
