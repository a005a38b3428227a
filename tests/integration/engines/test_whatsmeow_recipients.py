"""Whom the real engine can write to: groups of every kind, and telephone numbers as WhatsApp knows them."""

from __future__ import annotations

import asyncio
from typing import Literal

import pytest

from desktop.domain.errors import AppError, Code, NeedsHuman, Rejected, Transient
from desktop.ports.engine import GroupChanged, GroupInfo, OutgoingDocument, OutgoingText, Restricted
from tests.doubles.whatsapp import Arrival, WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import Desk, picture
from tests.integration.engines.watched import Watched

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 100


def document(caption: str = "", filename: str = "Relatório março.pdf") -> OutgoingDocument:
    return OutgoingDocument(content=PDF, filename=filename, mimetype="application/pdf", caption=caption)


async def arrival(double: WhatsAppDouble, count: int = 1) -> Arrival:
    return await asyncio.to_thread(double.wait_for_arrival, PATIENCE, count)


def asked(double: WhatsAppDouble, xmlns: str, child: str) -> int:
    facts = {"xmlns": xmlns, "child": child}
    return sum(event.matches("query", facts) for event in double.log)


async def refusal(watched: Watched, jid: str) -> AppError:
    with pytest.raises(AppError) as refused:
        await watched.send_text(jid, "Bom dia")
    return refused.value


@pytest.mark.parametrize("caption", ["", "Fechamento do dia 😀"])
@pytest.mark.parametrize("addressing", ["lid", "pn"])
async def test_a_document_arrives_with_its_name_type_and_caption(
    desk: Desk, double: WhatsAppDouble, addressing: Literal["lid", "pn"], caption: str
) -> None:
    group, watched = desk.group(members=3, addressing=addressing), await desk.linked()
    sent = await watched.engine.send(group.jid, document(caption), on_id=watched.ids.append)
    arrived = await arrival(double)
    assert arrived.decrypted_by == dict.fromkeys(group.members, PDF)
    content = arrived.content
    assert (content.kind, content.text) == ("document", caption)
    assert (content.filename, content.mimetype) == ("Relatório março.pdf", "application/pdf")
    assert watched.ids == [sent.message_id] == [arrived.message_id]


async def test_a_group_of_oneself_alone_can_be_written_to(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group("Só eu", members=0), await desk.linked()
    image = picture()
    await watched.send_image(group.jid, image)
    arrived = await arrival(double)
    assert arrived.by_member == {}
    assert arrived.on_own_phone is not None
    assert arrived.on_own_phone.data == image.content


async def test_a_failed_upload_of_a_document_is_tried_once_more(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.fail_next_upload(503)
    await watched.engine.send(group.jid, document(), on_id=watched.ids.append)
    assert (await arrival(double)).document == PDF


@pytest.mark.parametrize("content", [document(), picture(), OutgoingText("Olá")])
async def test_every_kind_reaches_a_person_by_number_and_by_hidden_id(
    desk: Desk, double: WhatsAppDouble, content: OutgoingDocument | OutgoingText
) -> None:
    watched = await desk.linked()
    for count, jid in enumerate((str(double.add_person("Zeca").pn), str(double.add_person("Lia").lid)), 1):
        sent = await watched.engine.send(jid, content, on_id=watched.ids.append)
        arrived = await arrival(double, count)
        assert arrived.message_id == sent.message_id
        assert len(arrived.decrypted_by) == 1


@pytest.mark.parametrize(
    "content", [OutgoingText(""), OutgoingDocument(content=b"", filename="a", mimetype="b", caption="")]
)
async def test_nothing_is_no_message(
    desk: Desk, double: WhatsAppDouble, content: OutgoingDocument | OutgoingText
) -> None:
    watched = await desk.linked()
    with pytest.raises(Rejected) as refused:
        await watched.engine.send(desk.group().jid, content, on_id=watched.ids.append)
    assert refused.value.code is Code.CONTENT_INVALID
    assert not double.received


async def test_whatsapp_says_who_has_a_number_with_or_without_the_ninth_digit(
    desk: Desk, double: WhatsAppDouble
) -> None:
    old = double.add_person("Antigo", "551176543210")
    new = double.add_person("Novo", "5511976543211")
    abroad = double.add_person("Fora", "351912345678")
    watched = await desk.linked()
    find = watched.engine.find_account
    assert await find("551176543210") == await find("5511976543210") == str(old.pn)
    assert await find("5511976543211") == await find("551176543211") == str(new.pn)
    assert await find("351912345678") == str(abroad.pn)
    assert await find("5511900009999") is None
    assert await find("35191234567") is None


async def test_a_person_who_was_found_can_be_written_to(desk: Desk, double: WhatsAppDouble) -> None:
    double.add_person("Antigo", "552176543210")
    watched = await desk.linked()
    found = await watched.engine.find_account("5521976543210")
    assert found == "552176543210@s.whatsapp.net"
    sent = await watched.send_text(found, "Olá")
    assert (await arrival(double)).message_id == sent.message_id


async def test_a_group_of_oneself_takes_a_picture(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    image = picture(caption="para mim")
    sent = await watched.send_image(desk.group("Só eu", members=0).jid, image)
    arrived = await arrival(double)
    assert arrived.message_id == sent.message_id
    assert (arrived.image, arrived.caption) == (image.content, "para mim")


async def test_the_number_itself_can_be_written_to(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    sent = await watched.send_text(f"{desk.phone}@s.whatsapp.net", "Teste da conexão")
    arrived = await arrival(double)
    assert arrived.message_id == sent.message_id
    assert arrived.on_own_phone is not None
    assert arrived.on_own_phone.text == "Teste da conexão"


async def test_a_number_that_nobody_has_is_refused_before_anything_is_sent(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    error = await refusal(watched, "5511900008888@s.whatsapp.net")
    assert (type(error), error.code) == (Rejected, Code.NOT_ON_WHATSAPP)
    assert not watched.ids
    assert not double.received


async def test_where_only_administrators_write_the_others_are_told_so(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(admins_only=True), await desk.linked()
    assert await watched.engine.group(group.jid) == GroupInfo(group.jid, group.subject, 3, admins_only=True)
    error = await refusal(watched, group.jid)
    assert (type(error), error.code) == (Rejected, Code.GROUP_ADMINS_ONLY)
    double.promote(group, desk.phone)
    await watched.until(GroupChanged)
    described = await watched.engine.group(group.jid)
    assert described.admins_only
    assert described.admin
    assert described.writable
    await watched.send_text(group.jid, "Agora sim")
    assert (await arrival(double)).text == "Agora sim"


async def test_a_group_that_becomes_one_of_announcements_refuses_from_then_on(
    desk: Desk, double: WhatsAppDouble
) -> None:
    group, watched = desk.group(), await desk.linked()
    await watched.send_text(group.jid, "um")
    double.set_admins_only(group)
    assert (await watched.until(GroupChanged)).jid == group.jid
    error = await refusal(watched, group.jid)
    assert error.code is Code.GROUP_ADMINS_ONLY
    double.set_admins_only(group, False)
    assert (await watched.until(GroupChanged)).jid == group.jid
    await watched.send_text(group.jid, "dois")


async def test_a_group_that_one_was_thrown_out_of_is_told_and_refused(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.remove_us_from(group, phone=desk.phone)
    assert (await watched.until(GroupChanged)).jid == group.jid
    error = await refusal(watched, group.jid)
    assert (type(error), error.code) == (Rejected, Code.NOT_IN_GROUP)


async def test_a_group_of_a_community_is_written_to_and_the_community_itself_is_no_group(
    desk: Desk, double: WhatsAppDouble
) -> None:
    community = desk.group("Rede de lojas", is_community=True)
    shop = desk.group("Loja 1", community=community.jid)
    notices = desk.group("Avisos", community=community.jid, admins_only=True)
    watched = await desk.linked()
    listed = {group.subject: group for group in await watched.engine.groups()}
    assert set(listed) == {"Loja 1", "Avisos"}
    assert listed["Loja 1"].community == listed["Avisos"].community == community.jid
    assert listed["Loja 1"].writable
    assert not listed["Avisos"].writable
    await watched.send_image(shop.jid, picture())
    await arrival(double)
    assert (await refusal(watched, notices.jid)).code is Code.GROUP_ADMINS_ONLY
    with pytest.raises(Rejected) as refused:
        await watched.engine.group(community.jid)
    assert refused.value.code is Code.GROUP_INVALID


async def test_a_change_of_a_group_is_told_and_the_next_look_sees_it(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group("Padaria"), await desk.linked()
    assert (await watched.engine.group(group.jid)).subject == "Padaria"
    double.rename_group(group, "Padaria Nova")
    assert (await watched.until(GroupChanged)).jid == group.jid
    double.add_member(group)
    assert (await watched.until(GroupChanged)).jid == group.jid
    assert await watched.engine.group(group.jid) == GroupInfo(group.jid, "Padaria Nova", 4)


async def test_a_member_who_joins_reads_the_next_message(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(members=2), await desk.linked()
    await watched.send_text(group.jid, "um")
    new = double.add_member(group)
    await watched.until(GroupChanged)
    await watched.send_text(group.jid, "dois")
    assert str(new.lid) in (await arrival(double, 2)).decrypted_by


async def test_a_new_group_is_told(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    group = desk.group(announced=True)
    assert (await watched.until(GroupChanged)).jid == group.jid


async def test_many_sends_to_many_groups_ask_about_each_group_once(desk: Desk, double: WhatsAppDouble) -> None:
    groups, watched = [desk.group(f"Loja {n}") for n in range(8)], await desk.linked()
    for group in groups * 3:
        await watched.send_text(group.jid, "Bom dia")
    await arrival(double, 24)
    assert asked(double, "w:g2", "query") == len(groups)


async def test_groups_that_were_listed_are_not_asked_about_again(desk: Desk, double: WhatsAppDouble) -> None:
    groups, watched = [desk.group(f"Loja {n}") for n in range(5)], await desk.linked()
    await watched.engine.groups()
    for group in groups:
        await watched.send_text(group.jid, "Bom dia")
    assert asked(double, "w:g2", "participating") == 1
    assert asked(double, "w:g2", "query") == 0


async def test_a_restricted_number_waits_for_a_person_and_the_program_is_told(
    desk: Desk, double: WhatsAppDouble
) -> None:
    group, watched = desk.group(), await desk.linked()
    double.fail_next_send(463)
    error = await refusal(watched, group.jid)
    assert (type(error), error.code, error.facts["reason"]) == (NeedsHuman, Code.NEEDS_HUMAN, "restricted")
    assert error.facts["until"] is None
    await watched.until(Restricted)


async def test_a_chat_that_may_not_be_begun_stops_only_that_message(desk: Desk, double: WhatsAppDouble) -> None:
    person, watched = double.add_person("Desconhecida"), await desk.linked()
    double.fail_next_send(463)
    error = await refusal(watched, str(person.pn))
    assert (type(error), error.code, error.facts["number"]) == (Rejected, Code.SEND_REFUSED, 463)
    assert not any(isinstance(event, Restricted) for event in watched.told)


async def test_whoever_sends_too_often_is_told_how_long_to_wait(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.fail_next_send(429)
    error = await refusal(watched, group.jid)
    assert isinstance(error, Transient)
    assert (error.code, error.retry_after) == (Code.SEND_REFUSED, 60.0)
    await watched.send_text(group.jid, "depois")
    assert [found.text for found in double.received] == ["depois"]


async def test_a_question_refused_for_its_frequency_may_be_asked_later(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.refuse_next_query("w:g2", 429, "rate-overlimit", times=2)
    for call in (watched.engine.group(group.jid), watched.send_text(group.jid, "Bom dia")):
        with pytest.raises(Transient) as refused:
            await call
        assert refused.value.retry_after == 60.0
    assert not watched.ids
    await watched.send_text(group.jid, "depois")
    assert [found.text for found in double.received] == ["depois"]
