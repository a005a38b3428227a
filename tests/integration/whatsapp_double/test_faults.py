"""What goes wrong in the middle of a send, and what the members get of it."""

from __future__ import annotations

import pytest

from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.whatsapp_double.conftest import Live
from tests.integration.whatsapp_double.engine import CallError, Engine


@pytest.fixture
def double(live: Live) -> WhatsAppDouble:
    live.double.forget()
    return live.double


@pytest.fixture
def engine(live: Live) -> Engine:
    return live.engine


@pytest.mark.parametrize("error", [463, 479, 420])
def test_a_refused_message_reaches_nobody(double: WhatsAppDouble, engine: Engine, picture: bytes, error: int) -> None:
    group = double.add_group("Recusada")
    double.fail_next_send(error)
    with pytest.raises(CallError, match=f"server returned error {error}"):
        engine.send_image(group.jid, picture, "")
    assert double.received == []
    engine.send_image(group.jid, picture, "agora sim")
    assert double.wait_for_arrival(PATIENCE).caption == "agora sim"


@pytest.mark.parametrize("status", [503, 0])
def test_a_failed_upload_sends_nothing_and_can_be_tried_again(
    double: WhatsAppDouble, engine: Engine, picture: bytes, status: int
) -> None:
    group = double.add_group("Upload")
    double.fail_next_upload(status)
    with pytest.raises(CallError, match="503" if status else "EOF"):
        engine.send_image(group.jid, picture, "")
    assert double.received == []
    engine.send_image(group.jid, picture, "de novo")
    assert double.wait_for_arrival(PATIENCE).image == picture


def test_a_group_that_the_account_was_thrown_out_of_takes_nothing_more(
    double: WhatsAppDouble, engine: Engine, picture: bytes
) -> None:
    group = double.add_group("Expulsos")
    engine.send_image(group.jid, picture, "ainda dentro")
    double.remove_us_from(group)
    with pytest.raises(CallError, match="server returned error 403"):
        engine.send_image(group.jid, picture, "já fora")
    assert [arrival.caption for arrival in double.received] == ["ainda dentro"]


@pytest.mark.parametrize("taking", [True, False])
def test_a_message_that_was_never_acknowledged_comes_again_and_is_shown_once(
    double: WhatsAppDouble, engine: Engine, picture: bytes, taking: bool
) -> None:
    group = double.add_group("Silêncio")
    engine.send_image(group.jid, picture, "antes")
    with double.hold_at("upload-stored") as hold:
        call = engine.begin_image(group.jid, picture, "no silêncio")
        hold.wait_reached(PATIENCE)
        double.stop_answering(taking=taking)
    if taking:
        double.wait_for_arrival(PATIENCE, count=2)
    else:
        double.wait_for_event("left-in-line", PATIENCE, tag="message")
    double.drop_connection()
    double.answer_again()
    sent = engine.finish(call)
    assert double.wait_for_arrival(PATIENCE, count=2).message_id == sent["id"]
    assert [arrival.stanzas for arrival in double.received] == [1, 2 if taking else 1]
    assert double.received[1].decrypted_by == dict.fromkeys(group.members, picture)


def test_what_was_on_a_line_that_broke_is_lost_unless_the_engine_repeats_it(
    double: WhatsAppDouble, engine: Engine, picture: bytes
) -> None:
    group = double.add_group("Perdida")
    engine.send_image(group.jid, picture, "antes")
    connected = engine.count("connected")
    with double.hold_at("message-before-received") as hold:
        call = engine.begin_image(group.jid, picture, "no meio do caminho")
        hold.wait_reached(PATIENCE)
        double.drop_connection()
    double.wait_for_event("lost-on-the-way", PATIENCE)
    # It repeats a message once; whether before its next login, when nobody listens, is a race of its own.
    try:
        engine.finish(call)
    except CallError as error:
        lost = "before message send" in str(error)
    else:
        lost = False
    assert len(double.received) == (1 if lost else 2)
    engine.wait("connected", nth=connected + 1)


def test_an_acknowledgement_that_was_late_ends_the_send(double: WhatsAppDouble, engine: Engine, picture: bytes) -> None:
    group = double.add_group("Atrasada")
    double.withhold_acks()
    call = engine.begin_image(group.jid, picture, "devagar")
    arrival = double.wait_for_arrival(PATIENCE)
    assert arrival.acked == 0
    assert engine.count("answer", id=call) == 0
    double.answer_again()
    assert engine.finish(call)["id"] == arrival.message_id


def test_a_program_can_be_held_at_its_login(double: WhatsAppDouble, engine: Engine) -> None:
    logins = engine.count("connected")
    with double.hold_at("connecting") as connecting, double.hold_at("login") as login:
        double.drop_connection()
        connecting.wait_reached(PATIENCE)
        connecting.release()
        login.wait_reached(PATIENCE)
        assert engine.count("connected") == logins
    engine.wait("connected", nth=logins + 1)


def test_a_point_that_is_not_reached_is_said(double: WhatsAppDouble) -> None:
    with pytest.raises(TimeoutError, match="did not reach 'usync'"), double.hold_at("usync") as hold:
        hold.wait_reached(0.01)
