"""Webhooks and their deliveries on SQL."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, delete, select, update

from desktop.adapters.storage.database import Database
from desktop.adapters.storage.webhook_tables import deliveries, webhooks
from desktop.domain.webhook import Delivery, Webhook

_WAITING = deliveries.c.dead_at.is_(None)
_FIELDS = tuple(column for column in deliveries.columns if column.name != "number")


class SqlWebhooks:
    """Implements ports.Webhooks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def targets(self) -> list[Webhook]:
        def work(connection: Connection) -> list[Webhook]:
            rows = connection.execute(select(webhooks).order_by(webhooks.c.session)).mappings()
            return [Webhook(**row) for row in rows]

        return await self._database.read(work)

    async def save(self, webhook: Webhook) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(webhooks).where(webhooks.c.session == webhook.session))
            connection.execute(webhooks.insert(), asdict(webhook))

        await self._database.write(work)

    async def forget_session(self, session: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(webhooks).where(webhooks.c.session == session))
            connection.execute(delete(deliveries).where(deliveries.c.session == session))

        await self._database.write(work)

    async def rename_session(self, old: str, new: str) -> None:
        def work(connection: Connection) -> None:
            for table in (webhooks, deliveries):
                connection.execute(update(table).where(table.c.session == old).values(session=new))

        await self._database.write(work)

    async def first_waiting(self, session: str) -> Delivery | None:
        query = select(*_FIELDS).where(_WAITING, deliveries.c.session == session).order_by(deliveries.c.number).limit(1)

        def work(connection: Connection) -> Delivery | None:
            row = connection.execute(query).first()
            return None if row is None else _delivery(row)

        return await self._database.read(work)

    async def taken(self, delivery_id: UUID) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(deliveries).where(deliveries.c.id == delivery_id))

        await self._database.write(work)

    async def failed(self, delivery: Delivery) -> None:
        changed = {
            "attempts": delivery.attempts,
            "not_before": delivery.not_before,
            "last_error": delivery.last_error,
            "dead_at": delivery.dead_at,
        }

        def work(connection: Connection) -> None:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(changed))

        await self._database.write(work)

    async def dead(self, limit: int, sessions: Collection[str] | None) -> list[Delivery]:
        query = select(*_FIELDS).where(~_WAITING).order_by(deliveries.c.number.desc()).limit(limit)
        if sessions is not None:
            query = query.where(deliveries.c.session.in_(sessions))

        def work(connection: Connection) -> list[Delivery]:
            return [_delivery(row) for row in connection.execute(query)]

        return await self._database.read(work)

    async def one_dead(self, delivery_id: UUID) -> Delivery | None:
        def work(connection: Connection) -> Delivery | None:
            row = connection.execute(select(*_FIELDS).where(~_WAITING, deliveries.c.id == delivery_id)).first()
            return None if row is None else _delivery(row)

        return await self._database.read(work)

    async def revive(self, delivery_id: UUID) -> Delivery | None:
        def work(connection: Connection) -> Delivery | None:
            found = connection.execute(select(*_FIELDS).where(~_WAITING, deliveries.c.id == delivery_id)).first()
            if found is None:
                return None
            revived = replace(_delivery(found), attempts=0, not_before=None, dead_at=None)
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery_id)
                .values(attempts=0, not_before=None, dead_at=None)
            )
            return revived

        return await self._database.write(work)

    async def purge(self, dead_before: datetime) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(deliveries).where(deliveries.c.dead_at < dead_before))

        await self._database.write(work)


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(**row._mapping)
