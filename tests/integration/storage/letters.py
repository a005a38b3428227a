"""Messages as engines tell them, for tests of what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from desktop.domain.message import Ack, Direction, Media, Message, MessageKind
from tests.integration.storage.sends import at

SHOP = "loja"
GROUP = "120363041234567890@g.us"
ANA = "5511988887777@s.whatsapp.net"
BIA = "5511977776666@s.whatsapp.net"
OWN = "5511999990000@s.whatsapp.net"


def received(message_id: str, seconds: float = 0, **changes: Any) -> Message:
    """A text of Ana's to the shop, so many seconds after noon of the tests' day."""
    message = Message(
        session=SHOP,
        id=message_id,
        chat=ANA,
        sender=ANA,
        sender_name="Ana",
        direction=Direction.IN,
        kind=MessageKind.TEXT,
        text=f"Olá {message_id}",
        at=at(seconds),
    )
    return replace(message, **changes)


def in_group(message_id: str, seconds: float = 0, **changes: Any) -> Message:
    return received(message_id, seconds, **({"chat": GROUP} | changes))


def written(message_id: str, seconds: float = 0, **changes: Any) -> Message:
    """What the shop's owner wrote to Ana."""
    own = {"sender": OWN, "sender_name": "", "direction": Direction.OUT, "ack": Ack.SERVER}
    return received(message_id, seconds, **(own | changes))


def picture(message_id: str, seconds: float = 0, **changes: Any) -> Message:
    media = Media(mimetype="image/jpeg", size=6, width=3, height=2, ticket=b"key\x00" + message_id.encode())
    return received(message_id, seconds, **({"kind": MessageKind.IMAGE, "text": "", "media": media} | changes))
