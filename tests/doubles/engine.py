"""An engine that does what a test tells it: a double of ports.Engine, with no process behind it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime

from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.message import Media
from desktop.domain.session import Account
from desktop.ports.engine import (
    EngineEvent,
    GoAhead,
    GroupInfo,
    OnId,
    Outgoing,
    OutgoingDocument,
    OutgoingImage,
    OutgoingText,
    PairingCodeShown,
    SentMessage,
    WentOnline,
    at_once,
)

ACCOUNT = Account(phone="5511999990000", name="Loja")


class ScriptedEngine:
    """Takes sends as scripted in `outcomes` (an error to raise, or None for success); then every send succeeds."""

    simulated = False
    build: date | None = None

    def __init__(self, on_event: Callable[[EngineEvent], None]) -> None:
        self.say = on_event
        self.outcomes: list[Exception | None] = []
        self.taken: list[tuple[str, OutgoingImage]] = []
        self.others: list[tuple[str, OutgoingText | OutgoingDocument]] = []
        """What was sent that is no picture."""
        self.accounts: dict[str, str] = {}
        """Phone numbers and the jids WhatsApp knows for them."""
        self.files: dict[bytes, bytes] = {}
        """What a received message's ticket fetches."""
        self.group_infos: dict[str, GroupInfo] = {}
        self.before_answer: Callable[[str], None] = lambda message_id: None
        """Called with the message id after it was told and before the send is answered."""
        self.hold: asyncio.Event | None = None
        """While set to an event, sends wait for it after they were taken."""
        self.took = asyncio.Event()
        self.goes_online = True
        self.start_error: AppError | None = None
        self.logout_error: AppError | None = None
        self.account = ACCOUNT
        """Whose it is when it goes online by itself."""
        self.starts = self.stops = self.logouts = self.forgotten = 0

    async def start(self) -> None:
        self.starts += 1
        if self.start_error is not None:
            raise self.start_error
        if self.goes_online:
            self.say(WentOnline(self.account))

    async def stop(self) -> None:
        self.stops += 1

    async def logout(self) -> None:
        self.logouts += 1
        if self.logout_error is not None:
            raise self.logout_error

    async def forget(self) -> None:
        self.forgotten += 1

    async def send(self, jid: str, content: Outgoing, *, on_id: OnId, go_ahead: GoAhead = at_once) -> SentMessage:
        if not await go_ahead():
            raise Rejected(Code.SEND_CANCELLED)
        if isinstance(content, OutgoingImage):
            self.taken.append((jid, content))
        else:
            self.others.append((jid, content))
        message_id = f"3EB0{len(self.taken) + len(self.others):04}"
        outcome = self.outcomes.pop(0) if self.outcomes else None
        self.took.set()
        if outcome is not None:
            raise outcome
        if (kept := on_id(message_id)) is not None:
            await asyncio.wait({asyncio.ensure_future(kept)})
        self.before_answer(message_id)
        if self.hold is not None:
            await self.hold.wait()
        return SentMessage(message_id, datetime.now(UTC))

    async def link_by_phone(self, phone: str) -> None:
        self.starts += 1
        self.say(PairingCodeShown("SEB3-FM77", phone, 160.0))

    async def find_account(self, phone: str) -> str | None:
        return self.accounts.get(phone)

    async def download(self, media: Media, *, max_bytes: int) -> bytes:
        content = self.files.get(media.ticket)
        if content is None:
            raise Rejected(Code.MEDIA_GONE)
        if len(content) > max_bytes:
            raise Rejected(Code.MEDIA_TOO_LARGE, size=len(content), limit=max_bytes)
        return content

    async def groups(self) -> list[GroupInfo]:
        return [await self.group("120363041234567890@g.us")]

    async def group(self, jid: str) -> GroupInfo:
        return self.group_infos.get(jid) or GroupInfo(jid=jid, subject="Vendas", members=3)
