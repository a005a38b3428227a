"""The tables, and how domain values are kept in them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    text,
)
from sqlalchemy.types import TypeEngine

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code
from desktop.domain.send import Origin, Priority, SendKind, SendState
from desktop.domain.session import HumanReason

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware datetime as whole microseconds since 1970 in UTC; a naive one raises TypeError."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Kept(TypeDecorator[T]):
    """A domain value as the text or number that `store` makes of it and `make` reads."""

    impl = Text
    cache_ok = True

    def __init__(self, make: Callable[[Any], T], store: type[str] | type[int]) -> None:
        super().__init__()
        self.make = make
        self.store = store

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Integer() if self.store is int else Text()

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | int | None:
        return None if value is None else self.store(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> T | None:
        return None if value is None else self.make(value)


metadata = MetaData()

# One column for each field of Send, of the same name: rows and sends turn into each other by name.
sends = Table(
    "sends",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("cnpj", Kept(Cnpj, str)),
    Column("session", Text(), nullable=False),
    Column("origin", Kept(Origin, str), nullable=False),
    Column("created_at", Instant(), nullable=False),
    Column("start_by", Instant(), nullable=False),
    Column("day", Date(), nullable=False),
    Column("priority", Kept(Priority, int), nullable=False),
    Column("state", Kept(SendState, str), nullable=False),
    Column("kind", Kept(SendKind, str), nullable=False),
    Column("addressee", Text()),
    Column("idempotency_key", Text()),
    Column("caption", Text()),
    Column("filename", Text(), nullable=False),
    Column("mimetype", Text(), nullable=False),
    Column("path", Text()),
    Column("url", Text()),
    Column("resend", Boolean(), nullable=False),
    Column("not_before", Instant()),
    Column("attempts", Integer(), nullable=False),
    Column("company_name", Text(), nullable=False),
    Column("recipient", Text()),
    Column("report_sha256", Text()),
    Column("report_source", Text()),
    Column("message_id", Text()),
    Column("duplicate_of", Uuid()),
    Column("error", Kept(Code, str)),
    Column("facts", JSON(), nullable=False),
    Column("simulated", Boolean(), nullable=False),
    Column("sending_at", Instant()),
    Column("sent_at", Instant()),
    Column("delivered_count", Integer(), nullable=False),
    Column("read_count", Integer(), nullable=False),
    Column("delivered_at", Instant()),
    Column("read_at", Instant()),
    Column("finished_at", Instant()),
)

QUEUED = text("state = 'queued'")
"""Written out, never bound: only then does SQLite see that the partial index serves."""

Index(
    "sends_by_idempotency_key",
    sends.c.idempotency_key,
    unique=True,
    sqlite_where=sends.c.idempotency_key.is_not(None),
    postgresql_where=sends.c.idempotency_key.is_not(None),
)
# Holds all that choosing the next one asks, so that a queue of 100,000 waiting for later is walked in the index alone.
Index(
    "sends_queued",
    sends.c.session,
    sends.c.priority,
    sends.c.id,
    sends.c.not_before,
    sends.c.start_by,
    sqlite_where=QUEUED,
    postgresql_where=QUEUED,
)
# What was sent to a chat, found by its number.
Index(
    "sends_by_addressee",
    sends.c.addressee,
    sends.c.id,
    sqlite_where=sends.c.addressee.is_not(None),
    postgresql_where=sends.c.addressee.is_not(None),
)
# The same-day rule, and a company's history.
Index("sends_by_cnpj", sends.c.cnpj, sends.c.day, sends.c.id)
Index("sends_by_day", sends.c.day, sends.c.id)
# History by state; with the session for counting without the rows.
Index("sends_by_state", sends.c.state, sends.c.id, sends.c.session)
Index(
    "sends_by_message_id",
    sends.c.message_id,
    sqlite_where=sends.c.message_id.is_not(None),
    postgresql_where=sends.c.message_id.is_not(None),
)
Index(
    "sends_by_start",
    sends.c.session,
    sends.c.sending_at,
    sqlite_where=sends.c.sending_at.is_not(None),
    postgresql_where=sends.c.sending_at.is_not(None),
)

# What a send went through; repeated steps too, which the send itself does not remember.
steps = Table(
    "steps",
    metadata,
    Column("send_id", Uuid(), ForeignKey("sends.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer(), primary_key=True, autoincrement=False),
    Column("state", Kept(SendState, str), nullable=False),
    Column("at", Instant(), nullable=False),
    Column("error", Kept(Code, str)),
    sqlite_with_rowid=False,
)

# Every name a company ever had in a send, without accents and capitals: far fewer rows to search than sends.
names = Table(
    "names",
    metadata,
    Column("cnpj", Kept(Cnpj, str), primary_key=True),
    Column("folded", Text(), primary_key=True),
    sqlite_with_rowid=False,
)

# Who confirmed a send: so that two receipts of one person count once, over restarts too.
confirmations = Table(
    "confirmations",
    metadata,
    Column("send_id", Uuid(), ForeignKey("sends.id", ondelete="CASCADE"), primary_key=True),
    Column("member", Text(), primary_key=True),
    Column("delivered_at", Instant(), nullable=False),
    Column("read_at", Instant()),
    sqlite_with_rowid=False,
)

# Pictures and files; the content stands last: what comes before it is then read without walking through its pages.
contents = Table(
    "contents",
    metadata,
    Column("sha256", Text(), primary_key=True),
    Column("mimetype", Text(), nullable=False),
    Column("width", Integer(), nullable=False),
    Column("height", Integer(), nullable=False),
    Column("used_at", Instant(), nullable=False, index=True),
    Column("content", LargeBinary(), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("name", Text(), nullable=False, unique=True),
    Column("created_at", Instant(), nullable=False),
    Column("company", Kept(Cnpj, str)),
    Column("is_default", Boolean(), nullable=False),
    Column("wanted", Boolean(), nullable=False),
    Column("keeps_messages", Boolean(), nullable=False),
    Column("store", Text(), nullable=False),
    Column("phone", Text()),
    Column("account_name", Text(), nullable=False),
    Column("has_link", Boolean(), nullable=False),
    Column("simulated", Boolean(), nullable=False),
    Column("hold_reason", Kept(HumanReason, str)),
    Column("hold_until", Instant()),
    Column("hold_detail", Text(), nullable=False),
    Column("last_heartbeat", Instant()),
    Column("tenant", Text(), nullable=False),
)

confirmed_groups = Table(
    "confirmed_groups",
    metadata,
    Column("cnpj", Kept(Cnpj, str), primary_key=True),
    Column("jid", Text(), nullable=False),
    Column("subject", Text(), nullable=False),
    Column("confirmed_at", Instant(), nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("name", Text(), primary_key=True),
    Column("digest", Text(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    Column("last_used_at", Instant()),
    Column("scopes", JSON(), nullable=False),
    Column("companies", JSON(), nullable=False),
    Column("sessions", JSON(), nullable=False),
)
