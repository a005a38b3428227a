"""Sends of every kind, who confirmed them, and which group a person confirmed for a company."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BEFORE_KIND = "id, cnpj, session, origin, created_at, start_by, day, priority, state"
_BEFORE_FILENAME = "idempotency_key, caption"
_BEFORE_COUNTS = (
    "path, url, resend, not_before, attempts, company_name, recipient, report_sha256, report_source, message_id, "
    "duplicate_of, error, facts, simulated, sending_at, sent_at"
)
_AFTER_COUNTS = "delivered_at, read_at, finished_at"


def upgrade() -> None:
    _rebuild_sends()
    op.create_table(
        "confirmations",
        sa.Column("send_id", sa.Uuid(), sa.ForeignKey("sends.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("member", sa.Text(), primary_key=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger()),
        sqlite_with_rowid=False,
    )
    op.drop_index("ix_pictures_used_at", "pictures")
    op.rename_table("pictures", "contents")
    op.execute("ALTER TABLE contents RENAME COLUMN format TO mimetype")
    op.create_index("ix_contents_used_at", "contents", ["used_at"])
    op.create_table(
        "confirmed_groups",
        sa.Column("cnpj", sa.Text(), primary_key=True),
        sa.Column("jid", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
    )


def _rebuild_sends() -> None:
    # SQLite cannot make a column nullable in place; with its checks of references off, steps keep pointing to `sends`.
    op.create_table(
        "sends_new",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("cnpj", sa.Text()),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("start_by", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("addressee", sa.Text()),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("caption", sa.Text()),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("mimetype", sa.Text(), nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("resend", sa.Boolean(), nullable=False),
        sa.Column("not_before", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text()),
        sa.Column("report_sha256", sa.Text()),
        sa.Column("report_source", sa.Text()),
        sa.Column("message_id", sa.Text()),
        sa.Column("duplicate_of", sa.Uuid()),
        sa.Column("error", sa.Text()),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("sending_at", sa.BigInteger()),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("delivered_count", sa.Integer(), nullable=False),
        sa.Column("read_count", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger()),
        sa.Column("read_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
    )
    op.execute(
        f"INSERT INTO sends_new ({_BEFORE_KIND}, kind, {_BEFORE_FILENAME}, filename, mimetype, {_BEFORE_COUNTS}, "
        f"delivered_count, read_count, {_AFTER_COUNTS}) "
        f"SELECT {_BEFORE_KIND}, 'report', {_BEFORE_FILENAME}, '', '', {_BEFORE_COUNTS}, 0, 0, {_AFTER_COUNTS} "
        # In the order of their ids, which is that of their rows.
        "FROM sends ORDER BY rowid"
    )
    op.drop_table("sends")
    op.rename_table("sends_new", "sends")
    _index("sends_by_idempotency_key", ["idempotency_key"], where="idempotency_key IS NOT NULL", unique=True)
    _index("sends_queued", ["session", "priority", "id", "not_before", "start_by"], where="state = 'queued'")
    _index("sends_by_addressee", ["addressee", "id"], where="addressee IS NOT NULL")
    _index("sends_by_cnpj", ["cnpj", "day", "id"])
    _index("sends_by_day", ["day", "id"])
    _index("sends_by_state", ["state", "id", "session"])
    _index("sends_by_message_id", ["message_id"], where="message_id IS NOT NULL")
    _index("sends_by_start", ["session", "sending_at"], where="sending_at IS NOT NULL")


def _index(name: str, columns: list[str], *, where: str | None = None, unique: bool = False) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, "sends", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
