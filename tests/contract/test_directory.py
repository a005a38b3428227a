"""What every directory of companies does, wherever they are registered."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import CHAR, MetaData, String, Text, create_engine, make_url
from sqlalchemy import Column as SqlColumn
from sqlalchemy import Table as SqlTable

from desktop.adapters.directory.oracle import OracleDirectory
from desktop.adapters.directory.sql import SqlDirectory
from desktop.adapters.directory.table import TableDirectory
from desktop.app import worker_command
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.settings import DatabaseSource, TableSource
from desktop.ports.directory import Directory
from tests.doubles.oracle import OracleDouble, Table
from tests.harness.postgres import Postgres, needs_postgres
from tests.integration.directory.oracle_companies import PASSWORD, USER, Keyring, source_of

GROUP = "120363049876543210@g.us"
BAKERY = Company(cnpj=Cnpj("62567108000101"), name="Padaria São João Ltda", group=GROUP)
STATION = Company(cnpj=Cnpj("06981180000116"), name="AUTO POSTO CONCEIÇÃO 24H", group="5511999999999-1600000000@g.us")
NEW_KIND = Company(cnpj=Cnpj("12ABC34501DE35"), name="Açaí d'Oeste 100%_natural", group="120363011111111111@g.us")
WITHOUT_GROUP = Company(cnpj=Cnpj("33000167000101"), name="Padaria Central", group=None)
COMPANIES = (BAKERY, STATION, NEW_KIND, WITHOUT_GROUP)


class DirectoryContract:
    """A subclass named Test… gives the fixture `directory`, which holds COMPANIES and nothing else."""

    async def test_a_company_is_found_with_its_name_and_its_group(self, directory: Directory) -> None:
        assert await directory.find(STATION.cnpj) == STATION

    async def test_a_company_with_wrong_check_digits_is_found_as_it_is_registered(self, directory: Directory) -> None:
        assert not BAKERY.cnpj.check_digits_hold
        assert await directory.find(BAKERY.cnpj) == BAKERY
        assert await directory.find(BAKERY.cnpj.expected) is None

    async def test_a_company_with_letters_in_its_cnpj_is_found(self, directory: Directory) -> None:
        assert await directory.find(NEW_KIND.cnpj) == NEW_KIND

    async def test_a_company_without_a_group_is_found_without_one(self, directory: Directory) -> None:
        assert await directory.find(WITHOUT_GROUP.cnpj) == WITHOUT_GROUP

    async def test_a_company_that_is_not_registered_is_not_found(self, directory: Directory) -> None:
        assert await directory.find(Cnpj("11222333000181")) is None

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("padaria", {BAKERY, WITHOUT_GROUP}),
            ("SAO JOAO", {BAKERY}),
            ("são joão", {BAKERY}),
            ("conceicao", {STATION}),
            ("posto concei", {STATION}),
            ("  auto   posto ", {STATION}),
            ("24h", {STATION}),
            ("açai D'OESTE", {NEW_KIND}),
            ("0%_n", {NEW_KIND}),
            ("%", {NEW_KIND}),
            ("_", {NEW_KIND}),
            ("d_o", set()),
            ("nenhuma", set()),
            ("padaria posto", set()),
        ],
    )
    async def test_companies_are_searched_by_a_part_of_the_name(
        self, directory: Directory, text: str, expected: set[Company]
    ) -> None:
        found = await directory.search(text, 10)
        assert set(found) == expected
        assert len(found) == len(expected)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("62567108000101", {BAKERY}),
            ("62.567.108/0001-01", {BAKERY}),
            ("62.567", {BAKERY}),
            ("08/0001", {BAKERY}),
            ("069811", {STATION}),
            ("12abc345", {NEW_KIND}),
            ("000101", {BAKERY, WITHOUT_GROUP}),
            ("99999999", set()),
        ],
    )
    async def test_companies_are_searched_by_a_part_of_the_cnpj(
        self, directory: Directory, text: str, expected: set[Company]
    ) -> None:
        found = await directory.search(text, 10)
        assert set(found) == expected
        assert len(found) == len(expected)

    async def test_no_more_companies_come_than_were_asked_for(self, directory: Directory) -> None:
        assert len(await directory.search("padaria", 1)) == 1
        assert len(await directory.search("", 3)) == 3

    async def test_without_a_text_all_companies_come(self, directory: Directory) -> None:
        assert set(await directory.search("", 10)) == set(COMPANIES)

    async def test_everybody_is_every_company_there_is(self, directory: Directory) -> None:
        everybody = await directory.everybody()
        assert set(everybody) == set(COMPANIES)
        assert len(everybody) == len(COMPANIES)

    async def test_a_check_counts_the_companies_and_names_the_source(self, directory: Directory) -> None:
        check = await directory.check()
        assert check.companies == len(COMPANIES)
        assert check.source

    async def test_many_may_ask_at_once(self, directory: Directory) -> None:
        wanted = COMPANIES * 5
        found = await asyncio.gather(*(directory.find(company.cnpj) for company in wanted))
        assert tuple(found) == wanted

    async def test_it_may_be_closed_without_having_been_used_and_twice(self, directory: Directory) -> None:
        await directory.close()
        await directory.close()


class TestCsvTable(DirectoryContract):
    @pytest.fixture
    async def directory(self, tmp_path: Path) -> AsyncIterator[Directory]:
        path = tmp_path / "empresas.csv"
        rows = [f'{company.cnpj.masked};"{company.name}";{company.group or ""}' for company in COMPANIES]
        path.write_text("\n".join(["CNPJ;Nome;Grupo", *rows]), encoding="utf-8")
        directory = TableDirectory(lambda: TableSource(path=str(path)))
        yield directory
        await directory.close()


class TestWorkbookTable(DirectoryContract):
    @pytest.fixture
    async def directory(self, tmp_path: Path) -> AsyncIterator[Directory]:
        path = tmp_path / "empresas.xlsx"
        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet()
        sheet.append(["CNPJ", "Nome", "Grupo"])
        for company in COMPANIES:
            sheet.append([company.cnpj.masked, company.name, company.group])
        workbook.save(path)
        directory = TableDirectory(lambda: TableSource(path=str(path)))
        yield directory
        await directory.close()


class TestSqliteTable(DirectoryContract):
    @pytest.fixture
    async def directory(self, tmp_path: Path) -> AsyncIterator[Directory]:
        path = tmp_path / "empresas.db"
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE empresas (grupo TEXT, nome TEXT, cnpj TEXT)")
            rows = [(company.group, company.name, company.cnpj.value) for company in COMPANIES]
            database.executemany("INSERT INTO empresas VALUES (?, ?, ?)", rows)
        directory = TableDirectory(lambda: TableSource(path=str(path)))
        yield directory
        await directory.close()


class DatabaseContract(DirectoryContract):
    """A subclass gives the fixture `url`, of a database that USER may make a table in."""

    @pytest.fixture
    async def directory(self, url: str) -> AsyncIterator[Directory]:
        fill(url)
        keyring = Keyring()
        keyring.change(PASSWORD, name="database")
        directory = SqlDirectory(lambda: DatabaseSource(url=url), keyring)
        yield directory
        await directory.close()


def fill(url: str) -> None:
    address = make_url(url)
    engine = create_engine(address if address.host is None else address.set(username=USER, password=PASSWORD))
    companies = SqlTable(
        "empresas", MetaData(), SqlColumn("cnpj", CHAR(18)), SqlColumn("nome", String(60)), SqlColumn("grupo", Text)
    )
    with engine.begin() as line:
        companies.drop(line, checkfirst=True)
        companies.create(line)
        rows = [{"cnpj": one.cnpj.value, "nome": one.name, "grupo": one.group} for one in COMPANIES]
        line.execute(companies.insert(), rows)
    engine.dispose()


class TestSqliteByUrl(DatabaseContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'erp.db'}"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@needs_postgres
class TestPostgres(DatabaseContract):
    @pytest.fixture
    def url(self, postgres: Postgres) -> str:
        return postgres.url


class TestOracle(DirectoryContract):
    """The real driver in the program's own worker, against the double of a server."""

    @pytest.fixture
    async def directory(self, tmp_path: Path) -> AsyncIterator[Directory]:
        declared = {"CNPJ_CO2": "CHAR(18)", "NUMERO_WHATSAPP_GRUPO": "VARCHAR2(60)", "RAZAO_SOCIAL": "CHAR(60)"}
        rows = [
            {"CNPJ_CO2": company.cnpj.value, "NUMERO_WHATSAPP_GRUPO": company.group, "RAZAO_SOCIAL": company.name}
            for company in COMPANIES
        ]
        with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": Table.of(declared, rows)}) as oracle:
            source = source_of(oracle)
            directory = OracleDirectory(
                lambda: source, Keyring(), command=worker_command("oracle"), cache=tmp_path / "empresas.db"
            )
            yield directory
            await directory.close()
