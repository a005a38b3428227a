"""The statements of the kept messages, built once: building one costs more than running it."""

from sqlalchemy import BindParameter, bindparam, delete, func, select, tuple_, update

from desktop.adapters.storage.message_tables import chats, mailboxes, messages
from desktop.adapters.storage.tables import Instant
from desktop.domain.message import ChatKind, Direction

_mailbox = select(mailboxes.c.number).where(mailboxes.c.session == bindparam("session")).scalar_subquery()
_chat = (
    select(chats.c.number).where(chats.c.mailbox == _mailbox, chats.c.jid == bindparam("chat_jid")).scalar_subquery()
)
# One comparison of both, not of each: only so does SQLite begin to read where the page before ended.
_at = bindparam("at", type_=Instant())
_chat_cursor = tuple_(_at, bindparam("id"))
_ids: BindParameter[str] = bindparam("ids", expanding=True)

# Mailboxes
MAILBOX = select(mailboxes).where(mailboxes.c.session == bindparam("session"))
COUNT_ARRIVED = update(mailboxes).where(mailboxes.c.number == bindparam("row")).values(arrived=bindparam("so_many"))
RENAME = update(mailboxes).where(mailboxes.c.session == bindparam("old")).values(session=bindparam("new"))
ABANDON = update(mailboxes).where(mailboxes.c.session == bindparam("old")).values(session=None)
ABANDONED_CHAT = (
    select(chats.c.number)
    .where(chats.c.mailbox.in_(select(mailboxes.c.number).where(mailboxes.c.session.is_(None))))
    .limit(1)
)
DROP_ABANDONED = delete(mailboxes).where(mailboxes.c.session.is_(None))

# Chats
CHAT = select(chats).where(chats.c.number == _chat)
CHATS_OF_MAILBOX = select(chats).where(chats.c.mailbox == bindparam("mailbox"))
CHATS_BY_NUMBER = select(chats).where(chats.c.number.in_(bindparam("numbers", expanding=True)))
CHATS_BY_JID = select(chats).where(
    chats.c.mailbox == bindparam("mailbox"), chats.c.jid.in_(bindparam("jids", expanding=True))
)
CHATS = (
    select(chats)
    .where(chats.c.mailbox == _mailbox)
    .order_by(chats.c.last_message_at.desc(), chats.c.jid.desc())
    .limit(bindparam("limit"))
)
CHATS_BEFORE = CHATS.where(tuple_(chats.c.last_message_at, chats.c.jid) < _chat_cursor)
_of_kind = chats.c.kind == bindparam("kind")
CHATS_OF_KIND = CHATS.where(_of_kind)
CHATS_OF_KIND_BEFORE = CHATS_BEFORE.where(_of_kind)
UNNAMED_GROUPS = (
    select(chats.c.jid)
    .where(chats.c.mailbox == _mailbox, chats.c.kind == ChatKind.GROUP, chats.c.name == "")
    .order_by(chats.c.last_message_at.desc(), chats.c.jid.desc())
)
CHANGE_CHAT = update(chats).where(chats.c.number == bindparam("row"))
NAME_CHAT = update(chats).where(chats.c.number == _chat).values(name=bindparam("subject"))
MARK_READ = update(chats).where(chats.c.number == _chat, chats.c.unread > 0).values(unread=0)
ADD_UNREAD = update(chats).where(chats.c.number == _chat).values(unread=chats.c.unread + bindparam("more"))
DROP_CHAT = delete(chats).where(chats.c.number == bindparam("row"))

# Messages
MESSAGE = (
    select(messages, chats.c.jid)
    .join(chats, chats.c.number == messages.c.chat)
    .where(messages.c.mailbox == _mailbox, messages.c.id == bindparam("id"))
)
MESSAGES = (
    select(messages)
    .where(messages.c.chat == _chat)
    .order_by(messages.c.at.desc(), messages.c.arrival.desc())
    .limit(bindparam("limit"))
)
_cursor = messages.alias("cursor")
_arrival = (
    select(_cursor.c.arrival).where(_cursor.c.mailbox == _mailbox, _cursor.c.id == bindparam("id")).scalar_subquery()
)
# A message that was dropped meanwhile has no place within its second.
MESSAGES_BEFORE = MESSAGES.where(tuple_(messages.c.at, messages.c.arrival) < tuple_(_at, func.coalesce(_arrival, 0)))
MESSAGES_OF_CHAT = (
    select(messages).where(messages.c.chat == bindparam("number")).order_by(messages.c.at, messages.c.arrival)
)
KNOWN = select(messages.c.id).where(messages.c.mailbox == bindparam("mailbox"), messages.c.id.in_(_ids))
BEHIND = (
    select(messages, chats.c.jid)
    .join(chats, chats.c.number == messages.c.chat)
    .where(messages.c.mailbox == _mailbox, messages.c.id.in_(_ids))
    .where(messages.c.direction == Direction.OUT, messages.c.ack < bindparam("ack"))
)
_this = (
    messages.c.chat == bindparam("of_chat"),
    messages.c.at == bindparam("of_time", type_=Instant()),
    messages.c.arrival == bindparam("of_arrival"),
)
ADVANCE = update(messages).where(*_this).values(ack=bindparam("further"))
DROP = delete(messages).where(*_this)
_keys = select(messages.c.chat, messages.c.at, messages.c.arrival).limit(bindparam("limit"))
KEYS_OF_CHAT = _keys.where(messages.c.chat == bindparam("number"))
OLD_KEYS = _keys.where(messages.c.kind == bindparam("kind"), messages.c.at < bindparam("before")).order_by(
    messages.c.at
)
NEWEST = (
    select(messages.c.at, messages.c.id, messages.c.text)
    .where(messages.c.chat == bindparam("number"))
    .order_by(messages.c.at.desc(), messages.c.arrival.desc())
    .limit(1)
)
_received = select(messages.c.id).where(messages.c.chat == bindparam("number"), messages.c.direction == Direction.IN)
RECEIVED = select(func.count()).select_from(_received.limit(bindparam("limit")).subquery())
