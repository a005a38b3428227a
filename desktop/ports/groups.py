"""Which group a person confirmed for each company, over restarts."""

from typing import Protocol

from desktop.domain.cnpj import Cnpj
from desktop.domain.group import ConfirmedGroup


class ConfirmedGroups(Protocol):
    """Raises Transient(DATABASE_UNAVAILABLE)."""

    async def get(self, cnpj: Cnpj) -> ConfirmedGroup | None: ...

    async def save(self, group: ConfirmedGroup) -> None:
        """In place of what was confirmed for this company before."""
        ...
