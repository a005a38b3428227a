"""The real engine's messages: what the group's members read, and what is known where something goes wrong."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from PIL import Image, ImageChops

from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.domain.errors import Code, OutcomeUnknown, Rejected, Transient
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.report import ImageFormat
from desktop.ports.engine import GroupInfo, OutgoingImage, Restarting, WentOffline, WentOnline
from tests.doubles.whatsapp import Arrival, WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import QUICK, Desk, picture


async def arrival(double: WhatsAppDouble, count: int = 1) -> Arrival:
    return await asyncio.to_thread(double.wait_for_arrival, PATIENCE, count)


@pytest.mark.parametrize("addressing", ["lid", "pn"])
async def test_every_member_reads_exactly_the_files_bytes_and_the_caption(
    desk: Desk, double: WhatsAppDouble, addressing: Literal["lid", "pn"]
) -> None:
    group, image = desk.group(members=3, addressing=addressing), picture(caption="Relatório de João & Cia. 😀\nlinha 2")
    watched = await desk.linked()

    sent = await watched.send_image(group.jid, image)

    arrived = await arrival(double)
    assert arrived.chat == group.jid
    assert arrived.decrypted_by == dict.fromkeys(group.members, image.content)
    assert arrived.caption == image.caption
    assert (arrived.content.mimetype, arrived.content.width, arrived.content.height) == ("image/jpeg", 320, 240)
    assert max(Image.open(io.BytesIO(arrived.content.thumbnail)).size) == 100
    assert sent.message_id == arrived.message_id
    assert abs(sent.at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("kind", [ImageFormat.PNG, ImageFormat.WEBP])
async def test_a_picture_that_is_no_jpeg_arrives_as_one_that_looks_the_same(
    desk: Desk, double: WhatsAppDouble, kind: ImageFormat
) -> None:
    group, image = desk.group(), _half_transparent(kind)
    watched = await desk.linked()
    await watched.send_image(group.jid, image)
    arrived = await arrival(double)
    assert arrived.content.mimetype == "image/jpeg"
    with Image.open(io.BytesIO(arrived.image)) as received:
        assert received.format == "JPEG"
        expected = Image.new("RGB", (320, 240), "white")
        expected.paste("red", (0, 0, 160, 240))
        difference = ImageChops.difference(received.convert("RGB"), expected)
        assert max(high for _, high in difference.getextrema()) < 16  # type: ignore[misc]


async def test_a_picture_that_nobody_could_open_is_refused_before_anything_is_sent(
    desk: Desk, double: WhatsAppDouble
) -> None:
    watched = await desk.linked()
    broken = OutgoingImage(content=b"no picture", format=ImageFormat.PNG, width=1, height=1, caption="")
    with pytest.raises(Rejected) as refused:
        await watched.send_image(desk.group().jid, broken)
    assert refused.value.code is Code.IMAGE_INVALID
    assert not double.received


async def test_a_text_arrives_as_it_was_written(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    sent = await watched.send_text(group.jid, "Bom dia, *grupo* @5511999999999 https://example.com")
    arrived = await arrival(double)
    assert (arrived.message_id, arrived.kind) == (sent.message_id, "text")
    assert arrived.text == "Bom dia, *grupo* @5511999999999 https://example.com"


async def test_a_person_can_be_written_to(desk: Desk, double: WhatsAppDouble) -> None:
    person, watched = double.add_person("Zeca"), await desk.linked()
    sent = await watched.send_text(str(person.pn), "Olá")
    assert (await arrival(double)).message_id == sent.message_id
    assert watched.ids == [sent.message_id]


async def test_the_receipts_of_the_members_are_told(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    sent = await watched.send_image(group.jid, picture())
    kinds = []
    while ReceiptKind.READ not in kinds:
        receipt = await watched.until(Receipt)
        assert receipt.message_ids == (sent.message_id,)
        assert receipt.chat == group.jid
        assert abs(receipt.at - datetime.now(UTC)) < timedelta(minutes=1)
        kinds.append(receipt.kind)
    assert kinds[0] is ReceiptKind.DELIVERED


async def test_what_the_owner_writes_on_the_phone_is_no_receipt(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.write_on_own_phone(group, "do celular", phone=desk.phone)
    double.incoming_text(group, 0, "de um membro", phone=desk.phone)
    sent = await watched.send_text(group.jid, "depois")
    receipt = await watched.until(Receipt)
    assert receipt.message_ids == (sent.message_id,)


async def test_without_an_acknowledgement_the_outcome_is_unknown_until_a_receipt_tells(
    desk: Desk, double: WhatsAppDouble
) -> None:
    group, watched = desk.group(), await desk.linked(limits=Limits(ack=10.0, offline_retry=QUICK))
    double.withhold_acks()
    with pytest.raises(OutcomeUnknown) as unknown:
        await watched.send_image(group.jid, picture())
    assert unknown.value.facts["reason"] == "no_ack"
    (message_id,) = watched.ids
    assert (await watched.until(Receipt)).message_ids == (message_id,)
    # The engine that held the message was let go; the next one sends.
    double.answer_again()
    await watched.until(WentOnline)
    await watched.send_image(group.jid, picture())
    assert {found.stanzas for found in double.received} == {1}


async def test_a_line_that_drops_before_the_acknowledgement_brings_the_same_message_again(
    desk: Desk, double: WhatsAppDouble
) -> None:
    group, watched = desk.group(), await desk.linked()
    with double.hold_at("message-received-before-ack") as hold:
        sending = asyncio.create_task(watched.send_image(group.jid, picture()))
        await asyncio.to_thread(hold.wait_reached, PATIENCE)
        double.drop_connection()
    sent = await sending
    (arrived,) = double.received
    assert arrived.message_id == sent.message_id
    assert arrived.stanzas == 2


async def test_a_line_that_stays_away_before_the_acknowledgement_leaves_the_outcome_unknown(
    desk: Desk, double: WhatsAppDouble
) -> None:
    """The engine gives the line 5 s; a worker that still waits for it is not replaced meanwhile."""
    group, watched = desk.group(), await desk.linked(limits=Limits(offline=0.2, offline_retry=QUICK))
    with double.hold_at("message-received-before-ack") as hold:
        sending = asyncio.create_task(watched.send_image(group.jid, picture()))
        await asyncio.to_thread(hold.wait_reached, PATIENCE)
        double.refuse_connections()
        await watched.until(WentOffline)
        with pytest.raises(OutcomeUnknown) as unknown:
            await sending
    assert unknown.value.facts["reason"] == "no_ack"
    # In whatsmeow's own words: its worker lived to say them.
    assert "websocket" in str(unknown.value.facts["detail"])
    double.accept_connections()
    await watched.until(WentOnline)
    (arrived,) = double.received
    assert watched.ids == [arrived.message_id]


@pytest.mark.parametrize(
    ("number", "code"),
    [(420, Code.SEND_REFUSED), (479, Code.SEND_REFUSED), (403, Code.NOT_IN_GROUP)],
)
async def test_a_message_refused_by_whatsapp_tells_its_number(
    desk: Desk, double: WhatsAppDouble, number: int, code: Code
) -> None:
    group, watched = desk.group(), await desk.linked()
    double.fail_next_send(number)
    with pytest.raises(Rejected) as refused:
        await watched.send_image(group.jid, picture())
    assert refused.value.code is code
    assert refused.value.facts["number"] == number
    await watched.send_image(group.jid, picture())


async def test_a_failed_upload_is_tried_once_more(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.fail_next_upload(503)
    await watched.send_image(group.jid, picture())
    assert (await arrival(double)).stanzas == 1


@pytest.mark.parametrize("status", [503, 0])
async def test_an_upload_that_keeps_failing_sends_nothing(desk: Desk, double: WhatsAppDouble, status: int) -> None:
    group, watched = desk.group(), await desk.linked()
    double.fail_next_upload(status, times=2)
    with pytest.raises(Transient) as failed:
        await watched.send_image(group.jid, picture())
    assert failed.value.code is Code.UPLOAD_FAILED
    assert not double.received
    assert not watched.ids


async def test_an_upload_that_hangs_is_ended_and_nothing_is_sent(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked(limits=Limits(upload=0.5, offline_retry=QUICK))
    with double.hold_at("upload-received"):
        with pytest.raises(Transient) as failed:
            await watched.send_image(group.jid, picture())
        assert failed.value.code is Code.UPLOAD_FAILED
    await watched.until(WentOffline)
    await watched.until(WentOnline)
    assert not double.received


async def test_a_send_that_is_given_up_is_not_made_behind_the_callers_back(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    with double.hold_at("upload-stored") as hold:
        sending = asyncio.create_task(watched.send_image(group.jid, picture()))
        await asyncio.to_thread(hold.wait_reached, PATIENCE)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await watched.until(WentOffline)
    await watched.until(WentOnline)
    assert not double.received


async def test_outside_the_group_nothing_is_sent(desk: Desk, double: WhatsAppDouble) -> None:
    foreign, watched = double.add_group("Outra empresa"), await desk.linked()
    for call in (watched.send_image(foreign.jid, picture()), watched.engine.group(foreign.jid)):
        with pytest.raises(Rejected) as refused:
            await call
        assert refused.value.code is Code.NOT_IN_GROUP
    assert not double.received


async def test_a_group_that_is_gone_is_told_as_such(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    double.delete_group(group)
    with pytest.raises(Rejected) as refused:
        await watched.send_image(group.jid, picture())
    assert refused.value.code is Code.NOT_IN_GROUP


async def test_thrown_out_of_the_group_it_is_refused(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    await watched.send_image(group.jid, picture())
    await arrival(double)
    double.remove_us_from(group, phone=desk.phone)
    with pytest.raises(Rejected) as refused:
        await watched.send_image(group.jid, picture())
    assert refused.value.code is Code.NOT_IN_GROUP
    assert len(double.received) == 1


async def test_a_worker_killed_during_the_upload_has_sent_nothing(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    with double.hold_at("upload-received") as hold:
        sending = asyncio.create_task(watched.send_image(group.jid, picture()))
        await asyncio.to_thread(hold.wait_reached, PATIENCE)
        os.kill(desk.worker(), signal.SIGKILL)
        with pytest.raises(Transient):
            await sending
    await watched.until(Restarting)
    await watched.until(WentOnline)
    assert not double.received
    await watched.send_image(group.jid, picture())
    await arrival(double)


async def test_a_worker_killed_after_the_message_left_leaves_the_outcome_unknown_and_its_id_known(
    desk: Desk, double: WhatsAppDouble
) -> None:
    group, watched = desk.group(), await desk.linked()
    with double.hold_at("message-received-before-ack") as hold:
        sending = asyncio.create_task(watched.send_image(group.jid, picture()))
        await asyncio.to_thread(hold.wait_reached, PATIENCE)
        os.kill(desk.worker(), signal.SIGKILL)
        with pytest.raises(OutcomeUnknown) as unknown:
            await sending
    assert unknown.value.facts["reason"] == "engine_died"
    await watched.until(WentOnline)
    (arrived,) = double.received
    assert watched.ids == [arrived.message_id]
    assert arrived.stanzas == 1


async def test_stopped_while_sending_the_caller_gets_an_answer(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    with double.hold_at("message-received-before-ack") as hold:
        sending = asyncio.create_task(watched.send_image(group.jid, picture()))
        await asyncio.to_thread(hold.wait_reached, PATIENCE)
        await watched.engine.stop()
        with pytest.raises(OutcomeUnknown):
            await sending


async def test_twenty_pictures_at_once_arrive_once_each(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    sent = await asyncio.gather(*(watched.send_image(group.jid, picture(caption=str(n))) for n in range(20)))
    await arrival(double, 20)
    assert [found.caption for found in double.received] == [str(n) for n in range(20)]
    assert [found.message_id for found in double.received] == [one.message_id for one in sent]
    assert {found.stanzas for found in double.received} == {1}


async def test_the_groups_of_the_number_are_listed(desk: Desk, double: WhatsAppDouble) -> None:
    first, second = desk.group("Padaria Três Irmãos", 2), desk.group("Mercado", 4)
    double.add_group("Outra empresa")
    watched = await desk.linked()
    expected = [GroupInfo(first.jid, "Padaria Três Irmãos", 3), GroupInfo(second.jid, "Mercado", 5)]
    assert sorted(await watched.engine.groups(), key=lambda group: group.members) == expected
    assert await watched.engine.group(second.jid) == expected[1]


def _half_transparent(kind: ImageFormat) -> OutgoingImage:
    """Red on the left, nothing on the right."""
    image, out = Image.new("RGBA", (320, 240), (0, 0, 0, 0)), io.BytesIO()
    image.paste((255, 0, 0, 255), (0, 0, 160, 240))
    image.save(out, kind.name, lossless=True)
    return OutgoingImage(content=out.getvalue(), format=kind, width=320, height=240, caption="")
