"""Pictures, texts and receipts, both ways."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.doubles.whatsapp import WhatsAppDouble
from tests.doubles.whatsapp.people import Addressing
from tests.harness.patience import PATIENCE
from tests.integration.whatsapp_double.conftest import Live, link
from tests.integration.whatsapp_double.engine import CallError, Engine

DELIVERED, READ = 1, 4


@pytest.fixture
def double(live: Live) -> WhatsAppDouble:
    live.double.forget()
    return live.double


@pytest.fixture
def engine(live: Live) -> Engine:
    return live.engine


@pytest.mark.parametrize("addressing", ["lid", "pn"])
def test_every_member_reads_exactly_the_picture_and_its_caption(
    double: WhatsAppDouble, engine: Engine, picture: bytes, addressing: Addressing
) -> None:
    group = double.add_group("Relatórios", members=3, addressing=addressing)
    sent = engine.send_image(group.jid, picture, "Olá, relatório do dia ✓")
    arrival = double.wait_for_arrival(PATIENCE)
    assert arrival.decrypted_by == dict.fromkeys(group.members, picture)
    assert {content.text for content in arrival.by_member.values()} == {"Olá, relatório do dia ✓"}
    assert (arrival.message_id, arrival.chat, arrival.stanzas, arrival.acked) == (sent["id"], group.jid, 1, 1)
    assert (arrival.kind, arrival.content.width, arrival.content.height) == ("image", 640, 480)
    assert arrival.on_own_phone == arrival.content
    for member in group.members:
        engine.wait("receipt", ids=[sent["id"]], type=DELIVERED, chat=group.jid, sender=member)
        engine.wait("receipt", ids=[sent["id"]], type=READ, chat=group.jid, sender=member)


def test_a_group_of_oneself_takes_a_picture(double: WhatsAppDouble, engine: Engine, picture: bytes) -> None:
    group = double.add_group("Só eu", members=0)
    engine.send_image(group.jid, picture, "para mim")
    arrival = double.wait_for_arrival(PATIENCE)
    assert arrival.decrypted_by == {}
    assert arrival.image == picture


def test_twenty_pictures_at_once_all_arrive(double: WhatsAppDouble, engine: Engine, picture: bytes) -> None:
    groups = [double.add_group(f"Empresa {i}", members=2) for i in range(4)]
    calls = [engine.begin_image(groups[i % 4].jid, picture, f"relatório {i}") for i in range(20)]
    for call in calls:
        engine.finish(call)
    double.wait_for_arrival(PATIENCE, count=20)
    assert {arrival.caption for arrival in double.received} == {f"relatório {i}" for i in range(20)}
    assert all(set(arrival.decrypted_by.values()) == {picture} for arrival in double.received)


def test_receipts_come_when_the_members_give_them(double: WhatsAppDouble, engine: Engine, picture: bytes) -> None:
    group = double.add_group("Devagar", members=2)
    double.auto_receipts = False
    sent = engine.send_image(group.jid, picture, "")
    arrival = double.wait_for_arrival(PATIENCE)
    assert engine.count("receipt", ids=[sent["id"]]) == 0
    double.deliver(arrival, members=1)
    engine.wait("receipt", ids=[sent["id"]], type=DELIVERED, sender=group.members[0])
    double.read(arrival)
    engine.wait("receipt", ids=[sent["id"]], type=READ, sender=group.members[1])
    assert engine.count("receipt", ids=[sent["id"]], type=DELIVERED, sender=group.members[1]) == 0
    double.auto_receipts = True


@pytest.mark.parametrize("addressing", ["lid", "pn"])
def test_a_member_writes_and_is_answered(
    double: WhatsAppDouble, engine: Engine, picture: bytes, addressing: Addressing
) -> None:
    group = double.add_group("Conversa", members=2, addressing=addressing)
    first = double.incoming_text(group, 0, "Cadê o relatório?")
    shown = engine.wait("message", key_only=False, id=first)
    assert (shown["text"], shown["chat"], shown["from_me"]) == ("Cadê o relatório?", group.jid, False)
    assert shown["sender"].partition("@")[0].partition(":")[0] == group.members[0].partition("@")[0]
    engine.send_image(group.jid, picture, "aqui")
    second = double.incoming_text(group, 0, "Obrigada!")
    assert engine.wait("message", key_only=False, id=second)["text"] == "Obrigada!"
    engine.send_image(group.jid, picture, "de nada")
    assert double.wait_for_arrival(PATIENCE, count=2).decrypted_by == dict.fromkeys(group.members, picture)


def test_a_member_sends_a_picture(double: WhatsAppDouble, engine: Engine, picture: bytes) -> None:
    group = double.add_group("Fotos", members=1)
    sent = double.incoming_image(group, 0, picture, "o comprovante")
    shown = engine.wait("message", key_only=False, id=sent)
    assert (base64.b64decode(shown["image"]), shown["text"]) == (picture, "o comprovante")


def test_somebody_writes_to_the_account_alone(double: WhatsAppDouble, engine: Engine) -> None:
    zeca = double.add_person("Zeca")
    sent = double.incoming_text(str(zeca.lid), str(zeca.lid), "Oi")
    assert engine.wait("message", key_only=False, id=sent)["text"] == "Oi"
    double.wait_for_event("message-accepted", PATIENCE, message_id=sent)
    answer = engine.call("send_text", to=str(zeca.pn), text="Olá, Zeca")
    arrival = double.wait_for_arrival(PATIENCE)
    assert (arrival.message_id, arrival.text, arrival.chat) == (answer["id"], "Olá, Zeca", str(zeca.lid))
    assert arrival.decrypted_by == {str(zeca.lid): b"Ol\xc3\xa1, Zeca"}
    engine.wait("receipt", ids=[answer["id"]], type=READ)


def test_what_the_owner_writes_on_the_phone_shows_as_the_accounts_own(double: WhatsAppDouble, engine: Engine) -> None:
    group = double.add_group("Do celular", members=1)
    in_group = double.write_on_own_phone(group, "mandei eu")
    assert engine.wait("message", key_only=False, id=in_group, from_me=True)["text"] == "mandei eu"
    zeca = double.add_person()
    alone = double.write_on_own_phone(str(zeca.lid), "mandei ao Zeca")
    assert engine.wait("message", key_only=False, id=alone, from_me=True)["text"] == "mandei ao Zeca"


def test_the_groups_of_the_account_are_listed(double: WhatsAppDouble, engine: Engine) -> None:
    mine = double.add_group("Minha", members=2, jid="120363000000000001@g.us")
    double.add_account("5521900000009")
    others = double.add_group("De outros", accounts=["5521900000009"])
    listed = engine.call("groups")["groups"]
    assert listed[mine.jid] == ["Minha", 3]
    assert others.jid not in listed
    assert engine.call("group_info", jid=mine.jid)["name"] == "Minha"


def test_a_new_group_is_announced(double: WhatsAppDouble, engine: Engine, picture: bytes) -> None:
    group = double.add_group("Cliente novo", members=1, announced=True)
    engine.wait("joined", group="Cliente novo")
    engine.send_image(group.jid, picture, "bem-vindos")
    assert double.wait_for_arrival(PATIENCE).decrypted_by == dict.fromkeys(group.members, picture)


def test_a_number_is_looked_up(double: WhatsAppDouble, engine: Engine) -> None:
    known = double.add_person().pn.user
    assert engine.call("on_whatsapp", numbers=[known, "5511900000000"])["in"] == {known: True, "5511900000000": False}


def test_a_restored_phone_asks_for_the_message_again(double: WhatsAppDouble, engine: Engine, picture: bytes) -> None:
    group = double.add_group("Celular novo", members=2)
    engine.send_image(group.jid, picture, "antes")
    double.forget_keys(group.members[0])
    sent = engine.send_image(group.jid, picture, "depois")
    double.wait_for_event("read-after-retry", PATIENCE, message_id=sent["id"], member=group.members[0])
    arrival = double.received[-1]
    assert arrival.decrypted_by == dict.fromkeys(group.members, picture)
    assert arrival.unread_by == {}


def test_two_programs_of_the_double_write_to_each_other(
    double: WhatsAppDouble, engine: Engine, picture: bytes, tmp_path: Path
) -> None:
    """The server hands each what was encrypted for it."""
    other = Engine(double, tmp_path / "other.db")
    try:
        link(double, other, "5521900000010")
        group = double.add_group("Dois", members=1, accounts=[double.default_phone, "5521900000010"])
        sent = engine.send_image(group.jid, picture, "de mim")
        assert base64.b64decode(other.wait("message", key_only=False, id=sent["id"])["image"]) == picture
        back = other.send_image(group.jid, picture, "de volta")
        assert engine.wait("message", key_only=False, id=back["id"])["text"] == "de volta"
    finally:
        other.kill()


def test_a_group_that_does_not_exist_is_told_from_one_that_was_left(double: WhatsAppDouble, engine: Engine) -> None:
    double.add_account("5521900000011")
    left = double.add_group("Saí", accounts=["5521900000011"])
    with pytest.raises(CallError, match="you're not participating in that group"):
        engine.call("send_text", to=left.jid, text="?")
    with pytest.raises(CallError, match="that group does not exist"):
        engine.call("send_text", to="120363999999999999@g.us", text="?")
    assert double.received == []
