"""Received messages for whoever may read them, kept for as long as the owner wishes."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from desktop.domain.errors import Code, Rejected
from desktop.domain.events import (
    Event,
    MessageArrived,
    ReceiptReceived,
    SendChanged,
    SessionChanged,
    SessionRemoved,
)
from desktop.domain.message import (
    MEDIA_KINDS,
    Ack,
    Chat,
    ChatKind,
    Cursor,
    Direction,
    Media,
    Message,
    MessageKind,
)
from desktop.domain.receipt import ReceiptKind
from desktop.domain.send import Send, SendKind, SendState
from desktop.domain.settings import Settings
from desktop.ports.clock import Clock
from desktop.ports.messages import Messages
from desktop.services.bus import Bus
from desktop.services.chat_names import ChatNames
from desktop.services.groups import Groups
from desktop.services.intake import Intake
from desktop.services.sessions import Sessions
from desktop.services.webhook_news import Teller, tell_nobody

logger = logging.getLogger(__name__)

LONGEST_PAGE = 500
_DAY = timedelta(days=1)
_DOWNLOADS = 2
"""At a time: each is held whole in memory."""
_ACK_OF_RECEIPT = {ReceiptKind.DELIVERED: Ack.DELIVERED, ReceiptKind.READ: Ack.READ}
_ACK_OF_SEND = {SendState.SENT: Ack.SERVER, SendState.DELIVERED: Ack.DELIVERED, SendState.READ: Ack.READ}
_KIND_OF_SEND = {
    SendKind.REPORT: MessageKind.IMAGE,
    SendKind.IMAGE: MessageKind.IMAGE,
    SendKind.DOCUMENT: MessageKind.DOCUMENT,
    SendKind.TEXT: MessageKind.TEXT,
}


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    media: Media
    content: bytes


class Inbox:
    """Public methods raise Rejected(SESSION_NOT_FOUND) and Transient(DATABASE_UNAVAILABLE)."""

    def __init__(
        self,
        *,
        messages: Messages,
        sessions: Sessions,
        groups: Groups,
        bus: Bus,
        clock: Clock,
        settings: Callable[[], Settings],
        teller: Teller = tell_nobody,
        room: int = 50_000,
    ) -> None:
        self._messages = messages
        self._sessions = sessions
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._intake = Intake(messages=messages, bus=bus, clock=clock, keeps=self._keeps, teller=teller, room=room)
        self._names = ChatNames(messages=messages, groups=groups, bus=bus)
        self._downloading = asyncio.Semaphore(_DOWNLOADS)
        self._called: dict[UUID, str] = {}
        """The name that each session was last known by."""
        self._cleaning: asyncio.Task[None] | None = None

    @property
    def lost(self) -> int:
        """How many messages since the start could not be kept."""
        return self._intake.lost

    def start(self) -> None:
        """Begin to keep messages, and to drop those that are too old."""
        self._intake.start()
        self._names.start()
        self._bus.subscribe(self._hear)
        self._cleaning = asyncio.create_task(self._clean(), name="inbox cleaning")

    async def close(self, grace: float = 5.0) -> None:
        """Keep what has come so far, for at most so many seconds, then stop."""
        if self._cleaning is not None:
            self._cleaning.cancel()
        self._names.close()
        await self._intake.close(grace)

    async def settled(self) -> None:
        """Return once everything that came so far is on disk, however long the disk takes."""
        await self._intake.settled()

    async def chats(
        self, session: str, *, kind: ChatKind | None = None, before: Cursor | None = None, limit: int = 50
    ) -> list[Chat]:
        """One page of at most LONGEST_PAGE, newest message first."""
        self._sessions.get(session)
        return await self._messages.chats(session, kind=kind, before=before, limit=_page(limit))

    async def chat(self, session: str, jid: str) -> Chat:
        """Raises Rejected(CHAT_NOT_FOUND)."""
        self._sessions.get(session)
        chat = await self._messages.chat(session, jid)
        if chat is None:
            raise Rejected(Code.CHAT_NOT_FOUND, chat=jid)
        return chat

    async def messages(
        self, session: str, chat: str, *, before: Cursor | None = None, limit: int = 50
    ) -> list[Message]:
        """One page of at most LONGEST_PAGE, newest first. Raises Rejected(CHAT_NOT_FOUND)."""
        self._sessions.get(session)
        found = await self._messages.messages(session, chat, before=before, limit=_page(limit))
        if not found:
            await self.chat(session, chat)
        return found

    async def message(self, session: str, message_id: str) -> Message:
        """Raises Rejected(MESSAGE_NOT_FOUND)."""
        self._sessions.get(session)
        message = await self._messages.message(session, message_id)
        if message is None:
            raise Rejected(Code.MESSAGE_NOT_FOUND, message=message_id)
        return message

    async def mark_read(self, session: str, chat: str) -> None:
        """Here only: the phone and the sender hear nothing of it. Raises Rejected(CHAT_NOT_FOUND)."""
        await self.chat(session, chat)
        await self._messages.mark_read(session, chat)

    async def media(self, session: str, message_id: str, *, max_bytes: int | None = None) -> ReceivedFile:
        """Fetch a message's file from WhatsApp; the owner's own limit holds whatever `max_bytes` allows.

        Raises Rejected (MESSAGE_NOT_FOUND, MEDIA_GONE where it has none or WhatsApp keeps it no longer,
        MEDIA_TOO_LARGE with `size` and `limit`), and what Sessions.engine raises.
        """
        media = (await self.message(session, message_id)).media
        if media is None or not media.ticket:
            raise Rejected(Code.MEDIA_GONE)
        limit = self._settings().messages.media_max_bytes
        if max_bytes is not None:
            limit = min(limit, max_bytes)
        if media.size > limit:
            raise Rejected(Code.MEDIA_TOO_LARGE, size=media.size, limit=limit)
        async with self._downloading:
            content = await self._sessions.receiving(session).download(media, max_bytes=limit)
        return ReceivedFile(media, content)

    def _keeps(self, session: str) -> bool:
        try:
            profile = self._sessions.get(session).profile
        except Rejected:
            return False
        return profile is not None and profile.keeps_messages

    def _hear(self, event: Event) -> None:
        match event:
            case MessageArrived(message, backlog, history):
                self._intake.take(message, backlog=backlog, history=history)
            case ReceiptReceived(session, receipt):
                self._intake.confirm(session, receipt.message_ids, _ACK_OF_RECEIPT[receipt.kind])
            case SendChanged(send) if send.arrived and send.message_id and send.recipient and self._keeps(send.session):
                account = self._sessions.get(send.session).account
                own = f"{account.phone}@s.whatsapp.net" if account else ""
                self._intake.take(message_of(send, own))
            case SessionChanged(session) if session.profile is not None:
                before = self._called.get(session.profile.id, session.name)
                self._called[session.profile.id] = session.name
                if before != session.name:
                    self._intake.renamed(before, session.name)
            case SessionRemoved(name):
                self._intake.forgotten(name)
            case _:
                return

    async def _clean(self) -> None:
        while True:
            try:
                while await self._messages.purge(self._too_old()):
                    logger.debug("dropped some old messages")
            except Exception:
                logger.exception("old messages cannot be dropped; the next try is tomorrow")
            await self._clock.sleep(_DAY.total_seconds())

    def _too_old(self) -> dict[MessageKind, datetime]:
        wish, now = self._settings().messages, self._clock.now()
        days = {kind: wish.keep_days_media if kind in MEDIA_KINDS else wish.keep_days_text for kind in MessageKind}
        return {kind: now - timedelta(days=kept) for kind, kept in days.items()}


def _page(limit: int) -> int:
    return max(1, min(limit, LONGEST_PAGE))


def message_of(send: Send, own: str) -> Message:
    """What went out by the outbox and has arrived, as the message that it became; `own` is the sender's jid."""
    assert send.message_id is not None
    assert send.recipient is not None
    assert send.sent_at is not None
    file = Media(mimetype=send.mimetype, size=0, filename=send.filename) if send.kind is SendKind.DOCUMENT else None
    return Message(
        session=send.session,
        id=send.message_id,
        chat=send.recipient,
        sender=own,
        sender_name="",
        direction=Direction.OUT,
        kind=_KIND_OF_SEND[send.kind],
        text=send.caption or "",
        at=send.sent_at,
        media=file,
        ack=_ACK_OF_SEND[send.state],
    )
