"""A whole instance behind the pages: real services on a real database and real files, with the simulator as engine."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from desktop.adapters.engines.simulator import SimulatorEngine, SimulatorPace
from desktop.adapters.settings_file import SettingsFile
from desktop.app import running
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, NeedsHuman
from desktop.domain.group import GroupInfo
from desktop.domain.message import Message
from desktop.domain.secret import Credentials
from desktop.domain.session import DEFAULT_SESSION, SessionState
from desktop.ports.engine import EngineEvent, GoAhead, MessageReceived, OnId, Outgoing, SentMessage, at_once
from desktop.ports.engine import GroupChanged as GroupRenamed
from desktop.runtime.clock import SystemClock
from desktop.runtime.loop import ServiceThread
from desktop.runtime.paths import Home
from desktop.runtime.resources import resource
from desktop.services.catalogue import Services
from tests.harness.patience import PATIENCE
from tests.harness.sessions import session_once

T = TypeVar("T")

WITHIN = PATIENCE
"""Seconds in which anything a test waits for has to happen."""

COMPANIES = """cnpj;nome;grupo
62567108000101;Mercado São João;120363041234567890@g.us
11222333000181;Padaria Três Irmãos;120363041234567891@g.us
12ABC34501DE35;Farmácia Boa Saúde;120363041234567892@g.us
04252011000110;Livraria Página Um;120363041234567893@g.us
33000167000101;Posto Avenida;120363000000000403@g.us
60746948000112;Auto Peças Central;120363000000000408@g.us
00000000000191;Loja Sem Grupo;
"""
WITHOUT_REPORT = "04252011000110"
QUICK = SimulatorPace(scan_after=0.05, connect_after=0.01, ack_after=0.02, delivered_after=0.05, read_after=0.1)
NOBODY_SCANS = SimulatorPace(scan_after=None, connect_after=0.01)


class MemorySecrets:
    """Implements ports.Secrets for as long as the test runs; the OS keyring has its own tests."""

    def __init__(self) -> None:
        self.kept: dict[str, Credentials] = {}
        self.unlocked = asyncio.Event()
        """Cleared while the system asks its user for leave to keep something."""
        self.unlocked.set()
        self.readable = asyncio.Event()
        """Cleared while the system asks its user for leave to read something."""
        self.readable.set()
        self.locked = False

    async def credentials(self, name: str) -> Credentials | None:
        await self.readable.wait()
        if self.locked:
            raise NeedsHuman(Code.KEYRING_LOCKED, reason="locked")
        return self.kept.get(name)

    async def keep_credentials(self, name: str, credentials: Credentials) -> None:
        await self.unlocked.wait()
        self.kept[name] = credentials

    async def forget_credentials(self, name: str) -> None:
        self.kept.pop(name, None)


ADMINS_ONLY = "Avisos"
"""To groups whose name begins so only their administrators may write."""


class RenamingSimulator(SimulatorEngine):
    """The simulator with groups that somebody gives other names on the phone."""

    subjects: dict[str, str]
    taking: asyncio.Event
    """Cleared while what is sent stays in the engine's hands."""

    def rename(self, jid: str, subject: str) -> None:
        """Runs in the service loop."""
        self.subjects[jid] = subject
        self._on_event(GroupRenamed(jid))

    def receive(self, message: Message) -> None:
        """Runs in the service loop."""
        self._on_event(MessageReceived(message))

    def go_on_at(self, pace: SimulatorPace) -> None:
        self._pace = pace

    async def send(self, jid: str, content: Outgoing, *, on_id: OnId, go_ahead: GoAhead = at_once) -> SentMessage:
        await self.taking.wait()
        return await super().send(jid, content, on_id=on_id, go_ahead=go_ahead)

    async def groups(self) -> list[GroupInfo]:
        return [self._named(told) for told in await super().groups()]

    async def group(self, jid: str) -> GroupInfo:
        return self._named(await super().group(jid))

    def _named(self, told: GroupInfo) -> GroupInfo:
        subject = self.subjects.get(told.jid) or self._usual(told)
        return replace(told, subject=subject, admins_only=subject.startswith(ADMINS_ONLY))

    def _usual(self, told: GroupInfo) -> str:
        return told.subject


class QuietSimulator(RenamingSimulator):
    """The simulator without its mark, to see the window as it looks on the real engine."""

    simulated = False

    def _usual(self, told: GroupInfo) -> str:
        return "Vendas · Diretoria"


def prepare_home(folder: Path) -> None:
    """Settings for the simulator, a file of companies and today's reports, in the home of an instance."""
    home = Home(folder)
    home.prepare()
    table, reports = folder / "empresas.csv", folder / "relatorios"
    table.write_text(COMPANIES, "utf-8")
    for line in COMPANIES.splitlines()[1:]:
        if (cnpj := line.partition(";")[0]) != WITHOUT_REPORT:
            put_report(reports, cnpj)
    SettingsFile(home.settings).change(
        {
            "engine.kind": "simulator",
            "directory.kind": "table",
            "directory.table.path": str(table),
            "report.template": str(reports / "ERP_{cnpj}_VENDAS_COMERCIO" / "RelatorioVendas.jpg"),
            "groups.policy": "allow",
            "pace.minimum_gap": 0.0,
            "pace.jitter": 0.0,
        }
    )


def put_report(reports: Path, cnpj: str) -> Path:
    """Lay today's report of a company where the template looks for it."""
    folder = reports / f"ERP_{cnpj}_VENDAS_COMERCIO"
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(resource("demo/RelatorioVendas.jpg"), folder / "RelatorioVendas.jpg"))


@dataclass
class Scene(AbstractContextManager["Scene"]):
    """Implements ui.bridge.RunningServices."""

    folder: Path
    pace: SimulatorPace = QUICK
    simulated: bool = True
    secrets: MemorySecrets = field(default_factory=MemorySecrets)
    settings: dict[str, object] = field(default_factory=dict)
    """What the owner has chosen beside what `prepare_home` chooses, by dotted names."""

    def __post_init__(self) -> None:
        self.ready: Future[Services] = Future()
        self.ended: Future[None] = Future()
        self.engines: list[RenamingSimulator] = []
        self._thread = ServiceThread()
        self.reports = self.folder / "relatorios"

    def __enter__(self) -> Scene:
        prepare_home(self.folder)
        SettingsFile(Home(self.folder).settings).change(self.settings)
        self.start()
        self.ready.result(WITHIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.ended.result(WITHIN)

    @property
    def services(self) -> Services:
        return self.ready.result(WITHIN)

    def start(self) -> Scene:
        """Begin as the composition root does: at once, and `ready` tells when the services are there."""
        self.ended = self._thread.start(self._serve)
        self.ended.add_done_callback(self._tell_failure)
        return self

    def stop(self) -> None:
        self._thread.stop()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return self._thread.submit(work)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the service loop and wait for it, as a test may and the window may not."""
        return self.submit(work).result(WITHIN)

    def look(self, see: Callable[[], T]) -> T:
        async def work() -> T:
            return see()

        return self.do(work())

    @contextmanager
    def busy(self) -> Iterator[None]:
        """As on a slow machine: what the window asks for meanwhile is answered afterwards, all of it at once."""
        begun, over = threading.Event(), threading.Event()

        async def occupy() -> None:
            begun.set()
            over.wait(WITHIN)

        occupied = self.submit(occupy())
        begun.wait(WITHIN)
        try:
            yield
        finally:
            over.set()
            occupied.result(WITHIN)

    def wait_state(self, state: SessionState, name: str = DEFAULT_SESSION) -> None:
        """Wait until the session stands there."""
        sessions = self.services.sessions

        self.do(session_once(sessions, name, lambda session: session.state is state))

    def confirm_group(self, cnpj: str) -> None:
        """Somebody says yes to this company's group as it is now."""
        services, company = self.services, Cnpj(cnpj)

        async def confirm() -> None:
            group, _ = await services.groups.look(await services.preparing.company(company))
            await services.groups.confirm(company, group.jid, group.subject)

        self.do(confirm())

    def go_on_at(self, pace: SimulatorPace) -> None:
        """From what begins next on, WhatsApp behaves like this."""
        for engine in self.engines:
            engine.go_on_at(pace)

    def rename_group(self, jid: str, subject: str) -> None:
        """Somebody gives a group another name on the phone."""

        def rename() -> None:
            for engine in self.engines:
                engine.rename(jid, subject)

        self.look(rename)

    def put_report(self, cnpj: str) -> Path:
        """Lay today's report of a company where the template looks for it."""
        return put_report(self.reports, cnpj)

    async def _serve(self, stop: asyncio.Event) -> None:
        async with running(Home(self.folder), engines=self._engine, secrets=self.secrets) as services:
            self.ready.set_result(services)
            await stop.wait()

    def _engine(self, name: str, on_event: Callable[[EngineEvent], None]) -> SimulatorEngine:
        kind = RenamingSimulator if self.simulated else QuietSimulator
        engine = kind(name, on_event, store_dir=self.folder / "sessions", clock=SystemClock(), pace=self.pace)
        engine.subjects, engine.taking = {}, asyncio.Event()
        engine.taking.set()
        self.engines.append(engine)
        return engine

    def _tell_failure(self, ended: Future[None]) -> None:
        if not self.ready.done():
            self.ready.set_exception(ended.exception() or RuntimeError("the services ended before they were ready"))
