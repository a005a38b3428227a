"""Keys, settings, diagnosis, looking companies up, and the bus they speak on."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.adapters.directory.table import TableDirectory
from desktop.adapters.reports.sources import ReportSources
from desktop.adapters.settings_file import SettingsFile
from desktop.domain.access import Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company, DirectoryCheck
from desktop.domain.diagnosis import Step, StepName, StepResult
from desktop.domain.errors import AppError, Code, Rejected, Transient
from desktop.domain.events import Event, SettingsChanged
from desktop.domain.report import fill_location
from desktop.domain.settings import TableSource
from desktop.services.bus import Bus
from desktop.services.catalogue import DoorInfo
from desktop.services.configuration import Configuration
from desktop.services.diagnosis import Diagnosing
from desktop.services.keys import ApiKey, KeyRing
from desktop.services.preparing import Preparing
from tests.services.desk import MARKET, Desk


async def test_a_key_is_shown_once_and_kept_only_as_a_digest(desk: Desk) -> None:
    ring = KeyRing(desk.storage.keys, desk.clock)
    key = await ring.create("ERP")
    assert key.text not in repr(key)
    assert key.text.encode() not in (desk.folder / "malote.db").read_bytes()
    assert (await ring.recognise(key.text)).name == "ERP"
    [kept] = await ring.all()
    assert kept.last_used_at is not None
    first_use = kept.last_used_at
    await ring.recognise(key.text)
    assert (await ring.all())[0].last_used_at == first_use
    desk.clock.ahead += timedelta(minutes=2)
    await ring.recognise(key.text)
    used = (await ring.all())[0].last_used_at
    assert used is not None
    assert used > first_use


async def test_a_wrong_or_revoked_key_opens_nothing(desk: Desk) -> None:
    ring = KeyRing(desk.storage.keys, desk.clock)
    other, key = await ring.create("Caixa"), await ring.create("ERP")
    with pytest.raises(Rejected) as refused:
        await ring.recognise(key.text + "x")
    assert refused.value.code is Code.API_KEY_INVALID
    assert await ring.remove("ERP")
    assert not await ring.remove("ERP")
    with pytest.raises(Rejected):
        await ring.recognise(key.text)
    assert (await ring.recognise(other.text)).name == "Caixa"


async def test_a_key_of_a_name_that_is_taken_is_not_made(desk: Desk) -> None:
    ring = KeyRing(desk.storage.keys, desk.clock)
    key = await ring.create("ERP")
    with pytest.raises(Rejected) as refused:
        await ring.create("ERP")
    assert refused.value.code is Code.API_KEY_EXISTS
    assert (await ring.recognise(key.text)).name == "ERP"


async def test_a_key_that_is_revoked_while_it_is_made_opens_nothing(desk: Desk) -> None:
    ring = KeyRing(desk.storage.keys, desk.clock)
    assert await ring.all() == []
    key, removed = await asyncio.gather(ring.create("ERP"), ring.remove("ERP"))
    assert removed
    with pytest.raises(Rejected):
        await ring.recognise(key.text)


async def test_a_keys_rights_outlive_a_restart(desk: Desk) -> None:
    rights = Access(name="", scopes=frozenset({Scope.READ}), companies=frozenset({MARKET}), sessions=frozenset({"b"}))
    key = await KeyRing(desk.storage.keys, desk.clock).create("Painel", rights)
    again = await KeyRing(desk.storage.keys, desk.clock).recognise(key.text)
    assert again.access == replace(rights, name="Painel")


async def test_a_key_for_a_session_stays_so_when_the_session_is_renamed(desk: Desk) -> None:
    ring = KeyRing(desk.storage.keys, desk.clock)
    rights = Access(name="", scopes=frozenset({Scope.SEND}), sessions=frozenset({"loja", "filial"}))
    key, other = await ring.create("Painel", rights), await ring.create("ERP")
    for _ in range(2):
        await ring.rename_session("loja", "matriz")
    for one in (ring, KeyRing(desk.storage.keys, desk.clock)):
        assert (await one.recognise(key.text)).access.sessions == {"matriz", "filial"}
        assert (await one.recognise(other.text)).access.sessions == frozenset()


async def test_a_key_that_is_made_while_another_program_shows_its_own_opens_the_door(desk: Desk) -> None:
    keys = desk.storage.keys
    ring = KeyRing(keys, desk.clock)
    read, reading, go_on = keys.all, asyncio.Event(), asyncio.Event()

    async def slowly() -> list[ApiKey]:
        found = await read()
        reading.set()
        await go_on.wait()
        return found

    keys.all = slowly  # type: ignore[method-assign]
    recognising = asyncio.create_task(ring.recognise("malote_unknown"))
    await reading.wait()
    keys.all = read  # type: ignore[method-assign]
    key = await ring.create("ERP")
    go_on.set()
    with pytest.raises(Rejected):
        await recognising
    assert (await ring.recognise(key.text)).name == "ERP"


async def test_a_key_that_is_refused_its_name_while_a_session_is_renamed_gives_its_rights_to_nobody(desk: Desk) -> None:
    keys = desk.storage.keys
    ring = KeyRing(keys, desk.clock)
    scopes = frozenset({Scope.SEND})
    key = await ring.create("Painel", Access(name="", scopes=scopes, sessions=frozenset({"loja"})))
    add, adding, go_on = keys.add, asyncio.Event(), asyncio.Event()

    async def slowly(added: ApiKey) -> bool:
        adding.set()
        await go_on.wait()
        return await add(added)

    keys.add = slowly  # type: ignore[method-assign, assignment]
    more = Access(name="", scopes=scopes, sessions=frozenset({"loja", "caixa"}))
    creating = asyncio.create_task(ring.create("Painel", more))
    await adding.wait()
    await ring.rename_session("loja", "matriz")
    go_on.set()
    with pytest.raises(Rejected):
        await creating
    for one in (ring, KeyRing(keys, desk.clock)):
        assert (await one.recognise(key.text)).access.sessions == {"matriz"}


async def test_a_key_that_is_used_while_its_session_is_renamed_was_used(desk: Desk) -> None:
    keys = desk.storage.keys
    ring = KeyRing(keys, desk.clock)
    restrict = keys.restrict
    key = await ring.create("Painel", Access(name="", scopes=frozenset({Scope.SEND}), sessions=frozenset({"loja"})))

    async def overtaken(renamed: Sequence[ApiKey]) -> None:
        await ring.recognise(key.text)
        await restrict(renamed)

    keys.restrict = overtaken  # type: ignore[method-assign, assignment]
    await ring.rename_session("loja", "matriz")
    [kept] = await ring.all()
    assert kept.last_used_at is not None
    assert await keys.all() == [kept]


async def test_a_key_that_is_revoked_while_its_session_is_renamed_opens_nothing(desk: Desk) -> None:
    keys = desk.storage.keys
    ring = KeyRing(keys, desk.clock)
    restrict = keys.restrict
    key = await ring.create("Painel", Access(name="", scopes=frozenset({Scope.SEND}), sessions=frozenset({"loja"})))

    async def overtaken(renamed: Sequence[ApiKey]) -> None:
        await ring.remove("Painel")
        await restrict(renamed)

    keys.restrict = overtaken  # type: ignore[method-assign, assignment]
    await ring.rename_session("loja", "matriz")
    with pytest.raises(Rejected) as refused:
        await ring.recognise(key.text)
    assert refused.value.code is Code.API_KEY_INVALID


async def test_a_change_of_settings_is_told(tmp_path: Path) -> None:
    bus = Bus()
    told: list[Event] = []
    end = bus.subscribe(told.append)
    configuration = Configuration(SettingsFile(tmp_path / "settings.json"), bus)
    assert configuration.change({"door.port": 3100}).door.port == 3100
    assert configuration.load().door.port == 3100
    assert told == [SettingsChanged()]
    end()
    configuration.change({"door.port": 3101})
    assert len(told) == 1


@pytest.mark.expects_error_log("a watcher failed")
def test_a_watcher_that_fails_stops_nobody_else() -> None:
    bus = Bus()
    told: list[Event] = []
    bus.subscribe(lambda event: [][0])
    bus.subscribe(told.append)
    bus.publish(SettingsChanged())
    assert told == [SettingsChanged()]


async def test_who_only_watches_is_told_after_those_who_act() -> None:
    bus = Bus()
    told: list[str] = []
    end = bus.watch(lambda event: told.append("watched"))

    def act(_: Event) -> None:
        told.append("acted")
        asyncio.get_running_loop().call_soon(told.append, "done next")

    bus.subscribe(act)
    bus.publish(SettingsChanged())
    assert told == ["acted"]
    await asyncio.sleep(0)
    assert told == ["acted", "done next", "watched"]
    end()
    bus.publish(SettingsChanged())
    await asyncio.sleep(0)
    assert told.count("watched") == 1


async def test_the_diagnosis_tells_each_part(desk: Desk) -> None:
    directory = TableDirectory(lambda: desk.settings.directory.table)
    diagnosing = Diagnosing(directory=directory, sessions=desk.sessions)
    healthy = await diagnosing.check("principal")
    assert healthy.healthy
    assert isinstance(healthy.directory, DirectoryCheck)
    await desk.sessions.stop("principal")
    broken = replace(desk.settings.directory, table=TableSource(path=str(desk.folder / "nada.csv")))
    desk.settings = replace(desk.settings, directory=broken)
    sick = await diagnosing.check("principal")
    assert not sick.healthy
    assert isinstance(sick.directory, AppError)
    assert isinstance(sick.session_error, AppError)
    assert not isinstance(sick.session_error, Transient)


async def test_a_test_of_the_directory_tells_its_steps_and_raises_nothing(desk: Desk) -> None:
    directory = TableDirectory(lambda: desk.settings.directory.table)
    diagnosing = Diagnosing(directory=directory, sessions=desk.sessions)
    told: list[Step] = []
    [step] = await diagnosing.directory_steps(told.append)
    assert (step.name, step.result, step.code, told) == (StepName.TABLE, StepResult.OK, None, [step])
    broken = replace(desk.settings.directory, table=TableSource(path=str(desk.folder / "nada.csv")))
    desk.settings = replace(desk.settings, directory=broken)
    [step] = await diagnosing.directory_steps()
    assert (step.result, step.code) == (StepResult.FAILED, Code.DIRECTORY_FILE_INVALID)


async def test_everybody_is_who_the_directory_has(desk: Desk) -> None:
    assert MARKET in {company.cnpj for company in await desk.preparing.everybody()}


def test_a_table_that_is_searched_itself_has_no_age(desk: Desk) -> None:
    assert desk.preparing.list_read_at() is None


async def test_a_company_that_is_not_there_says_whether_the_check_digits_are_wrong(desk: Desk) -> None:
    assert (await desk.preparing.company(MARKET)).name == "Mercado São João"
    with pytest.raises(Rejected) as mistyped:
        await desk.preparing.company(Cnpj("62567108000102"))
    assert mistyped.value.facts["expected"] == "62567108000118"
    with pytest.raises(Rejected) as unknown:
        await desk.preparing.company(Cnpj("62567108000118"))
    assert unknown.value.facts["expected"] is None


async def test_a_whole_cnpj_is_found_before_any_list_has_it(desk: Desk) -> None:
    class Behind(TableDirectory):
        async def search(self, text: str, limit: int) -> list[Company]:
            return []

    directory = Behind(lambda: desk.settings.directory.table)
    reports = ReportSources(lambda: desk.settings.report, desk.clock.now)
    preparing = Preparing(directory=directory, reports=reports, settings=lambda: desk.settings)
    assert [company.cnpj for company in await preparing.search("62.567.108/0001-01", 5)] == [MARKET]
    assert await preparing.search("62567108000118", 5) == []
    assert await preparing.search("mercado", 5) == []
    await reports.close()
    await directory.close()


async def test_a_strict_owner_refuses_wrong_check_digits(desk: Desk) -> None:
    desk.settings = replace(desk.settings, directory=replace(desk.settings.directory, strict_check_digits=True))
    with pytest.raises(Rejected) as refused:
        await desk.preparing.company(MARKET)
    assert (refused.value.code, refused.value.facts["reason"]) == (Code.CNPJ_INVALID, "check_digits")
    assert (await desk.preparing.search("mercado", 5))[0].cnpj == MARKET


async def test_the_caller_s_caption_wins_over_the_template(desk: Desk) -> None:
    today = desk.clock.now().astimezone().date()
    assert (await desk.preparing.gather(MARKET, today, caption="Fechamento")).caption == "Fechamento"
    desk.settings = replace(desk.settings, report=replace(desk.settings.report, caption="{empresa} {cnpj} {data}"))
    prepared = await desk.preparing.prepare(MARKET, today)
    assert prepared.caption == f"Mercado São João 62.567.108/0001-01 {today:%d/%m/%Y}"


async def test_a_web_site_is_left_alone_where_there_is_no_such_company(desk: Desk) -> None:
    desk.settings = replace(desk.settings, report=replace(desk.settings.report, template="http://127.0.0.1:9/{cnpj}"))
    with pytest.raises(Rejected) as unknown:
        await desk.preparing.prepare(Cnpj("99999999000191"), desk.clock.now().astimezone().date())
    assert unknown.value.code is Code.COMPANY_NOT_FOUND


def test_the_door_has_an_address() -> None:
    assert DoorInfo(host="127.0.0.1", port=3000).url == "http://127.0.0.1:3000"


async def test_a_template_is_looked_at_while_it_is_typed(desk: Desk) -> None:
    check = await desk.preparing.check_template(desk.settings.report.template, MARKET)
    assert (check.faults, check.folder_exists, check.file_exists) == ((), True, True)


def test_a_company_s_own_place_is_told_by_the_template(desk: Desk) -> None:
    own = fill_location(desk.settings.report.template, MARKET)
    assert desk.preparing.is_own_picture(own, MARKET)
    assert not desk.preparing.is_own_picture(own, Cnpj("99999999000191"))
