"""An engine that does what a test tells it: a double of ports.Engine, with no process behind it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from desktop.domain.errors import AppError
from desktop.domain.session import Account
from desktop.ports.engine import EngineEvent, GroupInfo, OutgoingImage, SentMessage, WentOnline

ACCOUNT = Account(phone="5511999990000", name="Loja")


class ScriptedEngine:
    """Takes sends as scripted in `outcomes` (an error to raise, or None for success); then every send succeeds."""

    simulated = False

    def __init__(self, on_event: Callable[[EngineEvent], None]) -> None:
        self.say = on_event
        self.outcomes: list[Exception | None] = []
        self.taken: list[tuple[str, OutgoingImage]] = []
        self.before_answer: Callable[[str], None] = lambda message_id: None
        """Called with the message id after it was told and before the send is answered."""
        self.hold: asyncio.Event | None = None
        """While set to an event, sends wait for it after they were taken."""
        self.took = asyncio.Event()
        self.goes_online = True
        self.start_error: AppError | None = None
        self.starts = self.stops = self.logouts = 0

    async def start(self) -> None:
        self.starts += 1
        if self.start_error is not None:
            raise self.start_error
        if self.goes_online:
            self.say(WentOnline(ACCOUNT))

    async def stop(self) -> None:
        self.stops += 1

    async def logout(self) -> None:
        self.logouts += 1

    async def send_image(self, jid: str, image: OutgoingImage, *, on_id: Callable[[str], None]) -> SentMessage:
        self.taken.append((jid, image))
        message_id = f"3EB0{len(self.taken):04}"
        outcome = self.outcomes.pop(0) if self.outcomes else None
        self.took.set()
        if outcome is not None:
            raise outcome
        on_id(message_id)
        self.before_answer(message_id)
        if self.hold is not None:
            await self.hold.wait()
        return SentMessage(message_id, datetime.now(UTC))

    async def send_text(self, jid: str, text: str, *, on_id: Callable[[str], None]) -> SentMessage:
        on_id("3EB0TEXT")
        return SentMessage("3EB0TEXT", datetime.now(UTC))

    async def groups(self) -> list[GroupInfo]:
        return [await self.group("120363041234567890@g.us")]

    async def group(self, jid: str) -> GroupInfo:
        return GroupInfo(jid=jid, subject="Vendas", members=3)
