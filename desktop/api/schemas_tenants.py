"""Shapes of contract C."""

from typing import Literal

from pydantic import BaseModel, Field

from desktop.api.schemas import OfASend, RequestBody, Text, TextOrNumber
from desktop.services.contract_words import ConnectionWord

_TENANT = "empresa1"
_PHONE = "5511999999999"


class NewTenant(RequestBody):
    """O que `POST /tenants` recebe."""

    tenantId: TextOrNumber = Field(max_length=100, examples=[_TENANT])


class TenantMessage(RequestBody):
    """O que os endereços de envio recebem."""

    phone: TextOrNumber = Field(max_length=100, examples=[_PHONE], description="O número, ou o id de um grupo.")
    message: Text = Field(max_length=65_536, examples=["Olá!"])


class AskedMessage(TenantMessage):
    """O que `POST /webhook` recebe: o outro lado pede um envio."""

    message_type: Literal["texto", "text"] = "texto"
    empresa_id: TextOrNumber = Field(max_length=100, examples=[1])


class ClearAll(RequestBody):
    """O que `POST /clear-all` recebe; o corpo pode faltar."""

    logout: bool = Field(default=False, description="Remove também os vínculos com os celulares.")


class TenantView(BaseModel):
    """Uma empresa, com a conexão dela."""

    tenantId: str = Field(examples=[_TENANT])
    empresa_id: int | str = Field(description="O número de `empresa1`, ou o nome.", examples=[1])
    status: ConnectionWord
    connected: bool
    phone: str | None = Field(description="O número vinculado, ou nulo.")
    name: str | None = Field(description="O nome da conta no WhatsApp.")
    since: str = Field(description="Desde quando está assim.")
    last_heartbeat: str | None
    degraded: bool | None = Field(description="`true`: os envios não estão sendo confirmados.")
    reason: str | None = Field(description="Por que precisa de uma pessoa.")


class TenantDone(BaseModel):
    """Foi feito; assim ficou a conexão."""

    success: Literal[True] = True
    tenant: TenantView


class TenantList(BaseModel):
    """As empresas, da mais antiga à mais nova."""

    success: Literal[True] = True
    tenants: list[TenantView]


class TenantGone(BaseModel):
    """A empresa foi removida."""

    success: Literal[True] = True
    tenantId: str = Field(examples=[_TENANT])


class TenantQr(BaseModel):
    """O QR code de agora."""

    success: Literal[True] = True
    tenantId: str = Field(examples=[_TENANT])
    qr: str = Field(examples=["data:image/png;base64,…"])


class ConnectionsStatus(BaseModel):
    """Todas as empresas."""

    success: Literal[True] = True
    total: int
    connected: int
    disconnected: int
    connections: list[TenantView]


class Health(BaseModel):
    """O Malote está no ar."""

    status: Literal["ok"] = "ok"


class TenantSent(BaseModel):
    """O servidor do WhatsApp confirmou."""

    success: Literal[True] = True
    messageId: str = Field(examples=["3EB0C431C26A1916E07E"])


class TenantFailure(OfASend):
    """Uma falha."""

    success: Literal[False]
    error: str = Field(examples=["Não existe um número de WhatsApp com esse nome."])
    codigo: str = Field(description="O código estável.", examples=["sessao_nao_encontrada"])
    acao: str = Field(description="O que fazer.")
