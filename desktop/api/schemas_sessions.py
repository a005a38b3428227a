"""Shapes of contract B."""

from typing import Literal

from pydantic import BaseModel, Field

from desktop.api.schemas import ID, OfASend, RequestBody, Text, TextOrNumber
from desktop.services.contract_words import ConnectionWord

_CHAT = "5511999999999@c.us"


class NewSession(RequestBody):
    """What POST /sessions takes."""

    company_id: TextOrNumber = Field(
        default="", alias="Company_Id", max_length=100, description="A empresa, no sistema de quem chama."
    )
    session_name: Text = Field(alias="Session_Name", max_length=100, examples=["loja-centro"])
    phone_number: TextOrNumber | None = Field(
        default=None, alias="Phone_Number", max_length=40, description="Não é usado: quem lê o QR code decide."
    )


class SessionView(BaseModel):
    """Uma sessão."""

    id: str = Field(examples=[ID])
    Company_Id: str
    Session_Name: str
    Phone_Number: str | None = Field(description="O número vinculado, ou nulo.")
    Status: int = Field(description="1: conectada; 0: não.")
    Created_At: str | None
    Last_Heartbeat: str | None
    status: ConnectionWord
    degraded: bool | None = None
    reason: str | None = None


class Started(BaseModel):
    """Está conectando, mostra um QR code ou já está conectada."""

    message: Literal["Sessão iniciada com sucesso"]
    status: ConnectionWord
    qrCode: str | None = Field(description="`data:image/png;base64,…` com `qr`, senão nulo.")
    degraded: bool | None = None
    reason: str | None = None


class QrCode(BaseModel):
    """O QR code de agora."""

    qrCode: str = Field(examples=["data:image/png;base64,…"])


class SessionStatus(BaseModel):
    """Como está a sessão."""

    sessionId: str = Field(examples=[ID])
    status: ConnectionWord
    isConnected: bool
    degraded: bool | None = None
    reason: str | None = None


class Done(BaseModel):
    message: str = Field(examples=["Sessão desconectada com sucesso"])


class Attachment(RequestBody):
    """Um arquivo: em base64, ou o endereço dele em um servidor que o dono permitiu."""

    base64: Text | None = Field(default=None, description="O conteúdo; `data:…;base64,` na frente é aceito.")
    url: Text | None = Field(
        default=None,
        max_length=2000,
        description="Só de `report.url_hosts`; com uma chave de algumas empresas, só do lugar do relatório delas.",
    )
    filename: Text = Field(default="", max_length=255)
    mimetype: Text = Field(default="", max_length=100)
    caption: Text = Field(default="", max_length=4096)


class NewMessage(RequestBody):
    """What POST /whatsapp/messages/send takes."""

    session_id: TextOrNumber = Field(alias="sessionId", examples=[ID])
    to: TextOrNumber = Field(max_length=100, examples=[_CHAT])
    message: Text = Field(default="", max_length=65_536)
    media: Attachment | None = None


class SentResult(BaseModel):
    id: str | None = Field(description="O id da mensagem no WhatsApp.", examples=["3EB0C431C26A1916E07E"])
    to: str = Field(examples=[_CHAT])


class MessageSent(BaseModel):
    """O servidor do WhatsApp confirmou."""

    message: Literal["Mensagem enviada com sucesso"]
    result: SentResult


class ChatView(BaseModel):
    id: str = Field(examples=[_CHAT])
    name: str
    lastMessageTime: int = Field(description="Segundos desde 1970.")
    unreadCount: int


class ChatList(BaseModel):
    """As conversas, da mais nova à mais antiga."""

    chats: list[ChatView]


class MessageView(BaseModel):
    id: str = Field(examples=["3EB0C431C26A1916E07E"])
    chatId: str = Field(examples=[_CHAT])
    fromMe: bool
    author: str
    authorName: str
    type: str
    body: str
    timestamp: int = Field(description="Segundos desde 1970.")
    ack: int = Field(description="0 erro, 1 pendente, 2 servidor, 3 aparelho, 4 lida, 5 ouvida.")
    mimetype: str | None
    filename: str | None


class MessageList(BaseModel):
    """As mensagens, da mais nova à mais antiga."""

    messages: list[MessageView]
    total: int = Field(description="Quantas vieram.")


class StatSession(BaseModel):
    id: str
    status: ConnectionWord


class Stats(BaseModel):
    """Quantas sessões há e como estão."""

    total: int
    connected: int
    disconnected: int
    sessions: list[StatSession]


class BackendFailure(OfASend):
    """Uma falha."""

    message: str = Field(examples=["Não existe um número de WhatsApp com esse nome."])
    error: str = Field(description="O código estável.", examples=["sessao_nao_encontrada"])
    action: str
