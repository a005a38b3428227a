"""The real engine from the QR to a link that lasts."""

from __future__ import annotations

import asyncio
import stat
from datetime import date, timedelta

import pytest

from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.adapters.restart_policy import RestartPolicy
from desktop.ports.engine import (
    ClientOutdated,
    PairingRefused,
    PasskeyAsked,
    QrShown,
    Unlinked,
    WentOffline,
    WentOnline,
)
from tests.doubles.whatsapp import PairingRefusedError, WhatsAppDouble
from tests.harness.patience import PATIENCE, meeting_no_deadline
from tests.integration.engines.desk import Desk


async def test_a_scanned_code_links_the_session_to_the_account(desk: Desk) -> None:
    watched = desk.engine()
    await watched.engine.start()
    code = await watched.until(QrShown)
    assert code.text.startswith("https://wa.me/settings/linked_devices#")
    assert code.valid_for == 60.0

    await desk.scan(code)

    online = await watched.until(WentOnline)
    assert online.account.phone == desk.phone
    assert online.account.name


async def test_after_a_restart_the_session_connects_without_a_code(desk: Desk) -> None:
    first = await desk.linked()
    await first.engine.stop()

    second = await desk.engine().online()

    assert not any(isinstance(event, QrShown) for event in second.told)


async def test_a_stopped_engine_starts_again(desk: Desk) -> None:
    watched = await desk.linked()
    await watched.engine.stop()
    await watched.engine.start()
    await watched.until(WentOnline)


async def test_every_session_has_a_link_of_its_own(desk: Desk, double: WhatsAppDouble) -> None:
    await desk.linked("Loja 1/São João?")
    other = desk.engine("loja 1/são joão?")
    await other.engine.start()
    await other.until(QrShown)


async def test_only_the_user_can_read_the_keys_of_the_link(desk: Desk) -> None:
    watched = await desk.linked("principal")
    # Of a session that writes, what is listed now may be gone when it is looked at.
    await watched.engine.stop()
    assert stat.S_IMODE(desk.store_dir.stat().st_mode) == 0o700
    files = list(desk.store_dir.iterdir())
    assert "session-principal.db" in [file.name for file in files]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_a_phone_without_linked_devices_leaves_the_code_as_it_is(desk: Desk, double: WhatsAppDouble) -> None:
    watched = desk.engine()
    await watched.engine.start()
    code = await watched.until(QrShown)
    await asyncio.to_thread(double.scan_with_old_phone, code.text)
    await desk.scan(code)
    await watched.until(WentOnline)


async def test_a_tampered_answer_is_refused_and_a_new_start_shows_a_new_code(desk: Desk) -> None:
    watched = desk.engine()
    await watched.engine.start()
    code = await watched.until(QrShown)
    with pytest.raises(PairingRefusedError):
        await desk.scan(code, tampered=True)
    refused = await watched.until(PairingRefused)
    assert refused.detail

    await watched.engine.start()
    again = await watched.until(QrShown)
    assert again.text != code.text


async def test_whatsapp_asking_for_a_passkey_is_told_and_ends_the_engine(desk: Desk, double: WhatsAppDouble) -> None:
    double.require_passkey()
    watched = desk.engine()
    await watched.engine.start()
    await desk.scan(await watched.until(QrShown))
    await watched.until(PasskeyAsked)


async def test_a_drop_while_the_code_is_shown_brings_a_new_code(desk: Desk, double: WhatsAppDouble) -> None:
    watched = desk.engine()
    await watched.engine.start()
    code = await watched.until(QrShown)
    double.drop_connection()
    await watched.until(WentOffline)
    again = await watched.until(QrShown)
    assert again.text != code.text
    await desk.scan(again)
    await watched.until(WentOnline)


async def test_whatsapp_refusing_this_version_before_a_link_names_the_build(desk: Desk, double: WhatsAppDouble) -> None:
    double.outdate()
    watched = desk.engine()
    await watched.engine.start()
    outdated = await watched.until(ClientOutdated)
    assert date(2026, 1, 1) < date.fromisoformat(outdated.build) <= date.today() + timedelta(days=366)


async def test_after_a_logout_here_the_next_start_shows_a_code(desk: Desk, double: WhatsAppDouble) -> None:
    watched = await desk.linked()
    await watched.engine.logout()
    double.wait_for_event("logged-out", PATIENCE)
    assert not any(isinstance(event, Unlinked) for event in watched.told)

    await watched.engine.start()
    await watched.until(QrShown)


@pytest.mark.parametrize("moment", ["starting", "code", "online", "offline", "retrying"])
async def test_stopping_is_quick_and_final_at_every_moment(desk: Desk, double: WhatsAppDouble, moment: str) -> None:
    seldom = RestartPolicy(first=60.0, cap=60.0)
    watched = desk.engine(limits=Limits(offline_retry=seldom, restart=seldom))
    if moment == "retrying":
        double.refuse_connections()
    await watched.engine.start()
    if moment == "retrying":
        await watched.until(WentOffline)
    elif moment != "starting":
        code = await watched.until(QrShown)
        if moment != "code":
            await desk.scan(code)
            await watched.until(WentOnline)
        if moment == "offline":
            double.refuse_connections()
            await watched.until(WentOffline)

    with meeting_no_deadline():
        await watched.engine.stop()
    told = list(watched.told)
    double.accept_connections()
    other = desk.engine("outra")
    await other.engine.start()
    await other.until(QrShown)
    assert watched.told == told
