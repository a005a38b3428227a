"""Sessions, chats and messages as contract B shows them."""

import base64

from desktop.api.schemas_sessions import Attachment, ChatView, MessageView, SessionStatus, SessionView
from desktop.api.views import local_time, profile_of
from desktop.domain.content import File, FileAt
from desktop.domain.errors import Code, Rejected
from desktop.domain.message import Chat, Direction, Message
from desktop.domain.session import Session
from desktop.services.contract_words import ACK_NUMBERS, CONNECTION_WORDS, beside, is_connected

_OURS, _THEIRS = "@s.whatsapp.net", "@c.us"


def shown_jid(jid: str) -> str:
    """A person's jid with the ending that WPPConnect gives it; groups and lids as they are."""
    return jid.removesuffix(_OURS) + _THEIRS if jid.endswith(_OURS) else jid


def content_of(media: Attachment) -> File | FileAt:
    """The file of a body; raises Rejected(CONTENT_INVALID, reason `base64`), or BODY_INVALID where there is none."""
    if media.url is not None and media.base64 is None:
        return FileAt(media.url, media.filename, media.mimetype)
    if media.base64 is None or media.url is not None:
        raise Rejected(Code.BODY_INVALID, reason="wrong", field="media")
    prefix, _, content = media.base64.rpartition(";base64,")
    try:
        decoded = base64.b64decode(content, validate=True)
    except ValueError as exc:  # also for letters outside ASCII
        raise Rejected(Code.CONTENT_INVALID, reason="base64") from exc
    return File(decoded, media.filename, media.mimetype or prefix.removeprefix("data:"))


def session_view(session: Session) -> SessionView:
    profile = profile_of(session)
    return SessionView(
        id=str(profile.id),
        Company_Id=profile.tenant,
        Session_Name=session.name,
        Phone_Number=session.account.phone if session.account else None,
        Status=int(is_connected(session)),
        Created_At=local_time(profile.created_at),
        Last_Heartbeat=local_time(session.last_heartbeat),
        status=CONNECTION_WORDS[session.state],
        degraded=beside(session).degraded,
        reason=beside(session).reason,
    )


def status_view(session: Session) -> SessionStatus:
    return SessionStatus(
        sessionId=str(profile_of(session).id),
        status=CONNECTION_WORDS[session.state],
        isConnected=is_connected(session),
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
