"""Kept messages and chats on SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from desktop.adapters.storage import message_statements as statements
from desktop.adapters.storage.database import Database
from desktop.adapters.storage.message_keeping import chat_of, keep, message_of, parts, put_news, rename
from desktop.adapters.storage.message_retention import drop_abandoned, drop_old
from desktop.domain.message import Ack, Chat, ChatKind, Cursor, Message, MessageKind
from desktop.ports.messages import Tell


class SqlMessages:
    """Implements ports.Messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, messages: Sequence[Message], *, unread: bool, tell: Tell | None = None) -> list[Message]:
        return await self._database.write(partial(keep, messages=messages, unread=unread, tell=tell))

    async def advance(
        self, session: str, message_ids: Sequence[str], ack: Ack, *, tell: Tell | None = None
    ) -> list[Message]:
        def work(connection: Connection) -> list[Message]:
            changed = []
            for ids in parts(message_ids):
                found = connection.execute(statements.BEHIND, {"session": session, "ids": ids, "ack": ack}).all()
                if found:
                    keys = [{"of_chat": row.chat, "of_time": row.at, "of_arrival": row.arrival} for row in found]
                    connection.execute(statements.ADVANCE, [key | {"further": ack} for key in keys])
                changed += [replace(message_of(row, session, row.jid), ack=ack) for row in found]
            put_news(connection, changed, tell)
            return changed

        return await self._database.write(work)

    async def name_chat(self, session: str, jid: str, name: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(statements.NAME_CHAT, {"session": session, "chat_jid": jid, "subject": name})

        await self._database.write(work)

    async def unnamed_groups(self, session: str) -> list[str]:
        """Those with the newest messages first."""

        def work(connection: Connection) -> list[str]:
            return list(connection.execute(statements.UNNAMED_GROUPS, {"session": session}).scalars())

        return await self._database.read(work)

    async def mark_read(self, session: str, jid: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(statements.MARK_READ, {"session": session, "chat_jid": jid})

        await self._database.write(work)

    async def chat(self, session: str, jid: str) -> Chat | None:
        def work(connection: Connection) -> Chat | None:
            row = connection.execute(statements.CHAT, {"session": session, "chat_jid": jid}).first()
            return None if row is None else chat_of(row, session)

        return await self._database.read(work)

    async def chats(
        self, session: str, *, kind: ChatKind | None = None, before: Cursor | None = None, limit: int = 50
    ) -> list[Chat]:
        values: dict[str, object] = {"session": session, "limit": limit}
        if kind is None:
            query = statements.CHATS if before is None else statements.CHATS_BEFORE
        else:
            query = statements.CHATS_OF_KIND if before is None else statements.CHATS_OF_KIND_BEFORE
            values["kind"] = kind

        def work(connection: Connection) -> list[Chat]:
            return [chat_of(row, session) for row in connection.execute(query, values | _position(before))]

        return await self._database.read(work)

    async def messages(
        self, session: str, chat: str, *, before: Cursor | None = None, limit: int = 50
    ) -> list[Message]:
        query = statements.MESSAGES if before is None else statements.MESSAGES_BEFORE
        values = {"session": session, "chat_jid": chat, "limit": limit} | _position(before)

        def work(connection: Connection) -> list[Message]:
            return [message_of(row, session, chat) for row in connection.execute(query, values)]

        return await self._database.read(work)

    async def message(self, session: str, message_id: str) -> Message | None:
        def work(connection: Connection) -> Message | None:
            row = connection.execute(statements.MESSAGE, {"session": session, "id": message_id}).first()
            return None if row is None else message_of(row, session, row.jid)

        return await self._database.read(work)

    async def purge(self, older_than: Mapping[MessageKind, datetime]) -> int:
        return await self._database.write(partial(drop_old, older_than=older_than))

    async def rename_session(self, old: str, new: str) -> None:
        await self._database.write(partial(rename, old=old, new=new))

    async def forget_session(self, session: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(statements.ABANDON, {"old": session})

        await self._database.write(work)
        while await self._database.write(drop_abandoned):
            pass


def _position(before: Cursor | None) -> dict[str, object]:
    return {} if before is None else {"at": before.at, "id": before.id}
