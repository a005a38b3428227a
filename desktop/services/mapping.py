"""The page that finds the companies: looks into the directory that is chosen, proposes, previews, validates, keeps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from desktop.domain.errors import Code, NeedsHuman
from desktop.domain.mapping import Column, Examination, RawRow, TableMapping, examine, propose
from desktop.domain.settings import DirectoryKind, DirectorySettings
from desktop.ports.directory_inspector import DirectoryInspector
from desktop.services.configuration import Configuration

PREVIEWED: Final = 10
EXAMINED: Final = 20_000
"""Rows that a validation looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    rows: tuple[RawRow, ...]
    """The first few, as they are kept."""
    examination: Examination
    whole: bool
    """Whether every row was looked at, and not only the first EXAMINED."""


class Mappings:
    """Methods raise what DirectoryInspector raises, and NeedsHuman(DIRECTORY_NOT_CONFIGURED) where none can look."""

    def __init__(
        self, *, inspectors: Mapping[DirectoryKind, Callable[[], DirectoryInspector]], settings: Configuration
    ) -> None:
        self._inspectors = inspectors
        self._settings = settings
        self._made: dict[DirectoryKind, DirectoryInspector] = {}

    def current(self) -> TableMapping:
        """What the settings say now."""
        return mapping_of(self._settings.load().directory)

    async def propose(self) -> list[TableMapping]:
        """The likeliest first; none where nothing looks like a table of companies."""
        return propose(await self._inspector().candidates())

    async def tables(self, containing: str = "") -> list[str]:
        return await self._inspector().tables(containing)

    async def columns(self, table: str) -> list[Column]:
        return await self._inspector().columns(table)

    async def preview(self, mapping: TableMapping) -> Preview:
        """The first rows, and what is odd about up to EXAMINED of them."""
        rows = await self._inspector().sample(mapping, EXAMINED)
        return Preview(rows=tuple(rows[:PREVIEWED]), examination=examine(rows), whole=len(rows) < EXAMINED)

    def use(self, mapping: TableMapping) -> None:
        """Keep it for the kind of directory that is chosen; raises Rejected(SETTING_INVALID)."""
        kind = self._settings.load().directory.kind
        values: dict[str, object] = {
            "column_cnpj": mapping.cnpj,
            "column_group": mapping.group,
            "column_name": mapping.name,
            "column_active": mapping.active,
        }
        if kind is not DirectoryKind.TABLE:
            values["table"] = mapping.table
        if kind is DirectoryKind.ORACLE:
            # a SELECT of the owner's own would go before the table
            values |= {"query": "", "query_list": ""}
        self._settings.change({f"directory.{kind.value}.{name}": value for name, value in values.items()})

    def _inspector(self) -> DirectoryInspector:
        kind = self._settings.load().directory.kind
        if kind not in self._made:
            if kind not in self._inspectors:
                raise NeedsHuman(Code.DIRECTORY_NOT_CONFIGURED)
            self._made[kind] = self._inspectors[kind]()
        return self._made[kind]


def mapping_of(directory: DirectorySettings) -> TableMapping:
    """The chosen directory's names; a file's are empty where its usual titles are found by themselves."""
    if directory.kind is DirectoryKind.TABLE:
        file = directory.table
        return TableMapping(
            cnpj=file.column_cnpj, group=file.column_group, name=file.column_name, active=file.column_active
        )
    source = directory.oracle if directory.kind is DirectoryKind.ORACLE else directory.database
    return TableMapping(
        table=source.table,
        cnpj=source.column_cnpj,
        group=source.column_group,
        name=source.column_name,
        active=source.column_active,
    )
