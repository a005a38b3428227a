"""The services on a real SQLite outbox, real picture files and a real table; only the engine is scripted."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from desktop.adapters.directory.table import TableDirectory
from desktop.adapters.outgoing_files import OutgoingFiles
from desktop.adapters.reports.sources import ReportSources
from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.domain.cnpj import Cnpj
from desktop.domain.events import Event, SendChanged
from desktop.domain.group import GroupPolicy
from desktop.domain.pacing import Pace
from desktop.domain.send import Origin, Send, SendState
from desktop.domain.session import Session, SessionState
from desktop.domain.settings import (
    DirectoryKind,
    DirectorySettings,
    Door,
    EngineSettings,
    GroupSettings,
    ReportSettings,
    Settings,
    TableSource,
)
from desktop.ports.engine import EngineEvent
from desktop.services.bus import Bus
from desktop.services.groups import Groups
from desktop.services.pipeline import Pipeline
from desktop.services.preparing import Preparing
from desktop.services.receipts import Receipts
from desktop.services.sending import Sending, SendRequest
from desktop.services.sessions import Sessions
from tests.doubles.engine import ScriptedEngine
from tests.doubles.outbox import FlakyOutbox
from tests.harness.patience import PATIENCE
from tests.harness.sessions import session_once

MARKET = Cnpj("62567108000101")
BAKERY = Cnpj("11222333000181")
WITHOUT_GROUP = Cnpj("00000000000191")
WITHOUT_REPORT = Cnpj("04252011000110")
GROUP = "120363041234567890@g.us"
_ROWS = f"""cnpj;nome;grupo
{MARKET};Mercado São João;{GROUP}
{BAKERY};Padaria Três Irmãos;120363041234567891@g.us
{WITHOUT_GROUP};Loja Sem Grupo;
{WITHOUT_REPORT};Livraria Página Um;120363041234567893@g.us
"""


class HandClock:
    """The real time plus what the test adds; chance is always nought."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.ahead += timedelta(seconds=seconds)

    def chance(self) -> float:
        return 0.0

    def entropy(self, size: int) -> bytes:
        return os.urandom(size)


class HeldClock(HandClock):
    """Stands still for whoever sleeps, until the test lets time pass."""

    def __init__(self) -> None:
        super().__init__()
        self._moved = asyncio.Event()
        self.sleepers = 0
        self.slept = asyncio.Event()
        """Set whenever somebody begins to sleep."""
        self.awake = asyncio.Event()
        """Set whenever the last one wakes."""

    async def sleep(self, seconds: float) -> None:
        due = self.now() + timedelta(seconds=seconds)
        self.sleepers += 1
        self.slept.set()
        try:
            while self.now() < due:
                await self._moved.wait()
        finally:
            self.sleepers -= 1
            if not self.sleepers:
                self.awake.set()

    def pass_time(self, **time: float) -> None:
        """`minutes=5` and the like."""
        self.ahead += timedelta(**time)
        self._moved.set()
        self._moved = asyncio.Event()


@dataclass
class Desk:
    """One instance's services, and hands to reach into the world around them."""

    folder: Path
    clock: HandClock
    settings: Settings
    storage: OpenedStorage
    bus: Bus
    preparing: Preparing
    sessions: Sessions
    groups: Groups
    sending: Sending
    pipeline: Pipeline
    receipts: Receipts
    engines: dict[str, ScriptedEngine]
    outbox: FlakyOutbox
    events: list[Event] = field(default_factory=list)
    grace: float = 2.0
    """Seconds for what is under way when the desk closes."""

    @property
    def engine(self) -> ScriptedEngine:
        return self.engines["principal"]

    def engine_of(self, name: str) -> ScriptedEngine:
        """The engine of a session that was added; its link is kept under the profile's id."""
        profile = self.sessions.get(name).profile
        assert profile is not None
        return self.engines[str(profile.id)]

    def report_path(self, cnpj: Cnpj) -> Path:
        return self.folder / f"ERP_{cnpj}_VENDAS" / "RelatorioVendas.jpg"

    def put_report(self, cnpj: Cnpj, colour: str = "navy") -> bytes:
        """Write today's picture for a company; returns its bytes."""
        buffer = io.BytesIO()
        Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
        path = self.report_path(cnpj)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(buffer.getvalue())
        return buffer.getvalue()

    async def reach(self, send: Send, *states: SendState) -> Send:
        """Wait until a send is in one of the states."""
        async with self._watched(lambda told: told.id == send.id and told.state in states) as reached:
            if (await self.sending.get(send.id)).state not in states:
                await reached.wait()
        return await self.sending.get(send.id)

    async def stands(self, name: str, state: SessionState) -> Session:
        """Wait until a session is in a state."""
        return await session_once(self.sessions, name, lambda session: session.state is state)

    async def kept(self, name: str) -> None:
        """Wait until everything that is new about a session so far is on disk; nobody is told of that."""
        await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE), self.sessions._roster.find(name).keeping:
            pass

    async def rested(self) -> None:
        """Wait until the first session's lane has read its queue, found nothing and rests; nobody is told of that."""
        lane = self.pipeline._lanes["principal"]
        async with asyncio.timeout(PATIENCE):
            while lane._turn.is_set() or not lane._resting:  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def queued(self, cnpj: Cnpj) -> None:
        """Wait until the next send of a company is in the queue."""
        async with self._watched(lambda told: told.cnpj == cnpj and told.state is SendState.QUEUED) as queued:
            await queued.wait()

    @asynccontextmanager
    async def _watched(self, matches: Callable[[Send], bool]) -> AsyncIterator[asyncio.Event]:
        seen = asyncio.Event()

        def look(event: Event) -> None:
            if isinstance(event, SendChanged) and matches(event.send):
                seen.set()

        end = self.bus.subscribe(look)
        try:
            async with asyncio.timeout(PATIENCE):
                yield seen
        finally:
            end()


def ask(cnpj: Cnpj = MARKET, **wishes: object) -> SendRequest:
    """A request as the ERP makes it, with what the test wishes otherwise."""
    return replace(SendRequest(cnpj=cnpj, origin=Origin.ERP), **wishes)  # type: ignore[arg-type]


def default_settings(folder: Path) -> Settings:
    return Settings(
        door=Door(wait_limit=PATIENCE),
        directory=DirectorySettings(kind=DirectoryKind.TABLE, table=TableSource(path=str(folder / "empresas.csv"))),
        report=ReportSettings(template=str(folder / "ERP_{cnpj}_VENDAS" / "RelatorioVendas.jpg")),
        engine=EngineSettings(connect_wait=PATIENCE),
        pace=Pace(minimum_gap=0.0, jitter=0.0),
        groups=GroupSettings(policy=GroupPolicy.ALLOW),
    )


@asynccontextmanager
async def open_desk(
    folder: Path,
    *,
    change: Callable[[Settings], Settings] = lambda settings: settings,
    online: bool = True,
    simulated: bool = False,
    clock: HandClock | None = None,
) -> AsyncIterator[Desk]:
    """Open a desk on a folder, once more on the same one after a restart."""
    (folder / "empresas.csv").write_text(_ROWS, encoding="utf-8")
    clock, bus = clock or HandClock(), Bus()
    settings = change(default_settings(folder))
    storage = await open_storage(folder / "malote.db", clock=clock)
    outbox = FlakyOutbox(storage.outbox)
    directory = TableDirectory(lambda: desk.settings.directory.table)
    reports = ReportSources(lambda: desk.settings.report, clock.now)
    preparing = Preparing(directory=directory, reports=reports, settings=lambda: desk.settings)
    engines: dict[str, ScriptedEngine] = {}

    def make_engine(name: str, on_event: Callable[[EngineEvent], None]) -> ScriptedEngine:
        engines[name] = ScriptedEngine(on_event)
        engines[name].goes_online = online
        engines[name].simulated = simulated
        return engines[name]

    sessions = Sessions(
        engines=make_engine,
        store=storage.sessions,
        outbox=outbox,
        messages=storage.messages,
        bus=bus,
        clock=clock,
        settings=lambda: desk.settings,
    )
    groups = Groups(
        sessions=sessions,
        preparing=preparing,
        confirmed=storage.confirmed_groups,
        bus=bus,
        clock=clock,
        settings=lambda: desk.settings,
    )
    pipeline = Pipeline(
        outbox=outbox,
        sessions=sessions,
        preparing=preparing,
        groups=groups,
        bus=bus,
        clock=clock,
        settings=lambda: desk.settings,
    )
    desk = Desk(
        folder=folder,
        clock=clock,
        settings=settings,
        storage=storage,
        bus=bus,
        preparing=preparing,
        sessions=sessions,
        groups=groups,
        sending=Sending(
            outbox=outbox,
            sessions=sessions,
            files=OutgoingFiles(lambda: desk.settings.report, clock.now),
            bus=bus,
            clock=clock,
            settings=lambda: desk.settings,
            foresight=pipeline,
        ),
        pipeline=pipeline,
        receipts=Receipts(outbox=outbox, bus=bus),
        engines=engines,
        outbox=outbox,
    )
    sessions.settle_before_rename(desk.receipts.settled)
    bus.subscribe(desk.events.append)
    await desk.pipeline.recover()
    desk.receipts.start()
    await sessions.restore()
    desk.pipeline.start()
    try:
        yield desk
    finally:
        await desk.pipeline.close(desk.grace)
        await sessions.close()
        await desk.receipts.close()
        await reports.close()
        await directory.close()
        await storage.close()
