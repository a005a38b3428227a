"""The session service on the real engine: what a person does to sessions, as WhatsApp sees it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from desktop.adapters.engines.whatsmeow import WhatsmeowEngine
from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.adapters.storage.opening import open_storage
from desktop.domain.errors import Code, Rejected
from desktop.domain.session import HumanReason, NeedsPerson, PairingCode, Qr, Session, SessionState
from desktop.domain.settings import Settings
from desktop.ports.engine import EngineEvent
from desktop.runtime.clock import SystemClock
from desktop.services.bus import Bus
from desktop.services.sessions import Sessions
from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.sessions import session_once
from tests.integration.engines.desk import COMMAND, QUICK

FIRST, SECOND, THIRD, FOURTH = (f"551191111000{number}" for number in (1, 2, 3, 4))


class Office:
    """Sessions of one program, and the phones beside it."""

    def __init__(self, sessions: Sessions, double: WhatsAppDouble, store_dir: Path) -> None:
        self.sessions = sessions
        self.double = double
        self.store_dir = store_dir

    async def reach(self, name: str, state: SessionState) -> Session:
        return await session_once(self.sessions, name, lambda session: session.state is state, within=60)

    async def scan(self, name: str, phone: str) -> Session:
        """Read the QR with a phone; the session as it stands once WhatsApp let it in."""
        status = (await self.reach(name, SessionState.QR)).status
        assert isinstance(status, Qr)
        await asyncio.to_thread(self.double.scan, status.text, phone)
        return await session_once(self.sessions, name, lambda session: session.online, within=60)

    def links(self) -> set[str]:
        return {file.name for file in self.store_dir.glob("session-*.db")}


@asynccontextmanager
async def open_office(folder: Path, double: WhatsAppDouble) -> AsyncIterator[Office]:
    clock, store_dir = SystemClock(), folder / "sessions"
    storage = await open_storage(folder / "malote.db", clock=clock)
    environment = {**os.environ, **double.environment()}

    def make(name: str, on_event: Callable[[EngineEvent], None]) -> WhatsmeowEngine:
        limits = Limits(offline_retry=QUICK, restart=QUICK)
        return WhatsmeowEngine(
            name, on_event, command=COMMAND, store_dir=store_dir, clock=clock, env=environment, limits=limits
        )

    sessions = Sessions(
        engines=make,
        store=storage.sessions,
        outbox=storage.outbox,
        messages=storage.messages,
        bus=Bus(),
        clock=clock,
        settings=Settings,
    )
    await sessions.restore()
    try:
        yield Office(sessions, double, store_dir)
    finally:
        await sessions.close()
        await storage.close()


@pytest.fixture
def phones(double: WhatsAppDouble) -> WhatsAppDouble:
    for phone in (FIRST, SECOND, THIRD, FOURTH):
        double.add_account(phone)
    return double


async def test_two_numbers_live_side_by_side_over_a_rename_and_a_restart(
    tmp_path: Path, phones: WhatsAppDouble
) -> None:
    async with open_office(tmp_path, phones) as office:
        await office.scan("principal", FIRST)
        added = await office.sessions.add("Filial São José")
        assert added.profile is not None
        await office.sessions.link_by_phone(added.name, SECOND)
        status = (await office.reach(added.name, SessionState.PAIRING_CODE)).status
        assert isinstance(status, PairingCode)
        await asyncio.to_thread(phones.type_code, status.code, SECOND)
        await office.reach(added.name, SessionState.CONNECTED)
        await office.sessions.rename(added.name, "Loja 2")
        assert office.links() == {"session-principal.db", f"session-{added.profile.id}.db"}
    async with open_office(tmp_path, phones) as office:
        for name, phone in (("principal", FIRST), ("Loja 2", SECOND)):
            session = await office.reach(name, SessionState.CONNECTED)
            assert session.account is not None
            assert session.account.phone == phone
        build = office.sessions.get("principal").engine_build
        assert build is not None
        await office.sessions.remove("principal")
        # The phone was told: nothing of it is left on WhatsApp's side either.
        assert not phones.account(FIRST).companions
        assert office.links() == {f"session-{added.profile.id}.db"}
        assert office.sessions.default().name == "Loja 2"


async def test_another_phone_links_only_after_a_yes(tmp_path: Path, phones: WhatsAppDouble) -> None:
    async with open_office(tmp_path, phones) as office:
        await office.scan("principal", THIRD)
        with pytest.raises(Rejected) as asked:
            await office.sessions.link("principal")
        assert asked.value.code is Code.SESSION_LINKED
        await asyncio.to_thread(phones.remove_device, THIRD)
        await office.reach("principal", SessionState.LOGGED_OUT)
        await office.sessions.link("principal")
        session = await office.scan("principal", FOURTH)
        assert session.status == NeedsPerson(HumanReason.OTHER_ACCOUNT, detail=FOURTH)
        await office.sessions.accept_account("principal")
        await office.reach("principal", SessionState.CONNECTED)
        await office.sessions.link("principal", replace=True)
        session = await office.scan("principal", THIRD)
        assert session.state is SessionState.CONNECTED
        assert not phones.account(FOURTH).companions
