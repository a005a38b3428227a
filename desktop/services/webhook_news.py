"""Which news of a message another program is owed, as it is put down beside the message."""

import json
from collections.abc import Mapping
from typing import Protocol

from desktop.domain.message import Ack, Direction, Message
from desktop.domain.send import new_send_id
from desktop.domain.webhook import Delivery, Webhook
from desktop.ports.clock import Clock
from desktop.ports.messages import Tell
from desktop.services.webhook_bodies import body_of


class Teller(Protocol):
    def __call__(self, *, new: bool) -> Tell:
        """What is told of messages by the webhooks of this moment: of new ones, or of a greater acknowledgement."""
        ...


def tell_nobody(*, new: bool) -> Tell:
    """A Teller without webhooks."""
    return lambda message: ()


def tell_from(targets: Mapping[str, Webhook], clock: Clock, *, new: bool) -> Tell:
    """What is told to these webhooks, by the names that messages give their sessions; the mapping may not change."""

    def tell(message: Message) -> list[Delivery]:
        webhook = targets.get(message.session)
        if webhook is None or webhook.disabled:
            return []
        now = clock.now()
        return [
            Delivery(
                id=new_send_id(now, clock.entropy(10)),
                session=webhook.session,
                url=webhook.url,
                event=event,
                body=json.dumps(body, ensure_ascii=False).encode(),
                created_at=now,
            )
            for event in _events_of(message, new=new)
            if (body := body_of(webhook, event, message)) is not None
        ]

    return tell


def _events_of(message: Message, *, new: bool) -> tuple[str, ...]:
    if message.direction is Direction.IN:
        return ("message.received",) if new else ()
    if message.ack is Ack.SERVER:
        return ("message.sent",)
    # A receipt may be here before the message is on disk: then nothing else will tell how far it came.
    return ("message.sent", "message.ack") if new else ("message.ack",)
