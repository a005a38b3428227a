"""What people write, as their phones put it into the encrypted part of a message: one function for each kind."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass

from . import protobuf
from .arrivals import CONVERSATION, DOCUMENT, IMAGE, PROTOCOL
from .media import HOST, Sealed

CONTACT, LOCATION, AUDIO, VIDEO, STICKER = 4, 5, 8, 9, 26
EPHEMERAL, REACTION, POLL, DOCUMENT_WITH_CAPTION, EDITED = 40, 46, 49, 53, 58
REVOKE, HISTORY_NOTICE, EDIT = 0, 5, 14


@dataclass(frozen=True, slots=True)
class _Fields:
    """The numbers of a file's fields: they differ from kind to kind."""

    message: int
    media: str
    path: int
    key: int
    hash: int
    sealed_hash: int
    size: int
    mimetype: int
    caption: int | None = None
    width: int | None = None
    height: int | None = None
    seconds: int | None = None
    filename: int | None = None


FILES = {
    "image": _Fields(IMAGE, "image", 11, 8, 4, 9, 5, 2, caption=3, width=7, height=6),
    "video": _Fields(VIDEO, "video", 13, 6, 3, 11, 4, 2, caption=7, width=10, height=9, seconds=5),
    "audio": _Fields(AUDIO, "audio", 9, 7, 3, 8, 4, 2, seconds=5),
    "document": _Fields(DOCUMENT, "document", 10, 7, 4, 9, 5, 2, caption=20, filename=8),
    "sticker": _Fields(STICKER, "image", 8, 4, 2, 3, 9, 5, width=7, height=6),
}
MIMETYPES = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/ogg; codecs=opus",
    "document": "application/pdf",
    "sticker": "image/webp",
}


def text(words: str) -> bytes:
    return protobuf.encode((CONVERSATION, words))


def file(kind: str, sealed: Sealed, size: int, **about: str | int) -> bytes:
    """A file on the media host; `about`: caption, mimetype, filename, width, height, seconds; `size` may be a lie."""
    at = FILES[kind]
    fields: list[tuple[int, int | bytes | str | None]] = [
        (1, f"https://{HOST}{sealed.path}"),
        (at.mimetype, about.pop("mimetype", MIMETYPES[kind])),
        (at.hash, sealed.plain_hash),
        (at.size, size),
        (at.key, sealed.key),
        (at.sealed_hash, sealed.hash),
        (at.path, sealed.path),
    ]
    for name, value in about.items():
        number: int | None = getattr(at, name)
        if number is None:
            raise ValueError(f"a {kind} has no {name}")
        fields.append((number, value))
    message = protobuf.encode((at.message, protobuf.encode(*fields)))
    captioned_document = kind == "document" and "caption" in about
    return wrapped(DOCUMENT_WITH_CAPTION, message) if captioned_document else message


def location(latitude: float, longitude: float, name: str = "", address: str = "") -> bytes:
    place = b"\x09" + struct.pack("<d", latitude) + b"\x11" + struct.pack("<d", longitude)
    return protobuf.encode((LOCATION, place + protobuf.encode((3, name or None), (4, address or None))))


def contact(name: str) -> bytes:
    card = f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nEND:VCARD"
    return protobuf.encode((CONTACT, protobuf.encode((1, name), (16, card))))


def poll(question: str) -> bytes:
    """Something that the program under test cannot show."""
    return protobuf.encode((POLL, protobuf.encode((2, question))))


def reaction(message_id: str, emoji: str) -> bytes:
    return protobuf.encode((REACTION, protobuf.encode((1, protobuf.encode((3, message_id))), (2, emoji))))


def edit(message_id: str, words: str) -> bytes:
    change = protobuf.encode((1, protobuf.encode((3, message_id))), (2, EDIT), (14, text(words)))
    return wrapped(EDITED, protobuf.encode((PROTOCOL, change)))


def revocation(message_id: str) -> bytes:
    """Deleted for everybody."""
    return protobuf.encode((PROTOCOL, protobuf.encode((1, protobuf.encode((3, message_id))), (2, REVOKE))))


def wrapped(number: int, message: bytes) -> bytes:
    """A message inside one of the envelopes: EPHEMERAL, DOCUMENT_WITH_CAPTION …"""
    return protobuf.encode((number, protobuf.encode((1, message))))


@dataclass(frozen=True, slots=True)
class Remembered:
    """A message as the phone remembers it; `sender` is a member's address, empty for the owner."""

    id: str
    content: bytes
    sender: str = ""
    name: str = ""
    at: int = 0
    status: int | None = None
    """The numbers of Ack, for the owner's own messages."""


def history(chats: dict[str, list[Remembered]], phones: dict[str, str], kind: int) -> bytes:
    """A part of the history; `chats` by address, `phones`: the numbers behind hidden ids."""
    fields: list[tuple[int, int | bytes | str | None]] = [(1, kind)]
    for chat, messages in chats.items():
        listed = [(2, protobuf.encode((1, _remembered(chat, message)))) for message in messages]
        fields.append((2, protobuf.encode((1, chat), *listed)))
    fields += [(15, protobuf.encode((1, phone), (2, lid))) for lid, phone in phones.items()]
    return protobuf.encode(*fields)


def history_notice(sealed: Sealed, size: int, kind: int) -> bytes:
    """What the phone writes to a computer when a part of the history is on the media host."""
    fetched_by = protobuf.encode(
        (1, sealed.plain_hash), (2, size), (3, sealed.key), (4, sealed.hash), (5, sealed.path), (6, kind)
    )
    return protobuf.encode((PROTOCOL, protobuf.encode((2, HISTORY_NOTICE), (6, fetched_by))))


def _remembered(chat: str, message: Remembered) -> bytes:
    in_group = chat.endswith("@g.us")
    key = protobuf.encode(
        (1, chat),
        (2, int(not message.sender)),
        (3, message.id),
        (4, message.sender if in_group and message.sender else None),
    )
    return protobuf.encode(
        (1, key),
        (2, message.content),
        (3, message.at or int(time.time())),
        (4, message.status),
        (19, message.name or None),
    )
