"""Received messages and the chats they make up, kept per session."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from desktop.domain.message import Ack, Chat, ChatKind, Message, MessageKind
from desktop.domain.message import Cursor as Cursor
from desktop.domain.webhook import Delivery

Tell = Callable[[Message], Sequence[Delivery]]
"""What another program is told of a message, in order; called within the transaction, on another thread."""


class Messages(Protocol):
    """Every method is one transaction, on disk when it returns. Raises Transient(DATABASE_UNAVAILABLE)."""

    async def keep(self, messages: Sequence[Message], *, unread: bool, tell: Tell | None = None) -> list[Message]:
        """Add those not yet known (by session and id) and their chats; the added ones, in the given order.

        `unread` counts the incoming ones among them as not read. What `tell` gives for each added one is put down for
        delivery in the same transaction.
        """
        ...

    async def advance(
        self, session: str, message_ids: Sequence[str], ack: Ack, *, tell: Tell | None = None
    ) -> list[Message]:
        """Move acknowledgements of the session's own messages forward, never back; the changed ones.

        `tell` as in `keep`, for each changed one.
        """
        ...

    async def name_chat(self, session: str, jid: str, name: str) -> None:
        """Keep a group's subject or a person's name; unknown chats stay unknown."""
        ...

    async def unnamed_groups(self, session: str) -> list[str]:
        """The jids of the groups whose subject is not known yet."""
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

    async def rename_session(self, old: str, new: str) -> None:
        """Put what was kept of a session under its new name, beside what is there already."""
        ...

    async def forget_session(self, session: str) -> None:
        """Drop all that was kept of it: out of sight in one transaction, then off the disk in several.

        Interrupted between them, `purge` goes on.
        """
        ...
