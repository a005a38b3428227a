"""Sessions, keys and confirmed groups on SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, select, update

from desktop.adapters.storage.database import Database
from desktop.adapters.storage.tables import api_keys, confirmed_groups, sessions
from desktop.domain.access import Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.group import ConfirmedGroup
from desktop.domain.session import Account, NeedsPerson, Profile
from desktop.ports.keys import ApiKey
from desktop.ports.session_store import SessionRecord


class SqlSessionStore:
    """Implements ports.SessionStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[SessionRecord]:
        def work(connection: Connection) -> list[SessionRecord]:
            oldest_first = select(sessions).order_by(sessions.c.created_at, sessions.c.name)
            return [_record(row) for row in connection.execute(oldest_first)]

        return await self._database.read(work)

    async def save(self, records: Sequence[SessionRecord]) -> None:
        def work(connection: Connection) -> None:
            # All go before the first comes back: two of them may have exchanged their names.
            ids = [record.profile.id for record in records]
            connection.execute(delete(sessions).where(sessions.c.id.in_(ids)))
            connection.execute(sessions.insert(), [_row(record) for record in records])

        await self._database.write(work)

    async def remove(self, session_id: UUID) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(sessions).where(sessions.c.id == session_id))

        await self._database.write(work)


def _record(row: Row[Any]) -> SessionRecord:
    return SessionRecord(
        profile=Profile(
            id=row.id,
            name=row.name,
            created_at=row.created_at,
            company=row.company,
            default=row.is_default,
            wanted=row.wanted,
            keeps_messages=row.keeps_messages,
            tenant=row.tenant,
        ),
        store=row.store,
        account=None if row.phone is None else Account(phone=row.phone, name=row.account_name),
        has_link=row.has_link,
        simulated=row.simulated,
        hold=None if row.hold_reason is None else NeedsPerson(row.hold_reason, row.hold_until, row.hold_detail),
        last_heartbeat=row.last_heartbeat,
    )


def _row(record: SessionRecord) -> dict[str, object]:
    profile, account, hold = record.profile, record.account, record.hold
    return {
        "id": profile.id,
        "name": profile.name,
        "created_at": profile.created_at,
        "company": profile.company,
        "is_default": profile.default,
        "wanted": profile.wanted,
        "keeps_messages": profile.keeps_messages,
        "tenant": profile.tenant,
        "store": record.store,
        "phone": account.phone if account else None,
        "account_name": account.name if account else "",
        "has_link": record.has_link,
        "simulated": record.simulated,
        "hold_reason": hold.reason if hold else None,
        "hold_until": hold.until if hold else None,
        "hold_detail": hold.detail if hold else "",
        "last_heartbeat": record.last_heartbeat,
    }


class SqlKeys:
    """Implements ports.Keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> bool:
        def work(connection: Connection) -> bool:
            if connection.execute(select(api_keys.c.name).where(api_keys.c.name == key.name)).first():
                return False
            access = key.access
            connection.execute(
                api_keys.insert().values(
                    name=key.name,
                    digest=key.digest,
                    created_at=key.created_at,
                    last_used_at=key.last_used_at,
                    scopes=sorted(access.scopes),
                    companies=sorted(str(cnpj) for cnpj in access.companies),
                    sessions=sorted(access.sessions),
                )
            )
            return True

        return await self._database.write(work)

    async def all(self) -> list[ApiKey]:
        """In the order of their names."""

        def work(connection: Connection) -> list[ApiKey]:
            return [_key(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.name))]

        return await self._database.read(work)

    async def remove(self, name: str) -> bool:
        def work(connection: Connection) -> bool:
            return connection.execute(delete(api_keys).where(api_keys.c.name == name)).rowcount > 0

        return await self._database.write(work)

    async def restrict(self, keys: Sequence[ApiKey]) -> None:
        def work(connection: Connection) -> None:
            for key in keys:
                values = {"sessions": sorted(key.access.sessions)}
                # Not by its name, which another one may have by now.
                connection.execute(update(api_keys).where(api_keys.c.digest == key.digest).values(values))

        await self._database.write(work)

    async def used(self, name: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            connection.execute(update(api_keys).where(api_keys.c.name == name).values(last_used_at=at))

        await self._database.write(work)


class SqlConfirmedGroups:
    """Implements ports.ConfirmedGroups."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, cnpj: Cnpj) -> ConfirmedGroup | None:
        def work(connection: Connection) -> ConfirmedGroup | None:
            found = select(confirmed_groups).where(confirmed_groups.c.cnpj == cnpj)
            row = connection.execute(found).mappings().first()
            return None if row is None else ConfirmedGroup(**row)

        return await self._database.read(work)

    async def save(self, group: ConfirmedGroup) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(confirmed_groups).where(confirmed_groups.c.cnpj == group.cnpj))
            connection.execute(
                confirmed_groups.insert().values(
                    cnpj=group.cnpj, jid=group.jid, subject=group.subject, confirmed_at=group.confirmed_at
                )
            )

        await self._database.write(work)


def _key(row: Row[Any]) -> ApiKey:
    access = Access(
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        companies=frozenset(map(Cnpj, row.companies)),
        sessions=frozenset(row.sessions),
    )
    return ApiKey(access=access, digest=row.digest, created_at=row.created_at, last_used_at=row.last_used_at)
