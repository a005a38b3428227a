"""Looking back on what was sent."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from desktop.domain.cnpj import Cnpj
from desktop.domain.send import SendState


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    text: str = ""
    """Part of a company's name or of a CNPJ."""
    cnpj: Cnpj | None = None
    sessions: frozenset[str] = frozenset()
    """Empty: all."""
    day: date | None = None
    states: frozenset[SendState] = frozenset()
    """Empty: all."""
    before: UUID | None = None
    """Cursor: only sends older than this one."""
    limit: int = 100
