"""The companies' table is found in what an Oracle user may read: the real driver against the double's dictionary."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.adapters.directory.oracle import OracleDirectory
from desktop.adapters.directory.oracle_inspector import OracleInspector
from desktop.app import worker_command
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.mapping import Finding, TableMapping, examine, propose
from desktop.domain.settings import OracleSource
from tests.doubles.oracle import OracleDouble, Table
from tests.integration.directory.oracle_companies import GROUPS, PADARIA, PASSWORD, USER, Keyring, companies, source_of

OTHER = "120363000000000001@g.us"
LOJAS = Table.of(
    {
        "ID": "NUMBER(10)",
        "CNPJ": "VARCHAR2(18)",
        "GRUPO_WHATSAPP": "VARCHAR2(60)",
        "FANTASIA": "VARCHAR2(60)",
        "ATIVO": "CHAR(1)",
        "CRIADA_EM": "DATE",
    },
    [
        {"ID": 1, "CNPJ": "62.567.108/0001-01", "GRUPO_WHATSAPP": GROUPS[PADARIA], "FANTASIA": "Padaria", "ATIVO": "S"},
        {"ID": 2, "CNPJ": "06981180000116", "GRUPO_WHATSAPP": "Grupo do posto", "FANTASIA": "Posto", "ATIVO": "N"},
        {"ID": 3, "CNPJ": "33000167000101", "GRUPO_WHATSAPP": None, "FANTASIA": None, "ATIVO": None},
    ],
)
FOUND = TableMapping(table="MATRIZ.LOJAS", cnpj="CNPJ", group="GRUPO_WHATSAPP", name="FANTASIA", active="ATIVO")


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    tables = {
        "D_EMPRESAS": companies(),
        "MATRIZ.LOJAS": LOJAS,
        "NOTAS": Table.of({"CNPJ": "CHAR(14)", "VALOR": "NUMBER(12,2)"}, []),
        "100%_TESTE": Table.of({"X": "NUMBER"}, []),
        "V_GRUPOS": Table.of({"CNPJ": "NUMBER(14)", "JID": "VARCHAR2(60)"}, [], view=True),
    }
    with OracleDouble(user=USER, password=PASSWORD, tables=tables) as double:
        yield double


@pytest.fixture
def source(oracle: OracleDouble) -> OracleSource:
    return source_of(oracle)


@pytest.fixture
async def directory(source: OracleSource, tmp_path: Path) -> AsyncIterator[OracleDirectory]:
    chosen = OracleDirectory(
        lambda: source, Keyring(), command=worker_command("oracle"), cache=tmp_path / "companies.db"
    )
    yield chosen
    await chosen.close()


@pytest.fixture
def inspector(directory: OracleDirectory) -> OracleInspector:
    return OracleInspector(directory)


async def test_tables_and_views_with_a_cnpj_and_a_group_are_proposed(inspector: OracleInspector) -> None:
    proposed = propose(await inspector.candidates())
    assert [mapping.table for mapping in proposed] == ["MATRIZ.LOJAS", "ERP.D_EMPRESAS", "ERP.V_GRUPOS"]
    assert proposed[0] == FOUND


async def test_tables_are_found_by_a_part_of_their_name(inspector: OracleInspector) -> None:
    assert "ERP.NOTAS" in await inspector.tables("")
    assert await inspector.tables("loja") == ["MATRIZ.LOJAS"]
    assert await inspector.tables("_") == ["ERP.D_EMPRESAS", "ERP.V_GRUPOS"]


async def test_a_tables_columns_are_those_that_could_be_of_use(inspector: OracleInspector) -> None:
    columns = await inspector.columns("MATRIZ.LOJAS")
    assert [(column.name, column.text) for column in columns] == [
        ("ID", False),
        ("CNPJ", True),
        ("GRUPO_WHATSAPP", True),
        ("FANTASIA", True),
        ("ATIVO", True),
    ]
    assert {column.table for column in await inspector.columns("lojas")} == {"MATRIZ.LOJAS"}
    assert await inspector.columns("ERP.100%_TESTE") == []


async def test_rows_come_as_they_are_kept_and_are_examined(inspector: OracleInspector) -> None:
    rows = await inspector.sample(FOUND, 2)
    assert [row.cnpj for row in rows] == ["62.567.108/0001-01", "06981180000116"]
    report = examine(await inspector.sample(FOUND, 10))
    assert (report.rows, report.usable) == (3, 1)
    assert {finding: found.count for finding, found in report.found.items()} == {
        Finding.CNPJ_MASKED: 1,
        Finding.CNPJ_CHECK_DIGITS: 1,
        Finding.GROUP_MISSING: 1,
        Finding.GROUP_INVALID: 1,
        Finding.NAME_EMPTY: 1,
        Finding.INACTIVE: 1,
    }


async def test_everything_asked_is_in_11gs_syntax_with_binds(oracle: OracleDouble, inspector: OracleInspector) -> None:
    await inspector.candidates()
    await inspector.tables("loja")
    await inspector.sample(FOUND, 10)
    asked = [statement.sql for statement in oracle.statements]
    assert len(asked) >= 7
    assert not [sql for sql in asked if "FETCH" in sql.upper() or "'LOJA" in sql.upper() or ";" in sql]


@pytest.mark.parametrize("name", ['LOJAS" WHERE 1=1 --', "A B", "", "X.Y.Z", "1A"])
async def test_what_is_no_name_never_enters_a_statement(
    oracle: OracleDouble, inspector: OracleInspector, name: str
) -> None:
    with pytest.raises(Rejected) as refused:
        await inspector.sample(replace(FOUND, table=name), 10)
    assert refused.value.code is Code.SETTING_INVALID
    with pytest.raises(Rejected):
        await inspector.sample(replace(FOUND, cnpj=name), 10)
    assert not oracle.statements


async def test_a_mapped_table_is_looked_up_without_its_inactive_companies(oracle: OracleDouble, tmp_path: Path) -> None:
    source = source_of(
        oracle,
        table="MATRIZ.LOJAS",
        column_cnpj="CNPJ",
        column_group="GRUPO_WHATSAPP",
        column_name="",
        column_active="ATIVO",
    )
    directory = OracleDirectory(lambda: source, Keyring(), command=worker_command("oracle"), cache=tmp_path / "c.db")
    try:
        found = await directory.find(Cnpj(PADARIA))
        assert found is not None
        assert (found.group, found.name) == (GROUPS[PADARIA], "")
        assert await directory.find(Cnpj("06981180000116")) is None
        assert {company.cnpj.value for company in await directory.search("", 10)} == {PADARIA, "33000167000101"}
    finally:
        await directory.close()


OWN = "SELECT GRUPO_WHATSAPP, FANTASIA FROM MATRIZ.LOJAS WHERE REPLACE(CNPJ, '.', '') LIKE :cnpj OR CNPJ = :cnpj"


@pytest.mark.parametrize("listed", [True, False])
async def test_a_select_of_the_owners_own_finds_and_lists(oracle: OracleDouble, tmp_path: Path, listed: bool) -> None:
    source = source_of(oracle, query=OWN, query_list="SELECT CNPJ, GRUPO_WHATSAPP, FANTASIA FROM LOJAS_V" * listed)
    oracle.put_table("LOJAS_V", LOJAS)
    directory = OracleDirectory(lambda: source, Keyring(), command=worker_command("oracle"), cache=tmp_path / "c.db")
    try:
        found = await directory.find(Cnpj("06981180000116"))
        assert found is not None
        assert (found.group, found.name) == ("Grupo do posto", "Posto")
        assert await directory.find(Cnpj("11222333000181")) is None
        assert len(await directory.search("", 10)) == (3 if listed else 0)
        assert (await directory.check()).companies == (3 if listed else None)
    finally:
        await directory.close()


async def test_a_select_of_the_owners_own_that_fails_says_where(oracle: OracleDouble, tmp_path: Path) -> None:
    source = source_of(oracle, query="SELECT GRUPO FROM NENHUMA WHERE CNPJ = :cnpj")
    directory = OracleDirectory(lambda: source, Keyring(), command=worker_command("oracle"), cache=tmp_path / "c.db")
    try:
        with pytest.raises(AppError) as refused:
            await directory.find(Cnpj(PADARIA))
        assert refused.value.facts["reason"] == "table_not_found"
    finally:
        await directory.close()
