"""The tables of webhooks."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, Uuid

from desktop.adapters.storage.tables import Instant, Kept, metadata
from desktop.domain.webhook import WebhookShape

webhooks = Table(
    "webhooks",
    metadata,
    Column("session", Text(), primary_key=True),
    Column("instance", Text(), nullable=False),
    Column("url", Text(), nullable=False),
    Column("shape", Kept(WebhookShape, str), nullable=False),
    Column("disabled", Text(), nullable=False),
)

# One column for each field of Delivery, of the same name; `number` is the order in which they were added.
deliveries = Table(
    "deliveries",
    metadata,
    Column("number", Integer(), primary_key=True),
    Column("id", Uuid(), nullable=False, unique=True),
    Column("session", Text(), nullable=False),
    Column("url", Text(), nullable=False),
    Column("event", Text(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    Column("attempts", Integer(), nullable=False),
    Column("not_before", Instant()),
    Column("last_error", Text(), nullable=False),
    Column("dead_at", Instant()),
    Column("body", LargeBinary(), nullable=False),
)
Index(
    "deliveries_waiting",
    deliveries.c.session,
    deliveries.c.number,
    sqlite_where=deliveries.c.dead_at.is_(None),
    postgresql_where=deliveries.c.dead_at.is_(None),
)
