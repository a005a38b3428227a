"""The picker's list of an Oracle directory: read behind the scenes, kept over a restart, never used to send."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.adapters.directory.cached import KeptList
from desktop.adapters.directory.oracle import OracleDirectory
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Transient
from tests.doubles.oracle import OracleDouble, Table
from tests.integration.directory.oracle_companies import GROUPS, PADARIA, PASSWORD, USER, companies, many, source_of
from tests.integration.directory.oracle_desk import Now, Settings, failure, opened

Make = Callable[..., Awaitable[OracleDirectory]]


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}) as double:
        yield double


@pytest.fixture
def settings(oracle: OracleDouble) -> Settings:
    return Settings(source_of(oracle))


@pytest.fixture
async def make(settings: Settings, tmp_path: Path) -> AsyncIterator[Make]:
    async with AsyncExitStack() as stack:

        async def directory(fresh_for: float = 300.0, now: Now | None = None) -> OracleDirectory:
            return await stack.enter_async_context(opened(settings, tmp_path, fresh_for=fresh_for, now=now))

        yield directory


@pytest.fixture
async def directory(make: Make) -> OracleDirectory:
    return await make()


@contextmanager
def lists_read() -> Iterator[asyncio.Queue[int]]:
    """How many companies each list had that the directory says it has read."""
    sizes: asyncio.Queue[int] = asyncio.Queue()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.msg.startswith("%d companies") and isinstance(record.args, tuple):
                sizes.put_nowait(int(str(record.args[0])))

    logger, listener = logging.getLogger("desktop.adapters.directory.oracle"), Listener()
    before = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    try:
        yield sizes
    finally:
        logger.setLevel(before)
        logger.removeHandler(listener)


async def test_the_list_is_read_once_and_searched_in_the_copy(oracle: OracleDouble, directory: OracleDirectory) -> None:
    oracle.put_table("D_EMPRESAS", many(5000))
    assert [found.name for found in await directory.search("loja 4999", 10)] == ["Loja 4999"]
    assert len(await directory.search("", 5)) == 5
    assert len([each for each in oracle.statements if not each.described_only]) == 1


async def test_a_stale_list_is_used_while_it_is_read_again(oracle: OracleDouble, make: Make) -> None:
    directory = await make(fresh_for=0.0)
    with lists_read() as read:
        assert len(await directory.search("", 10)) == 3
        oracle.put_table("D_EMPRESAS", many(7))
        oracle.fault("execute", "stall")
        assert len(await directory.search("", 10)) == 3  # and begins to read it again
        oracle.clear_faults()
        async with asyncio.timeout(30):
            assert [await read.get(), await read.get()] == [3, 7]
    assert len(await directory.search("", 10)) == 7


async def test_the_picker_works_while_oracle_is_away(oracle: OracleDouble, make: Make) -> None:
    directory = await make(fresh_for=0.0)
    await directory.search("", 10)
    oracle.fault("connect", "drop")
    oracle.hang_up()
    for times in (1, 2):
        assert len(await directory.search("", 10)) == 3
        await asyncio.to_thread(oracle.wait_fault, "connect", times=times)
    assert len(await directory.search("padaria", 10)) == 1


async def test_a_list_that_breaks_off_is_read_from_its_beginning(
    oracle: OracleDouble, directory: OracleDirectory
) -> None:
    oracle.put_table("D_EMPRESAS", many(5000))
    oracle.fault("fetch", "drop", times=1)
    assert len(await directory.search("", 10_000)) == 5000


async def test_a_first_list_that_takes_too_long_goes_on_being_read(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory
) -> None:
    await directory.find(Cnpj(PADARIA))
    oracle.put_table("D_EMPRESAS", many(5000))
    oracle.fault("fetch", "stall")
    reading = asyncio.ensure_future(directory.search("loja 1", 1))
    await asyncio.to_thread(oracle.wait_fault, "fetch")
    settings.source = source_of(oracle, deadline=0.2)
    error = await failure(directory.search("loja 1", 1))
    assert (type(error), error.code, error.facts["reason"]) == (Transient, Code.ORACLE_UNAVAILABLE, "timeout")
    oracle.clear_faults()
    assert [found.name for found in await reading] == ["Loja 1"]


async def test_after_a_restart_the_picker_works_without_oracle_and_says_how_old_its_list_is(
    oracle: OracleDouble, settings: Settings, make: Make
) -> None:
    now = Now()
    directory = await make(now=now)
    assert directory.freshness() is None
    await directory.search("", 10)
    read_at = directory.freshness()
    assert read_at is not None
    assert abs(read_at - now()) < timedelta(minutes=1)
    await directory.close()
    oracle.fault("connect", "drop")
    now.ahead = timedelta(days=3)
    again = await make(now=now)
    assert [found.name for found in await again.search("padaria", 10)] == ["Padaria São João"]
    assert again.freshness() == read_at
    await asyncio.to_thread(oracle.wait_fault, "connect")


async def test_a_send_never_trusts_the_copy_for_its_group(oracle: OracleDouble, directory: OracleDirectory) -> None:
    await directory.search("", 10)
    columns = {"CNPJ_CO2": "CHAR(14)", "NUMERO_WHATSAPP_GRUPO": "VARCHAR2(60)", "RAZAO_SOCIAL": "VARCHAR2(60)"}
    moved = {"CNPJ_CO2": PADARIA, "NUMERO_WHATSAPP_GRUPO": "120363099999999999@g.us"}
    oracle.put_table("D_EMPRESAS", Table.of(columns, [moved]))
    found = await directory.find(Cnpj(PADARIA))
    assert found is not None
    assert found.group == "120363099999999999@g.us"
    (listed,) = [each for each in await directory.search("", 10) if each.cnpj == Cnpj(PADARIA)]
    assert listed.group == GROUPS[PADARIA]
    oracle.fault("connect", "drop")
    oracle.hang_up()
    assert (await failure(directory.find(Cnpj(PADARIA)))).code is Code.ORACLE_UNAVAILABLE


async def test_a_fresh_list_is_not_read_again_and_one_from_the_future_is(oracle: OracleDouble, make: Make) -> None:
    now = Now()
    directory = await make(now=now)
    with lists_read() as read:
        await directory.search("", 10)
        await directory.search("padaria", 10)
        assert await read.get() == 3
        assert len([each for each in oracle.statements if not each.described_only]) == 1
    now.ahead = timedelta(days=-1)
    directory = await make(now=now)
    with lists_read() as read:
        await directory.search("", 10)
        async with asyncio.timeout(30):
            assert await read.get() == 3


async def test_a_batch_reaches_whom_oracle_has_had_since_the_list_was_read(
    oracle: OracleDouble, directory: OracleDirectory
) -> None:
    assert len(await directory.search("", 10)) == 3
    oracle.put_table("D_EMPRESAS", many(7))
    assert len(await directory.search("", 10)) == 3
    assert len(await directory.everybody()) == 7
    assert len(await directory.search("", 10)) == 7
    oracle.fault("connect", "drop")
    oracle.hang_up()
    assert (await failure(directory.everybody())).code is Code.ORACLE_UNAVAILABLE


async def test_a_search_that_asked_for_the_copy_before_it_was_there_does_not_read_it_again(
    oracle: OracleDouble, directory: OracleDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, go_on = asyncio.Event(), asyncio.Event()
    known = directory._cache.known

    async def slowly(source: str) -> KeptList | None:
        found = await known(source)
        looked.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(directory._cache, "known", slowly)
    searching = asyncio.ensure_future(directory.search("", 10))
    await looked.wait()
    assert len(await directory.everybody()) == 3
    read_at = directory.freshness()
    go_on.set()
    assert len(await searching) == 3
    assert directory.freshness() == read_at
    assert len([each for each in oracle.statements if not each.described_only]) == 1


async def test_another_table_is_another_list(oracle: OracleDouble, settings: Settings, make: Make) -> None:
    directory = await make()
    assert len(await directory.search("", 10)) == 3
    oracle.put_table("OUTRA", many(5))
    settings.source = replace(settings.source, table="OUTRA")
    assert len(await directory.search("", 10)) == 5
    settings.source = replace(settings.source, deadline=60.0)
    assert len(await directory.search("", 10)) == 5
    assert len([each for each in oracle.statements if not each.described_only]) == 2
