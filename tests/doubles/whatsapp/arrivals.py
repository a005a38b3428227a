"""What arrived at the group's members: one Arrival for each message id, however often its stanza was sent."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from . import protobuf

CONVERSATION, SENDER_KEY, IMAGE, EXTENDED_TEXT, DOCUMENT, PROTOCOL, DEVICE_SENT = 1, 2, 3, 6, 7, 12, 31


@dataclass(frozen=True, slots=True)
class Content:
    """A message as one member reads it; `data` is the file's bytes, decrypted by that member."""

    kind: str
    text: str = ""
    data: bytes = b""
    mimetype: str = ""
    width: int = 0
    height: int = 0
    thumbnail: bytes = b""
    filename: str = ""
    problem: str = ""
    """Why the file could not be fetched or opened; empty where it was."""


@dataclass(slots=True)
class Arrival:
    """A message that the server took; it changes as members read it and as its stanza comes again."""

    message_id: str
    account: str
    """Telephone number of the account that sent it."""
    chat: str
    at: float = field(default_factory=time.time)
    stanzas: int = 1
    """How often the stanza came: 2 after a resend with the same id."""
    acked: int = 0
    complete: bool = False
    """Every member has tried to read it."""
    by_member: dict[str, Content] = field(default_factory=dict)
    unread_by: dict[str, str] = field(default_factory=dict)
    """Members that could not decrypt it, and why."""
    on_own_phone: Content | None = None

    @property
    def content(self) -> Content:
        """What the first member reads (the own phone's copy in a group of oneself)."""
        first = next(iter(self.by_member.values()), None) or self.on_own_phone
        return first if first is not None else Content("unread")

    @property
    def kind(self) -> str:
        return self.content.kind

    @property
    def text(self) -> str:
        """The text, or the file's caption."""
        return self.content.text

    @property
    def caption(self) -> str:
        return self.content.text

    @property
    def image(self) -> bytes:
        return self.content.data

    @property
    def document(self) -> bytes:
        return self.content.data

    @property
    def decrypted_by(self) -> dict[str, bytes]:
        """Member jid → the bytes it sees: the file's, or the text's in UTF-8."""
        return {jid: content.data or content.text.encode() for jid, content in self.by_member.items()}


def unpadded(plaintext: bytes) -> bytes:
    """Raises ValueError where the padding is not the engine's."""
    size = plaintext[-1] if plaintext else 0
    if not size or plaintext[-size:] != bytes((size,)) * size:
        raise ValueError("a message with wrong padding")
    return plaintext[:-size]


def meaning(message: protobuf.Message) -> tuple[str, str]:
    """The kind and the text of a decrypted message without a file."""
    if CONVERSATION in message:
        return "text", message.text(CONVERSATION)
    if EXTENDED_TEXT in message:
        return "text", message.message(EXTENDED_TEXT).text(1)
    if PROTOCOL in message:
        return "protocol", ""
    return "other", ""
