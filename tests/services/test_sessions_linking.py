"""Linking a phone: by QR or by a code, over an existing link, and with another number than before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient
from desktop.domain.session import (
    Account,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    PairingCode,
    SessionState,
    UnlinkCause,
)
from desktop.ports import engine as said
from tests.doubles.engine import ACCOUNT
from tests.services.desk import Desk, open_desk

NAME = "principal"
OTHER = Account(phone="5521988887777", name="Filial")
UNTIL = datetime(2030, 1, 1, tzinfo=UTC)


async def test_a_linked_session_asks_before_it_is_linked_anew(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        await desk.sessions.link(NAME)
    assert (refused.value.code, refused.value.facts["phone"]) == (Code.SESSION_LINKED, ACCOUNT.phone)
    with pytest.raises(Rejected):
        await desk.sessions.link_by_phone(NAME, "5511999990000")
    assert desk.sessions.get(NAME).state is SessionState.CONNECTED
    assert desk.engine.logouts == 0


async def test_a_yes_ends_the_old_link_and_makes_room_for_another_number(desk: Desk) -> None:
    desk.engine.goes_online = False
    await desk.sessions.link(NAME, replace=True)
    assert desk.engine.logouts == 1
    desk.engine.say(said.QrShown("one", 20.0))
    desk.engine.say(said.WentOnline(OTHER))
    session = desk.sessions.get(NAME)
    assert (session.state, session.account, session.has_link) == (SessionState.CONNECTED, OTHER, True)


async def test_a_link_is_dropped_here_where_whatsapp_cannot_be_told(desk: Desk) -> None:
    desk.engine.goes_online = False
    desk.engine.say(said.WentOffline("no line"))
    await desk.sessions.link(NAME, replace=True)
    assert (desk.engine.logouts, desk.engine.forgotten) == (0, 1)
    session = desk.sessions.get(NAME)
    assert (session.state, session.account, session.has_link) == (SessionState.STARTING, None, False)


async def test_a_link_is_dropped_here_where_whatsapp_does_not_answer(desk: Desk) -> None:
    desk.engine.goes_online = False
    desk.engine.logout_error = Transient(Code.NOT_CONNECTED)
    await desk.sessions.link(NAME, replace=True)
    assert (desk.engine.logouts, desk.engine.forgotten) == (1, 1)
    assert desk.sessions.get(NAME).account is None


async def test_a_new_qr_is_shown_after_the_old_one_ran_out_and_not_begun_twice(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.engine.say(said.QrShown("one", 20.0))
        await desk.sessions.link(NAME)
        assert desk.engine.starts == 1
        desk.engine.say(said.QrExpired())
        await desk.sessions.link(NAME)
        assert (desk.engine.starts, desk.sessions.get(NAME).state) == (2, SessionState.STARTING)


async def test_a_code_for_the_phone_comes_in_the_place_of_the_qr_and_back(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.engine.say(said.QrShown("one", 20.0))
        before = datetime.now(UTC)
        await desk.sessions.link_by_phone(NAME, "+55 (11) 99999-0000")
        status = desk.sessions.get(NAME).status
        assert isinstance(status, PairingCode)
        assert (status.code, status.phone) == ("SEB3-FM77", "5511999990000")
        assert before <= status.expires_at - timedelta(seconds=160) <= datetime.now(UTC)
        with pytest.raises(NeedsHuman) as refused:
            desk.sessions.engine(NAME)
        assert refused.value.code is Code.NOT_PAIRED
        desk.engine.say(said.PairingCodeExpired())
        assert desk.sessions.get(NAME).status == NeedsPerson(HumanReason.PAIRING_CODE_EXPIRED)
        await desk.sessions.link(NAME)
        desk.engine.say(said.QrShown("two", 20.0))
        assert desk.sessions.get(NAME).state is SessionState.QR


@pytest.mark.parametrize("phone", ["", "12", "amanhã", "120363041234567890@g.us", "1234@lid"])
async def test_a_code_needs_a_phone_number(desk: Desk, phone: str) -> None:
    with pytest.raises(Rejected) as refused:
        await desk.sessions.link_by_phone(NAME, phone, replace=True)
    assert refused.value.code is Code.RECIPIENT_INVALID
    assert desk.sessions.get(NAME).state is SessionState.CONNECTED


async def test_another_number_than_before_sends_nothing_until_a_person_accepts_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.engine.goes_online = False
        desk.engine.say(said.Unlinked("401"))
        await desk.sessions.link(NAME)
        desk.engine.say(said.QrShown("one", 20.0))
        desk.engine.say(said.WentOnline(OTHER))
        asks = NeedsPerson(HumanReason.OTHER_ACCOUNT, detail=OTHER.phone)
        assert (desk.sessions.get(NAME).status, desk.sessions.get(NAME).account) == (asks, ACCOUNT)
        with pytest.raises(NeedsHuman) as refused:
            desk.sessions.engine(NAME)
        assert refused.value.facts["reason"] == "other_account"
        await desk.sessions.start(NAME)
        desk.sessions.acknowledged(NAME)
        desk.engine.say(said.WentOffline("drop"))
        await desk.sessions.accept_account(NAME)
        desk.engine.say(said.WentOnline(OTHER))
        assert desk.sessions.get(NAME).status == asks
    async with open_desk(tmp_path, online=False) as desk:
        desk.engine.say(said.WentOnline(OTHER))
        assert desk.sessions.get(NAME).status == asks
        await desk.sessions.accept_account(NAME)
        assert (desk.sessions.get(NAME).state, desk.sessions.get(NAME).account) == (SessionState.CONNECTED, OTHER)
        await desk.sessions.accept_account(NAME)
    async with open_desk(tmp_path, online=False) as desk:
        desk.engine.say(said.WentOnline(OTHER))
        assert desk.sessions.get(NAME).state is SessionState.CONNECTED


async def test_the_simulator_s_number_is_not_taken_for_the_one_before(tmp_path: Path) -> None:
    async with open_desk(tmp_path, simulated=True):
        pass
    async with open_desk(tmp_path, online=False) as desk:
        session = desk.sessions.get(NAME)
        assert (session.account, session.has_link, session.simulated) == (None, False, False)
        desk.engine.say(said.WentOnline(OTHER))
        assert desk.sessions.get(NAME).state is SessionState.CONNECTED
    async with open_desk(tmp_path) as desk:
        assert desk.sessions.get(NAME).status == NeedsPerson(HumanReason.OTHER_ACCOUNT, detail=ACCOUNT.phone)


async def test_the_wrong_number_can_be_unlinked_at_once(desk: Desk) -> None:
    desk.engine.say(said.WentOnline(OTHER))
    await desk.sessions.logout(NAME)
    session = desk.sessions.get(NAME)
    assert (session.status, session.account) == (LoggedOut(UnlinkCause.HERE), None)
    desk.engine.account = OTHER
    await desk.sessions.start(NAME)
    assert desk.sessions.get(NAME).account == OTHER


async def test_the_same_number_with_another_name_is_the_same_account(desk: Desk) -> None:
    renamed = replace(ACCOUNT, name="Loja Nova")
    desk.engine.say(said.WentOnline(renamed))
    session = desk.sessions.get(NAME)
    assert (session.state, session.account) == (SessionState.CONNECTED, renamed)


async def test_an_engine_that_cannot_begin_to_link_is_broken(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.engine.start_error = AppError(Code.ENGINE_BROKEN, detail="no library")
        await desk.sessions.restart(NAME)
        assert desk.sessions.get(NAME).state is SessionState.BROKEN
        desk.engine.start_error = None
        await desk.sessions.link(NAME)
        assert desk.sessions.get(NAME).state is SessionState.STARTING
