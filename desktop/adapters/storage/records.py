"""Sessions and keys on SQL."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from desktop.adapters.storage.database import Database
from desktop.adapters.storage.tables import api_keys, sessions
from desktop.domain.session import Account
from desktop.ports.keys import ApiKey
from desktop.ports.session_store import SessionRecord


class SqlSessionStore:
    """Implements ports.SessionStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[SessionRecord]:
        """In the order of their names."""

        def work(connection: Connection) -> list[SessionRecord]:
            return [
                SessionRecord(
                    name=row.name,
                    account=None if row.phone is None else Account(phone=row.phone, name=row.account_name),
                    wanted=row.wanted,
                )
                for row in connection.execute(select(sessions).order_by(sessions.c.name))
            ]

        return await self._database.read(work)

    async def save(self, record: SessionRecord) -> None:
        account = record.account
        values = {
            "name": record.name,
            "phone": account.phone if account else None,
            "account_name": account.name if account else "",
            "wanted": record.wanted,
        }

        def work(connection: Connection) -> None:
            connection.execute(delete(sessions).where(sessions.c.name == record.name))
            connection.execute(sessions.insert(), values)

        await self._database.write(work)


class SqlKeys:
    """Implements ports.Keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(api_keys).where(api_keys.c.name == key.name))
            connection.execute(
                api_keys.insert().values(
                    name=key.name, digest=key.digest, created_at=key.created_at, last_used_at=key.last_used_at
                )
            )

        await self._database.write(work)

    async def all(self) -> list[ApiKey]:
        """In the order of their names."""

        def work(connection: Connection) -> list[ApiKey]:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.name)).mappings()
            return [ApiKey(**row) for row in rows]

        return await self._database.read(work)

    async def remove(self, name: str) -> bool:
        def work(connection: Connection) -> bool:
            return connection.execute(delete(api_keys).where(api_keys.c.name == name)).rowcount > 0

        return await self._database.write(work)

    async def used(self, name: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            connection.execute(update(api_keys).where(api_keys.c.name == name).values(last_used_at=at))

        await self._database.write(work)
