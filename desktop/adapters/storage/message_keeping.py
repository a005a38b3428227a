"""Messages as rows: which of them are new, and what they make of their chats."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Row

from desktop.adapters.storage import message_statements as statements
from desktop.adapters.storage.message_tables import chats, mailboxes, messages
from desktop.adapters.storage.webhook_tables import deliveries
from desktop.domain.message import Chat, ChatKind, Direction, Media, Message
from desktop.ports.messages import Tell

T = TypeVar("T")
_VARIABLES = 500
"""So many values at most go into one statement."""
_PREVIEW = 200
"""Characters of its last message that a chat shows; the message itself is kept whole."""
_MEDIA = ("mimetype", "size", "filename", "width", "height", "seconds", "ticket")


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """A long list in pieces that fit into one statement."""
    return (values[start : start + _VARIABLES] for start in range(0, len(values), _VARIABLES))


def preview(text: str) -> str:
    return text[:_PREVIEW]


def message_of(row: Row[Any], session: str, chat: str) -> Message:
    return Message(
        session=session,
        id=row.id,
        chat=chat,
        sender=row.sender,
        sender_name=row.sender_name,
        direction=row.direction,
        kind=row.kind,
        text=row.text,
        at=row.at,
        media=None if row.mimetype is None else Media(**{name: getattr(row, name) for name in _MEDIA}),
        ack=row.ack,
    )


def chat_of(row: Row[Any], session: str) -> Chat:
    return Chat(
        session=session,
        jid=row.jid,
        kind=row.kind,
        name=row.name,
        last_message_at=row.last_message_at,
        last_message_id=row.last_message_id,
        last_text=row.last_text,
        unread=row.unread,
    )


def keep(connection: Connection, messages: Sequence[Message], unread: bool, tell: Tell | None = None) -> list[Message]:
    """Add those that are not known, with their chats and what is told of them; the added ones, in the given order."""
    fresh: dict[tuple[str, str], Message] = {}
    for message in messages:
        fresh.setdefault((message.session, message.id), message)
    for session in {message.session for message in messages}:
        mailbox, arrived = _mailbox(connection, session)
        for known in _known(connection, mailbox, [key[1] for key in fresh if key[0] == session]):
            del fresh[session, known]
        added = [message for key, message in fresh.items() if key[0] == session]
        if added:
            _add(connection, mailbox, arrived, added, unread)
    put_news(connection, fresh.values(), tell)
    return list(fresh.values())


def put_news(connection: Connection, messages: Iterable[Message], tell: Tell | None) -> None:
    """Put down what other programs are told of these messages."""
    if tell is None:
        return
    told = [asdict(delivery) for message in messages for delivery in tell(message)]
    if told:
        connection.execute(deliveries.insert(), told)


def rename(connection: Connection, old: str, new: str) -> None:
    """Put a session's mailbox under its new name."""
    source = connection.execute(statements.MAILBOX, {"session": old}).first()
    if source is None:
        return
    if connection.execute(statements.MAILBOX, {"session": new}).first() is None:
        connection.execute(statements.RENAME, {"old": old, "new": new})
        return
    # A rename that broke off is asked for again: between the two, only a little came in under the old name.
    for chat in connection.execute(statements.CHATS_OF_MAILBOX, {"mailbox": source.number}).all():
        found = connection.execute(statements.MESSAGES_OF_CHAT, {"number": chat.number}).all()
        keep(connection, [message_of(row, new, chat.jid) for row in found], unread=False)
        more = {"session": new, "chat_jid": chat.jid, "more": chat.unread}
        connection.execute(statements.ADD_UNREAD, more)
    connection.execute(statements.ABANDON, {"old": old})


def _mailbox(connection: Connection, session: str) -> tuple[int, int]:
    """Its number, and how many messages ever came into it."""
    known = connection.execute(statements.MAILBOX, {"session": session}).first()
    if known is not None:
        return known.number, known.arrived
    made = connection.execute(mailboxes.insert(), {"session": session, "arrived": 0}).inserted_primary_key
    assert made is not None
    return made[0], 0


def _known(connection: Connection, mailbox: int, ids: Sequence[str]) -> list[str]:
    return [
        known
        for some in parts(ids)
        for known in connection.execute(statements.KNOWN, {"mailbox": mailbox, "ids": some}).scalars()
    ]


@dataclass(slots=True)
class _News:
    """What new messages make of one chat."""

    newest: Message
    unread: int = 0
    named_by: Message | None = None
    """The newest one that says what the other person is called."""

    def tell(self, message: Message, unread: bool) -> None:
        if message.at >= self.newest.at:
            self.newest = message
        if message.direction is Direction.IN:
            self.unread += unread
            names = message.chat_kind is ChatKind.INDIVIDUAL and message.sender_name
            if names and (self.named_by is None or message.at >= self.named_by.at):
                self.named_by = message

    @property
    def last(self) -> dict[str, object]:
        return {
            "last_message_at": self.newest.at,
            "last_message_id": self.newest.id,
            "last_text": preview(self.newest.text),
        }


def _add(connection: Connection, mailbox: int, arrived: int, added: Sequence[Message], unread: bool) -> None:
    told: dict[str, _News] = {}
    for message in added:
        told.setdefault(message.chat, _News(message)).tell(message, unread)
    numbers = _tell(connection, mailbox, told)
    rows = [
        _row(message) | {"mailbox": mailbox, "chat": numbers[message.chat], "arrival": arrival}
        for arrival, message in enumerate(added, arrived + 1)
    ]
    connection.execute(messages.insert(), rows)
    connection.execute(statements.COUNT_ARRIVED, {"row": mailbox, "so_many": arrived + len(added)})


def _tell(connection: Connection, mailbox: int, told: Mapping[str, _News]) -> dict[str, int]:
    """Bring the chats up to date; the number of each by its jid."""
    numbers: dict[str, int] = {}
    for jids in parts(list(told)):
        for row in connection.execute(statements.CHATS_BY_JID, {"mailbox": mailbox, "jids": jids}).all():
            numbers[row.jid] = row.number
            changes = _changes(row, told[row.jid])
            if changes:
                connection.execute(statements.CHANGE_CHAT, {"row": row.number} | changes)
    for jid, news in told.items():
        if jid not in numbers:
            values = {
                "mailbox": mailbox,
                "jid": jid,
                "kind": news.newest.chat_kind,
                "name": news.named_by.sender_name if news.named_by else "",
                "unread": news.unread,
            }
            made = connection.execute(chats.insert(), values | news.last).inserted_primary_key
            assert made is not None
            numbers[jid] = made[0]
    return numbers


def _changes(row: Row[Any], news: _News) -> dict[str, object]:
    changes: dict[str, object] = {}
    if row.last_message_at <= news.newest.at:
        changes |= news.last
    # Old news may name somebody who was never named, and renames nobody.
    if news.named_by and (not row.name or row.last_message_at <= news.named_by.at):
        changes["name"] = news.named_by.sender_name
    if news.unread:
        changes["unread"] = row.unread + news.unread
    return changes


def _row(message: Message) -> dict[str, object]:
    media = message.media
    row: dict[str, object] = {name: None if media is None else getattr(media, name) for name in _MEDIA}
    return row | {
        "at": message.at,
        "id": message.id,
        "direction": message.direction,
        "kind": message.kind,
        "ack": message.ack,
        "sender": message.sender,
        "sender_name": message.sender_name,
        "text": message.text,
    }
