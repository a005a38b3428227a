"""The tables of kept messages: a session's mailbox, its chats, and their messages in the order in which they are read.

Sessions and chats are numbers in the rows below them: a session is renamed in one row, and one that is forgotten is
out of everybody's sight at once, however long it then takes to drop what was kept of it.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from desktop.adapters.storage.tables import Instant, Kept, metadata
from desktop.domain.message import Ack, ChatKind, Direction, MessageKind

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("number", Integer(), primary_key=True),
    # NULL once it is forgotten; what is under it is dropped little by little.
    Column("session", Text(), unique=True),
    # How many messages ever came into it.
    Column("arrived", Integer(), nullable=False),
)

chats = Table(
    "chats",
    metadata,
    Column("number", Integer(), primary_key=True),
    Column("mailbox", Integer(), ForeignKey("mailboxes.number"), nullable=False),
    Column("jid", Text(), nullable=False),
    Column("kind", Kept(ChatKind, str), nullable=False),
    Column("name", Text(), nullable=False),
    Column("last_message_at", Instant(), nullable=False),
    Column("last_message_id", Text(), nullable=False),
    Column("unread", Integer(), nullable=False),
    Column("last_text", Text(), nullable=False),
)
Index("chats_by_jid", chats.c.mailbox, chats.c.jid, unique=True)
Index("chats_by_time", chats.c.mailbox, chats.c.last_message_at, chats.c.jid)
Index("chats_by_kind", chats.c.mailbox, chats.c.kind, chats.c.last_message_at, chats.c.jid)

# Kept in the order of its key: a page of a chat lies in neighbouring disk pages, however the chats' messages came in
# among each other.
messages = Table(
    "messages",
    metadata,
    Column("chat", Integer(), ForeignKey("chats.number"), primary_key=True, autoincrement=False),
    Column("at", Instant(), primary_key=True, autoincrement=False),
    # The how manieth of the mailbox it was: WhatsApp's times are whole seconds, in which several may come.
    Column("arrival", Integer(), primary_key=True, autoincrement=False),
    Column("id", Text(), nullable=False),
    Column("mailbox", Integer(), nullable=False),
    Column("direction", Kept(Direction, str), nullable=False),
    Column("kind", Kept(MessageKind, str), nullable=False),
    Column("ack", Kept(Ack, int), nullable=False),
    Column("sender", Text(), nullable=False),
    Column("sender_name", Text(), nullable=False),
    Column("text", Text(), nullable=False),
    # NULL, all of them, where it brought no file.
    Column("mimetype", Text()),
    Column("size", Integer()),
    Column("filename", Text()),
    Column("width", Integer()),
    Column("height", Integer()),
    Column("seconds", Integer()),
    Column("ticket", LargeBinary()),
    sqlite_with_rowid=False,
)
Index("messages_by_id", messages.c.mailbox, messages.c.id, unique=True)
# What is too old is found without a look at what is not.
Index("messages_by_age", messages.c.kind, messages.c.at)
