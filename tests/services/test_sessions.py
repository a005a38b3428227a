"""A session is in one state, and every state follows from what its engine said."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient
from desktop.domain.events import SessionChanged
from desktop.domain.send import IllegalTransitionError
from desktop.domain.session import (
    Broken,
    Connected,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    OfflineCause,
    Qr,
    Session,
    SessionState,
    Starting,
    Status,
    Stopped,
    UnlinkCause,
)
from desktop.ports import engine as said
from tests.doubles.engine import ACCOUNT
from tests.services.desk import Desk, open_desk

NAME = "principal"
UNTIL = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (said.QrExpired(), NeedsPerson(HumanReason.QR_EXPIRED), Code.NOT_PAIRED),
        (said.PairingRefused("hmac"), NeedsPerson(HumanReason.PAIRING_REFUSED, detail="hmac"), Code.NOT_PAIRED),
        (said.PasskeyAsked(), NeedsPerson(HumanReason.PASSKEY), Code.NEEDS_HUMAN),
        (
            said.ClientOutdated("2026-09-21"),
            NeedsPerson(HumanReason.CLIENT_OUTDATED, detail="2026-09-21"),
            Code.NEEDS_HUMAN,
        ),
        (said.Banned(UNTIL, "spam"), NeedsPerson(HumanReason.BANNED, until=UNTIL, detail="spam"), Code.NEEDS_HUMAN),
        (said.Replaced(), NeedsPerson(HumanReason.REPLACED), Code.NEEDS_HUMAN),
        (said.WentOffline("dial"), Disconnected("dial"), Code.NOT_CONNECTED),
        (said.Restarting("died"), Disconnected("died", OfflineCause.RESTARTING), Code.NOT_CONNECTED),
        (said.Unlinked("401"), LoggedOut(UnlinkCause.PHONE), Code.NOT_PAIRED),
        (said.Failed("no library"), Broken("no library"), Code.ENGINE_BROKEN),
    ],
)
async def test_what_the_engine_says_becomes_a_state_and_an_answer(
    desk: Desk, event: said.EngineEvent, status: Status, code: Code
) -> None:
    desk.engine.say(event)
    session = desk.sessions.get(NAME)
    assert session.status == status
    with pytest.raises(AppError) as refused:
        desk.sessions.engine(NAME)
    assert refused.value.code is code
    assert isinstance(desk.events[-1], SessionChanged)


async def test_the_first_start_shows_a_qr_and_linking_makes_it_known(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.engine.say(said.QrShown("one", 60.0))
        before = datetime.now(UTC)
        desk.engine.say(said.QrShown("two", 20.0))
        after = datetime.now(UTC)
        status = desk.sessions.get(NAME).status
        assert isinstance(status, Qr)
        assert status.text == "two"
        assert before <= status.expires_at - timedelta(seconds=20) <= after
        desk.engine.say(said.WentOnline(ACCOUNT))
        assert desk.sessions.get(NAME).account == ACCOUNT
        assert desk.sessions.all() == [desk.sessions.get(NAME)]
    async with open_desk(tmp_path, online=False) as desk:
        assert desk.sessions.get(NAME).account == ACCOUNT


async def test_a_session_that_a_person_stopped_stays_stopped(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.sessions.stop(NAME)
        desk.engine.say(said.WentOffline("too late"))
        assert desk.sessions.get(NAME).state is SessionState.STOPPED
    async with open_desk(tmp_path) as desk:
        assert desk.engine.starts == 0
        await desk.sessions.start(NAME)
        await desk.sessions.start(NAME)
        assert desk.engine.starts == 1


async def test_logging_out_forgets_the_number_and_needs_a_connection(desk: Desk) -> None:
    await desk.sessions.logout(NAME)
    session = desk.sessions.get(NAME)
    assert (session.status, session.account) == (LoggedOut(UnlinkCause.HERE), None)
    with pytest.raises(Transient):
        await desk.sessions.logout(NAME)
    assert desk.engine.logouts == 1


async def test_an_engine_that_cannot_start_is_broken_and_says_why(desk: Desk) -> None:
    await desk.sessions.stop(NAME)
    desk.engine.start_error = AppError(Code.ENGINE_BROKEN, detail="no library")
    await desk.sessions.start(NAME)
    assert desk.sessions.get(NAME).state is SessionState.BROKEN


async def test_a_group_is_looked_at_through_its_session(desk: Desk) -> None:
    assert (await desk.sessions.group(NAME, "120363041234567890@g.us")).subject == "Vendas"
    with pytest.raises(Rejected) as unknown:
        desk.sessions.get("outra")
    assert unknown.value.code is Code.SESSION_NOT_FOUND


async def test_waiting_for_a_connection_ends_with_it_or_with_its_limit(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        with pytest.raises(Transient):
            await desk.sessions.wait_connected(NAME, 0.05)
        asyncio.get_running_loop().call_soon(desk.engine.say, said.WentOnline(ACCOUNT))
        assert await desk.sessions.wait_connected(NAME, 5.0) is desk.engine
        await desk.sessions.stop(NAME)
        with pytest.raises(NeedsHuman):
            await desk.sessions.wait_connected(NAME, 5.0)


def test_a_session_goes_only_where_its_table_leads() -> None:
    session = Session(name=NAME, status=Stopped(), since=UNTIL)
    with pytest.raises(IllegalTransitionError):
        session.moved(Connected(), UNTIL)
    assert session.moved(Stopped(), UNTIL) is session
    assert session.moved(Starting(), UNTIL).state is SessionState.STARTING
