"""The real engine linked by the eight letters that its owner types on the phone."""

from __future__ import annotations

import asyncio
from re import fullmatch

import pytest

from desktop.ports.engine import (
    PairingCodeShown,
    PairingRefused,
    PasskeyAsked,
    QrShown,
    WentOffline,
    WentOnline,
)
from tests.doubles.whatsapp import PairingRefusedError, ScanRefusedError, WhatsAppDouble, WrongLettersError
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import Desk
from tests.integration.engines.watched import Watched


async def shown(desk: Desk) -> tuple[Watched, PairingCodeShown]:
    watched = desk.engine()
    await watched.engine.link_by_phone(desk.phone)
    return watched, await watched.until(PairingCodeShown)


async def test_typed_on_the_phone_the_letters_link_the_session(desk: Desk) -> None:
    watched, letters = await shown(desk)
    assert fullmatch(r"[1-9A-Z]{4}-[1-9A-Z]{4}", letters.code)
    assert letters.phone == desk.phone
    assert 150 < letters.valid_for <= 160

    await desk.type_letters(letters)

    online = await watched.until(WentOnline)
    assert online.account.phone == desk.phone
    # No QR was ever shown beside the letters.
    assert watched.told == [letters, online]


async def test_a_link_by_letters_lasts(desk: Desk) -> None:
    watched, letters = await shown(desk)
    await desk.type_letters(letters)
    await watched.until(WentOnline)
    await watched.engine.stop()
    again = await desk.engine().online()
    assert [type(event) for event in again.told] == [WentOnline]
    assert (await again.send_text(desk.group().jid, "Bom dia")).message_id


async def test_letters_typed_wrongly_can_be_typed_again(desk: Desk) -> None:
    watched, letters = await shown(desk)
    wrong = PairingCodeShown("AAAA-AAAA", letters.phone, letters.valid_for)
    with pytest.raises(WrongLettersError):
        await desk.type_letters(wrong)
    await desk.type_letters(letters)
    online = await watched.until(WentOnline)
    assert watched.told == [letters, online]


async def test_a_tampered_answer_to_the_letters_is_refused_and_new_letters_link(desk: Desk) -> None:
    watched, letters = await shown(desk)
    with pytest.raises(PairingRefusedError):
        await desk.type_letters(letters, tampered=True)
    assert (await watched.until(PairingRefused)).detail

    await watched.engine.link_by_phone(desk.phone)
    again = await watched.until(PairingCodeShown)
    assert again.code != letters.code
    await desk.type_letters(again)
    await watched.until(WentOnline)


async def test_stopped_meanwhile_the_letters_are_worth_nothing(desk: Desk, double: WhatsAppDouble) -> None:
    watched, letters = await shown(desk)
    await watched.engine.stop()
    await asyncio.to_thread(double.wait_for_event, "disconnected", PATIENCE, paired=False)
    with pytest.raises(ScanRefusedError):
        await desk.type_letters(letters)
    assert watched.told == [letters]


async def test_a_drop_while_the_letters_are_shown_withdraws_them_and_brings_new_ones(
    desk: Desk, double: WhatsAppDouble
) -> None:
    watched, letters = await shown(desk)
    double.drop_connection()
    await watched.until(WentOffline)
    again = await watched.until(PairingCodeShown)
    assert again.code != letters.code
    with pytest.raises(WrongLettersError):
        await desk.type_letters(letters)
    await desk.type_letters(again)
    await watched.until(WentOnline)


async def test_whoever_asks_too_often_is_refused_and_not_asked_for_again(desk: Desk, double: WhatsAppDouble) -> None:
    double.refuse_letters(429, "rate-overlimit")
    watched = desk.engine()
    await watched.engine.link_by_phone(desk.phone)
    refused = await watched.until(PairingRefused)
    assert "429" in refused.detail
    assert watched.told == [refused]


async def test_a_number_that_is_none_is_refused_before_whatsapp_is_asked(desk: Desk, double: WhatsAppDouble) -> None:
    watched = desk.engine()
    await watched.engine.link_by_phone("011988887777")
    assert "international" in (await watched.until(PairingRefused)).detail
    assert not [event for event in double.log if event.kind == "code-asked"]


async def test_letters_that_whatsapp_answers_by_asking_for_a_passkey(desk: Desk, double: WhatsAppDouble) -> None:
    double.require_passkey()
    watched, letters = await shown(desk)
    await desk.type_letters(letters)
    await watched.until(PasskeyAsked)


async def test_whoever_has_no_camera_at_hand_changes_from_the_code_to_letters(desk: Desk) -> None:
    watched = desk.engine()
    await watched.engine.start()
    code = await watched.until(QrShown)
    await watched.engine.link_by_phone(desk.phone)
    letters = await watched.until(PairingCodeShown)
    with pytest.raises(ScanRefusedError):
        await desk.scan(code)
    await desk.type_letters(letters)
    await watched.until(WentOnline)


async def test_a_session_that_is_linked_and_online_stays_as_it_is(desk: Desk) -> None:
    watched = await desk.linked()
    told = list(watched.told)
    await watched.engine.link_by_phone("5511977776666")
    assert (await watched.engine.groups()) == []
    assert watched.told == told


async def test_a_linked_session_started_for_letters_connects_as_it_is_linked(desk: Desk) -> None:
    first = await desk.linked()
    await first.engine.stop()
    watched = desk.engine()
    await watched.engine.link_by_phone(desk.phone)
    online = await watched.until(WentOnline)
    assert watched.told == [online]
