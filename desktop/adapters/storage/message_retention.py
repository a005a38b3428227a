"""Dropping kept messages, some at a time: what else has to be written never waits long behind it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select

from desktop.adapters.storage import message_statements as statements
from desktop.adapters.storage.message_keeping import parts, preview
from desktop.domain.message import MessageKind

_CHUNK = 1_000
"""Messages dropped in one transaction."""
_COUNTED = 1_000
"""Where more than that are left of a chat, its unread ones are not counted anew: nobody reads them one by one."""


def drop_old(connection: Connection, older_than: Mapping[MessageKind, datetime]) -> int:
    """Drop some messages that are older than is wished for their kind, or of a forgotten session; how many."""
    dropped = drop_abandoned(connection)
    touched: set[int] = set()
    for kind, before in older_than.items():
        values = {"kind": kind, "before": before, "limit": _CHUNK - dropped}
        chats = _drop(connection, statements.OLD_KEYS, values)
        touched.update(chats)
        dropped += len(chats)
    for numbers in parts(sorted(touched)):
        for chat in connection.execute(statements.CHATS_BY_NUMBER, {"numbers": numbers}).all():
            _settle(connection, chat)
    return dropped


def drop_abandoned(connection: Connection) -> int:
    """Drop some of what was kept of forgotten sessions; how many messages and chats, 0 once nothing is left."""
    dropped = 0
    while dropped < _CHUNK:
        number = connection.execute(statements.ABANDONED_CHAT).scalar()
        if number is None:
            connection.execute(statements.DROP_ABANDONED)
            break
        room = _CHUNK - dropped
        messages = len(_drop(connection, statements.KEYS_OF_CHAT, {"number": number, "limit": room}))
        dropped += messages
        if messages < room:
            connection.execute(statements.DROP_CHAT, {"row": number})
            dropped += 1
    return dropped


def _drop(connection: Connection, query: Select[Any], values: Mapping[str, object]) -> list[int]:
    """Drop the messages whose keys a query finds; the chat of each."""
    keys = [
        {"of_chat": row.chat, "of_time": row.at, "of_arrival": row.arrival} for row in connection.execute(query, values)
    ]
    if keys:
        connection.execute(statements.DROP, keys)
    return [key["of_chat"] for key in keys]


def _settle(connection: Connection, chat: Row[Any]) -> None:
    """Let a chat show what is left of it: nothing of a dropped message stays in it, nor a chat without any."""
    newest = connection.execute(statements.NEWEST, {"number": chat.number}).first()
    if newest is None:
        connection.execute(statements.DROP_CHAT, {"row": chat.number})
        return
    changes: dict[str, object] = {}
    if newest.id != chat.last_message_id:
        changes = {
            "last_message_at": newest.at,
            "last_message_id": newest.id,
            "last_text": preview(newest.text),
        }
    if chat.unread:
        limit = min(chat.unread, _COUNTED)
        left = connection.execute(statements.RECEIVED, {"number": chat.number, "limit": limit}).scalar_one()
        if left < limit:
            changes["unread"] = left
    if changes:
        connection.execute(statements.CHANGE_CHAT, {"row": chat.number} | changes)
