"""Messages that come in, or that the owner writes elsewhere, and the chats they make up."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


class MessageKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    OTHER = "other"
    """Something this program cannot show; that it came is kept."""


MEDIA_KINDS = frozenset(
    {MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.AUDIO, MessageKind.DOCUMENT, MessageKind.STICKER}
)
"""Those that come with a file."""


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Ack(IntEnum):
    """How far a message came; of two, the greater is true. Contract B shows these numbers."""

    ERROR = 0
    PENDING = 1
    SERVER = 2
    DELIVERED = 3
    READ = 4
    PLAYED = 5


class ChatKind(StrEnum):
    INDIVIDUAL = "individual"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that came with a message; it stays with WhatsApp until it is fetched."""

    mimetype: str
    size: int
    """Bytes, as the sender said; 0 where nobody did."""
    filename: str = ""
    width: int = 0
    height: int = 0
    seconds: int = 0
    ticket: bytes = field(default=b"", repr=False)
    """What the engine needs to fetch it; opaque to everybody else, and a secret: it holds the file's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    session: str
    """The session's name."""
    id: str
    """WhatsApp's message id, unique within the session."""
    chat: str
    """The jid of the group or person."""
    sender: str
    """The jid of whoever wrote it; for an OUT message the session's own."""
    sender_name: str
    """As the sender calls themselves; empty where it is not known."""
    direction: Direction
    kind: MessageKind
    text: str
    """The text, or a file's caption."""
    at: datetime
    """WhatsApp's time."""
    media: Media | None = None
    ack: Ack = Ack.SERVER

    @property
    def chat_kind(self) -> ChatKind:
        return ChatKind.GROUP if self.chat.endswith("@g.us") else ChatKind.INDIVIDUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    session: str
    jid: str
    kind: ChatKind
    name: str
    """A group's subject or a person's own name; empty where neither is known."""
    last_message_at: datetime
    last_message_id: str
    last_text: str
    """The beginning of it."""
    unread: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last one of the page before: pages go from new to old.

    Messages of one second stand in the order in which they came, chats of one second in that of their jids.
    """

    at: datetime
    id: str
    """A message's id, or a chat's jid."""
