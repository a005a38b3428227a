"""Where companies and their groups are registered."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.company import DirectoryCheck as DirectoryCheck
from desktop.domain.diagnosis import Step


class Directory(Protocol):
    """Methods raise AppErrors only (ORACLE_UNAVAILABLE, ORACLE_CREDENTIALS, DIRECTORY_…), each within its deadline."""

    async def find(self, cnpj: Cnpj) -> Company | None:
        """The company as registered, or None."""
        ...

    async def search(self, text: str, limit: int) -> list[Company]:
        """Companies whose name contains the text (case and accents ignored) or whose CNPJ contains its digits."""
        ...

    async def everybody(self) -> list[Company]:
        """All companies as the source has them now, where `search` may look in an older list."""
        ...

    async def check(self) -> DirectoryCheck:
        """Log in and look at the table, as a lookup would."""
        ...

    async def examine(self, told: Callable[[Step], None]) -> None:
        """As `check`, with every step told as soon as it ends; a failure is told too, and what it leaves undone."""
        ...

    def freshness(self) -> datetime | None:
        """When what was searched last was read from its source; None where that is now."""
        ...

    async def close(self) -> None: ...
