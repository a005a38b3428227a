"""Sessions that can be several, renamed and given to companies."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MICROSECOND = timedelta(microseconds=1)
_FIRST = "principal"
_SIMULATOR = "SIMULAÇÃO"


def upgrade() -> None:
    kept = op.get_bind().execute(sa.text("SELECT name, phone, account_name, wanted FROM sessions ORDER BY name")).all()
    op.drop_table("sessions")
    sessions = op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text()),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("keeps_messages", sa.Boolean(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("has_link", sa.Boolean(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("hold_reason", sa.Text()),
        sa.Column("hold_until", sa.BigInteger()),
        sa.Column("hold_detail", sa.Text(), nullable=False),
        sa.Column("last_heartbeat", sa.BigInteger()),
    )
    # When they were made was not kept.
    now = (datetime.now(UTC) - datetime.fromtimestamp(0, UTC)) // _MICROSECOND
    names = [row.name for row in kept]
    default = _FIRST if _FIRST in names else next(iter(names), None)
    for row in kept:
        op.execute(
            sessions.insert().values(
                id=uuid4(),
                name=row.name,
                created_at=now,
                is_default=row.name == default,
                wanted=bool(row.wanted),
                keeps_messages=False,
                # The files of the links that are there bear the sessions' names.
                store=row.name,
                phone=row.phone,
                account_name=row.account_name,
                has_link=row.phone is not None,
                simulated=row.account_name == _SIMULATOR,
                hold_detail="",
            )
        )
