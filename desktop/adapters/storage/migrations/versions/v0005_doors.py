"""Keys with rights of their own, sessions of another program's companies, webhooks and what waits for them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    kept = (
        op.get_bind().execute(sa.text("SELECT name, digest, created_at, last_used_at FROM api_keys")).mappings().all()
    )
    op.drop_table("api_keys")
    api_keys = op.create_table(
        "api_keys",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("companies", sa.JSON(), nullable=False),
        sa.Column("sessions", sa.JSON(), nullable=False),
    )
    # What was made before could send and read everything.
    before = {"scopes": ["enviar", "ler"], "companies": [], "sessions": []}
    for row in kept:
        op.execute(api_keys.insert().values(**row, **before))
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("tenant", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("tenant", server_default=None)
    op.create_table(
        "webhooks",
        sa.Column("session", sa.Text(), primary_key=True),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Text(), nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger()),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("dead_at", sa.BigInteger()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    waiting = sa.text("dead_at IS NULL")
    op.create_index(
        "deliveries_waiting", "deliveries", ["session", "number"], sqlite_where=waiting, postgresql_where=waiting
    )
