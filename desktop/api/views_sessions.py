"""Sessions, chats and messages as contract B shows them."""

from datetime import datetime

from desktop.api.schemas_sessions import ChatView, MessageView, SessionStatus, SessionView
from desktop.domain.message import Chat, Direction, Message
from desktop.domain.session import Session
from desktop.services.contract_words import ACK_NUMBERS, CONNECTION_WORDS, beside

_OURS, _THEIRS = "@s.whatsapp.net", "@c.us"


def shown_jid(jid: str) -> str:
    """A person's jid with the ending that WPPConnect gives it; groups and lids as they are."""
    return jid.removesuffix(_OURS) + _THEIRS if jid.endswith(_OURS) else jid


def session_view(session: Session) -> SessionView:
    profile = session.profile
    assert profile is not None
    return SessionView(
        id=str(profile.id),
        Company_Id=profile.tenant,
        Session_Name=session.name,
        Phone_Number=session.account.phone if session.account else None,
        Status=int(session.online),
        Created_At=_local(profile.created_at),
        Last_Heartbeat=_local(session.last_heartbeat),
        status=CONNECTION_WORDS[session.state],
        degraded=beside(session).degraded,
        reason=beside(session).reason,
    )


def status_view(session: Session) -> SessionStatus:
    assert session.profile is not None
    return SessionStatus(
        sessionId=str(session.profile.id),
        status=CONNECTION_WORDS[session.state],
        isConnected=session.online,
        degraded=beside(session).degraded,
        reason=beside(session).reason,
    )


def chat_view(chat: Chat) -> ChatView:
    return ChatView(
        id=shown_jid(chat.jid),
        name=chat.name or chat.jid.partition("@")[0],
        lastMessageTime=int(chat.last_message_at.timestamp()),
        unreadCount=chat.unread,
    )


def message_view(message: Message) -> MessageView:
    media = message.media
    return MessageView(
        id=message.id,
        chatId=shown_jid(message.chat),
        fromMe=message.direction is Direction.OUT,
        author=shown_jid(message.sender),
        authorName=message.sender_name,
        type=message.kind.value,
        body=message.text,
        timestamp=int(message.at.timestamp()),
        ack=ACK_NUMBERS[message.ack],
        mimetype=media.mimetype if media else None,
        filename=media.filename or None if media else None,
    )


def _local(at: datetime | None) -> str | None:
    return at.astimezone().isoformat() if at else None
