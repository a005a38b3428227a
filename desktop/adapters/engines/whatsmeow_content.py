"""What an encrypted message holds, told apart by its kind; messages come as their protobuf classes read them."""

from dataclasses import asdict
from typing import Any, Final

from desktop.domain.message import Media, MessageKind

_WRAPPERS: Final = frozenset({"FutureProofMessage", "DeviceSentMessage"})
# Keys, settings, votes, reactions and changes of earlier messages, and the heading of an album, whose pictures follow.
_NO_MESSAGES: Final = frozenset(
    {
        "senderKeyDistributionMessage",
        "fastRatchetKeySenderKeyDistributionMessage",
        "messageContextInfo",
        "protocolMessage",
        "reactionMessage",
        "encReactionMessage",
        "editedMessage",
        "secretEncryptedMessage",
        "keepInChatMessage",
        "pinInChatMessage",
        "pollUpdateMessage",
        "pollAddOptionMessage",
        "encEventResponseMessage",
        "scheduledCallEditMessage",
        "stickerSyncRmrMessage",
        "albumMessage",
        "call",
        "chat",
        "messageHistoryBundle",
        "messageHistoryNotice",
        "limitSharingMessage",
        "acp2SettingMessage",
        "groupRootKeyShare",
        "rootSecretDistributeMessage",
        "statusLinkPreviewMetadata",
    }
)
_MEDIA: Final = {
    "imageMessage": MessageKind.IMAGE,
    "videoMessage": MessageKind.VIDEO,
    "ptvMessage": MessageKind.VIDEO,
    "audioMessage": MessageKind.AUDIO,
    "documentMessage": MessageKind.DOCUMENT,
    "stickerMessage": MessageKind.STICKER,
}
_CALLED_AS: Final = {"ptvMessage": "videoMessage"}
"""The download function knows a round video by the name of a plain one."""
_FETCHED_BY: Final = ("directPath", "mediaKey", "fileSHA256", "fileEncSHA256")
_LARGEST: Final = 2**63 - 1


def contents(message: Any) -> dict[str, object] | None:
    """The facts `kind`, `text` and `media` (None, or the fields of a Media); None where it is no message to anybody."""
    found = next(((field, value) for field, value in message.ListFields() if field.name not in _NO_MESSAGES), None)
    if found is None:
        return None
    field, value = found
    if field.message_type is not None and field.message_type.name in _WRAPPERS:
        return contents(value.message)
    kind, text = _kind_and_text(field.name, value)
    text = readable(text)
    if kind is MessageKind.TEXT and not text:
        return None
    media = _media(type(message), field.name, value) if field.name in _MEDIA else None
    return {"kind": kind.value, "text": text, "media": None if media is None else asdict(media)}


def _kind_and_text(name: str, value: Any) -> tuple[MessageKind, str]:
    match name:
        case "conversation":
            return MessageKind.TEXT, value
        case "extendedTextMessage":
            return MessageKind.TEXT, value.text
        case "imageMessage" | "videoMessage" | "ptvMessage" | "documentMessage":
            return _MEDIA[name], value.caption
        case "audioMessage" | "stickerMessage":
            return _MEDIA[name], ""
        case "locationMessage":
            return MessageKind.LOCATION, _lines(value.name, value.address, _place(value))
        case "liveLocationMessage":
            return MessageKind.LOCATION, _lines(value.caption, _place(value))
        case "contactMessage":
            return MessageKind.CONTACT, value.displayName
        case "contactsArrayMessage":
            return MessageKind.CONTACT, _lines(*(contact.displayName for contact in value.contacts))
        case _:
            return MessageKind.OTHER, ""


def _media(message: type[Any], name: str, file: Any) -> Media | None:
    """None where the file cannot be fetched by this computer, as one that may be looked at once on the phone only."""
    if not (file.directPath and file.mediaKey):
        return None
    ticket = message()
    wanted = getattr(ticket, _CALLED_AS.get(name, name))
    for field in _FETCHED_BY:
        setattr(wanted, field, getattr(file, field))
    return Media(
        mimetype=readable(file.mimetype),
        size=min(file.fileLength, _LARGEST),
        filename=readable(file.fileName or file.title) if name == "documentMessage" else "",
        width=getattr(file, "width", 0),
        height=getattr(file, "height", 0),
        seconds=getattr(file, "seconds", 0),
        ticket=ticket.SerializeToString(),
    )


def readable(text: str | bytes) -> str:
    """Nobody but the sender's program has looked whether a text is one; where it is none, its bytes come."""
    return text if isinstance(text, str) else text.decode(errors="replace")


def _place(location: Any) -> str:
    return f"{location.degreesLatitude:.6f},{location.degreesLongitude:.6f}"


def _lines(*parts: str) -> str:
    return "\n".join(readable(part) for part in parts if part)
