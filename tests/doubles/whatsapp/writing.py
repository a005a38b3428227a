"""What people write to the program: encrypted by their own phones, for each of the account's computers."""

from __future__ import annotations

import secrets
import time

from . import protobuf
from .arrivals import CONVERSATION, DEVICE_SENT, IMAGE, SENDER_KEY
from .binary_node import Attributes, Node
from .mail import Mail
from .media import sealed
from .people import Account, Companion, Person
from .world import World


class Writing:
    """Incoming messages; runs in the double's loop."""

    def __init__(self, world: World, mail: Mail) -> None:
        self._world, self._mail = world, mail

    async def text(self, account: Account, chat: str, sender: Person, text: str) -> str:
        """A text into a group, or (chat is the sender's own address) to the account alone. Returns the message id."""
        return await self._write(account, chat, sender, "text", protobuf.encode((CONVERSATION, text)))

    async def image(self, account: Account, chat: str, sender: Person, picture: bytes, caption: str) -> str:
        """A picture that the program can download from the media host."""
        file = sealed(picture, "image")
        self._world.media.keep(file.path, file.data)
        image = protobuf.encode(
            (1, f"https://mmg.whatsapp.net{file.path}"),
            (2, "image/jpeg"),
            (3, caption),
            (4, file.plain_hash),
            (5, len(picture)),
            (8, file.key),
            (9, file.hash),
            (11, file.path),
            (12, int(time.time())),
        )
        return await self._write(account, chat, sender, "media", protobuf.encode((IMAGE, image)))

    async def _write(self, account: Account, chat: str, sender: Person, kind: str, message: bytes) -> str:
        message_id = "3A" + secrets.token_hex(9).upper()
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


def _padded(message: bytes) -> bytes:
    size = 1 + secrets.randbelow(15)
    return message + bytes((size,)) * size
