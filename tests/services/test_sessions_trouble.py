"""Bans, restrictions, another computer, sends without acknowledgement: what ends by itself and what a person ends."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.domain.errors import Code, NeedsHuman, OutcomeUnknown, Rejected, Transient
from desktop.domain.events import SettingsChanged
from desktop.domain.session import Connected, Degraded, HumanReason, NeedsPerson, SessionState
from desktop.domain.settings import Settings
from desktop.ports import engine as said
from desktop.ports.engine import OutgoingText
from desktop.ports.session_store import SessionRecord
from desktop.services.running_session import CANARY
from tests.doubles.engine import ACCOUNT
from tests.harness.patience import PATIENCE
from tests.harness.sessions import session_once
from tests.services.desk import Desk, HeldClock, open_desk

NAME = "principal"


def restricted_until(end: datetime | None) -> NeedsPerson:
    return NeedsPerson(HumanReason.RESTRICTED, until=end)


async def test_two_sends_without_an_answer_degrade_and_one_answer_recovers(desk: Desk) -> None:
    desk.sessions.unacknowledged(NAME)
    assert desk.sessions.get(NAME).status == Connected()
    desk.sessions.unacknowledged(NAME)
    assert desk.sessions.get(NAME).status == Degraded(2)
    desk.sessions.unacknowledged(NAME)
    assert desk.sessions.get(NAME).status == Degraded(3)
    assert desk.sessions.engine(NAME) is desk.engine
    assert await desk.sessions.wait_connected(NAME, 1.0) is desk.engine
    await desk.sessions.start(NAME)
    assert desk.engine.starts == 1
    desk.sessions.acknowledged(NAME)
    assert desk.sessions.get(NAME).status == Connected()
    desk.sessions.unacknowledged(NAME)
    assert desk.sessions.get(NAME).status == Connected()


async def test_how_many_is_the_owner_s_choice(tmp_path: Path) -> None:
    def change(settings: Settings) -> Settings:
        return replace(settings, engine=replace(settings.engine, degraded_after=1))

    async with open_desk(tmp_path, change=change) as desk:
        desk.sessions.unacknowledged(NAME)
        assert desk.sessions.get(NAME).status == Degraded(1)
        desk.engine.say(said.WentOnline(ACCOUNT))
        assert desk.sessions.get(NAME).status == Degraded(1)


async def test_a_new_line_begins_with_a_clean_slate(desk: Desk) -> None:
    for _ in range(2):
        desk.sessions.unacknowledged(NAME)
    desk.engine.say(said.WentOffline("drop"))
    desk.sessions.unacknowledged(NAME)
    assert desk.sessions.get(NAME).state is SessionState.DISCONNECTED
    desk.engine.say(said.WentOnline(ACCOUNT))
    assert desk.sessions.get(NAME).status == Connected()


async def test_evidence_about_a_session_that_is_gone_is_no_trouble(desk: Desk) -> None:
    desk.sessions.acknowledged("removida")
    desk.sessions.unacknowledged("removida")


async def test_a_restricted_number_sends_nothing_until_its_time_is_over(tmp_path: Path) -> None:
    clock = HeldClock()
    async with open_desk(tmp_path, clock=clock) as desk:
        end = clock.now() + timedelta(hours=1)
        desk.engine.say(said.Restricted(end))
        assert desk.sessions.get(NAME).status == restricted_until(end)
        with pytest.raises(NeedsHuman) as refused:
            desk.sessions.engine(NAME)
        assert refused.value.facts == {"reason": "restricted", "until": end.isoformat()}
        with pytest.raises(NeedsHuman):
            desk.sessions.require_link(NAME)
        # What came in can still be fetched.
        assert desk.sessions.receiving(NAME) is desk.engine
        clock.pass_time(minutes=59)
        desk.engine.say(said.WentOffline("drop"))
        desk.engine.say(said.WentOnline(ACCOUNT))
        assert desk.sessions.get(NAME).status == restricted_until(end)
        await clock.slept.wait()
        clock.pass_time(minutes=2)
        await desk.stands(NAME, SessionState.CONNECTED)
        assert (desk.engine.starts, desk.engine.stops) == (1, 0)


async def test_a_restriction_outlasts_a_restart_of_the_program(tmp_path: Path) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    async with open_desk(tmp_path, clock=HeldClock()) as desk:
        desk.engine.say(said.Restricted(end))
    async with open_desk(tmp_path, clock=HeldClock()) as desk:
        assert desk.sessions.get(NAME).status == restricted_until(end)
    late = HeldClock()
    late.pass_time(days=2)
    async with open_desk(tmp_path, clock=late) as desk:
        assert desk.sessions.get(NAME).status == Connected()


@pytest.mark.parametrize("how", ["a person tries again", "a message is acknowledged", "WhatsApp lifts it"])
async def test_a_restriction_without_an_end_goes_on_evidence(desk: Desk, how: str) -> None:
    desk.engine.say(said.Restricted(None))
    assert desk.sessions.get(NAME).status == restricted_until(None)
    if how == "a person tries again":
        await desk.sessions.start(NAME)
    elif how == "a message is acknowledged":
        desk.sessions.acknowledged(NAME)
    else:
        desk.engine.say(said.WentOnline(ACCOUNT))
    assert desk.sessions.get(NAME).status == Connected()


async def test_a_restriction_that_is_told_before_the_line_is_there_holds_from_then_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.engine.say(said.Restricted(None))
        assert desk.sessions.get(NAME).state is SessionState.STARTING
        desk.engine.say(said.WentOnline(ACCOUNT))
        assert desk.sessions.get(NAME).status == restricted_until(None)
        desk.engine.say(said.WentOffline("drop"))
        with pytest.raises(Transient):
            desk.sessions.engine(NAME)
        with pytest.raises(Transient):
            desk.sessions.receiving(NAME)
        await desk.sessions.start(NAME)
        assert desk.engine.starts == 1


async def test_a_ban_with_an_end_is_waited_out_and_begun_anew(tmp_path: Path) -> None:
    clock = HeldClock()
    async with open_desk(tmp_path, clock=clock) as desk:
        desk.engine.say(said.Banned(clock.now() + timedelta(minutes=30), "spam"))
        desk.engine.say(said.Banned(clock.now() + timedelta(hours=2), "spam"))
        await clock.slept.wait()
        clock.pass_time(hours=1)
        await desk.sessions.set_keeps_messages(NAME, True)
        assert desk.sessions.get(NAME).state is SessionState.NEEDS_HUMAN
        clock.pass_time(hours=2)
        await desk.stands(NAME, SessionState.CONNECTED)
        assert desk.engine.starts == 2


async def test_a_banned_number_is_left_alone_over_a_restart_until_the_end(tmp_path: Path) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    async with open_desk(tmp_path, clock=HeldClock()) as desk:
        desk.engine.say(said.Banned(end, "spam"))
    clock = HeldClock()
    async with open_desk(tmp_path, clock=clock) as desk:
        assert desk.sessions.get(NAME).status == NeedsPerson(HumanReason.BANNED, until=end, detail="spam")
        assert desk.engine.starts == 0
        await clock.slept.wait()
        clock.pass_time(days=2)
        await desk.stands(NAME, SessionState.CONNECTED)


async def test_whoever_stops_a_banned_session_is_not_overruled_by_the_end_of_the_ban(tmp_path: Path) -> None:
    clock = HeldClock()
    async with open_desk(tmp_path, clock=clock) as desk:
        desk.engine.say(said.Banned(clock.now() + timedelta(minutes=1), "spam"))
        await clock.slept.wait()
        save, disk = desk.storage.sessions.save, asyncio.Event()

        async def save_slowly(records: Sequence[SessionRecord]) -> None:
            await disk.wait()
            await save(records)

        desk.storage.sessions.save = save_slowly  # type: ignore[method-assign]
        slow = asyncio.create_task(desk.sessions.set_keeps_messages(NAME, True))
        await asyncio.sleep(0)
        stopping = asyncio.create_task(desk.sessions.stop(NAME))
        await asyncio.sleep(0)
        clock.pass_time(minutes=5)
        await clock.awake.wait()
        disk.set()
        await asyncio.gather(slow, stopping)
        # Its turn comes after the alarm's.
        await desk.sessions.set_keeps_messages(NAME, False)
        assert desk.sessions.get(NAME).state is SessionState.STOPPED
        assert desk.engine.starts == 1


@pytest.mark.parametrize("wish", ["start", "stop", "restart", "link"])
async def test_nobody_who_waited_for_a_session_to_be_removed_brings_it_back(desk: Desk, wish: str) -> None:
    engine, logout = desk.engine, desk.engine.logout
    leaving, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        leaving.set()
        await go_on.wait()
        await logout()

    engine.logout = slowly  # type: ignore[method-assign]
    removing = asyncio.create_task(desk.sessions.remove(NAME))
    await leaving.wait()
    waiting = asyncio.create_task(getattr(desk.sessions, wish)(NAME))
    deciding = asyncio.create_task(desk.sessions.set_keeps_messages(NAME, True))
    await asyncio.sleep(0)
    go_on.set()
    await removing
    for one in (waiting, deciding):
        with pytest.raises(Rejected) as gone:
            await one
        assert gone.value.code is Code.SESSION_NOT_FOUND
    assert engine.starts == 1
    assert await desk.storage.sessions.all() == []


async def test_a_session_that_is_removed_while_the_program_ends_is_gone(desk: Desk) -> None:
    desk.engine.say(said.WentOffline("drop"))
    leaving, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        leaving.set()
        await go_on.wait()

    desk.engine.forget = slowly  # type: ignore[method-assign]
    removing = asyncio.create_task(desk.sessions.remove(NAME))
    await leaving.wait()
    closing = asyncio.create_task(desk.sessions.close())
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(removing, closing)
    assert await desk.storage.sessions.all() == []


async def test_what_is_over_before_it_was_put_down_does_not_stay_on_disk(desk: Desk) -> None:
    # Behind what its connecting put down.
    await desk.sessions.set_keeps_messages(NAME, True)
    save, disk, asked = desk.storage.sessions.save, asyncio.Event(), asyncio.Event()
    holds: list[NeedsPerson | None] = []
    healed = asyncio.Event()

    async def save_slowly(records: Sequence[SessionRecord]) -> None:
        asked.set()
        await disk.wait()
        await save(records)
        holds.extend(record.hold for record in records)
        if records[0].hold is None:
            healed.set()

    desk.storage.sessions.save = save_slowly  # type: ignore[method-assign]
    desk.engine.say(said.Restricted(None))
    await asked.wait()
    desk.sessions.acknowledged(NAME)
    disk.set()
    await asyncio.wait_for(healed.wait(), PATIENCE)
    assert holds[0] == restricted_until(None)
    [record] = await desk.storage.sessions.all()
    assert record.hold is None


async def test_another_computer_is_never_fought_not_even_by_a_restart(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.engine.say(said.Replaced())
    async with open_desk(tmp_path) as desk:
        assert desk.sessions.get(NAME).status == NeedsPerson(HumanReason.REPLACED)
        assert desk.engine.starts == 0
    async with open_desk(tmp_path) as desk:
        await desk.sessions.start(NAME)
        assert desk.sessions.get(NAME).status == Connected()
    async with open_desk(tmp_path) as desk:
        assert desk.sessions.get(NAME).status == Connected()


def every_five_minutes(settings: Settings) -> Settings:
    return replace(settings, engine=replace(settings.engine, canary_minutes=5, ack_deadline=0.05))


async def let_pass(desk: Desk, clock: HeldClock, messages: int) -> None:
    """Five minutes, until so many messages to oneself were tried in all."""
    await clock.slept.wait()
    clock.slept.clear()
    desk.engine.took.clear()
    clock.pass_time(minutes=5)
    await desk.engine.took.wait()
    assert len(desk.engine.others) == messages


async def test_a_message_to_oneself_proves_the_line(tmp_path: Path) -> None:
    clock = HeldClock()
    async with open_desk(tmp_path, clock=clock, change=every_five_minutes) as desk:
        unknown = OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack")
        desk.engine.outcomes = [None, unknown, Transient(Code.NOT_CONNECTED), unknown]
        await let_pass(desk, clock, 1)
        assert desk.engine.others == [(f"{ACCOUNT.phone}@s.whatsapp.net", OutgoingText(CANARY))]
        for number in (2, 3):
            await let_pass(desk, clock, number)
            assert desk.sessions.get(NAME).status == Connected()
        await let_pass(desk, clock, 4)
        assert (await desk.stands(NAME, SessionState.DEGRADED)).status == Degraded(2)
        desk.engine.hold = asyncio.Event()
        await let_pass(desk, clock, 5)
        await session_once(desk.sessions, NAME, lambda session: session.status == Degraded(3))
        desk.engine.hold = None
        await let_pass(desk, clock, 6)
        assert (await desk.stands(NAME, SessionState.CONNECTED)).status == Connected()


async def test_a_ping_to_oneself_follows_every_connection_where_the_owner_wishes(tmp_path: Path) -> None:
    def pinging(settings: Settings) -> Settings:
        return replace(settings, engine=replace(settings.engine, ping_on_connect=True))

    async with open_desk(tmp_path, change=pinging) as desk:
        for number in (1, 2):
            while len(desk.engine.others) < number:
                desk.engine.took.clear()
                await desk.engine.took.wait()
            assert desk.engine.others == [(f"{ACCOUNT.phone}@s.whatsapp.net", OutgoingText("ping"))] * number
            # What is told of the same line again is no new connection.
            desk.engine.say(said.WentOnline(ACCOUNT))
            if number == 1:
                desk.engine.say(said.WentOffline("drop"))
                desk.engine.say(said.WentOnline(ACCOUNT))
        assert len(desk.engine.others) == 2


async def test_no_message_to_oneself_without_a_line_or_the_owner_s_wish(tmp_path: Path) -> None:
    clock = HeldClock()
    async with open_desk(tmp_path, clock=clock) as desk:
        assert clock.sleepers == 0
        desk.settings = every_five_minutes(desk.settings)
        desk.bus.publish(SettingsChanged())
        await clock.slept.wait()
        clock.slept.clear()
        desk.engine.say(said.WentOffline("drop"))
        await desk.sessions.set_keeps_messages(NAME, True)
        assert clock.sleepers == 0
        desk.engine.say(said.WentOnline(ACCOUNT))
        await clock.slept.wait()
        desk.settings = replace(desk.settings, engine=replace(desk.settings.engine, canary_minutes=0))
        desk.bus.publish(SettingsChanged())
        await desk.sessions.set_keeps_messages(NAME, False)
        assert clock.sleepers == 0
