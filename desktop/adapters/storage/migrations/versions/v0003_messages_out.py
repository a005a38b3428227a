"""Sends of every kind, who confirmed them, and which group a person confirmed for a company."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NEW = {"kind": "report", "filename": "", "mimetype": "", "delivered_count": 0, "read_count": 0}
_FROM_NOW_ON = {*_NEW, "addressee"}


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
    new = op.create_table(
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
    kept = [column.name for column in new.columns if column.name not in _FROM_NOW_ON]
    old = sa.table("sends", *(sa.column(name) for name in kept))
    values = [sa.literal(value, literal_execute=True) for value in _NEW.values()]
    # In the order of their rows, which is that of their ids.
    rows = sa.select(*(old.c[name] for name in kept), *values).order_by(sa.text("rowid"))
    op.execute(new.insert().from_select([*kept, *_NEW], rows))
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
