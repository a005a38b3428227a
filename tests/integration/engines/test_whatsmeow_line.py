"""The real engine when the line, the phone or WhatsApp does something to its link."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta

import pytest

from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.adapters.restart_policy import RestartPolicy
from desktop.domain.errors import Code, Transient
from desktop.ports.engine import (
    Banned,
    ClientOutdated,
    Failed,
    Heartbeat,
    QrShown,
    Replaced,
    Restarting,
    Unlinked,
    WentOffline,
    WentOnline,
)
from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import QUICK, Desk, picture


async def test_a_dropped_line_comes_back_by_itself(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    double.drop_connection()
    await watched.until(WentOffline)
    await watched.until(WentOnline)


async def test_a_restart_of_whatsapps_server_is_lived_through(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    double.restart_notice()
    await watched.until(WentOffline)
    await watched.until(WentOnline)


async def test_without_a_line_nothing_is_sent_and_the_caller_may_try_again(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    double.refuse_connections()
    await watched.until(WentOffline)
    with pytest.raises(Transient) as refused:
        await watched.send_image(desk.group().jid, picture())
    assert refused.value.code is Code.NOT_CONNECTED
    with pytest.raises(Transient):
        await watched.engine.groups()


async def test_started_offline_it_says_so_once_and_connects_when_the_line_is_there(
    desk: Desk, double: WhatsAppDouble
) -> None:
    first = await desk.linked()
    await first.engine.stop()
    double.refuse_connections()
    double.forget()

    watched = desk.engine()
    await watched.engine.start()
    assert (await watched.until(WentOffline)).detail
    await asyncio.to_thread(double.wait_for, lambda: _refused(double) >= 3, PATIENCE, "three tries")
    double.accept_connections()
    await watched.until(WentOnline)
    assert [type(event) for event in watched.told] == [WentOffline, WentOnline]


async def test_a_line_that_stays_away_is_taken_over_by_a_new_worker(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked(limits=Limits(offline=0.5, offline_retry=QUICK))
    first = desk.worker()
    double.refuse_connections()
    await watched.until(WentOffline)
    await asyncio.to_thread(double.wait_for, lambda: _refused(double) >= 3, PATIENCE, "three tries")
    double.accept_connections()
    await watched.until(WentOnline)
    assert desk.worker() != first


async def test_a_silent_server_counts_as_no_line(desk: Desk, double: WhatsAppDouble) -> None:
    first = await desk.linked()
    await first.engine.stop()
    double.stop_answering()
    watched = desk.engine(limits=Limits(answer=5.0, offline_retry=QUICK))
    await watched.engine.start()
    assert (await watched.until(WentOffline)).detail == "no_answer"
    double.answer_again()
    await watched.until(WentOnline)


async def test_removed_on_the_phone_the_link_is_gone_for_good(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    double.remove_device(desk.phone)
    await watched.until(Unlinked)
    assert not list(desk.store_dir.iterdir())

    await watched.engine.start()
    await watched.until(QrShown)


async def test_removed_while_it_was_off_it_learns_so_at_its_start(desk: Desk, double: WhatsAppDouble) -> None:
    first = await desk.linked()
    await first.engine.stop()
    double.remove_device(desk.phone)
    watched = desk.engine()
    await watched.engine.start()
    await watched.until(Unlinked)
    assert not any(isinstance(event, WentOnline) for event in watched.told)


async def test_replaced_by_another_computer_it_never_fights_back(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    double.forget()
    double.replace(desk.phone)
    await watched.until(Replaced)
    # Another session of the same program connects meanwhile: had this one tried again, it would have been there first.
    await desk.linked("outra")
    assert [event.kind for event in double.log].count("logged-in") == 1
    assert isinstance(watched.told[-1], Replaced)


async def test_whatsapp_refusing_this_version_of_a_linked_session_keeps_the_link(
    desk: Desk, double: WhatsAppDouble
) -> None:
    first = await desk.linked()
    await first.engine.stop()
    double.outdate()
    watched = desk.engine()
    await watched.engine.start()
    assert (await watched.until(ClientOutdated)).build

    double.allow_login()
    await watched.engine.start()
    await watched.until(WentOnline)


async def test_a_ban_tells_until_when_and_why(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    double.ban(3600)
    banned = await watched.until(Banned)
    assert banned.until is not None
    assert abs(banned.until - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    assert banned.detail == "send_to_too_many_people"


async def test_a_worker_that_dies_is_started_again_and_the_link_lives(desk: Desk) -> None:
    watched = await desk.linked()
    os.kill(desk.worker(), signal.SIGKILL)
    restarting = await watched.until(Restarting)
    assert "-9" in restarting.detail
    await watched.until(WentOnline)


async def test_a_worker_that_hangs_is_found_out_and_begun_anew(desk: Desk) -> None:
    watched = await desk.linked(limits=Limits(heartbeat=0.2, ping=3.0, restart=QUICK))
    await watched.until(Heartbeat)
    os.kill(desk.worker(), signal.SIGSTOP)
    restarting = await watched.until(Restarting)
    assert "ping" in restarting.detail
    await watched.until(WentOnline)
    await watched.until(Heartbeat)


async def test_a_worker_that_cannot_run_is_given_up(desk: Desk) -> None:
    crash = (sys.executable, "-c", "import sys; sys.exit('no such library')")
    watched = desk.engine(command=crash, limits=Limits(restart=RestartPolicy(first=0.01, broken_after=3)))
    await watched.engine.start()
    await watched.until(Failed)
    assert [type(event) for event in watched.told] == [Restarting, Restarting, Failed]


async def test_a_worker_without_its_library_says_so_at_once(desk: Desk) -> None:
    start = "from desktop.adapters.engines.whatsmeow_worker import main; main([])"
    watched = desk.engine(command=(sys.executable, "-c", f"import sys; sys.modules['neonize'] = None; {start}"))
    await watched.engine.start()
    failed = await watched.until(Failed)
    assert "library_missing" in failed.detail
    assert watched.told == [failed]


@pytest.mark.expects_error_log("damaged")
async def test_a_damaged_link_is_set_aside_and_told(desk: Desk) -> None:
    desk.store_dir.mkdir(parents=True)
    store = desk.store_dir / "session-principal.db"
    store.write_bytes(b"this was a database once" * 100)
    watched = desk.engine()
    await watched.engine.start()
    assert (await watched.until(Unlinked)).detail
    assert store.with_name("session-principal.damaged-1.db").read_bytes() == b"this was a database once" * 100

    await watched.engine.start()
    await watched.until(QrShown)


def _refused(double: WhatsAppDouble) -> int:
    return [event.kind for event in double.log].count("connection-refused")
