"""Several sessions of the real engine at once, each with a number, a worker and keys of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil

from desktop.ports.engine import QrShown, Restarting, WentOffline, WentOnline
from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import Desk, picture
from tests.integration.engines.watched import Watched

SESSIONS = 4


def workers(desk: Desk) -> list[int]:
    return [child.pid for child in psutil.Process().children() if Path(child.cwd()) == desk.store_dir]


async def test_sessions_link_and_send_side_by_side_each_from_its_own_number(desk: Desk, double: WhatsAppDouble) -> None:
    async def use(number: int) -> tuple[str, Watched]:
        phone = f"{desk.phone}{number}"
        double.add_account(phone)
        watched = desk.engine(f"loja {number}")
        await watched.engine.start()
        code = await watched.until(QrShown)
        await asyncio.to_thread(double.scan, code.text, phone)
        assert (await watched.until(WentOnline)).account.phone == phone
        group = double.add_group(f"Vendas {number}", members=2, accounts=[phone])
        await watched.send_image(group.jid, picture(caption=f"loja {number}"))
        return phone, watched

    used = await asyncio.gather(*(use(number) for number in range(SESSIONS)))
    await asyncio.to_thread(double.wait_for_arrival, PATIENCE, SESSIONS)
    assert {(arrival.account, arrival.caption) for arrival in double.received} == {
        (phone, f"loja {number}") for number, (phone, _) in enumerate(used)
    }
    assert all(len(arrival.by_member) == 2 and not arrival.unread_by for arrival in double.received)
    assert len(workers(desk)) == len(list(desk.store_dir.glob("*.db"))) == SESSIONS


async def test_a_worker_that_dies_takes_no_other_session_along(desk: Desk, double: WhatsAppDouble) -> None:
    first = await desk.linked("loja 1")
    worker = desk.worker()
    other_phone = f"{desk.phone}9"
    double.add_account(other_phone)
    other = desk.engine("loja 2")
    await other.engine.start()
    code = await other.until(QrShown)
    await asyncio.to_thread(double.scan, code.text, other_phone)
    await other.until(WentOnline)

    os.kill(worker, signal.SIGKILL)
    await first.until(Restarting)
    group = double.add_group("Vendas", members=2, accounts=[other_phone])
    await other.send_text(group.jid, "Bom dia")
    await first.until(WentOnline)
    assert not any(isinstance(event, WentOffline | Restarting) for event in other.told)
