"""An instance whose news another program takes, and a client with a key that manages."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from desktop.adapters.storage.database import Database
from desktop.adapters.storage.webhook_tables import deliveries
from desktop.domain.access import EVERYTHING, Access
from desktop.domain.events import Event, WebhookTrouble
from desktop.domain.message import Direction, Message, MessageKind
from desktop.domain.webhook import Delivery
from desktop.ports import engine as said
from tests.doubles.engine import ScriptedEngine
from tests.doubles.receiver import Arrived, Receiver, receiving
from tests.doubles.secrets import HeldSecrets
from tests.harness.patience import PATIENCE
from tests.integration.api.door import Door, open_door

PHONE = "5511988887777"
JID = f"{PHONE}@s.whatsapp.net"
AT = datetime(2026, 1, 5, 18, tzinfo=UTC)
INCOMING = Message(
    session="",
    id="3EB01",
    chat=JID,
    sender=JID,
    sender_name="Ana",
    direction=Direction.IN,
    kind=MessageKind.TEXT,
    text="Olá",
    at=AT,
)


@dataclass
class Told:
    door: Door
    receiver: Receiver
    client: httpx.Client
    secrets: HeldSecrets

    @property
    def engine(self) -> ScriptedEngine:
        """Of the session that was made last."""
        return self.door.engines[-1]

    def writes(self, *, backlog: bool = False, history: bool = False, **changed: Any) -> None:
        """Somebody writes to the session that was made last."""
        message = replace(INCOMING, **changed)

        async def tell() -> None:
            self.engine.say(said.MessageReceived(message, backlog, history))

        self.door.run(tell())

    def says(self, event: said.EngineEvent) -> None:
        async def tell() -> None:
            self.engine.say(event)

        self.door.run(tell())

    def heard(self, count: int) -> list[Arrived]:
        """What the other program got, once there is so much."""
        return self.door.run(self.receiver.wait_for(count))

    def give_up(self, session: str, times: int = 1) -> Delivery:
        """Leave dead letters on the disk, as after six hours of trying; gives the first."""
        url = f"{self.receiver.url}/webhook/whatsapp"
        body = b'{"event":"message.received"}'
        dead = Delivery(
            id=uuid4(),
            session=session,
            url=url,
            event="message.received",
            body=body,
            created_at=AT,
            attempts=14,
            last_error="HTTP 503",
            dead_at=datetime.now(UTC),
        )

        rows = [asdict(dead), *(asdict(replace(dead, id=uuid4())) for _ in range(times - 1))]

        async def put() -> None:
            database = Database(self.door.home.database)
            await database.write(lambda connection: connection.execute(deliveries.insert(), rows))
            await database.close()

        self.door.run(put())
        return dead

    def wait_for_trouble(self, cause: Callable[[], None]) -> None:
        """Do something, and return once a person should look at a webhook."""
        troubled = threading.Event()

        def look(event: Event) -> None:
            if isinstance(event, WebhookTrouble):
                troubled.set()

        self.door.services.bus.subscribe(look)
        cause()
        assert troubled.wait(PATIENCE)


@contextmanager
def told(folder: Path, *, online: bool = True) -> Iterator[Told]:
    secrets = HeldSecrets()
    with open_door(folder, online=online, secrets=secrets) as door:
        stack = AsyncExitStack()
        receiver = door.run(stack.enter_async_context(receiving()))
        door.change({"webhooks.private_hosts": [receiver.host], "webhooks.deadline": PATIENCE})
        key = door.run(door.services.keys.create("programa", Access(name="", scopes=EVERYTHING)))
        door.engine.accounts[PHONE] = JID
        try:
            with door.client(key=key.text) as client:
                yield Told(door, receiver, client, secrets)
        finally:
            door.run(stack.aclose())
