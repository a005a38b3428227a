"""Received messages and their chats."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("session", sa.Text(), unique=True),
        sa.Column("arrived", sa.Integer(), nullable=False),
    )
    op.create_table(
        "chats",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("mailbox", sa.Integer(), sa.ForeignKey("mailboxes.number"), nullable=False),
        sa.Column("jid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_message_at", sa.BigInteger(), nullable=False),
        sa.Column("last_message_id", sa.Text(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("last_text", sa.Text(), nullable=False),
    )
    op.create_index("chats_by_jid", "chats", ["mailbox", "jid"], unique=True)
    op.create_index("chats_by_time", "chats", ["mailbox", "last_message_at", "jid"])
    op.create_index("chats_by_kind", "chats", ["mailbox", "kind", "last_message_at", "jid"])
    op.create_table(
        "messages",
        sa.Column("chat", sa.Integer(), sa.ForeignKey("chats.number"), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("arrival", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Integer(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ack", sa.Integer(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mimetype", sa.Text()),
        sa.Column("size", sa.Integer()),
        sa.Column("filename", sa.Text()),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("seconds", sa.Integer()),
        sa.Column("ticket", sa.LargeBinary()),
        sqlite_with_rowid=False,
    )
    op.create_index("messages_by_id", "messages", ["mailbox", "id"], unique=True)
    op.create_index("messages_by_age", "messages", ["kind", "at"])
