"""The copy of a directory's list: searched without its source, replaced in one step, thrown away where it is broken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.adapters.directory.cached import CompanyCache, KeptList
from desktop.adapters.directory.matching import CompanyIndex, Row
from desktop.domain.errors import Code, Transient

AT = datetime(2026, 11, 22, 18, 2, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ROWS = [
    Row("62567108000101", "Padaria São João", "a@g.us"),
    Row("12ABC34501DE35", "Açougue do Zé 24h", "b@g.us"),
    Row("00623904000173", "Mercearia", None),
    Row("06981180000116", "Zé da Padaria", "c@g.us"),
    Row("33000167000101", "", "d@g.us"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "empresas.db"


@pytest.fixture
async def cache(path: Path) -> AsyncIterator[CompanyCache]:
    cache = CompanyCache(path)
    yield cache
    await cache.close()


async def read_whole(cache: CompanyCache, source: str, rows: list[Row], at: datetime = AT) -> KeptList:
    number = await cache.begin(source)
    for place in range(0, len(rows), 2):
        await cache.add(number, rows[place : place + 2])
    await cache.add(number, [])
    return await cache.finish(number, at)


async def names(cache: CompanyCache, text: str = "", *, source: str = "x", limit: int = 10) -> list[str]:
    return [company.name for company in await cache.search(source, text, limit)]


def spoil(path: Path, *, from_byte: int) -> None:
    content = path.read_bytes() if path.exists() else b"?" * 8192
    path.write_bytes(content[:from_byte] + b"\xff" * (len(content) - from_byte))


def in_the_way(path: Path) -> None:
    """A folder that cannot be thrown away, with the mark of damage beside it."""
    path.mkdir()
    path.with_name(path.name + ".suspeito").touch()


async def test_nothing_is_known_before_a_list_was_read_to_its_end(cache: CompanyCache) -> None:
    assert await cache.known("x") is None
    number = await cache.begin("x")
    await cache.add(number, ROWS)
    assert await cache.known("x") is None
    assert await cache.search("x", "", 10) == []
    assert await cache.finish(number, AT) == KeptList(5, AT)
    assert await cache.known("x") == KeptList(5, AT)


async def test_a_list_is_there_again_after_a_restart(cache: CompanyCache, path: Path) -> None:
    await read_whole(cache, "x", ROWS)
    await cache.close()
    again = CompanyCache(path)
    assert await again.known("x") == KeptList(5, AT)
    assert await names(again, "merc") == ["Mercearia"]
    await again.close()


@pytest.mark.parametrize(
    "text", ["", "padaria", "PADARIA", "são", "zé", "24", "1", "62.567", "12abc345", "0101", "%", "_", "nada", "e"]
)
@pytest.mark.parametrize("limit", [1, 2, 10])
async def test_it_finds_what_a_list_in_memory_finds_in_the_same_order(
    cache: CompanyCache, text: str, limit: int
) -> None:
    await read_whole(cache, "x", ROWS)
    assert await cache.search("x", text, limit) == CompanyIndex(ROWS).search(text, limit)


async def test_a_new_list_takes_the_place_of_the_old_one_in_one_step(cache: CompanyCache) -> None:
    await read_whole(cache, "x", ROWS)
    number = await cache.begin("x")
    await cache.add(number, [Row("11222333000181", "Nova", None)])
    assert len(await names(cache)) == 5
    assert await cache.finish(number, LATER) == KeptList(1, LATER)
    assert await names(cache) == ["Nova"]


async def test_a_list_that_broke_off_leaves_nothing_behind(cache: CompanyCache) -> None:
    await cache.add(await cache.begin("x"), ROWS)
    await read_whole(cache, "x", ROWS[:1])
    assert await names(cache) == ["Padaria São João"]


async def test_another_source_knows_nothing_of_the_first_and_takes_its_place(cache: CompanyCache) -> None:
    await read_whole(cache, "x", ROWS)
    assert await cache.known("y") is None
    assert await names(cache, source="y") == []
    await read_whole(cache, "y", ROWS[:2])
    assert await cache.known("x") is None
    assert len(await names(cache, source="y")) == 2


async def test_the_first_row_of_a_company_stands_unless_only_a_later_one_has_a_group(cache: CompanyCache) -> None:
    first, second, third = (Row("62567108000101", f"Linha {number}", None) for number in range(3))
    kept = await read_whole(cache, "x", [first, second._replace(group="b@g.us"), third._replace(group="c@g.us")])
    assert kept.companies == 1
    (company,) = await cache.search("x", "", 10)
    assert (company.name, company.group) == ("Linha 1", "b@g.us")


async def test_a_file_that_is_no_database_is_made_anew(path: Path) -> None:
    spoil(path, from_byte=0)
    cache = CompanyCache(path)
    assert await cache.known("x") is None
    await read_whole(cache, "x", ROWS)
    assert len(await names(cache)) == 5
    await cache.close()


async def test_damage_met_while_running_is_mended_at_the_next_start(cache: CompanyCache, path: Path) -> None:
    await read_whole(cache, "x", ROWS)
    await cache.close()
    spoil(path, from_byte=4096)
    broken = CompanyCache(path)
    with pytest.raises(Transient) as caught:
        await broken.search("x", "padaria", 10)
    assert caught.value.code is Code.DATABASE_UNAVAILABLE
    await broken.close()
    mended = CompanyCache(path)
    assert await mended.known("x") is None
    await mended.close()


async def test_a_file_of_another_layout_is_made_anew(cache: CompanyCache, path: Path) -> None:
    await read_whole(cache, "x", ROWS)
    database = await cache._opened()
    await database.write(lambda line: line.exec_driver_sql("PRAGMA user_version = 99"))
    await cache.close()
    again = CompanyCache(path)
    assert await again.known("x") is None
    await again.close()


async def test_a_closed_copy_stays_closed(cache: CompanyCache) -> None:
    await read_whole(cache, "x", ROWS)
    await cache.close()
    await cache.close()
    with pytest.raises(Transient):
        await cache.search("x", "", 10)


async def test_a_folder_in_the_files_place_is_told(path: Path) -> None:
    in_the_way(path)
    cache = CompanyCache(path)
    with pytest.raises(Transient) as caught:
        await cache.known("x")
    assert caught.value.code is Code.DATABASE_UNAVAILABLE
    await cache.close()


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    cache = CompanyCache(tmp_path / "nada" / "empresas.db")
    with pytest.raises(Transient) as caught:
        await cache.known("x")
    assert caught.value.code is Code.DATABASE_UNAVAILABLE
    await cache.close()
