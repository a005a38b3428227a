"""What tells other programs, and hands to reach into the world around it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desktop.adapters.storage.database import Database
from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.adapters.storage.webhooks import SqlWebhooks
from desktop.adapters.webhook_line import HttpWebhookLine
from desktop.domain.errors import Code, Transient
from desktop.domain.events import MessageKept, SettingsChanged, WebhookTrouble
from desktop.domain.message import Direction, Message, MessageKind
from desktop.domain.settings import WebhookSettings
from desktop.domain.webhook import Delivery, Webhook, WebhookShape
from desktop.services.bus import Bus
from desktop.services.webhooks import Telling
from tests.doubles.receiver import Receiver, receiving
from tests.doubles.secrets import HeldSecrets
from tests.harness.patience import PATIENCE
from tests.services.desk import HandClock

NOW = datetime(2026, 1, 5, 18, tzinfo=UTC)
INCOMING = Message(
    session="empresa1",
    id="3EB01",
    chat="5511999990000@s.whatsapp.net",
    sender="5511999990000@s.whatsapp.net",
    sender_name="Ana",
    direction=Direction.IN,
    kind=MessageKind.TEXT,
    text="Olá",
    at=NOW,
)
OWN = replace(INCOMING, id="3EB02", direction=Direction.OUT, text="Bom dia")


class FullDisk(SqlWebhooks):
    """Takes nothing new while it is full."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.full = False
        self.breaks = False
        self.held: asyncio.Event | None = None
        """While set, what is to be saved waits for it."""
        self.waiting: asyncio.Queue[Webhook] = asyncio.Queue()

    async def save(self, webhook: Webhook) -> None:
        if self.held is not None:
            self.waiting.put_nowait(webhook)
            await self.held.wait()
        await super().save(webhook)

    async def rename_session(self, old: str, new: str) -> None:
        if self.full:
            raise Transient(Code.DATABASE_UNAVAILABLE)
        await super().rename_session(old, new)

    async def first_waiting(self, session: str) -> Delivery | None:
        if self.breaks:
            self.breaks = False
            raise ValueError("nobody foresaw it")
        return await super().first_waiting(session)


@dataclass
class Office:
    telling: Telling
    bus: Bus
    clock: HandClock
    storage: OpenedStorage
    store: FullDisk
    secrets: HeldSecrets
    receiver: Receiver
    troubled: asyncio.Event
    settings: WebhookSettings

    def change(self, **settings: Any) -> None:
        self.settings = replace(self.settings, **settings)
        self.bus.publish(SettingsChanged())

    def aimed(self, session: str = "empresa1") -> Webhook:
        url = f"{self.receiver.url}/webhook/whatsapp"
        return Webhook(session=session, instance="1b671a64", url=url, shape=WebhookShape.INSTANCES)

    async def hear(self, message: Message = INCOMING, *, new: bool = True) -> None:
        """Keep a message, or how far it came, as the inbox does."""
        messages, tell = self.storage.messages, self.telling.teller(new=new)
        if new:
            kept = await messages.keep([message], unread=True, tell=tell)
        else:
            kept = await messages.advance(message.session, [message.id], message.ack, tell=tell)
        for one in kept:
            self.bus.publish(MessageKept(one, new=new, backlog=False))

    async def bodies(self, count: int) -> list[dict[str, Any]]:
        return [json.loads(arrived.body) for arrived in await self.receiver.wait_for(count)]

    async def trouble(self) -> None:
        """Wait until a person should look at this session's webhook."""
        async with asyncio.timeout(PATIENCE):
            await self.troubled.wait()

    async def dead(self) -> list[Delivery]:
        """What was given up, once something was."""
        await self.trouble()
        return await self.telling.dead()


@asynccontextmanager
async def open_office(folder: Path, clock: HandClock | None = None) -> AsyncIterator[Office]:
    clock, bus, secrets = clock or HandClock(), Bus(), HeldSecrets()
    storage = await open_storage(folder / "malote.db", clock=clock)
    async with receiving() as receiver:
        store = FullDisk(storage.database)
        settings = WebhookSettings(private_hosts=(receiver.host,), deadline=PATIENCE)
        troubled = asyncio.Event()
        telling = Telling(
            store=store,
            line=HttpWebhookLine(lambda: opened.settings, clock),
            secrets=secrets,
            bus=bus,
            clock=clock,
            settings=lambda: opened.settings,
        )
        opened = Office(telling, bus, clock, storage, store, secrets, receiver, troubled, settings)
        await telling.start()
        try:
            bus.subscribe(lambda event: troubled.set() if isinstance(event, WebhookTrouble) else None)
            yield opened
        finally:
            await telling.close()
            await storage.close()
