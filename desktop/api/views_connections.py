"""Connections, chats and messages as contract D shows them."""

from desktop.api.contract import qr_data_url
from desktop.api.schemas_connections import ConnectionChat, ConnectionMessage, ConnectionView
from desktop.api.views import local_time, profile_of
from desktop.api.views_sessions import shown_jid
from desktop.domain.message import Chat, Direction, Message
from desktop.domain.session import Profile, Qr, Session
from desktop.services.contract_words import ACK_NUMBERS, CONNECTION_WORDS, beside


def connection_view(session: Session, *, with_qr: bool) -> ConnectionView:
    """Drawing a QR code takes some hundredths of a second."""
    profile, status = profile_of(session), session.status
    return ConnectionView(
        id=str(profile.id),
        name=session.name,
        companyId=profile.tenant,
        phone=session.account.phone if session.account else None,
        status=CONNECTION_WORDS[session.state],
        qrCode=qr_data_url(status.text) if with_qr and isinstance(status, Qr) else None,
        createdAt=local_time(profile.created_at),
        degraded=beside(session).degraded,
        reason=beside(session).reason,
    )


def connection_chat(session: Session, chat: Chat) -> ConnectionChat:
    profile = profile_of(session)
    return ConnectionChat(
        id=chat_id(profile, chat.jid),
        connectionId=str(profile.id),
        contact=shown_jid(chat.jid),
        name=chat.name or chat.jid.partition("@")[0],
        lastMessage=chat.last_text,
        lastMessageAt=local_time(chat.last_message_at),
        unreadCount=chat.unread,
    )


def connection_message(session: Session, message: Message) -> ConnectionMessage:
    profile, media = profile_of(session), message.media
    return ConnectionMessage(
        id=message.id,
        chatId=chat_id(profile, message.chat),
        connectionId=str(profile.id),
        companyId=profile.tenant,
        content=message.text,
        type=message.kind.value,
        fromMe=message.direction is Direction.OUT,
        senderName=message.sender_name,
        ack=ACK_NUMBERS[message.ack],
        timestamp=local_time(message.at),
        filename=media.filename or None if media else None,
        mimetype=media.mimetype if media else None,
    )


def chat_id(profile: Profile, jid: str) -> str:
    """A chat's id over all connections: the contract names chats without naming theirs."""
    return f"{profile.id}:{shown_jid(jid)}"
