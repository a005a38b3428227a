"""What a database or file of the owner's holds, for whoever looks for the companies in it."""

from typing import Protocol

from desktop.domain.mapping import Column, RawRow, TableMapping


class DirectoryInspector(Protocol):
    """Methods raise what a Directory raises, and Rejected(SETTING_INVALID) for a name that is none."""

    async def candidates(self) -> list[Column]:
        """The columns of every table that may hold the companies."""
        ...

    async def tables(self, containing: str) -> list[str]:
        """Tables and views that may be read and whose name contains the text, as a mapping names them."""
        ...

    async def columns(self, table: str) -> list[Column]: ...

    async def sample(self, mapping: TableMapping, most: int) -> list[RawRow]:
        """The first rows as they are kept."""
        ...
