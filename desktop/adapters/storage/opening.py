"""Where storage begins: one call that gives everything kept in the database."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from desktop.adapters.storage.database import Database
from desktop.adapters.storage.messages import SqlMessages
from desktop.adapters.storage.outbox import SqlOutbox
from desktop.adapters.storage.preparing import prepare
from desktop.adapters.storage.records import SqlConfirmedGroups, SqlKeys, SqlSessionStore
from desktop.adapters.storage.webhooks import SqlWebhooks
from desktop.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class OpenedStorage:
    outbox: SqlOutbox
    messages: SqlMessages
    sessions: SqlSessionStore
    keys: SqlKeys
    confirmed_groups: SqlConfirmedGroups
    webhooks: SqlWebhooks
    set_aside: Path | None
    """Where a damaged database was put before this one was made; the user has to be told."""
    database: Database

    async def close(self) -> None:
        """Finish what was asked for, then close; a clean close lets the next start skip its check."""
        await self.database.close()


async def open_storage(
    path: Path, *, clock: Clock, queue_limit: int = 100_000, keep_pictures: timedelta = timedelta(days=7)
) -> OpenedStorage:
    """Open the database at the path, or make it, brought to this program's version.

    `queue_limit` is in queued sends; pictures not used for `keep_pictures` are dropped as new ones come.
    Raises ConfigError(DATABASE_NEWER) with the facts `path` and `version`, Transient(DATABASE_UNAVAILABLE).
    """
    set_aside = await asyncio.to_thread(prepare, path, clock.now())
    database = Database(path)
    return OpenedStorage(
        outbox=SqlOutbox(database, clock=clock, queue_limit=queue_limit, keep_pictures=keep_pictures),
        messages=SqlMessages(database),
        sessions=SqlSessionStore(database),
        keys=SqlKeys(database),
        confirmed_groups=SqlConfirmedGroups(database),
        webhooks=SqlWebhooks(database),
        set_aside=set_aside,
        database=database,
    )
