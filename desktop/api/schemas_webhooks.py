"""Shapes of what is asked of webhooks."""

from pydantic import BaseModel, Field

from desktop.api.schemas import ID, TIME, RequestBody, Text


class SessionBody(RequestBody):
    """O que `POST /api/webhooks/reativar` recebe."""

    sessao: Text = Field(max_length=100, description="O nome da conexão.", examples=["empresa1"])


class WebhookView(BaseModel):
    """Quem é avisado do que acontece em uma conexão."""

    sessao: str = Field(examples=["empresa1"])
    url: str = Field(examples=["https://api.exemplo.com.br/webhook/whatsapp"])
    contrato: str = Field(description="`tenants` (contrato C) ou `instances` (contrato E).")
    parado: str | None = Field(
        description="Por que não é avisado: `410` (o endereço disse que acabou) ou `no_address`; nulo: é avisado."
    )


class Impediment(BaseModel):
    """O que impede todos os avisos; eles esperam, sem gastar tentativas."""

    codigo: str = Field(examples=["cofre_indisponivel"])
    mensagem: str = Field(description="O que houve, em uma frase.")
    acao: str = Field(description="O que fazer, em uma frase.")


class WebhookList(BaseModel):
    """Todos os webhooks."""

    webhooks: list[WebhookView]
    impedimento: Impediment | None = Field(
        description="Por que ninguém é avisado por agora, embora nada esteja parado."
    )


class DeadView(BaseModel):
    """Uma entrega de que o Malote desistiu."""

    id: str = Field(examples=[ID])
    sessao: str
    url: str = Field(description="Para onde ia quando foi criada.")
    evento: str = Field(examples=["message.received"])
    criada_em: str = Field(examples=[TIME])
    desistiu_em: str = Field(examples=[TIME])
    tentativas: int
    erro: str = Field(description="Da última tentativa.", examples=["HTTP 503"])


class DeadList(BaseModel):
    """As entregas que falharam, da mais nova à mais antiga."""

    falhas: list[DeadView]


class ResentView(BaseModel):
    """A entrega espera a vez outra vez."""

    id: str = Field(examples=[ID])
    sessao: str
