"""The directory that the owner chose, of whatever kind."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from desktop.adapters.directory.chosen import ChosenDirectory
from desktop.adapters.directory.sql import SqlDirectory
from desktop.adapters.directory.table import TableDirectory
from desktop.domain.settings import DatabaseSource, DirectoryKind, TableSource
from tests.integration.directory.oracle_companies import Keyring


async def test_one_that_is_asked_while_the_others_are_closed_keeps_none_of_them_open(tmp_path: Path) -> None:
    path = tmp_path / "erp.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE empresas (cnpj, grupo)")
    source = DatabaseSource(
        url=f"sqlite:///{path}", table="empresas", column_cnpj="cnpj", column_group="grupo", column_name=""
    )
    chosen = ChosenDirectory(
        lambda: DirectoryKind.DATABASE,
        {
            DirectoryKind.DATABASE: lambda: SqlDirectory(lambda: source, Keyring()),
            DirectoryKind.TABLE: lambda: TableDirectory(lambda: TableSource()),
        },
    )
    assert (await chosen.check()).companies == 0
    ending = asyncio.create_task(chosen.close())
    await asyncio.sleep(0)  # one turn of the loop: the database is being let go
    assert not ending.done()
    chosen.of(DirectoryKind.TABLE)
    await ending
