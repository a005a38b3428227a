"""Shapes of contract A, for reading bodies and for the OpenAPI document."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from desktop.domain.send import SendState

_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _text_of_number(value: object) -> object:
    # A Delphi or PL/SQL caller may send a CNPJ as a number (a lost zero is then told by its length), others an id.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _clean(text: str) -> str:
    # Fields of fixed length come padded with NULs; a chat knows no other control character than the line end.
    return _CONTROL.sub("", _LINE_END.sub("\n", text))


def _writable(text: str) -> str:
    text.encode()  # half a surrogate pair (`\ud83d` alone) is a ValueError: no file, database or chat takes it
    return text


Text = Annotated[str, AfterValidator(_writable)]
TextOrNumber = Annotated[Text, BeforeValidator(_text_of_number)]
CnpjText = Annotated[TextOrNumber, Field(max_length=200)]

STATE_NAMES = {
    SendState.QUEUED: "na_fila",
    SendState.SENDING: "enviando",
    SendState.SENT: "enviado",
    SendState.DELIVERED: "entregue",
    SendState.READ: "lido",
    SendState.FAILED: "falhou",
    SendState.UNKNOWN: "nao_confirmado",
    SendState.CANCELLED: "cancelado",
    SendState.EXPIRED: "expirado",
}
STATES_BY_NAME = {name: state for state, name in STATE_NAMES.items()}
STATES: JsonDict = {"enum": list(STATES_BY_NAME)}

_CNPJ = "62567108000101"
_GROUP = "120363041234567890@g.us"
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
TIME = "2026-01-05T18:02:11.120-03:00"


class RequestBody(BaseModel):
    # The systems that send it have more fields of their own.
    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)


class OfASend(BaseModel):
    """What contracts B to E add to a failure once there is a send."""

    id: str | None = Field(default=None, description="O envio, para consultar depois em `/api/envios/{id}`.")
    incerto: bool | None = Field(default=None, description="`true`: talvez já tenha saído; não repita sem conferir.")


class SendBody(RequestBody):
    """What POST /api/enviar-relatorio takes."""

    cnpj: CnpjText = Field(examples=[_CNPJ], description="Com ou sem máscara.")
    legenda: Annotated[Text, AfterValidator(_clean)] | None = Field(
        default=None, max_length=1024, description="No lugar da legenda configurada."
    )
    arquivo: Text | None = Field(
        default=None, max_length=1024, description="Só dentro das pastas de relatórios configuradas."
    )
    url: Text | None = Field(default=None, max_length=2048, description="Só de servidores configurados.")
    sessao: Text | None = Field(default=None, max_length=100, description="Conexão de WhatsApp que envia.")
    reenviar: bool = Field(default=False, description="Enviar de novo o que já foi enviado hoje.")
    fila: bool = Field(default=False, description="Responder logo com 202 e enviar pela fila.")
    chave: Text | None = Field(default=None, max_length=200, description="O mesmo que o cabeçalho Idempotency-Key.")


class BatchBody(RequestBody):
    """What POST /api/enviar-relatorio/lote takes: a list, or everybody."""

    cnpjs: list[CnpjText] | None = Field(default=None, min_length=1, max_length=5000, examples=[[_CNPJ]])
    todas: bool = Field(default=False, description="Todas as empresas do cadastro, no lugar da lista.")
    sessao: Text | None = Field(default=None, max_length=100, description="Conexão de WhatsApp que envia.")


class Sent(BaseModel):
    """O relatório está no servidor do WhatsApp."""

    status: Literal["enviado"]
    grupo: str = Field(examples=[_GROUP])
    cnpj: str = Field(examples=[_CNPJ])
    id: str = Field(examples=[ID])
    empresa: str = Field(examples=["Mercado São João"])
    mensagem_id: str | None = Field(examples=["3EB0C431C26A1916E07E"])
    duplicado: bool = Field(description="Verdadeiro: já tinha sido enviado hoje, e nada foi enviado agora.")
    simulacao: bool = Field(description="Verdadeiro: foi o simulador, e nenhum WhatsApp recebeu.")


class Queued(BaseModel):
    """O pedido está guardado e sai pela fila."""

    status: Literal["na_fila"]
    id: str = Field(examples=[ID], description="Para acompanhar em GET /api/envios/{id}.")
    cnpj: str = Field(examples=[_CNPJ])


class Failure(BaseModel):
    """Every failure has this shape."""

    status: Literal["erro"]
    mensagem: str = Field(examples=["não achou imagem"], description="O que houve, em uma frase.")
    codigo: str = Field(examples=["imagem_nao_encontrada"], description="Estável, para programas.")
    acao: str = Field(description="O que fazer.")
    id: str | None = Field(default=None, description="O envio, quando chegou a existir.")
    incerto: bool | None = Field(
        default=None, description="Verdadeiro: talvez tenha sido enviado. Consulte o envio antes de tentar de novo."
    )


class BatchItem(BaseModel):
    cnpj: str = Field(examples=[_CNPJ])
    id: str = Field(examples=[ID])


class BatchRefusal(Failure):
    cnpj: str = Field(examples=["6256710800010"])


class Batch(BaseModel):
    """Um envio por empresa, guardado na fila."""

    status: Literal["na_fila"]
    envios: list[BatchItem]
    recusados: list[BatchRefusal]


class Part(BaseModel):
    """Uma das partes de que um envio precisa."""

    ok: bool
    mensagem: str | None = Field(default=None, description="O que não funciona.")
    codigo: str | None = None
    acao: str | None = None


class DirectoryPart(Part):
    fonte: str | None = Field(default=None, description="Qual banco ou arquivo respondeu.")
    empresas: int | None = Field(default=None, description="Quantas empresas há no cadastro.")


class WhatsAppPart(Part):
    estado: str = Field(examples=["connected"])


class Connections(BaseModel):
    """Como estão o cadastro e o WhatsApp."""

    status: Literal["ok", "erro"]
    oracle: DirectoryPart
    whatsapp: WhatsAppPart


class SendView(BaseModel):
    """A send as the history knows it; times are ISO 8601 with offset."""

    id: str = Field(examples=[ID])
    tipo: str = Field(examples=["report"], json_schema_extra={"enum": ["report", "image", "document", "text"]})
    cnpj: str | None = Field(examples=[_CNPJ], description="Vazio no que não é de uma empresa.")
    empresa: str = Field(examples=["Mercado São João"])
    estado: str = Field(examples=["entregue"], json_schema_extra=STATES)
    grupo: str | None = Field(examples=[_GROUP])
    mensagem_id: str | None
    origem: str = Field(examples=["erp"])
    sessao: str = Field(examples=["principal"])
    dia: str = Field(examples=["2026-01-05"])
    criado_em: str = Field(examples=[TIME])
    enviado_em: str | None
    entregue_em: str | None
    lido_em: str | None
    entregues: int = Field(description="Quantas pessoas receberam, até onde se sabe.")
    lidos: int = Field(description="Quantas pessoas leram, até onde se sabe.")
    entrega_nao_confirmada: bool = Field(
        description="Verdadeiro: enviado há mais tempo que o limite, e nenhum celular confirmou que recebeu."
    )
    codigo: str | None
    mensagem: str | None
    acao: str | None
    duplicado_de: str | None = Field(description="O envio do mesmo relatório que valeu no lugar deste.")
    simulacao: bool = Field(description="Verdadeiro: nenhum WhatsApp de verdade recebeu isto.")


class CompanyView(BaseModel):
    cnpj: str = Field(examples=[_CNPJ])
    nome: str = Field(examples=["Mercado São João"])
    grupo: str | None = Field(examples=[_GROUP])


class Page(BaseModel):
    envios: list[SendView]
    proximo: str | None = Field(description="Passe em `antes` para a página seguinte.")
