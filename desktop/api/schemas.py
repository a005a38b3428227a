"""Shapes of contract A, for reading bodies and for the OpenAPI document."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from desktop.domain.errors import Code, Rejected
from desktop.domain.send import SendState


def _text_of_number(value: object) -> object:
    # A Delphi or PL/SQL caller may send the CNPJ as a number; a lost zero is then told by its length.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Body = TypeVar("Body", bound=BaseModel)
Text = Annotated[str, BeforeValidator(_text_of_number), Field(max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class SendBody(_Body):
    """What POST /api/enviar-relatorio takes."""

    cnpj: Text = Field(examples=["62567108000101"], description="Com ou sem máscara.")
    legenda: str | None = Field(None, max_length=1024)
    arquivo: str | None = Field(None, max_length=1024, description="Só dentro das pastas de relatórios configuradas.")
    url: str | None = Field(None, max_length=2048, description="Só de servidores configurados.")
    sessao: str | None = Field(None, max_length=100)
    reenviar: bool = Field(False, description="Enviar de novo o que já foi enviado hoje.")
    fila: bool = Field(False, description="Responder logo com 202 e enviar pela fila.")
    chave: str | None = Field(None, min_length=1, max_length=200, description="O mesmo que Idempotency-Key.")


class BatchBody(_Body):
    """What POST /api/enviar-relatorio/lote takes: a list, or everybody."""

    cnpjs: list[Text] | None = Field(None, min_length=1, max_length=5000)
    todas: bool = False
    sessao: str | None = Field(None, max_length=100)


class KeyBody(_Body):
    """What POST /api/chaves takes."""

    nome: str = Field(min_length=1, max_length=100)


class Sent(BaseModel):
    status: Literal["enviado"]
    grupo: str = Field(examples=["120363041234567890@g.us"])
    cnpj: str
    id: str
    empresa: str
    mensagem_id: str | None
    duplicado: bool


class Queued(BaseModel):
    status: Literal["na_fila"]
    id: str
    cnpj: str


class Failure(BaseModel):
    """Every failure has this shape."""

    status: Literal["erro"]
    mensagem: str = Field(examples=["não achou imagem"])
    codigo: str = Field(examples=["imagem_nao_encontrada"])
    acao: str
    id: str | None = None


class SendView(BaseModel):
    """A send as the history knows it; times are ISO 8601 with offset."""

    id: str
    cnpj: str
    empresa: str
    estado: str
    grupo: str | None
    mensagem_id: str | None
    origem: str
    sessao: str
    dia: str
    criado_em: str
    enviado_em: str | None
    entregue_em: str | None
    lido_em: str | None
    codigo: str | None
    mensagem: str | None
    acao: str | None
    duplicado_de: str | None
    simulacao: bool


class CompanyView(BaseModel):
    cnpj: str
    nome: str
    grupo: str | None


class Page(BaseModel):
    envios: list[SendView]
    proximo: str | None = Field(description="Passe em `antes` para a página seguinte.")


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


def read_body(shape: type[Body], value: dict[str, object]) -> Body:
    """Check an object against its shape.

    Raises Rejected(BODY_INVALID) with `reason` `missing` or `wrong` and the first `field` at fault.
    """
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        reason = "missing" if first["type"] == "missing" else "wrong"
        raise Rejected(Code.BODY_INVALID, reason=reason, field=".".join(map(str, first["loc"]))) from error
