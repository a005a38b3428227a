"""A server that thin mode cannot reach: the same worker command goes on through Oracle's client library by itself.

The library is a double that the real driver really loads; it fails where a real one would call the server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from desktop.adapters.directory.examining import Examination
from desktop.adapters.directory.oracle_line import ORACLE_STEPS, OracleLine
from desktop.app import worker_command
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.settings import OracleSource
from tests.doubles.oracle import OracleDouble
from tests.doubles.oracle_client import build_client, needs_compiler
from tests.integration.directory.oracle_companies import PADARIA, PASSWORD, QUERY, USER, Keyring, companies, source_of

OLD = 314
"""The TNS version of Oracle 11.2."""


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}) as double:
        double.config.tns_version = OLD
        yield double


@pytest.fixture
async def line() -> AsyncIterator[OracleLine]:
    line = OracleLine(Keyring(), command=worker_command("oracle"))
    yield line
    await line.close()


@pytest.fixture
def client(tmp_path: Path) -> Path:
    return build_client(tmp_path / "instantclient_19_28")


async def failure(line: OracleLine, source: OracleSource, *, by_person: bool = False) -> AppError:
    until = asyncio.get_running_loop().time() + 20.0
    asked: Awaitable[object]
    if by_person:
        examination = Examination(ORACLE_STEPS, lambda _step: None)
        asked = line.test(source, QUERY, until=lambda: until, examination=examination)
    else:
        asked = line.ask(source, "find", until=until, cnpj=PADARIA, query=QUERY)
    with pytest.raises(AppError) as error:
        await asked
    return error.value


@pytest.mark.parametrize("by_person", [True, False])
async def test_without_a_client_a_person_is_told_to_install_one(
    line: OracleLine, oracle: OracleDouble, by_person: bool
) -> None:
    error = await failure(line, source_of(oracle), by_person=by_person)
    assert isinstance(error, NeedsHuman)
    assert error.facts["reason"] == "server_too_old"
    assert oracle.logins.attempts == 0


async def test_no_worker_is_started_for_a_line_that_is_being_closed(
    line: OracleLine, oracle: OracleDouble, tmp_path: Path
) -> None:
    closing: list[asyncio.Task[None]] = []

    class AtTheChange(logging.Handler):
        """The program ends between one worker, in thin mode, and the next."""

        def emit(self, record: logging.LogRecord) -> None:
            closing.append(asyncio.get_running_loop().create_task(line.close()))

    logger, handler = logging.getLogger(OracleLine.__module__), AtTheChange()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        error = await failure(line, source_of(oracle, client_folder=str(tmp_path)))
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)
    await asyncio.gather(*closing)
    assert (len(closing), error.facts["reason"]) == (1, "dropped")
    assert [child for child in psutil.Process().children() if "oracle" in child.cmdline()] == []


@needs_compiler
@pytest.mark.parametrize("by_person", [True, False])
async def test_with_a_client_the_login_goes_through_it(
    line: OracleLine, oracle: OracleDouble, client: Path, monkeypatch: pytest.MonkeyPatch, by_person: bool
) -> None:
    monkeypatch.setenv("CLIENT_DOUBLE_ORA", "1017")
    error = await failure(line, source_of(oracle, client_folder=str(client)), by_person=by_person)
    assert isinstance(error, NeedsHuman)
    assert (error.code, error.facts["reason"]) == (Code.ORACLE_CREDENTIALS, "wrong")
    assert oracle.logins.attempts == 0


@needs_compiler
async def test_a_server_that_demands_encryption_is_reached_through_the_client(
    line: OracleLine, oracle: OracleDouble, client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_DOUBLE_ORA", "28000")
    oracle.config.tns_version = 319
    oracle.config.encryption_required = True
    error = await failure(line, source_of(oracle, client_folder=str(client)))
    assert (error.code, error.facts["reason"]) == (Code.ORACLE_CREDENTIALS, "locked")


@needs_compiler
async def test_a_client_too_new_for_the_server_is_told_with_its_version(
    line: OracleLine, oracle: OracleDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_DOUBLE_ORA", "3134")
    new = build_client(tmp_path / "instantclient_23", major=23, minor=9)
    error = await failure(line, source_of(oracle, client_folder=str(new)))
    assert isinstance(error, NeedsHuman)
    assert (error.facts["reason"], error.facts["client"]) == ("client_too_new", "23.9.0.0.0")


@needs_compiler
@pytest.mark.parametrize("crashes", [True, False])
async def test_a_client_that_does_not_load_is_told(
    line: OracleLine, oracle: OracleDouble, tmp_path: Path, crashes: bool
) -> None:
    folder = build_client(tmp_path / "cliente", crashes=True) if crashes else tmp_path
    error = await failure(line, source_of(oracle, client_folder=str(folder)))
    assert isinstance(error, NeedsHuman)
    assert error.facts["reason"] == "client_broken"
    assert error.facts["detail"]


@needs_compiler
async def test_once_known_the_server_is_asked_through_the_client_at_once(
    line: OracleLine, oracle: OracleDouble, client: Path
) -> None:
    source = source_of(oracle, client_folder=str(client))
    assert isinstance(await failure(line, source), Transient)
    oracle.config.tns_version = 319  # thin mode would find a server it can reach now
    assert (await failure(line, source)).facts["ora"] == "ORA-12541"
    assert oracle.logins.attempts == 0
    # until the owner takes the client away
    await line.ask(
        replace(source, client_folder=""),
        "find",
        until=asyncio.get_running_loop().time() + 20.0,
        cnpj=PADARIA,
        query=QUERY,
    )
    assert oracle.logins.accepted == 1
