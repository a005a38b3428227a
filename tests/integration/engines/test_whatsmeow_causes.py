"""The real engine tells why its line, its link or its right to write is gone."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.domain.errors import Code, NeedsHuman
from desktop.domain.session import OfflineCause, UnlinkCause
from desktop.ports.engine import (
    Banned,
    ClientOutdated,
    GroupChanged,
    QrShown,
    Restricted,
    Unlinked,
    WentOffline,
    WentOnline,
)
from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import QUICK, Desk, picture
from tests.integration.engines.watched import Watched

RESTRICTED = 463


@pytest.mark.parametrize(
    ("reason", "cause"),
    [(401, UnlinkCause.PHONE), (403, UnlinkCause.PHONE_GONE), (406, UnlinkCause.POLICY)],
)
async def test_a_link_that_whatsapp_no_longer_takes_tells_who_ended_it(
    desk: Desk, double: WhatsAppDouble, reason: int, cause: UnlinkCause
) -> None:
    first = await desk.linked()
    await first.engine.stop()
    double.fail_login(reason, before_pairing=False)
    watched = desk.engine()
    await watched.engine.start()
    assert (await watched.until(Unlinked)).cause is cause

    # Its keys are worth nothing any more: only a new link helps.
    await watched.engine.start()
    await watched.until(QrShown)


async def test_removed_on_the_phone_while_it_is_online_it_was_the_phone(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    double.remove_device(desk.phone)
    assert (await watched.until(Unlinked)).cause is UnlinkCause.PHONE


@pytest.mark.expects_error_log("damaged")
async def test_keys_that_cannot_be_read_are_nobodys_act(desk: Desk) -> None:
    desk.store_dir.mkdir(parents=True)
    (desk.store_dir / "session-principal.db").write_bytes(b"this was a database once" * 100)
    watched = desk.engine()
    await watched.engine.start()
    assert (await watched.until(Unlinked)).cause is UnlinkCause.DAMAGED


async def test_started_without_internet_it_is_the_internet(desk: Desk, double: WhatsAppDouble) -> None:
    double.refuse_connections()
    watched = desk.engine()
    await watched.engine.start()
    assert (await watched.until(WentOffline)).cause is OfflineCause.NO_INTERNET


async def test_a_line_that_cannot_be_dialled_again_turns_out_to_be_the_internet(
    desk: Desk, double: WhatsAppDouble
) -> None:
    watched = await desk.linked()
    double.refuse_connections()
    assert (await watched.until(WentOffline)).cause is OfflineCause.LINE
    assert (await watched.until(WentOffline)).cause is OfflineCause.NO_INTERNET
    told = len(watched.told)
    await asyncio.to_thread(double.wait_for, lambda: _refused(double) >= 3, PATIENCE, "three tries")
    double.accept_connections()
    await watched.until(WentOnline)
    assert [type(event) for event in watched.told[told:]] == [WentOnline]


async def test_two_refusals_of_whatsapps_own_are_told_as_such_and_lived_through(
    desk: Desk, double: WhatsAppDouble
) -> None:
    watched = await desk.linked()
    double.forget()
    double.fail_login(503, times=2)
    double.restart_notice()
    assert (await watched.until(WentOffline)).cause is OfflineCause.WHATSAPP
    await watched.until(WentOnline)
    assert [event.kind for event in double.log].count("login-refused") == 2


async def test_a_ban_at_login_tells_its_end_and_is_over_then(desk: Desk, double: WhatsAppDouble) -> None:
    first = await desk.linked()
    await first.engine.stop()
    double.fail_login(402, 106, 3600)
    watched = desk.engine()
    await watched.engine.start()
    banned = await watched.until(Banned)
    assert banned.until is not None
    assert timedelta(minutes=59) < banned.until - datetime.now(UTC) <= timedelta(hours=1)
    assert banned.detail == "broadcast_list"

    double.allow_login()
    await watched.engine.start()
    await watched.until(WentOnline)


async def test_the_builds_day_is_known_before_whatsapp_refuses_it(desk: Desk, double: WhatsAppDouble) -> None:
    watched = desk.engine()
    build = watched.engine.build
    assert build is not None
    assert date(2026, 1, 1) < build <= date.today()
    double.outdate()
    await watched.engine.start()
    assert date.fromisoformat((await watched.until(ClientOutdated)).build) == build


async def test_a_number_that_may_not_write_stays_connected_and_says_so(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    group = desk.group().jid
    double.fail_next_send(RESTRICTED)
    refused = await _refused_send(watched, group)
    assert refused.facts["until"] is None
    assert await watched.until(Restricted) == Restricted(None)
    # Nobody but WhatsApp knows when it is over: the next send is the way to learn it.
    assert (await watched.send_text(group, "Bom dia")).message_id
    assert not any(isinstance(event, WentOffline) for event in watched.told)


async def test_where_whatsapp_announced_its_end_the_restriction_names_it(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    group = desk.group().jid
    ends = datetime.now(UTC) + timedelta(hours=2)
    double.restrict(7200, desk.phone)
    double.fail_next_send(RESTRICTED)
    refused = await _refused_send(watched, group)
    restricted = await watched.until(Restricted)
    assert restricted.until is not None
    assert abs(restricted.until - ends) < timedelta(minutes=1)
    assert refused.facts["until"] == restricted.until.isoformat()

    # A dropped line ends no restriction.
    double.drop_connection()
    await watched.until(WentOffline)
    await watched.until(WentOnline)
    assert await watched.until(Restricted) == restricted

    double.restrict(0, desk.phone)
    await watched.until(WentOnline)
    assert (await watched.send_text(group, "Bom dia")).message_id


async def test_an_announced_restriction_alone_keeps_no_group_waiting(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    double.restrict(7200, desk.phone)
    assert (await watched.send_text(desk.group().jid, "Bom dia")).message_id
    assert not any(isinstance(event, Restricted) for event in watched.told)


async def test_what_changes_in_a_group_is_told(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    group = desk.group(announced=True)
    assert (await watched.until(GroupChanged)).jid == group.jid
    await asyncio.to_thread(double.remove_us_from, group, desk.phone)
    assert (await watched.until(GroupChanged)).jid == group.jid


async def test_a_new_worker_knows_of_the_restriction(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked(limits=Limits(offline=0.5, offline_retry=QUICK))
    double.restrict(7200, desk.phone)
    double.fail_next_send(RESTRICTED)
    await _refused_send(watched, desk.group().jid)
    restricted = await watched.until(Restricted)
    first = desk.worker()
    double.refuse_connections()
    await asyncio.to_thread(double.wait_for, lambda: _refused(double) >= 3, PATIENCE, "three tries")
    double.accept_connections()
    await watched.until(WentOnline)
    assert desk.worker() != first
    assert await watched.until(Restricted) == restricted


async def _refused_send(watched: Watched, group: str) -> NeedsHuman:
    with pytest.raises(NeedsHuman) as refused:
        await watched.send_image(group, picture())
    assert (refused.value.code, refused.value.facts["reason"]) == (Code.NEEDS_HUMAN, "restricted")
    return refused.value


def _refused(double: WhatsAppDouble) -> int:
    return [event.kind for event in double.log].count("connection-refused")
