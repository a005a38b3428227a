"""Several numbers at once: made, named, given to companies, begun afresh and removed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient
from desktop.domain.events import Event, GroupChanged, MessageArrived, ReceiptReceived, SessionChanged, SessionRemoved
from desktop.domain.message import Direction, Message, MessageKind
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.send import SendState
from desktop.domain.session import MOST_SESSIONS, Account, Profile, Session, SessionState
from desktop.ports import engine as said
from desktop.ports.session_store import SessionRecord
from tests.doubles.engine import ACCOUNT
from tests.harness.patience import PATIENCE
from tests.services.desk import BAKERY, GROUP, MARKET, Desk, ask, open_desk

NAME = "principal"
NOON = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def profile_of(desk: Desk, name: str) -> Profile:
    profile = desk.sessions.get(name).profile
    assert profile is not None
    return profile


def said_of_sessions(events: list[Event]) -> list[tuple[str, str]]:
    """What was told about which sessions there are, without repetitions."""
    told: list[tuple[str, str]] = []
    for event in events:
        if isinstance(event, SessionChanged):
            news = ("there", event.session.name)
        elif isinstance(event, SessionRemoved):
            news = ("gone", event.session)
        else:
            continue
        if news not in told[-1:]:
            told.append(news)
    return told


def message(session: str) -> Message:
    return Message(
        session=session,
        id="3EB0AA",
        chat="5511988887777@s.whatsapp.net",
        sender="5511988887777@s.whatsapp.net",
        sender_name="Ana",
        direction=Direction.IN,
        kind=MessageKind.TEXT,
        text="Olá",
        at=NOON,
    )


async def test_the_first_session_is_the_default_and_others_come_beside_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        added = await desk.sessions.add(" Filial São José ", BAKERY, keeps_messages=True)
        assert (added.name, added.state) == ("Filial São José", SessionState.STOPPED)
        assert desk.engine_of(added.name).starts == 0
        assert said_of_sessions(desk.events)[-1] == ("there", added.name)
        await desk.sessions.start(added.name)
        assert desk.sessions.get(added.name).state is SessionState.CONNECTED
        assert (profile_of(desk, NAME).default, profile_of(desk, added.name).default) == (True, False)
        await desk.sessions.add("parada")
        before = [session.profile for session in desk.sessions.all()]
    async with open_desk(tmp_path) as desk:
        assert [session.profile for session in desk.sessions.all()] == before
        states = [session.state for session in desk.sessions.all()]
        assert states == [SessionState.CONNECTED, SessionState.CONNECTED, SessionState.STOPPED]
        profile = profile_of(desk, "Filial São José")
        assert (profile.company, profile.keeps_messages, profile.wanted) == (BAKERY, True, True)


@pytest.mark.parametrize("name", ["", "   ", ".", "..", "-x", "a/b", "a\nb", "a:b", "x" * 61, "_a", "a%20b", "🙂"])
async def test_a_name_that_a_file_or_an_address_takes_otherwise_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(Rejected) as refused:
        await desk.sessions.add(name)
    assert refused.value.code is Code.SESSION_NAME_INVALID
    with pytest.raises(Rejected):
        await desk.sessions.rename(NAME, name)


async def test_two_sessions_never_have_one_name(desk: Desk) -> None:
    await desk.sessions.add("Ação")
    for taken in ("PRINCIPAL", "ac\u0327a\u0303o", "Ação"):
        with pytest.raises(Rejected) as refused:
            await desk.sessions.add(taken)
        assert refused.value.code is Code.SESSION_EXISTS
    with pytest.raises(Rejected):
        await desk.sessions.rename("Ação", "Principal")
    made = await asyncio.gather(desk.sessions.add("x"), desk.sessions.add("X"), return_exceptions=True)
    assert len([one for one in made if isinstance(one, Session)]) == 1


async def test_there_is_a_limit(desk: Desk) -> None:
    for number in range(MOST_SESSIONS - 1):
        await desk.sessions.add(f"sessão {number}")
    with pytest.raises(Rejected) as refused:
        await desk.sessions.add("uma a mais")
    assert (refused.value.code, refused.value.facts) == (Code.TOO_MANY_SESSIONS, {"most": MOST_SESSIONS})


async def test_a_renamed_session_keeps_its_link_its_sends_and_its_messages(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.put_report(MARKET)
        arrival = await desk.sending.send_and_wait(ask(MARKET))
        await desk.storage.messages.keep([message(NAME)], unread=True)
        engine = desk.engine
        desk.events.clear()
        renamed = await desk.sessions.rename(NAME, "Matriz")
        assert (renamed.name, renamed.state) == ("Matriz", SessionState.CONNECTED)
        assert said_of_sessions(desk.events) == [("there", "Matriz"), ("gone", NAME)]
        assert [session.name for session in desk.sessions.all()] == ["Matriz"]
        assert (engine.starts, engine.stops) == (1, 0)
        assert (await desk.sending.get(arrival.send.id)).session == "Matriz"
        assert [chat.name for chat in await desk.storage.messages.chats("Matriz")] == ["Ana"]
        with pytest.raises(Rejected):
            desk.sessions.get(NAME)
        engine.say(said.MessageReceived(message("whatever the engine calls it")))
        assert desk.events[-1] == MessageArrived(message("Matriz"), backlog=False)
        capitals = await desk.sessions.rename("Matriz", "MATRIZ")
        assert (await desk.sessions.rename("MATRIZ", "MATRIZ")) == capitals
    async with open_desk(tmp_path) as desk:
        # Its link is kept in the same file as ever.
        assert desk.sessions.get("MATRIZ").state is SessionState.CONNECTED
        assert list(desk.engines) == [NAME]


async def test_what_comes_in_during_a_rename_comes_under_the_new_name(desk: Desk) -> None:
    async def arrive() -> None:
        desk.engine.say(said.MessageReceived(message(NAME)))
        desk.engine.say(said.GroupChanged("1@g.us"))
        desk.engine.say(Receipt(message_ids=("3EB0",), kind=ReceiptKind.READ, chat="1@g.us", at=NOON))

    desk.outbox.before["rename_session"] = arrive
    desk.events.clear()
    await desk.sessions.rename(NAME, "Matriz")
    names = [event.message.session for event in desk.events if isinstance(event, MessageArrived)]
    names += [event.session for event in desk.events if isinstance(event, GroupChanged | ReceiptReceived)]
    assert names == ["Matriz"] * 3


async def test_what_was_heard_right_before_a_rename_is_noted_all_the_same(desk: Desk) -> None:
    arrival = await desk.sending.send_and_wait(ask(MARKET))
    desk.engine.say(Receipt(message_ids=("3EB00001",), kind=ReceiptKind.READ, chat=GROUP, at=NOON))
    await desk.sessions.rename(NAME, "Matriz")
    read = await desk.reach(arrival.send, SendState.READ)
    assert read.session == "Matriz"


async def test_a_rename_while_the_program_ends_waits_for_no_receipt_that_is_not_noted_any_more(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask(MARKET))
    desk.outbox.before["advance"] = asyncio.Event().wait
    desk.engine.say(Receipt(message_ids=("3EB00001",), kind=ReceiptKind.READ, chat=GROUP, at=NOON))
    rename = asyncio.create_task(desk.sessions.rename(NAME, "Matriz"))
    await desk.receipts.close(grace=0.05)
    async with asyncio.timeout(PATIENCE):
        assert (await rename).name == "Matriz"


async def test_a_send_under_way_is_not_lost_by_a_rename(desk: Desk) -> None:
    desk.engine.hold = asyncio.Event()
    send = await desk.sending.enqueue(ask(MARKET))
    await desk.engine.took.wait()
    await desk.sessions.rename(NAME, "Matriz")
    desk.engine.hold.set()
    sent = await desk.reach(send, SendState.SENT)
    assert (sent.session, sent.message_id) == ("Matriz", "3EB00001")
    desk.engine.say(Receipt(message_ids=("3EB00001",), kind=ReceiptKind.READ, chat=GROUP, at=NOON))
    await desk.reach(send, SendState.READ)


async def test_whatever_else_is_kept_under_a_session_s_name_follows(desk: Desk) -> None:
    class Labels:
        def __init__(self) -> None:
            self.renamed: list[tuple[str, str]] = []

        async def rename_session(self, old: str, new: str) -> None:
            # The session still has its old name: what breaks off here is asked for again.
            assert desk.sessions.get(old).state is SessionState.CONNECTED
            self.renamed.append((old, new))

    labels = Labels()
    desk.sessions.carry_along(labels)
    await desk.sessions.rename(NAME, "Matriz")
    assert labels.renamed == [(NAME, "Matriz")]


async def test_a_rename_that_the_disk_refuses_leaves_the_old_name(desk: Desk) -> None:
    desk.outbox.failures["rename_session"] = 1
    with pytest.raises(Transient):
        await desk.sessions.rename(NAME, "Matriz")
    assert desk.sessions.get(NAME).state is SessionState.CONNECTED
    await desk.sessions.rename(NAME, "Matriz")
    assert desk.sessions.get("Matriz").state is SessionState.CONNECTED


async def test_a_removed_session_leaves_nothing_but_its_history(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.put_report(MARKET)
        arrival = await desk.sending.send_and_wait(ask(MARKET))
        await desk.sessions.add("filial")
        await desk.sessions.add("terceira")
        await desk.storage.messages.keep([message(NAME)], unread=True)
        engine = desk.engine
        seen = desk.sessions.version(NAME)
        waiting = asyncio.create_task(desk.sessions.wait_beyond(NAME, seen, 10 * PATIENCE))
        await asyncio.sleep(0)
        desk.events.clear()
        await desk.sessions.remove(NAME)
        await asyncio.wait_for(waiting, PATIENCE)
        assert said_of_sessions(desk.events) == [("there", NAME), ("gone", NAME), ("there", "filial")]
        assert engine.logouts == 1
        assert profile_of(desk, "filial").default
        assert desk.sessions.default().name == "filial"
        assert await desk.storage.messages.chats(NAME) == []
        assert (await desk.sending.get(arrival.send.id)).session == NAME
        for event in (said.WentOnline(ACCOUNT), said.Heartbeat(NOON), said.MessageReceived(message(NAME))):
            engine.say(event)
        assert said_of_sessions(desk.events)[-1] == ("there", "filial")
        assert not [event for event in desk.events if isinstance(event, MessageArrived)]
    async with open_desk(tmp_path) as desk:
        assert [session.name for session in desk.sessions.all()] == ["filial", "terceira"]


async def test_whatever_else_is_kept_of_a_session_goes_with_it(desk: Desk) -> None:
    class Labels:
        def __init__(self) -> None:
            self.forgotten: list[str] = []

        async def forget_session(self, session: str) -> None:
            assert desk.sessions.get(session).state is SessionState.STOPPED
            self.forgotten.append(session)

    labels = Labels()
    desk.sessions.forget_along(labels)
    await desk.sessions.remove(NAME)
    assert labels.forgotten == [NAME]


async def test_a_session_without_a_line_is_removed_here_alone(desk: Desk) -> None:
    engine = desk.engine
    engine.say(said.WentOffline("drop"))
    await desk.sessions.remove(NAME)
    assert (engine.logouts, engine.forgotten, engine.stops) == (0, 1, 1)
    assert desk.sessions.all() == []
    with pytest.raises(Rejected):
        desk.sessions.default()
    with pytest.raises(Rejected):
        desk.sessions.session_for(MARKET)
    again = await desk.sessions.add(NAME)
    assert again.profile is not None
    assert again.profile.default


async def test_whoever_waits_for_a_removed_session_hears_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        waiting = asyncio.create_task(desk.sessions.wait_connected(NAME, 10.0))
        await asyncio.sleep(0)
        await desk.sessions.remove(NAME)
        with pytest.raises(NeedsHuman) as gone:
            await waiting
        assert gone.value.facts == {"state": "stopped"}


async def test_a_company_s_messages_go_by_its_own_session_or_the_default_one(desk: Desk) -> None:
    await desk.sessions.add("filial", BAKERY)
    await desk.sessions.add("reserva", BAKERY)
    assert desk.sessions.session_for(MARKET).name == NAME
    assert desk.sessions.session_for(BAKERY).name == "filial"
    await desk.sessions.start("reserva")
    assert desk.sessions.session_for(BAKERY).name == "reserva"
    await desk.sessions.set_company("reserva", MARKET)
    assert desk.sessions.session_for(MARKET).name == "reserva"
    await desk.sessions.set_company("reserva", None)
    changed = await desk.sessions.set_default("reserva")
    assert changed.profile is not None
    assert changed.profile.default
    assert not profile_of(desk, NAME).default
    desk.events.clear()
    assert await desk.sessions.set_default("reserva") == changed
    assert desk.events == []
    assert desk.sessions.session_for(MARKET).name == "reserva"


async def test_beginning_afresh_keeps_links_and_leaves_what_was_stopped(desk: Desk) -> None:
    await desk.sessions.add("parada")
    await desk.sessions.clear_all()
    assert (desk.engine.starts, desk.engine.stops, desk.engine.logouts) == (2, 1, 0)
    assert desk.sessions.get(NAME).state is SessionState.CONNECTED
    assert desk.engine_of("parada").starts == 0


async def test_beginning_afresh_can_drop_every_link(desk: Desk) -> None:
    await desk.sessions.add("parada")
    await desk.sessions.start("parada")
    await desk.sessions.stop("parada")
    desk.engine.account = Account(phone="5521988887777")
    await desk.sessions.clear_all(logout=True)
    session = desk.sessions.get(NAME)
    assert (session.state, session.account) == (SessionState.CONNECTED, desk.engine.account)
    assert (desk.engine.logouts, desk.engine.starts) == (1, 2)
    stopped = desk.sessions.get("parada")
    assert (stopped.state, stopped.account, stopped.has_link) == (SessionState.STOPPED, None, False)
    assert desk.engine_of("parada").forgotten == 1


async def test_a_restart_begins_the_engine_anew(desk: Desk) -> None:
    await desk.sessions.restart(NAME)
    assert (desk.engine.starts, desk.engine.stops) == (2, 1)
    await desk.sessions.stop(NAME)
    await desk.sessions.restart(NAME)
    assert (desk.engine.starts, desk.engine.stops) == (3, 2)
    assert desk.sessions.get(NAME).state is SessionState.CONNECTED


async def test_the_last_sign_of_life_is_kept_now_and_then_and_at_the_end(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        for seconds in (0, 30, 299, 300, 330):
            desk.engine.say(said.Heartbeat(NOON + timedelta(seconds=seconds)))
            await desk.kept(NAME)
        [record] = await desk.storage.sessions.all()
        assert record.last_heartbeat == NOON + timedelta(seconds=300)
        assert desk.sessions.get(NAME).last_heartbeat == NOON + timedelta(seconds=330)
    async with open_desk(tmp_path) as desk:
        assert desk.sessions.get(NAME).last_heartbeat == NOON + timedelta(seconds=330)
        await desk.sessions.stop(NAME)
        desk.engine.say(said.Heartbeat(NOON + timedelta(hours=1)))
        assert desk.sessions.get(NAME).last_heartbeat == NOON + timedelta(seconds=330)


@pytest.mark.expects_error_log("could not be kept")
async def test_a_disk_that_refuses_is_said_and_made_up_for(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    save = desk.storage.sessions.save
    refused = asyncio.Event()

    async def refuse(records: object) -> None:
        refused.set()
        raise Transient(Code.DATABASE_UNAVAILABLE, detail="disk full")

    desk.storage.sessions.save = refuse  # type: ignore[method-assign]
    desk.engine.say(said.Replaced())
    await refused.wait()
    with pytest.raises(AppError):
        await desk.sessions.set_company(NAME, MARKET)
    assert profile_of(desk, NAME).company is None
    desk.storage.sessions.save = save  # type: ignore[method-assign]
    assert "could not be kept" in caplog.text
    caplog.clear()
    await desk.sessions.set_company(NAME, MARKET)
    [record] = await desk.storage.sessions.all()
    assert record.profile.company == MARKET
    assert record.hold is not None


async def test_what_a_person_decides_is_not_undone_by_what_was_about_to_be_kept(desk: Desk) -> None:
    save, steps, begun = desk.storage.sessions.save, list[str](), asyncio.Event()

    async def watched(records: Sequence[SessionRecord]) -> None:
        steps.append("begun")
        begun.set()
        await save(records)
        steps.append("kept")

    desk.storage.sessions.save = watched  # type: ignore[method-assign]
    desk.engine.say(said.Replaced())
    await begun.wait()
    await desk.sessions.set_company(NAME, MARKET)
    # An older record that is written after a newer one would be the one that a restart finds.
    assert steps == ["begun", "kept"] * (len(steps) // 2)
    [record] = await desk.storage.sessions.all()
    assert record.profile.company == MARKET
    assert record.hold is not None


async def test_a_session_is_found_by_what_never_changes(desk: Desk) -> None:
    session_id = profile_of(desk, NAME).id
    await desk.sessions.rename(NAME, "Matriz")
    assert desk.sessions.by_id(session_id).name == "Matriz"
    await desk.sessions.add("filial")
    assert desk.sessions.by_id(profile_of(desk, "filial").id).name == "filial"
    await desk.sessions.remove("Matriz")
    with pytest.raises(Rejected) as gone:
        desk.sessions.by_id(session_id)
    assert gone.value.code is Code.SESSION_NOT_FOUND


async def test_a_watcher_sees_every_change_at_once_or_gives_up(desk: Desk) -> None:
    seen = desk.sessions.version(NAME)
    await desk.sessions.wait_beyond(NAME, seen, 0.01)
    assert desk.sessions.version(NAME) == seen
    asyncio.get_running_loop().call_soon(desk.engine.say, said.WentOffline("drop"))
    await desk.sessions.wait_beyond(NAME, seen, 10.0)
    assert desk.sessions.version(NAME) > seen


async def test_an_old_engine_is_told_before_whatsapp_refuses_it(desk: Desk) -> None:
    today = datetime.now(UTC).date()
    assert not desk.sessions.get(NAME).engine_old(today)
    for days, old in ((60, False), (61, True)):
        desk.engine.build = today - timedelta(days=days)
        await desk.sessions.restart(NAME)
        session = desk.sessions.get(NAME)
        assert session.engine_build == desk.engine.build
        assert session.engine_old(today) is old
