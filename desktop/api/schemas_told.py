"""Shapes of what webhooks tell; the sender writes them without the web framework, and a test holds one to the other."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from desktop.api.schemas import ID

_JID = "5511988887777@s.whatsapp.net"
_MESSAGE = "3EB0C431C26A1916E07E"


class Told(BaseModel):
    """Whatever is told has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class TenantMessage(Told):
    """Contrato C: uma mensagem recebida."""

    empresa_id: int | str = Field(description="1 para `empresa1`; senão, o nome da conexão.", examples=[1])
    phone: str = Field(description="Quem escreveu.", examples=["5511988887777"])
    message: str = Field(description="O texto, ou a legenda.", examples=["Olá"])
    message_type: Literal[
        "texto", "imagem", "video", "audio", "documento", "figurinha", "localizacao", "contato", "outro"
    ]
    message_id: str = Field(examples=[_MESSAGE])
    timestamp: int = Field(description="Segundos desde 1970.", examples=[1767636120])


class ToldInstance(Told):
    id: str = Field(examples=[ID])
    name: str = Field(examples=["empresa_x"])


class ToldWhatsApp(Told):
    jid: str = Field(description="A conversa.", examples=[_JID])
    jidAlt: str | None = Field(description="Quem escreveu, em um grupo.")
    messageId: str = Field(examples=[_MESSAGE])
    pushName: str = Field(description="O nome que quem escreveu se dá; pode ser vazio.", examples=["Ana"])


class Raw(Told):
    """Sempre vazio."""


class ToldContent(Told):
    type: Literal["text", "image", "video", "audio", "document", "sticker", "location", "contact", "other"]
    text: str = Field(description="O texto, ou a legenda.", examples=["Olá"])
    raw: Raw


class _InstanceMessage(Told):
    instance: ToldInstance
    whatsapp: ToldWhatsApp
    message: ToldContent


class MessageReceived(_InstanceMessage):
    """Contrato E: uma mensagem recebida."""

    event: Literal["message.received"]


class MessageSent(_InstanceMessage):
    """Contrato E: uma mensagem que saiu, por aqui ou pelo celular."""

    event: Literal["message.sent"]


class AckedMessage(Told):
    id: str = Field(examples=[_MESSAGE])
    to: str = Field(examples=[_JID])
    ack: Literal[1, 2, 3] = Field(description="1 enviada, 2 entregue, 3 lida.")


class MessageAck(Told):
    """Contrato E: até onde uma mensagem chegou."""

    event: Literal["message.ack"]
    instance: ToldInstance
    message: AckedMessage


TOLD: dict[str, tuple[type[Told], str, str]] = {
    "webhook/whatsapp": (TenantMessage, "message.received", "C · empresas"),
    "message.received": (MessageReceived, "message.received", "E · instâncias"),
    "message.sent": (MessageSent, "message.sent", "E · instâncias"),
    "message.ack": (MessageAck, "message.ack", "E · instâncias"),
}
"""By the name in the document: the body, what X-Malote-Event says, and whose contract it is."""

HEADERS = {
    "X-Malote-Event": "O que aconteceu.",
    "X-Malote-Delivery": "A entrega; o que vem duas vezes tem o mesmo.",
    "X-Malote-Timestamp": "Segundos desde 1970, de quando foi assinado.",
    "X-Malote-Signature": "`sha256=` e o HMAC-SHA256 do horário, um ponto e o corpo, com o segredo dos avisos.",
    "X-Malote-Signature-Previous": "O mesmo com o segredo de antes, por 24 horas depois que foi trocado.",
}
SOMETIMES = frozenset({"X-Malote-Signature-Previous"})
"""Of those headers."""
