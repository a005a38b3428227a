"""The inbox on a real database and real sessions; only the engines are scripted, and the clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from desktop.adapters.directory.table import TableDirectory
from desktop.adapters.reports.sources import ReportSources
from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.domain.errors import AppError
from desktop.domain.events import ChatNamed, Event, MessageKept, MessagesLost
from desktop.domain.message import Message
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.settings import Settings
from desktop.ports.engine import EngineEvent, GroupInfo, MessageReceived
from desktop.services.bus import Bus
from desktop.services.groups import Groups
from desktop.services.inbox import Inbox
from desktop.services.preparing import Preparing
from desktop.services.sessions import Sessions
from tests.doubles.engine import ScriptedEngine
from tests.doubles.messages import FlakyMessages
from tests.harness.patience import PATIENCE
from tests.integration.storage.letters import SHOP
from tests.integration.storage.sends import NOON, at
from tests.services.desk import HandClock

DESK = "principal"


class SleepingClock(HandClock):
    """Half a minute after noon of the tests' day; who sleeps sleeps until the test rings."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []
        self._bell = asyncio.Event()
        self._asleep = asyncio.Event()

    def now(self) -> datetime:
        return at(30) + self.ahead

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._asleep.set()
        await self._bell.wait()

    async def somebody_sleeps(self, seconds: float) -> None:
        """Wait until somebody asked for so many seconds of sleep."""
        async with asyncio.timeout(PATIENCE):
            while seconds not in self.slept:
                self._asleep.clear()
                await self._asleep.wait()

    def ring(self, ahead: timedelta = timedelta()) -> None:
        """Wake everybody up, so much later."""
        self.ahead += ahead
        self.slept.clear()
        self._bell.set()
        self._bell = asyncio.Event()


class GroupEngine(ScriptedEngine):
    """One that belongs to the groups in `group_infos`, and remembers what it was asked about them."""

    def __init__(self, on_event: Callable[[EngineEvent], None]) -> None:
        super().__init__(on_event)
        self.asked: list[str] = []
        self.group_errors: list[AppError] = []
        self.refused = asyncio.Event()
        """Set once it raised one of them."""

    async def groups(self) -> list[GroupInfo]:
        self.asked.append("all")
        return list(self.group_infos.values())

    async def group(self, jid: str) -> GroupInfo:
        self.asked.append(jid)
        if self.group_errors:
            self.refused.set()
            raise self.group_errors.pop(0)
        return await super().group(jid)


@dataclass
class Counter:
    """One shop that keeps its messages, and the desk's own session, which keeps none."""

    storage: OpenedStorage
    messages: FlakyMessages
    bus: Bus
    clock: SleepingClock
    settings: Settings
    sessions: Sessions
    groups: Groups
    inbox: Inbox
    engines: dict[str, GroupEngine]
    kept: list[MessageKept] = field(default_factory=list)
    named_chats: list[ChatNamed] = field(default_factory=list)
    naming: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when one more is named."""
    losses: list[int] = field(default_factory=list)
    """What was told of messages that could not be kept."""
    grace: float = PATIENCE
    """Seconds for what is still to be kept when the counter closes."""

    def engine(self, session: str = SHOP) -> GroupEngine:
        profile = self.sessions.get(session).profile
        assert profile is not None
        return self.engines.get(str(profile.id)) or self.engines[session]

    def arrives(self, *messages: Message, backlog: bool = False, history: bool = False, session: str = SHOP) -> None:
        for message in messages:
            self.engine(session).say(MessageReceived(message, backlog, history))

    def confirms(self, kind: ReceiptKind, *message_ids: str, session: str = SHOP) -> None:
        self.engine(session).say(Receipt(message_ids=message_ids, kind=kind, chat="", at=NOON))

    async def named(self, chat: str, name: str, session: str = SHOP) -> None:
        """Wait until a chat is called so."""
        async with asyncio.timeout(PATIENCE):
            while ChatNamed(session, chat, name) not in self.named_chats:
                await self.naming.wait()
        assert (await self.inbox.chat(session, chat)).name == name

    def texts(self) -> list[str]:
        """What was told to be new on disk."""
        return [event.message.text for event in self.kept if event.new]


@asynccontextmanager
async def open_counter(folder: Path, *, room: int = 50_000, settings: Settings | None = None) -> AsyncIterator[Counter]:
    clock, bus = SleepingClock(), Bus()
    storage = await open_storage(folder / "malote.db", clock=clock)
    messages = FlakyMessages(storage.messages)
    engines: dict[str, GroupEngine] = {}

    def make_engine(name: str, on_event: Callable[[EngineEvent], None]) -> GroupEngine:
        engines[name] = GroupEngine(on_event)
        return engines[name]

    sessions = Sessions(
        engines=make_engine,
        store=storage.sessions,
        outbox=storage.outbox,
        messages=messages,
        bus=bus,
        clock=clock,
        settings=lambda: counter.settings,
    )
    directory = TableDirectory(lambda: counter.settings.directory.table)
    reports = ReportSources(lambda: counter.settings.report, clock.now)
    preparing = Preparing(directory=directory, reports=reports, settings=lambda: counter.settings)
    groups = Groups(
        sessions=sessions,
        preparing=preparing,
        confirmed=storage.confirmed_groups,
        bus=bus,
        clock=clock,
        settings=lambda: counter.settings,
    )
    inbox = Inbox(
        messages=messages,
        sessions=sessions,
        groups=groups,
        bus=bus,
        clock=clock,
        settings=lambda: counter.settings,
        room=room,
    )
    counter = Counter(
        storage=storage,
        messages=messages,
        bus=bus,
        clock=clock,
        settings=settings or Settings(),
        sessions=sessions,
        groups=groups,
        inbox=inbox,
        engines=engines,
    )

    def look(event: Event) -> None:
        if isinstance(event, MessageKept):
            counter.kept.append(event)
        elif isinstance(event, ChatNamed):
            counter.named_chats.append(event)
            counter.naming.set()
            counter.naming = asyncio.Event()
        elif isinstance(event, MessagesLost):
            counter.losses.append(event.total)

    bus.subscribe(look)
    inbox.start()
    await sessions.restore()
    names = {session.name for session in sessions.all()}
    if SHOP not in names:
        await sessions.add(SHOP, keeps_messages=True)
        await sessions.start(SHOP)
    try:
        yield counter
    finally:
        await sessions.close()
        await inbox.close(counter.grace)
        await reports.close()
        await directory.close()
        await storage.close()
