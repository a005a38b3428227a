"""Shapes of contract C."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from desktop.api.schemas import Text
from desktop.services.contract_words import ConnectionWord

_TENANT = "empresa1"
_PHONE = "5511999999999"


def _text_of_number(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


TextOrNumber = Annotated[Text, BeforeValidator(_text_of_number)]


class _Body(BaseModel):
    # The system that sends it has more fields of its own.
    model_config = ConfigDict(strict=True, extra="ignore")


class NewTenant(_Body):
    """O que `POST /tenants` recebe."""

    tenantId: TextOrNumber = Field(max_length=100, examples=[_TENANT])


class TenantMessage(_Body):
    """O que os endereços de envio recebem."""

    phone: TextOrNumber = Field(max_length=100, examples=[_PHONE], description="O número, ou o id de um grupo.")
    message: Text = Field(max_length=65_536, examples=["Olá!"])


class AskedMessage(TenantMessage):
    """O que `POST /webhook` recebe: o outro lado pede um envio."""

    message_type: Literal["texto", "text"] = "texto"
    empresa_id: TextOrNumber = Field(max_length=100, examples=[1])


class ClearAll(_Body):
    """O que `POST /clear-all` recebe; o corpo pode faltar."""

    logout: bool = Field(default=False, description="Remove também os vínculos com os celulares.")


class TenantView(BaseModel):
    """Uma conexão."""

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
    """As conexões, da mais antiga à mais nova."""

    success: Literal[True] = True
    tenants: list[TenantView]


class TenantGone(BaseModel):
    """A conexão foi removida."""

    success: Literal[True] = True
    tenantId: str = Field(examples=[_TENANT])


class TenantQr(BaseModel):
    """O QR code de agora."""

    success: Literal[True] = True
    tenantId: str = Field(examples=[_TENANT])
    qr: str = Field(examples=["data:image/png;base64,…"])


class ConnectionsStatus(BaseModel):
    """Todas as conexões."""

    success: Literal[True] = True
    total: int
    connected: int
    disconnected: int
    connections: list[TenantView]


class TenantSent(BaseModel):
    """O servidor do WhatsApp confirmou."""

    success: Literal[True] = True
    messageId: str = Field(examples=["3EB0C431C26A1916E07E"])


class TenantFailure(BaseModel):
    """Uma falha."""

    success: Literal[False]
    error: str = Field(examples=["Esta sessão não existe."])
    codigo: str = Field(description="O código estável.", examples=["sessao_nao_encontrada"])
    acao: str = Field(description="O que fazer.")
    id: str | None = Field(default=None, description="O envio, para consultar depois em `/api/envios/{id}`.")
    incerto: bool | None = Field(default=None, description="`true`: talvez já tenha saído; não repita sem conferir.")
