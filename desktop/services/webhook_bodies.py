"""The payloads of contracts C and E."""

from desktop.domain.message import ChatKind, Direction, Message, MessageKind
from desktop.domain.webhook import Webhook, WebhookShape
from desktop.services.contract_words import INSTANCE_ACKS, tenant_of

_TENANT_KINDS = {
    MessageKind.TEXT: "texto",
    MessageKind.IMAGE: "imagem",
    MessageKind.VIDEO: "video",
    MessageKind.AUDIO: "audio",
    MessageKind.DOCUMENT: "documento",
    MessageKind.STICKER: "figurinha",
    MessageKind.LOCATION: "localizacao",
    MessageKind.CONTACT: "contato",
    MessageKind.OTHER: "outro",
}


def body_of(webhook: Webhook, event: str, message: Message) -> dict[str, object] | None:
    """The payload of an event as JSON values; None where the contract does not tell it."""
    if webhook.shape is WebhookShape.TENANTS:
        return _for_tenants(webhook, message) if message.direction is Direction.IN else None
    return _for_instances(webhook, event, message)


def _for_tenants(webhook: Webhook, message: Message) -> dict[str, object]:
    return {
        "empresa_id": tenant_of(webhook.session),
        "phone": message.sender.partition("@")[0],
        "message": message.text,
        "message_type": _TENANT_KINDS[message.kind],
        "message_id": message.id,
        "timestamp": int(message.at.timestamp()),
    }


def _for_instances(webhook: Webhook, event: str, message: Message) -> dict[str, object] | None:
    base: dict[str, object] = {"event": event, "instance": {"id": webhook.instance, "name": webhook.session}}
    if event == "message.ack":
        if message.ack not in INSTANCE_ACKS:
            return None
        return base | {"message": {"id": message.id, "to": message.chat, "ack": INSTANCE_ACKS[message.ack]}}
    return base | {
        "whatsapp": {
            "jid": message.chat,
            "jidAlt": message.sender if message.chat_kind is ChatKind.GROUP else None,
            "messageId": message.id,
            "pushName": message.sender_name,
        },
        "message": {"type": message.kind.value, "text": message.text, "raw": {}},
    }
