"""What people write to the program: encrypted by their own phones, for each of the account's computers."""

from __future__ import annotations

import secrets
import time
import zlib

from . import contents, protobuf
from .arrivals import DEVICE_SENT, SENDER_KEY
from .binary_node import Attributes, Node
from .mail import Mail
from .media import Sealed, sealed
from .people import Account, Companion, Person
from .world import World


class Writing:
    """Incoming messages; runs in the double's loop."""

    def __init__(self, world: World, mail: Mail) -> None:
        self._world, self._mail = world, mail

    def upload(self, data: bytes, kind: str) -> Sealed:
        """A file that the program can download from the media host."""
        file = sealed(data, kind)
        self._world.media.keep(file.path, file.data)
        return file

    async def history(self, account: Account, content: bytes, kind: int) -> None:
        """The phone puts a part of its history on the media host and tells its computers so."""
        file = self.upload(zlib.compress(content), "history")
        notice = contents.history_notice(file, len(content), kind)
        for companion in list(account.companions.values()):
            attrs: Attributes = {"id": _new_id(), "type": "text", "t": int(time.time()), "category": "peer"}
            attrs |= {"from": account.lid, "recipient": account.lid, "addressing_mode": "lid"}
            await self._mail.post(companion, Node("message", attrs, [self._sealed(companion, account, notice)]))
        self._world.journal.record("history-sent", account=account.pn.user, type=kind)

    async def write(self, account: Account, chat: str, sender: Person, message: bytes, kind: str = "text") -> str:
        """Into a group, or (chat is the sender's own address) to the account alone; `message` as of `contents`.

        kind: the stanza's, "media" for files. Returns the message id.
        """
        message_id = _new_id()
        for companion in list(account.companions.values()):
            attrs: Attributes = {"id": message_id, "type": kind, "t": int(time.time()), "notify": sender.name}
            if chat in self._world.groups:
                content = self._for_group(companion, chat, sender, message, attrs)
            else:
                content = self._for_one(companion, chat, sender, message, attrs)
            await self._mail.post(companion, Node("message", attrs, content))
        self._world.journal.record("wrote", message_id=message_id, chat=chat, sender=sender.name)
        return message_id

    def _for_group(
        self, companion: Companion, chat: str, sender: Person, message: bytes, attrs: Attributes
    ) -> list[Node]:
        group, key = self._world.groups[chat], sender.phone.own_sender_key(chat)
        distribution = protobuf.encode((1, chat), (2, key.distribution()))
        handed = self._sealed(companion, sender, protobuf.encode((SENDER_KEY, distribution)))
        attrs |= {"from": group.address, "addressing_mode": group.addressing}
        attrs |= {"participant": sender.address(group.addressing)}
        if group.addressing == "lid":
            attrs |= {"participant_pn": sender.pn}
        else:
            attrs |= {"participant_lid": sender.lid}
        return [handed, Node("enc", {"v": 2, "type": "skmsg"}, key.encrypt(_padded(message)))]

    def _for_one(
        self, companion: Companion, chat: str, sender: Person, message: bytes, attrs: Attributes
    ) -> list[Node]:
        attrs |= {"from": sender.lid, "sender_pn": sender.pn, "addressing_mode": "lid"}
        if sender is companion.account:
            # Written on the account's own phone: its computers get a copy that says to whom.
            message = protobuf.encode((DEVICE_SENT, protobuf.encode((1, chat), (2, message))))
            other = next(person for person in self._world.people if chat in (str(person.lid), str(person.pn)))
            attrs |= {"recipient": other.lid, "peer_recipient_pn": other.pn}
            del attrs["sender_pn"]
        return [self._sealed(companion, sender, message)]

    def _sealed(self, companion: Companion, sender: Person, message: bytes) -> Node:
        kind, data = sender.phone.seal(companion.address, _padded(message), companion.take_bundle)
        return Node("enc", {"v": 2, "type": kind}, data)


def _new_id() -> str:
    return "3A" + secrets.token_hex(9).upper()


def _padded(message: bytes) -> bytes:
    size = 1 + secrets.randbelow(15)
    return message + bytes((size,)) * size
