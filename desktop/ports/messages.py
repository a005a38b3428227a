"""Received messages and the chats they make up, kept per session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from desktop.domain.message import Ack, Chat, ChatKind, Message, MessageKind


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last one of the page before: pages go from new to old, by time and then id."""

    at: datetime
    id: str
    """A message's id, or a chat's jid."""


class Messages(Protocol):
    """Every method is one transaction, on disk when it returns. Raises Transient(DATABASE_UNAVAILABLE)."""

    async def keep(self, messages: Sequence[Message], *, unread: bool) -> list[Message]:
        """Add those not yet known (by session and id) and their chats; the added ones, in the given order.

        `unread` counts the incoming ones among them as not read.
        """
        ...

    async def advance(self, session: str, message_ids: Sequence[str], ack: Ack) -> list[Message]:
        """Move acknowledgements forward, never back; the changed ones."""
        ...

    async def name_chat(self, session: str, jid: str, name: str) -> None:
        """Keep a group's subject or a person's name; unknown chats stay unknown."""
        ...

    async def mark_read(self, session: str, jid: str) -> None: ...

    async def chat(self, session: str, jid: str) -> Chat | None: ...

    async def chats(
        self, session: str, *, kind: ChatKind | None = None, before: Cursor | None = None, limit: int = 50
    ) -> list[Chat]:
        """Newest message first."""
        ...

    async def messages(
        self, session: str, chat: str, *, before: Cursor | None = None, limit: int = 50
    ) -> list[Message]:
        """Newest first."""
        ...

    async def message(self, session: str, message_id: str) -> Message | None: ...

    async def purge(self, older_than: Mapping[MessageKind, datetime]) -> int:
        """Drop messages of each kind that are older; how many, at most some thousands at a call."""
        ...

    async def rename_session(self, old: str, new: str) -> None: ...

    async def forget_session(self, session: str) -> None:
        """Drop all that was kept of it."""
        ...
