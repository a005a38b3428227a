"""The real engine's received messages: what other people, and the owner elsewhere, wrote."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.message import Ack, ChatKind, Direction, Media, Message, MessageKind
from desktop.domain.receipt import Receipt
from desktop.ports.engine import MessageReceived, OutgoingText, QrShown, WentOffline, WentOnline
from tests.doubles.whatsapp import WhatsAppDouble, contents
from tests.doubles.whatsapp.contents import Remembered
from tests.doubles.whatsapp.correspondence import RECENT_HISTORY
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import Desk, picture
from tests.integration.engines.watched import Watched

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
MEGABYTE = 1 << 20


async def received(watched: Watched) -> Message:
    return (await watched.until(MessageReceived)).message


@pytest.mark.parametrize("addressing", ["lid", "pn"])
async def test_a_members_text_comes_with_the_group_and_the_writers_number_and_name(
    desk: Desk, double: WhatsAppDouble, addressing: str
) -> None:
    group, watched = desk.group(addressing=addressing), await desk.linked()
    message_id = double.incoming_text(group, 0, "Bom dia, João! 😀", phone=desk.phone)
    message = await received(watched)
    ana = double.person(group.members[0])
    assert (message.id, message.chat, message.sender, message.sender_name) == (
        message_id,
        group.jid,
        str(ana.pn),
        ana.name,
    )
    assert (message.direction, message.kind, message.text) == (Direction.IN, MessageKind.TEXT, "Bom dia, João! 😀")
    assert message.chat_kind is ChatKind.GROUP
    assert message.media is None
    assert message.ack is Ack.SERVER
    assert abs(message.at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_persons_message_belongs_to_the_chat_with_that_number(desk: Desk, double: WhatsAppDouble) -> None:
    person, watched = double.add_person("Zeca"), await desk.linked()
    double.incoming_text(str(person.lid), str(person.lid), "Oi", phone=desk.phone)
    message = await received(watched)
    assert (message.chat, message.sender, message.chat_kind) == (str(person.pn), str(person.pn), ChatKind.INDIVIDUAL)


async def test_what_the_owner_writes_on_the_phone_is_the_owners(desk: Desk, double: WhatsAppDouble) -> None:
    group, person, watched = desk.group(), double.add_person("Zeca"), await desk.linked()
    double.write_on_own_phone(group, "do celular", phone=desk.phone)
    double.write_on_own_phone(str(person.lid), "para o Zeca", phone=desk.phone)
    in_group, to_zeca = await received(watched), await received(watched)
    own = f"{desk.phone}@s.whatsapp.net"
    assert (in_group.chat, in_group.sender, in_group.direction) == (group.jid, own, Direction.OUT)
    assert (to_zeca.chat, to_zeca.sender, to_zeca.text) == (str(person.pn), own, "para o Zeca")
    assert to_zeca.direction is Direction.OUT


async def test_what_another_computer_of_the_owner_sends_is_the_owners(desk: Desk, double: WhatsAppDouble) -> None:
    group, first, second = desk.group(), await desk.linked(), await desk.linked("outro computador")
    sent = await first.send_image(group.jid, picture(caption="Relatório"))
    message = await received(second)
    assert (message.id, message.direction, message.kind) == (sent.message_id, Direction.OUT, MessageKind.IMAGE)
    assert (message.chat, message.text) == (group.jid, "Relatório")
    await asyncio.to_thread(double.wait_for_arrival, PATIENCE)
    assert not any(isinstance(event, MessageReceived) for event in first.told)


@pytest.mark.parametrize(
    ("kind", "about", "expected"),
    [
        ("image", {"caption": "Nota fiscal", "width": 640, "height": 480}, MessageKind.IMAGE),
        ("video", {"caption": "Vitrine", "width": 320, "height": 240, "seconds": 12}, MessageKind.VIDEO),
        ("audio", {"seconds": 7}, MessageKind.AUDIO),
        ("document", {"caption": "Contrato", "filename": "contrato ção.pdf"}, MessageKind.DOCUMENT),
        ("document", {"filename": "contrato.pdf"}, MessageKind.DOCUMENT),
        ("sticker", {"width": 512, "height": 512}, MessageKind.STICKER),
    ],
)
async def test_a_file_is_described_and_can_be_fetched(
    desk: Desk, double: WhatsAppDouble, kind: str, about: dict[str, Any], expected: MessageKind
) -> None:
    group, watched = desk.group(), await desk.linked()
    double.incoming_file(group, 0, kind, PDF, desk.phone, **about)
    message = await received(watched)
    assert (message.kind, message.text) == (expected, about.get("caption", ""))
    media = message.media
    assert media is not None
    assert (media.mimetype, media.size) == (contents.MIMETYPES[kind], len(PDF))
    described = {"filename": media.filename, "width": media.width, "height": media.height, "seconds": media.seconds}
    assert {name: value for name, value in described.items() if value} == {
        name: value for name, value in about.items() if name != "caption"
    }
    assert "ticket" not in repr(media)
    assert await watched.engine.download(media, max_bytes=MEGABYTE) == PDF


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (contents.location(-23.5505, -46.6333, "Praça da Sé", "São Paulo"), MessageKind.LOCATION, None),
        (contents.contact("Maria Souza"), MessageKind.CONTACT, "Maria Souza"),
        (contents.poll("Abrimos no feriado?"), MessageKind.OTHER, ""),
        (contents.wrapped(contents.EPHEMERAL, contents.text("some em 24 h")), MessageKind.TEXT, "some em 24 h"),
        (b"\x0a\x02\xff\xfe", MessageKind.TEXT, "\ufffd\ufffd"),
    ],
)
async def test_other_kinds_are_told_apart(
    desk: Desk, double: WhatsAppDouble, content: bytes, kind: MessageKind, text: str | None
) -> None:
    group, watched = desk.group(), await desk.linked()
    double.incoming(group, 0, content, desk.phone)
    message = await received(watched)
    assert message.kind is kind
    assert message.text == (text if text is not None else "Praça da Sé\nSão Paulo\n-23.550500,-46.633300")
    assert message.media is None


async def test_reactions_changes_and_keys_are_no_messages(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    first = double.incoming_text(group, 0, "primeira", phone=desk.phone)
    double.incoming(group, 0, contents.reaction(first, "👍"), desk.phone)
    double.incoming(group, 0, contents.edit(first, "corrigida"), desk.phone)
    double.incoming(group, 0, contents.revocation(first), desk.phone)
    last = double.incoming_text(group, 0, "última", phone=desk.phone)
    assert [(await received(watched)).id, (await received(watched)).id] == [first, last]


async def test_a_file_larger_than_the_limit_is_not_fetched(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.incoming_file(group, 0, "document", PDF, desk.phone, filename="a.pdf")
    double.incoming_file(group, 0, "document", PDF, desk.phone, filename="b.pdf", said=10)
    honest, lying = (await received(watched)).media, (await received(watched)).media
    assert honest is not None
    assert lying is not None
    with pytest.raises(Rejected) as refused:
        await watched.engine.download(honest, max_bytes=len(PDF) - 1)
    assert refused.value.code is Code.MEDIA_TOO_LARGE
    assert not [event for event in double.log if event.kind == "downloaded"]
    # What the sender said of its size is not believed, even of one that would not fit through the worker's pipe.
    double.incoming_file(group, 0, "document", bytes(65 << 20), desk.phone, filename="c.bin", said=10)
    huge = (await received(watched)).media
    assert huge is not None
    with pytest.raises(Rejected) as refused:
        await watched.engine.download(huge, max_bytes=1 << 30)
    assert refused.value.code is Code.MEDIA_TOO_LARGE
    with pytest.raises(Rejected) as refused:
        await watched.engine.download(lying, max_bytes=len(PDF) - 1)
    assert refused.value.code is Code.MEDIA_TOO_LARGE
    assert await watched.engine.download(honest, max_bytes=len(PDF)) == PDF


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_a_file_that_whatsapp_has_deleted_is_gone(desk: Desk, double: WhatsAppDouble, status: int) -> None:
    group, watched = desk.group(), await desk.linked()
    double.incoming_image(group, 0, picture().content, phone=desk.phone)
    media = (await received(watched)).media
    assert media is not None
    double.fail_next_download(status)
    with pytest.raises(Rejected) as gone:
        await watched.engine.download(media, max_bytes=MEGABYTE)
    assert gone.value.code is Code.MEDIA_GONE


async def test_a_file_that_is_on_the_host_no_more_is_gone(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.incoming_file(group, 0, "audio", PDF, desk.phone)
    media = (await received(watched)).media
    assert media is not None
    double.forget_media()
    with pytest.raises(Rejected) as gone:
        await watched.engine.download(media, max_bytes=MEGABYTE)
    assert gone.value.code is Code.MEDIA_GONE


async def test_a_file_without_what_fetches_it_is_gone(desk: Desk) -> None:
    watched = await desk.linked()
    for ticket in (b"", b"\x0a\x00"):
        with pytest.raises(Rejected) as gone:
            await watched.engine.download(Media(mimetype="image/jpeg", size=1, ticket=ticket), max_bytes=10)
        assert gone.value.code is Code.MEDIA_GONE


async def test_without_a_connection_no_file_comes_and_nobody_is_found(desk: Desk) -> None:
    watched = desk.engine()
    for call in (
        watched.engine.download(Media(mimetype="image/jpeg", size=1, ticket=b"\x0a\x00"), max_bytes=10),
        watched.engine.find_account("5511999990000"),
    ):
        with pytest.raises(Transient) as refused:
            await call
        assert refused.value.code is Code.NOT_CONNECTED


async def test_a_file_can_still_be_fetched_after_a_restart(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.incoming_image(group, 0, picture().content, phone=desk.phone)
    media = (await received(watched)).media
    assert media is not None
    await watched.engine.stop()
    again = await desk.engine().online()
    assert (await again.engine.download(media, max_bytes=MEGABYTE))[:2] == b"\xff\xd8"


async def test_what_waited_for_the_login_is_old_news_and_what_comes_then_is_new(
    desk: Desk, double: WhatsAppDouble
) -> None:
    group, watched = desk.group(), await desk.linked()
    await watched.engine.stop()
    waiting = [double.incoming_text(group, n % 2, f"de noite {n}", phone=desk.phone) for n in range(5)]
    again = desk.engine()
    await again.engine.start()
    old = [await again.until(MessageReceived) for _ in waiting]
    assert [(event.message.id, event.backlog) for event in old] == [(one, True) for one in waiting]
    await asyncio.to_thread(double.wait_for_event, "logged-in", PATIENCE, account=desk.phone, waiting=5)
    live = double.incoming_text(group, 0, "de dia", phone=desk.phone)
    event = await again.until(MessageReceived)
    assert (event.message.id, event.backlog) == (live, False)


async def test_what_came_while_the_line_was_down_is_old_news(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.refuse_connections()
    await watched.until(WentOffline)
    missed = double.incoming_text(group, 0, "perdida?", phone=desk.phone)
    double.accept_connections()
    event = await watched.until(MessageReceived)
    assert (event.message.id, event.backlog, event.history) == (missed, True, False)


async def test_a_message_is_told_once_though_it_is_sent_again(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    first = double.incoming_text(group, 0, "um", phone=desk.phone)
    assert (await received(watched)).id == first
    await asyncio.to_thread(double.wait_for_event, "message-accepted", PATIENCE, message_id=first)
    double.drop_connection()
    await watched.until(WentOnline)
    second = double.incoming_text(group, 0, "dois", phone=desk.phone)
    assert (await received(watched)).id == second


async def test_the_history_that_the_phone_sends_after_the_link_is_old_news(desk: Desk, double: WhatsAppDouble) -> None:
    group, person, stranger = desk.group(), double.add_person("Zeca"), double.add_person("Lia")
    ana = double.person(group.members[0])
    watched = await desk.linked()
    yesterday = int((datetime.now(UTC) - timedelta(days=1)).timestamp())
    chats = {
        group.jid: [
            Remembered("H1", contents.text("de ontem"), str(ana.lid), "Ana", yesterday),
            Remembered("H2", contents.text("do dono"), at=yesterday, status=Ack.READ),
            Remembered("H3", contents.reaction("H1", "👍"), str(ana.lid), "Ana", yesterday),
        ],
        str(person.lid): [Remembered("H4", contents.text("oi"), str(person.lid), "Zeca", yesterday)],
        str(stranger.lid): [Remembered("H5", contents.text("quem?"), str(stranger.lid), "Lia", yesterday)],
        "status@broadcast": [Remembered("H6", contents.text("status"), str(person.lid), "Zeca", yesterday)],
    }
    double.send_history(chats, desk.phone, phones={str(ana.lid): str(ana.pn), str(person.lid): str(person.pn)})
    told = [await watched.until(MessageReceived) for _ in range(4)]
    assert all(event.backlog and event.history for event in told)
    one, two, four, five = (event.message for event in told)
    assert (one.id, one.chat, one.sender, one.sender_name) == ("H1", group.jid, str(ana.pn), "Ana")
    assert one.at == datetime.fromtimestamp(yesterday, UTC)
    assert (two.id, two.direction, two.sender) == ("H2", Direction.OUT, f"{desk.phone}@s.whatsapp.net")
    assert two.ack is Ack.READ
    assert (four.id, four.chat, four.sender) == ("H4", str(person.pn), str(person.pn))
    # Nobody told the number: the hidden id is all there is.
    assert (five.id, five.chat, five.sender) == ("H5", str(stranger.lid), str(stranger.lid))


async def test_a_file_of_the_history_can_be_fetched(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    image = picture().content
    old = double.remembered_file(group, 0, "image", image, caption="de ontem")
    double.send_history({group.jid: [old]}, desk.phone, kind=RECENT_HISTORY)
    message = await received(watched)
    assert (message.id, message.kind, message.text) == (old.id, MessageKind.IMAGE, "de ontem")
    assert message.media is not None
    assert await watched.engine.download(message.media, max_bytes=MEGABYTE) == image


async def test_a_history_that_comes_before_the_first_login_is_complete(desk: Desk, double: WhatsAppDouble) -> None:
    group = desk.group()
    watched = desk.engine()
    await watched.engine.start()
    await desk.scan(await watched.until(QrShown))
    double.send_history(
        {group.jid: [Remembered(f"H{n}", contents.text(str(n)), group.members[0]) for n in range(200)]}, desk.phone
    )
    told = [await watched.until(MessageReceived) for _ in range(200)]
    assert [event.message.id for event in told] == [f"H{n}" for n in range(200)]
    assert all(event.backlog for event in told)


async def test_receipts_say_who_confirms(desk: Desk, double: WhatsAppDouble) -> None:
    group, person, watched = desk.group(members=2), double.add_person("Zeca"), await desk.linked()
    sent = await watched.send_text(group.jid, "Olá")
    numbers = {str(double.person(member).pn) for member in group.members}
    receipts = [await watched.until(Receipt) for _ in range(4)]
    assert {receipt.by for receipt in receipts} == numbers
    assert {receipt.message_ids for receipt in receipts} == {(sent.message_id,)}
    await watched.engine.send(str(person.pn), OutgoingText("Oi"), on_id=lambda _: None)
    receipt = await watched.until(Receipt)
    assert (receipt.chat, receipt.by) == (str(person.pn), str(person.pn))
