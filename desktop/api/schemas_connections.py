"""Shapes of contract D."""

from pydantic import BaseModel, Field

from desktop.api.schemas import ID, OfASend, RequestBody, Text, TextOrNumber
from desktop.api.schemas_sessions import Attachment
from desktop.services.contract_words import ConnectionWord

_CHAT = f"{ID}:5511999999999@c.us"


class NewConnection(RequestBody):
    """What POST /whatsapp/connections takes."""

    name: Text = Field(max_length=100, examples=["loja-centro"])
    company_id: TextOrNumber = Field(
        default="", alias="companyId", max_length=100, description="A empresa, no sistema de quem chama."
    )


class ConnectionView(BaseModel):
    """Uma conexão."""

    id: str = Field(examples=[ID])
    name: str
    companyId: str
    phone: str | None = Field(description="O número vinculado, ou nulo.")
    status: ConnectionWord
    qrCode: str | None = Field(description="`data:image/png;base64,…` com `qr`, senão nulo.")
    createdAt: str | None
    degraded: bool | None = None
    reason: str | None = None


class ConnectionChat(BaseModel):
    """Uma conversa com uma pessoa."""

    id: str = Field(examples=[_CHAT])
    connectionId: str = Field(examples=[ID])
    contact: str = Field(examples=["5511999999999@c.us"])
    name: str
    lastMessage: str
    lastMessageAt: str
    unreadCount: int


class ConnectionMessage(BaseModel):
    """Uma mensagem."""

    id: str = Field(examples=["3EB0C431C26A1916E07E"])
    chatId: str = Field(examples=[_CHAT])
    connectionId: str = Field(examples=[ID])
    companyId: str
    content: str
    type: str
    fromMe: bool
    senderName: str
    ack: int = Field(description="0 erro, 1 pendente, 2 servidor, 3 aparelho, 4 lida, 5 ouvida.")
    timestamp: str
    filename: str | None
    mimetype: str | None


class NewChatMessage(RequestBody):
    """What POST /whatsapp/chats/{id}/messages takes as JSON; a form has `content` and `file`."""

    content: Text = Field(default="", max_length=65_536)
    media: Attachment | None = None


class ConnectionFailure(OfASend):
    """Uma falha."""

    statusCode: int
    message: str = Field(examples=["Não existe um número de WhatsApp com esse nome."])
    error: str = Field(description="O código estável.", examples=["sessao_nao_encontrada"])
    action: str
