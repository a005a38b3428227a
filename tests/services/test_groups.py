"""Never the wrong group: a person's yes before the first report, and again when the group is another one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, NeedsHuman, Rejected
from desktop.domain.events import GroupWarned
from desktop.domain.group import ConfirmedGroup, GroupDoubt, GroupInfo, GroupPolicy
from desktop.domain.send import SendState
from desktop.domain.session import DEFAULT_SESSION
from desktop.domain.settings import GroupSettings, Settings
from desktop.ports.engine import GroupChanged, WentOffline, WentOnline
from tests.doubles.engine import ACCOUNT, ScriptedEngine
from tests.services.desk import BAKERY, GROUP, MARKET, WITHOUT_GROUP, Desk, ask, open_desk

OTHER = "120363041234567899@g.us"


def strict(settings: Settings) -> Settings:
    return replace(settings, groups=GroupSettings(policy=GroupPolicy.REFUSE))


@pytest.fixture
async def careful(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk that sends nothing to a group that nobody confirmed."""
    async with open_desk(tmp_path, change=strict) as desk:
        desk.put_report(MARKET)
        desk.put_report(BAKERY)
        yield desk


def rename(desk: Desk, subject: str, **changes: object) -> None:
    """The group has another subject from now on, and WhatsApp says so."""
    desk.engine.group_infos[GROUP] = GroupInfo(jid=GROUP, subject=subject, members=3, **changes)  # type: ignore[arg-type]
    desk.engine.say(GroupChanged(GROUP))


def register(desk: Desk, group: str) -> None:
    """The directory names another group for the market."""
    table = desk.folder / "empresas.csv"
    table.write_text(table.read_text("utf-8").replace(GROUP, group), "utf-8")


async def refused(desk: Desk) -> Rejected:
    with pytest.raises(Rejected) as refusal:
        await desk.sending.send_and_wait(ask())
    assert refusal.value.code is Code.GROUP_UNCONFIRMED
    return refusal.value


async def test_the_first_report_to_a_group_waits_for_a_person_s_yes(careful: Desk) -> None:
    facts = (await refused(careful)).facts
    assert {name: facts[name] for name in ("reason", "company", "cnpj", "group", "jid", "members")} == {
        "reason": "first",
        "company": "Mercado São João",
        "cnpj": MARKET.value,
        "group": "Vendas",
        "jid": GROUP,
        "members": 3,
    }
    assert careful.engine.taken == []
    assert await careful.groups.confirmed(MARKET) is None
    await careful.groups.confirm(MARKET, GROUP, "Vendas")
    assert (await careful.sending.send_and_wait(ask())).send.arrived
    assert len(careful.engine.taken) == 1


async def test_a_yes_outlives_a_restart(tmp_path: Path) -> None:
    async with open_desk(tmp_path, change=strict) as desk:
        await desk.groups.confirm(MARKET, GROUP, "Vendas")
    async with open_desk(tmp_path, change=strict) as desk:
        desk.put_report(MARKET)
        assert (await desk.sending.send_and_wait(ask())).send.arrived


async def test_a_yes_that_comes_while_the_one_before_is_looked_up_is_the_one_that_counts(careful: Desk) -> None:
    confirmed = careful.storage.confirmed_groups
    look_up = confirmed.get

    async def overtaken(cnpj: Cnpj) -> ConfirmedGroup | None:
        found = await look_up(cnpj)
        confirmed.get = look_up  # type: ignore[method-assign]
        await careful.groups.confirm(MARKET, GROUP, "Vendas")
        return found

    await confirmed.save(ConfirmedGroup(cnpj=MARKET, jid=OTHER, subject="Outro", confirmed_at=careful.clock.now()))
    confirmed.get = overtaken  # type: ignore[method-assign]
    await careful.groups.confirmed(MARKET)
    assert (await careful.sending.send_and_wait(ask())).send.arrived


async def test_a_yes_to_a_new_subject_is_not_held_against_the_one_before(careful: Desk) -> None:
    confirmed = careful.storage.confirmed_groups
    look_up = confirmed.get

    async def overtaken(cnpj: Cnpj) -> ConfirmedGroup | None:
        found = await look_up(cnpj)
        confirmed.get = look_up  # type: ignore[method-assign]
        rename(careful, "Condomínio")
        await careful.groups.confirm(MARKET, GROUP, "Condomínio")
        return found

    await confirmed.save(ConfirmedGroup(cnpj=MARKET, jid=GROUP, subject="Vendas", confirmed_at=careful.clock.now()))
    await careful.groups.info(DEFAULT_SESSION, GROUP)
    confirmed.get = overtaken  # type: ignore[method-assign]
    assert (await careful.sending.send_and_wait(ask())).send.arrived


async def test_a_group_with_another_subject_is_asked_about_again(careful: Desk) -> None:
    await careful.groups.confirm(MARKET, GROUP, "Vendas")
    rename(careful, "Condomínio")
    facts = (await refused(careful)).facts
    assert (facts["reason"], facts["group"]) == ("renamed", "Condomínio")


async def test_another_group_in_the_directory_is_asked_about_again(careful: Desk) -> None:
    await careful.groups.confirm(MARKET, GROUP, "Vendas")
    register(careful, OTHER)
    assert (await refused(careful)).facts["reason"] == "other_group"


async def test_a_yes_to_what_is_not_so_any_more_is_no_yes(careful: Desk) -> None:
    rename(careful, "Condomínio")
    with pytest.raises(Rejected) as renamed:
        await careful.groups.confirm(MARKET, GROUP, "Vendas")
    assert (renamed.value.code, renamed.value.facts["reason"]) == (Code.GROUP_UNCONFIRMED, "renamed")
    register(careful, OTHER)
    with pytest.raises(Rejected) as other:
        await careful.groups.confirm(MARKET, GROUP, "Condomínio", DEFAULT_SESSION)
    assert other.value.facts["reason"] == "other_group"
    assert await careful.groups.confirmed(MARKET) is None


async def test_an_owner_may_choose_to_be_told_only(desk: Desk) -> None:
    desk.settings = replace(desk.settings, groups=GroupSettings(policy=GroupPolicy.WARN))
    assert (await desk.sending.send_and_wait(ask())).send.arrived
    assert (await desk.sending.send_and_wait(ask(resend=True))).send.arrived
    [warned] = [event for event in desk.events if isinstance(event, GroupWarned)]
    assert (warned.company, warned.group.jid, warned.doubt) == ("Mercado São João", GROUP, GroupDoubt.FIRST)


async def test_an_unattended_server_remembers_what_it_used(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask())
    assert not [event for event in desk.events if isinstance(event, GroupWarned)]
    confirmed = await desk.groups.confirmed(MARKET)
    assert confirmed is not None
    assert (confirmed.jid, confirmed.subject) == (GROUP, "Vendas")
    desk.settings = strict(desk.settings)
    assert (await desk.sending.send_and_wait(ask(resend=True))).send.arrived


async def test_the_window_is_told_what_the_group_is_and_what_is_doubtful(careful: Desk) -> None:
    market = await careful.preparing.company(MARKET)
    info, doubt = await careful.groups.look(market)
    assert (info.subject, doubt) == ("Vendas", GroupDoubt.FIRST)
    await careful.groups.confirm(MARKET, GROUP, "Vendas")
    assert await careful.groups.look(market, DEFAULT_SESSION) == (info, None)
    with pytest.raises(Rejected) as without:
        await careful.groups.look(await careful.preparing.company(WITHOUT_GROUP))
    assert without.value.code is Code.GROUP_NOT_REGISTERED


async def test_a_group_where_only_administrators_write_is_refused_before_anything_is_sent(desk: Desk) -> None:
    rename(desk, "Avisos", admins_only=True)
    with pytest.raises(Rejected) as refusal:
        await desk.sending.send_and_wait(ask())
    assert (refusal.value.code, refusal.value.facts["group"]) == (Code.GROUP_ADMINS_ONLY, "Avisos")
    assert desk.engine.taken == []
    rename(desk, "Avisos", admins_only=True, admin=True)
    assert (await desk.sending.send_and_wait(ask())).send.state is SendState.SENT


class Counted:
    """Counts what an engine is asked about groups; answers wait while `hold` is an event."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.lists = self.singles = 0
        self.hold: asyncio.Event | None = None
        self._groups, self._group = engine.groups, engine.group
        engine.groups, engine.group = self.groups, self.group  # type: ignore[method-assign]
        self.asked = asyncio.Event()

    async def groups(self) -> list[GroupInfo]:
        self.lists += 1
        # Another task's turn, as with every answer from the line.
        await asyncio.sleep(0)
        return [await self._group(GROUP)]

    async def group(self, jid: str) -> GroupInfo:
        self.singles += 1
        info = await self._group(jid)
        self.asked.set()
        if self.hold is not None:
            await self.hold.wait()
        return info


async def test_groups_are_asked_for_once_and_again_only_where_something_changed(desk: Desk) -> None:
    counted = Counted(desk.engine)
    for _ in range(3):
        await desk.sending.send_and_wait(ask(resend=True))
    assert (counted.lists, counted.singles) == (1, 0)
    await desk.sending.send_and_wait(ask(BAKERY))
    await desk.sending.send_and_wait(ask(BAKERY, resend=True))
    assert (counted.lists, counted.singles) == (1, 1)
    rename(desk, "Vendas 2")
    desk.engine.say(GroupChanged("120363049999999999@g.us"))
    await desk.sending.send_and_wait(ask(resend=True))
    assert (counted.lists, counted.singles) == (1, 2)


async def test_after_the_line_was_gone_groups_are_asked_for_anew(desk: Desk) -> None:
    counted = Counted(desk.engine)
    await desk.sending.send_and_wait(ask())
    desk.engine.say(WentOffline("no internet"))
    desk.engine.say(WentOnline(ACCOUNT))
    await desk.sending.send_and_wait(ask(resend=True))
    assert counted.lists == 2


async def test_many_who_ask_at_once_ask_whatsapp_once(desk: Desk) -> None:
    counted = Counted(desk.engine)
    await asyncio.gather(*(desk.groups.info(DEFAULT_SESSION, GROUP) for _ in range(5)))
    assert (counted.lists, counted.singles) == (1, 0)


async def test_an_answer_that_a_change_overtook_is_not_remembered(desk: Desk) -> None:
    counted = Counted(desk.engine)
    await desk.groups.info(DEFAULT_SESSION, GROUP)
    counted.hold = asyncio.Event()
    asking = asyncio.create_task(desk.groups.info(DEFAULT_SESSION, OTHER))
    await counted.asked.wait()
    desk.engine.say(GroupChanged(OTHER))
    counted.hold.set()
    await asking
    await desk.groups.info(DEFAULT_SESSION, OTHER)
    assert counted.singles == 2


async def test_a_list_that_a_change_overtook_is_asked_for_again(desk: Desk) -> None:
    counted = Counted(desk.engine)
    listed = desk.engine.groups

    async def overtaken() -> list[GroupInfo]:
        desk.engine.say(GroupChanged(OTHER))
        return await listed()

    desk.engine.groups = overtaken  # type: ignore[method-assign]
    await desk.groups.info(DEFAULT_SESSION, GROUP)
    desk.engine.groups = listed  # type: ignore[method-assign]
    await desk.groups.info(DEFAULT_SESSION, GROUP)
    assert counted.lists == 2


async def test_a_session_without_its_line_cannot_tell_its_groups(desk: Desk) -> None:
    await desk.sessions.stop(DEFAULT_SESSION)
    with pytest.raises(NeedsHuman):
        await desk.groups.info(DEFAULT_SESSION, GROUP)


async def test_what_a_removed_session_knew_of_groups_is_forgotten(desk: Desk) -> None:
    await desk.sessions.add("filial")
    await desk.sessions.start("filial")
    counted = Counted(list(desk.engines.values())[-1])
    await desk.groups.info("filial", GROUP)
    await desk.sessions.remove("filial")
    with pytest.raises(Rejected) as gone:
        await desk.groups.info("filial", GROUP)
    assert gone.value.code is Code.SESSION_NOT_FOUND
    assert counted.lists == 1
