"""Shapes of contract E."""

from typing import Literal

from pydantic import BaseModel, Field

from desktop.api.schemas import ID, OfASend, RequestBody, Text, TextOrNumber
from desktop.services.contract_words import InstanceWord

_NAME = "empresa_x"
_URL = "http://api.exemplo.com.br/webhook/whatsapp"


class NewInstance(RequestBody):
    """O que `POST /instances/create` recebe."""

    name: Text = Field(max_length=100, examples=[_NAME])
    webhookUrl: Text = Field(
        default="", max_length=2000, examples=[_URL], description="Quem recebe os eventos; vazio: ninguém."
    )


class InstanceMessage(RequestBody):
    """O que `POST /instances/{name}/message` recebe."""

    number: TextOrNumber = Field(max_length=100, examples=["5511999999999"])
    message: Text = Field(max_length=65_536, examples=["Olá!"])


class InstanceShort(BaseModel):
    """Uma instância, resumida."""

    id: str = Field(examples=[ID])
    name: str = Field(examples=[_NAME])
    status: InstanceWord


class InstanceUser(BaseModel):
    """A conta do WhatsApp."""

    jid: str = Field(examples=["5511999999999@s.whatsapp.net"])
    phone: str
    name: str


class InstanceView(InstanceShort):
    """Uma instância."""

    reason: str | None = Field(description="Por que precisa de uma pessoa.")
    webhookUrl: str | None
    webhookDisabled: str | None = Field(description="Por que o webhook parou; `410`: o endereço disse que acabou.")
    qrCode: str | None = Field(description="`data:image/png;base64,…` com `SCAN_QR_CODE`, senão nulo.")
    user: InstanceUser | None = Field(description="Depois de conectada.")
    createdAt: str
    lastHeartbeat: str | None


class InstanceGone(BaseModel):
    """A instância foi removida e não volta."""

    name: str = Field(examples=[_NAME])
    deleted: Literal[True] = True


class InstanceSent(BaseModel):
    """O servidor do WhatsApp confirmou."""

    messageId: str = Field(examples=["3EB0C431C26A1916E07E"])
    to: str = Field(examples=["5511999999999@s.whatsapp.net"])
    status: Literal["sent"] = "sent"


class InstanceFailure(OfASend):
    """Uma falha."""

    error: str = Field(examples=["Não existe um número de WhatsApp com esse nome."])
    code: str = Field(description="O código estável.", examples=["sessao_nao_encontrada"])
    action: str = Field(description="O que fazer.")
