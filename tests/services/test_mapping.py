"""The page that finds the companies proposes, previews and keeps, for whichever directory is chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.adapters.settings_file import SettingsFile
from desktop.domain.errors import Code, NeedsHuman, Rejected
from desktop.domain.mapping import Column, Finding, RawRow, TableMapping
from desktop.domain.settings import DirectoryKind
from desktop.ports.directory_inspector import DirectoryInspector
from desktop.services.bus import Bus
from desktop.services.configuration import Configuration
from desktop.services.mapping import EXAMINED, PREVIEWED, Mappings

FOUND = TableMapping(table="ERP.LOJAS", cnpj="CNPJ", group="GRUPO", name="NOME", active="ATIVO")


class Inspector:
    """Implements ports.directory_inspector.DirectoryInspector over one table that a test gives it."""

    def __init__(self) -> None:
        self.rows = [RawRow(cnpj="62567108000118", group="120363021234567890@g.us", name="Padaria")]

    async def candidates(self) -> list[Column]:
        return await self.columns("ERP.LOJAS")

    async def tables(self, containing: str) -> list[str]:
        return [table for table in ("ERP.LOJAS", "ERP.NOTAS") if containing in table]

    async def columns(self, table: str) -> list[Column]:
        return [Column(table=table, name=name, text=True) for name in ("CNPJ", "GRUPO", "NOME", "ATIVO")]

    async def sample(self, mapping: TableMapping, most: int) -> list[RawRow]:
        assert mapping == FOUND
        return self.rows[:most]


@pytest.fixture
def inspector() -> Inspector:
    return Inspector()


@pytest.fixture
def settings(tmp_path: Path) -> Configuration:
    return Configuration(SettingsFile(tmp_path / "settings.json"), Bus())


@pytest.fixture
def mappings(inspector: Inspector, settings: Configuration) -> Mappings:
    made: list[DirectoryKind] = []

    def once(kind: DirectoryKind) -> Callable[[], DirectoryInspector]:
        def make() -> DirectoryInspector:
            assert kind not in made
            made.append(kind)
            return inspector

        return make

    return Mappings(
        inspectors={kind: once(kind) for kind in (DirectoryKind.ORACLE, DirectoryKind.TABLE)}, settings=settings
    )


async def test_the_companies_are_found_by_looking(mappings: Mappings) -> None:
    assert await mappings.propose() == [FOUND]
    assert await mappings.tables("LOJ") == ["ERP.LOJAS"]
    assert [column.name for column in await mappings.columns("ERP.LOJAS")] == ["CNPJ", "GRUPO", "NOME", "ATIVO"]


async def test_a_preview_shows_ten_rows_and_what_is_odd_about_all(mappings: Mappings, inspector: Inspector) -> None:
    inspector.rows = [*inspector.rows, *[RawRow(cnpj=f"{number:014}", group=None) for number in range(20)]]
    preview = await mappings.preview(FOUND)
    assert preview.rows == tuple(inspector.rows[:PREVIEWED])
    assert preview.examination.rows == 21
    assert preview.examination.found[Finding.GROUP_MISSING].count == 20
    assert preview.whole


async def test_of_a_huge_table_a_preview_says_that_it_saw_a_part(mappings: Mappings, inspector: Inspector) -> None:
    inspector.rows = inspector.rows * (EXAMINED + 1)
    preview = await mappings.preview(FOUND)
    assert preview.examination.rows == EXAMINED
    assert not preview.whole


def test_what_is_kept_is_what_the_next_lookup_uses(mappings: Mappings, settings: Configuration) -> None:
    settings.change({"directory.oracle.query": "SELECT G FROM V WHERE C = :cnpj"})
    mappings.use(FOUND)
    oracle = settings.load().directory.oracle
    assert (oracle.table, oracle.column_cnpj, oracle.column_active, oracle.query) == ("ERP.LOJAS", "CNPJ", "ATIVO", "")
    assert mappings.current() == FOUND


def test_a_file_keeps_titles_and_no_table(mappings: Mappings, settings: Configuration) -> None:
    settings.change({"directory.kind": "table"})
    assert mappings.current() == TableMapping(cnpj="", group="")
    mappings.use(FOUND)
    assert mappings.current() == TableMapping(cnpj="CNPJ", group="GRUPO", name="NOME", active="ATIVO")


def test_another_database_keeps_its_own(mappings: Mappings, settings: Configuration) -> None:
    settings.change({"directory.kind": "database"})
    mappings.use(FOUND)
    assert mappings.current() == FOUND
    assert settings.load().directory.oracle.table == "D_EMPRESAS"


def test_a_name_that_the_settings_refuse_changes_nothing(mappings: Mappings, settings: Configuration) -> None:
    with pytest.raises(Rejected):
        mappings.use(TableMapping(table="a b; DROP", cnpj="CNPJ", group="GRUPO"))
    assert settings.load().directory.oracle.column_cnpj == "CNPJ_CO2"


async def test_a_directory_that_cannot_be_looked_into_says_so(mappings: Mappings, settings: Configuration) -> None:
    settings.change({"directory.kind": "database"})
    with pytest.raises(NeedsHuman) as refused:
        await mappings.propose()
    assert refused.value.code is Code.DIRECTORY_NOT_CONFIGURED
