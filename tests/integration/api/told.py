"""An instance whose news another program takes, and a client with a key that manages."""

from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from desktop.domain.access import EVERYTHING, Access
from desktop.domain.message import Direction, Message, MessageKind
from desktop.ports import engine as said
from tests.doubles.engine import ScriptedEngine
from tests.doubles.receiver import Arrived, Receiver, receiving
from tests.doubles.secrets import HeldSecrets
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


@contextmanager
def told(folder: Path, *, online: bool = True) -> Iterator[Told]:
    secrets = HeldSecrets()
    with open_door(folder, online=online, secrets=secrets) as door:
        stack = AsyncExitStack()
        receiver = door.run(stack.enter_async_context(receiving()))
        door.change({"webhooks.private_hosts": [receiver.host], "webhooks.deadline": 2})
        key = door.run(door.services.keys.create("programa", Access(name="", scopes=EVERYTHING)))
        door.engine.accounts[PHONE] = JID
        try:
            with door.client(key=key.text) as client:
                yield Told(door, receiver, client, secrets)
        finally:
            door.run(stack.aclose())
