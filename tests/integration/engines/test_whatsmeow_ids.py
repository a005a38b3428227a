"""The message id, known and on disk before anybody has the message: what settles a send whatever happens then."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.domain.errors import Code, OutcomeUnknown, Transient
from desktop.ports.engine import WentOffline, WentOnline
from tests.doubles.whatsapp import Arrival, WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import QUICK, Desk, picture

WAITS_FOR_THE_DISK = Limits(release=PATIENCE, offline_retry=QUICK, restart=QUICK)
"""However slow the machine is: a message that goes out before its id is kept would be the engine's fault."""


async def arrival(double: WhatsAppDouble, count: int = 1) -> Arrival:
    return await asyncio.to_thread(double.wait_for_arrival, PATIENCE, count)


async def test_the_id_is_known_before_the_server_has_the_message(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    with double.hold_at("message-before-received") as hold:
        sending = asyncio.create_task(watched.send_image(group.jid, picture()))
        await asyncio.to_thread(hold.wait_reached, PATIENCE)
        assert len(watched.ids) == 1
        assert not double.received
    sent = await sending
    assert watched.ids == [sent.message_id]


async def test_a_message_stays_off_the_line_until_its_id_is_kept(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked(limits=WAITS_FOR_THE_DISK)
    kept, ids = asyncio.get_running_loop().create_future(), asyncio.Queue[str]()

    def keep(message_id: str) -> asyncio.Future[None]:
        ids.put_nowait(message_id)
        return kept

    sending = asyncio.create_task(watched.engine.send(group.jid, picture(), on_id=keep))
    message_id = await ids.get()
    # Everything that the engine asks of WhatsApp meanwhile is answered; only the message is missing.
    await watched.engine.group(group.jid)
    assert not double.received
    kept.set_result(None)
    assert (await sending).message_id == message_id
    assert (await arrival(double)).message_id == message_id


async def test_killed_before_the_id_is_kept_nothing_has_left(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked(limits=WAITS_FOR_THE_DISK)
    known, never = asyncio.Event(), asyncio.get_running_loop().create_future()

    def keep(_: str) -> asyncio.Future[None]:
        known.set()
        return never

    sending = asyncio.create_task(watched.engine.send(group.jid, picture(), on_id=keep))
    await known.wait()
    os.kill(desk.worker(), signal.SIGKILL)
    with pytest.raises(OutcomeUnknown):
        await sending
    never.set_result(None)
    await watched.until(WentOnline)
    sent = await watched.send_text(group.jid, "depois")
    assert [found.message_id for found in double.received] == [sent.message_id]


async def test_a_line_that_is_gone_once_the_id_is_kept_has_had_nothing(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked(limits=WAITS_FOR_THE_DISK)

    async def lose_the_line() -> None:
        await asyncio.to_thread(double.drop_connection)
        await watched.until(WentOffline)

    lost: list[asyncio.Task[None]] = []

    def keep(_: str) -> asyncio.Task[None]:
        lost.append(asyncio.create_task(lose_the_line()))
        return lost[0]

    with pytest.raises(Transient) as nothing_sent:
        await watched.engine.send(group.jid, picture(), on_id=keep)
    assert nothing_sent.value.code is Code.NOT_CONNECTED
    await watched.until(WentOnline)
    sent = await watched.send_text(group.jid, "depois")
    assert [found.message_id for found in double.received] == [sent.message_id]


async def test_a_disk_that_keeps_no_id_does_not_keep_the_message(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked(limits=Limits(release=0.1))
    never = asyncio.get_running_loop().create_future()
    sent = await watched.engine.send(group.jid, picture(), on_id=lambda _: never)
    assert (await arrival(double)).message_id == sent.message_id
    never.cancel()


async def test_an_id_that_cannot_be_kept_does_not_keep_the_message(desk: Desk, double: WhatsAppDouble) -> None:
    group, watched = desk.group(), await desk.linked()
    failed = asyncio.get_running_loop().create_future()
    failed.set_exception(OSError("the disk is full"))
    sent = await watched.engine.send(group.jid, picture(), on_id=lambda _: failed)
    assert (await arrival(double)).message_id == sent.message_id
    assert isinstance(failed.exception(), OSError)


async def test_a_message_asked_for_again_does_not_lend_its_id_to_the_next_one(
    desk: Desk, double: WhatsAppDouble
) -> None:
    group, watched = desk.group(), await desk.linked()
    first = await watched.send_text(group.jid, "um")
    await arrival(double)
    double.forget_keys(group.members[0])
    second = await watched.send_text(group.jid, "dois")
    await asyncio.to_thread(double.wait_for_event, "read-after-retry", PATIENCE, message_id=second.message_id)
    third = await watched.send_text(group.jid, "três")
    assert watched.ids == [first.message_id, second.message_id, third.message_id]
