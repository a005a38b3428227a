"""Companies in whatever database the ERP has, through SQLAlchemy: here a real SQLite, and errors of the other kinds."""

from __future__ import annotations

import asyncio
import gc
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, Engine, event, exc, select

from desktop.adapters.directory.sql import SqlDirectory
from desktop.adapters.directory.sql_errors import MEANINGS, sql_errors
from desktop.adapters.directory.sql_inspector import SqlInspector
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.mapping import Finding, TableMapping, examine, propose
from desktop.domain.secret import Credentials, Secret
from desktop.domain.settings import DatabaseSource
from tests.harness.patience import PATIENCE
from tests.harness.postgres import PASSWORD, USER, Postgres, needs_postgres
from tests.integration.directory.oracle_companies import Keyring

GROUP = "120363021234567890@g.us"
PADARIA = Cnpj("62567108000118")
POSTO = Cnpj("06981180000116")
LOJA = "INSERT INTO Lojas VALUES (?, ?, ?, ?)"
MAPPED = TableMapping(table="Lojas", cnpj="CNPJ", group="Grupo WhatsApp", name="Nome Fantasia", active="Ativo")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "erp.db"
    write(
        made,
        ('CREATE TABLE Lojas ("CNPJ" TEXT, "Nome Fantasia" TEXT, "Grupo WhatsApp" TEXT, "Ativo" CHAR(1))',),
        (LOJA, PADARIA.masked, "Padaria", GROUP, "S"),
        (LOJA, POSTO.value, "Posto", GROUP, "N"),
        (LOJA, "33000167000101", "", None, None),
        ("CREATE TABLE numeros (cnpj NUMERIC(14), grupo TEXT, nome TEXT)",),
        ("INSERT INTO numeros VALUES (?, ?, ?)", int(POSTO.value), GROUP, "Posto"),
        ("CREATE VIEW v_lojas AS SELECT * FROM Lojas",),
    )
    return made


def write(path: Path, *statements: tuple[object, ...]) -> None:
    """Each a statement and its values."""
    with closing(sqlite3.connect(path)) as database, database:
        for statement, *values in statements:
            database.execute(str(statement), values)


def source_of(path: Path) -> DatabaseSource:
    return DatabaseSource(
        url=f"sqlite:///{path}",
        table=MAPPED.table,
        column_cnpj=MAPPED.cnpj,
        column_group=MAPPED.group,
        column_name=MAPPED.name,
        column_active=MAPPED.active,
    )


# pg8000 leaves its socket to the garbage collector where a login fails.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def closed_connections() -> Iterator[None]:
    yield
    gc.collect()


class Shop:
    """A directory whose settings a test may change."""

    def __init__(self, source: DatabaseSource) -> None:
        self.source = source
        self.keyring = Keyring()
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        self.directory = SqlDirectory(lambda: self.source, self.keyring, now=lambda: self.now)

    async def refusal(self) -> AppError:
        with pytest.raises(AppError) as refused:
            await self.directory.find(PADARIA)
        return refused.value


@pytest.fixture
async def shop(path: Path) -> AsyncIterator[Shop]:
    made = Shop(source_of(path))
    yield made
    await made.directory.close()


async def test_a_masked_cnpj_is_found_and_an_inactive_company_is_not(shop: Shop) -> None:
    company = await shop.directory.find(PADARIA)
    assert company is not None
    assert (company.name, company.group) == ("Padaria", GROUP)
    assert await shop.directory.find(POSTO) is None
    assert [found.cnpj.value for found in await shop.directory.search("", 10)] == ["33000167000101", PADARIA.value]


async def test_those_who_ask_first_at_the_same_time_share_what_is_opened(shop: Shop) -> None:
    engines: set[Engine] = set()

    def note(line: Connection) -> None:
        engines.add(line.engine)

    event.listen(Engine, "engine_connect", note)
    try:
        await asyncio.gather(*(shop.directory.find(PADARIA) for _ in range(4)))
    finally:
        event.remove(Engine, "engine_connect", note)
    assert len(engines) == 1


async def test_a_number_is_found_without_its_zeros(shop: Shop) -> None:
    shop.source = replace(
        shop.source, table="numeros", column_cnpj="cnpj", column_group="grupo", column_name="NOME", column_active=""
    )
    company = await shop.directory.find(POSTO)
    assert company is not None
    assert company.name == "Posto"
    assert await shop.directory.find(Cnpj("12ABC34501DE35")) is None


async def test_two_rows_with_two_groups_are_for_a_person(shop: Shop, path: Path) -> None:
    other = "120363000000000001@g.us"
    write(path, (LOJA, PADARIA.value, "Padaria", GROUP, "S"), (LOJA, PADARIA.value, "Padaria", other, "S"))
    error = await shop.refusal()
    assert isinstance(error, NeedsHuman)
    assert error.facts["reason"] == "duplicate"


async def test_the_list_is_read_again_when_it_is_old_and_used_still_where_that_fails(shop: Shop, path: Path) -> None:
    assert shop.directory.freshness() is None
    assert len(await shop.directory.search("padaria", 10)) == 1
    assert shop.directory.freshness() == shop.now
    write(path, (LOJA, "11222333000181", "Padaria Nova", GROUP, "S"))
    assert len(await shop.directory.search("padaria", 10)) == 1
    shop.now += timedelta(minutes=6)
    assert len(await shop.directory.search("padaria", 10)) == 2
    write(path, ("ALTER TABLE Lojas RENAME TO Fechadas",))
    shop.now += timedelta(minutes=6)
    assert len(await shop.directory.search("padaria", 10)) == 2
    shop.source = replace(shop.source, deadline=PATIENCE)
    assert (await shop.refusal()).facts["reason"] == "table_not_found"


@pytest.mark.parametrize(
    ("change", "reason", "named"),
    [
        ({"table": "nenhuma"}, "table_not_found", ("table", "nenhuma")),
        ({"column_group": "zap"}, "column_not_found", ("column", "zap")),
        ({"url": "mysql+mysqldb://server/erp"}, "driver_missing", ("driver", "No module named 'MySQLdb'")),
        ({"url": "nada://server/erp"}, "driver_missing", ("driver", "Can't load plugin: sqlalchemy.dialects:nada")),
        ({"url": "sqlite:////nonexistent/folder/erp.db"}, "unreachable", None),
    ],
)
async def test_what_is_wrong_with_the_settings_is_told(
    shop: Shop, change: dict[str, str], reason: str, named: tuple[str, str] | None
) -> None:
    shop.source = replace(shop.source, **change)  # type: ignore[arg-type]
    error = await shop.refusal()
    assert (error.code, error.facts["reason"]) == (Code.DIRECTORY_UNAVAILABLE, reason)
    if named:
        assert error.facts[named[0]] == named[1]


async def test_without_an_address_it_is_not_configured(shop: Shop) -> None:
    shop.source = DatabaseSource()
    assert (await shop.refusal()).code is Code.DIRECTORY_NOT_CONFIGURED


async def test_a_server_that_says_nothing_is_given_up_at_the_deadline(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shop.keyring.kept["database"] = Credentials(USER, Secret(PASSWORD))
        port = silent.getsockname()[1]
        shop.source = replace(shop.source, url=f"postgresql+pg8000://127.0.0.1:{port}/erp", deadline=0.5)
        error = await shop.refusal()
    assert isinstance(error, Transient)
    assert error.facts["reason"] in ("timeout", "unreachable")


async def test_the_companies_are_found_by_looking(shop: Shop) -> None:
    inspector = SqlInspector(shop.directory)
    proposed = propose(await inspector.candidates())
    assert proposed[0] == MAPPED
    assert {mapping.table for mapping in proposed} == {"Lojas", "v_lojas", "numeros"}
    assert await inspector.tables("LOJA") == ["Lojas", "v_lojas"]
    assert [(column.name, column.text) for column in await inspector.columns("numeros")] == [
        ("cnpj", False),
        ("grupo", True),
        ("nome", True),
    ]
    report = examine(await inspector.sample(MAPPED, 10))
    assert (report.rows, report.usable) == (3, 1)
    assert set(report.found) == {
        Finding.CNPJ_MASKED,
        Finding.GROUP_MISSING,
        Finding.NAME_EMPTY,
        Finding.INACTIVE,
    }
    with pytest.raises(AppError):
        await inspector.sample(replace(MAPPED, table='Lojas" --'), 10)


class DriverError(Exception):
    """As drivers make theirs, by their arguments."""


def meant(orig: Exception, kind: type[exc.DBAPIError] = exc.OperationalError) -> AppError:
    with pytest.raises(AppError) as told, sql_errors("segredo"):
        raise kind("SELECT 1", {}, orig)
    return told.value


@pytest.mark.parametrize(
    ("orig", "code", "reason"),
    [
        (DriverError({"S": "FATAL", "C": "28P01", "M": "senha"}), Code.DIRECTORY_CREDENTIALS, "wrong"),
        (DriverError(1045, "Access denied"), Code.DIRECTORY_CREDENTIALS, "wrong"),
        (DriverError(18456, b"Login failed"), Code.DIRECTORY_CREDENTIALS, "wrong"),
        (DriverError((18456, b"Login failed")), Code.DIRECTORY_CREDENTIALS, "wrong"),
        (DriverError({"C": "3D000"}), Code.DIRECTORY_UNAVAILABLE, "database_unknown"),
        (DriverError(1142, "SELECT command denied"), Code.DIRECTORY_UNAVAILABLE, "no_rights"),
        (DriverError("server closed the connection"), Code.DIRECTORY_UNAVAILABLE, "unreachable"),
    ],
)
def test_the_databases_own_codes_are_understood(orig: Exception, code: Code, reason: str) -> None:
    error = meant(orig)
    assert (error.code, error.facts["reason"]) == (code, reason)


def test_what_is_not_known_is_shown_whole_but_for_the_password() -> None:
    error = meant(DriverError("strange: password segredo\n  refused"), exc.ProgrammingError)
    assert (error.facts["reason"], error.facts["detail"]) == ("other", "strange: password *** refused")
    assert "credentials" in MEANINGS.values()


def test_no_error_of_sqlalchemy_or_the_network_is_left_as_it_is() -> None:
    for raised in (
        exc.TimeoutError(),
        exc.NoSuchTableError("t"),
        exc.NoSuchModuleError("x"),
        exc.ArgumentError("url"),
        OSError("no route"),
        ModuleNotFoundError("x"),
    ):
        with pytest.raises(AppError) as told, sql_errors():
            raise raised
        assert told.value.code is Code.DIRECTORY_UNAVAILABLE


@needs_postgres
async def test_a_refused_password_is_not_sent_twice(shop: Shop) -> None:
    with Postgres() as server:
        shop.source = replace(shop.source, url=server.url)
        shop.keyring.kept["database"] = Credentials(USER, Secret("wrong"))
        at_once = await asyncio.gather(*(shop.refusal() for _ in range(4)))
        for error in (*at_once, await shop.refusal()):
            assert (error.code, error.facts) == (Code.DIRECTORY_CREDENTIALS, {"reason": "wrong"})
        with pytest.raises(NeedsHuman):
            await shop.directory.check()
        shop.keyring.kept["database"] = Credentials(USER, Secret(PASSWORD))
        assert (await shop.refusal()).facts["reason"] == "table_not_found"
        await shop.directory.close()
    assert server.refusals == 1


@needs_postgres
async def test_an_answer_to_the_password_before_does_not_let_a_refused_one_be_sent_again(shop: Shop) -> None:
    answering, go_on = Event(), Event()

    def slow(line: Connection) -> int:
        answering.set()
        go_on.wait()
        return int(line.execute(select(1)).scalar_one())

    with Postgres() as server:
        shop.source = replace(shop.source, url=server.url, deadline=PATIENCE)
        shop.keyring.kept["database"] = Credentials(USER, Secret(PASSWORD))
        # Known to be right from here on: who has another one need not wait for it.
        assert (await shop.refusal()).facts["reason"] == "table_not_found"
        begun = asyncio.create_task(shop.directory.run(slow, deadline=PATIENCE))
        try:
            await asyncio.to_thread(answering.wait)
            shop.keyring.kept["database"] = Credentials(USER, Secret("wrong"))
            assert (await shop.refusal()).code is Code.DIRECTORY_CREDENTIALS
        finally:
            go_on.set()
        assert await begun == 1
        assert (await shop.refusal()).code is Code.DIRECTORY_CREDENTIALS
        await shop.directory.close()
    assert server.refusals == 1
