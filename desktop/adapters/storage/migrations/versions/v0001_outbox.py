"""The outbox with its steps and pictures, sessions and keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sends",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("cnpj", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("start_by", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("caption", sa.Text()),
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
        sa.Column("delivered_at", sa.BigInteger()),
        sa.Column("read_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
    )
    _index("sends_by_idempotency_key", ["idempotency_key"], where="idempotency_key IS NOT NULL", unique=True)
    _index("sends_queued", ["session", "priority", "id", "not_before", "start_by"], where="state = 'queued'")
    _index("sends_by_cnpj", ["cnpj", "day", "id"])
    _index("sends_by_day", ["day", "id"])
    _index("sends_by_state", ["state", "id", "session"])
    _index("sends_by_message_id", ["message_id"], where="message_id IS NOT NULL")
    _index("sends_by_start", ["session", "sending_at"], where="sending_at IS NOT NULL")
    op.create_table(
        "steps",
        sa.Column("send_id", sa.Uuid(), sa.ForeignKey("sends.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "names",
        sa.Column("cnpj", sa.Text(), primary_key=True),
        sa.Column("folded", sa.Text(), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pictures",
        sa.Column("sha256", sa.Text(), primary_key=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_pictures_used_at", "pictures", ["used_at"])
    op.create_table(
        "sessions",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("phone", sa.Text()),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
    )


def _index(name: str, columns: list[str], *, where: str | None = None, unique: bool = False) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, "sends", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
