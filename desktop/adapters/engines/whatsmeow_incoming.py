"""Messages that come in, and those the owner writes elsewhere: read in the worker, made the domain's in the program.

Between the two they are facts: id chat sender name own kind text media at (Unix seconds) ack, as the worker's event
`message` carries them beside `backlog`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from desktop.adapters.engines.whatsmeow_content import contents, readable
from desktop.adapters.engines.whatsmeow_library import Library
from desktop.domain.message import Ack, Direction, Media, Message, MessageKind

Facts = dict[str, Any]

PHONE: Final = "s.whatsapp.net"
LID: Final = "lid"
GROUP: Final = "g.us"
_BROADCAST: Final = "broadcast"
_NO_CHATS: Final = frozenset({"status@broadcast", "newsletter"})
_PHONES_REMEMBERED: Final = 5_000
_LAST_SECOND: Final = 253_402_300_799


class Incoming:
    """Reads what whatsmeow tells of messages; a hidden id becomes the telephone number wherever it is known."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._own = ""
        self._phones: dict[str, str] = {}

    def linked_as(self, device: Any) -> None:
        """Whose messages are the owner's own."""
        self._own = f"{device.JID.User}@{PHONE}"

    def message(self, event: Any) -> Facts | None:
        """None for what is no message, or not in a chat: a key, a reaction, a status, a channel."""
        info = event.Info
        source = info.MessageSource
        sender = self.person(plain(source.Sender), plain(source.SenderAlt))
        own = source.IsFromMe
        chat = self._chat(plain(source.Chat), plain(source.RecipientAlt if own else source.SenderAlt), sender, own=own)
        if chat is None:
            return None
        return self._facts(
            event.Message,
            id=info.ID,
            chat=chat,
            sender=self._own if own else sender,
            name="" if own else readable(info.Pushname),
            own=own,
            at=info.Timestamp // 1000,
            ack=Ack.SERVER.value,
        )

    def history(self, sync: Any) -> Iterator[Facts]:
        """The messages of one part of the history that the phone sends after the link."""
        for known in sync.phoneNumberToLidMappings:
            self._remember(_bare(known.lidJID), _bare(known.pnJID))
        names = {_bare(known.ID): known.pushname for known in sync.pushnames}
        for conversation in sync.conversations:
            chat = _bare(conversation.ID)
            for listed in conversation.messages:
                facts = self._from_history(listed.message, chat, _bare(conversation.pnJID), names)
                if facts is not None:
                    yield facts

    def person(self, jid: str, other: str = "") -> str:
        """The telephone number's jid behind a hidden id; `other` is the same person's other jid, if it was told."""
        if not jid.endswith(f"@{LID}"):
            return jid
        if other.endswith(f"@{PHONE}"):
            self._remember(jid, other)
        elif jid not in self._phones and (known := self._library.phone_of(jid)):
            self._remember(jid, known)
        return self._phones.get(jid, jid)

    def _from_history(self, found: Any, chat: str, phone: str, names: dict[str, str]) -> Facts | None:
        if not found.HasField("message"):  # a notice, as who came and went
            return None
        own = found.key.fromMe
        writer = _bare(found.key.participant or found.participant) or chat
        sender = self.person(writer, phone if writer == chat else "")
        where = self._chat(chat, phone, sender, own=own)
        if where is None:
            return None
        name = found.pushName or names.get(writer, "") or names.get(sender, "")
        return self._facts(
            found.message,
            id=found.key.ID,
            chat=where,
            sender=self._own if own else sender,
            name="" if own else readable(name),
            own=own,
            at=found.messageTimestamp,
            ack=found.status if own and found.HasField("status") else Ack.SERVER.value,
        )

    def _facts(self, message: Any, *, at: int, **known: Any) -> Facts | None:
        found = contents(message)
        if found is None or not known["id"]:
            return None
        return {**known, **found, "at": at if at <= _LAST_SECOND else 0}

    def _chat(self, chat: str, other: str, sender: str, *, own: bool) -> str | None:
        server = chat.partition("@")[2]
        if server == GROUP:
            return chat
        if chat in _NO_CHATS or server in _NO_CHATS or not server:
            return None
        if server == _BROADCAST:  # somebody's list of recipients; it belongs to what that person writes
            return None if own else sender
        return self.person(chat, other)

    def _remember(self, lid: str, phone: str) -> None:
        if lid and phone and len(self._phones) < _PHONES_REMEMBERED:
            self._phones[lid] = phone


def message_of(facts: Facts, at: datetime) -> Message:
    """The message that the facts of a worker's `message` event tell of; whoever knows the session's name puts it in."""
    media = facts["media"]
    return Message(
        session="",
        id=facts["id"],
        chat=facts["chat"],
        sender=facts["sender"],
        sender_name=facts["name"],
        direction=Direction.OUT if facts["own"] else Direction.IN,
        kind=MessageKind(facts["kind"]),
        text=facts["text"],
        at=at,
        media=None if media is None else Media(**media),
        ack=Ack(facts["ack"]),
    )


def plain(jid: Any) -> str:
    """Without the device; empty where there is none."""
    return f"{jid.User}@{jid.Server}" if jid.User else ""


def _bare(jid: str) -> str:
    user, at, server = jid.partition("@")
    return f"{user.partition(':')[0]}{at}{server}"
