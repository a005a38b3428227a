"""Where companies and their groups are registered."""

from typing import Protocol

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.company import DirectoryCheck as DirectoryCheck


class Directory(Protocol):
    """Methods raise AppErrors only (ORACLE_UNAVAILABLE, ORACLE_CREDENTIALS, DIRECTORY_…), each within its deadline."""

    async def find(self, cnpj: Cnpj) -> Company | None:
        """The company as registered, or None."""
        ...

    async def search(self, text: str, limit: int) -> list[Company]:
        """Companies whose name contains the text (case and accents ignored) or whose CNPJ contains its digits."""
        ...

    async def check(self) -> DirectoryCheck:
        """Log in and look at the table, as a lookup would."""
        ...

    async def close(self) -> None: ...
