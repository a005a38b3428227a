"""Shapes of contract D."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from desktop.api.schemas import Text
from desktop.api.schemas_sessions import Attachment
from desktop.services.contract_words import ConnectionWord

_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_CHAT = f"{_ID}:5511999999999@c.us"


def text_of_id(value: object) -> object:
    """A company's id, which its own system may keep as a number, as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class _Body(BaseModel):
    # The backend that sends it has more fields of its own.
    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)


class NewConnection(_Body):
    """What POST /whatsapp/connections takes."""

    name: Text = Field(max_length=100, examples=["loja-centro"])
    company_id: Annotated[Text, BeforeValidator(text_of_id)] = Field(
        default="", alias="companyId", max_length=100, description="A empresa, no sistema de quem chama."
    )


class ConnectionView(BaseModel):
    """Uma conexão."""

    id: str = Field(examples=[_ID])
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
    connectionId: str = Field(examples=[_ID])
    contact: str = Field(examples=["5511999999999@c.us"])
    name: str
    lastMessage: str
    lastMessageAt: str
    unreadCount: int


class ConnectionMessage(BaseModel):
    """Uma mensagem."""

    id: str = Field(examples=["3EB0C431C26A1916E07E"])
    chatId: str = Field(examples=[_CHAT])
    connectionId: str = Field(examples=[_ID])
    companyId: str
    content: str
    type: str
    fromMe: bool
    senderName: str
    ack: int = Field(description="0 erro, 1 pendente, 2 servidor, 3 aparelho, 4 lida, 5 ouvida.")
    timestamp: str
    filename: str | None
    mimetype: str | None


class NewChatMessage(_Body):
    """What POST /whatsapp/chats/{id}/messages takes as JSON; a form has `content` and `file`."""

    content: Text = Field(default="", max_length=65_536)
    media: Attachment | None = None


class ConnectionFailure(BaseModel):
    """Uma falha."""

    statusCode: int
    message: str = Field(examples=["Esta sessão não existe."])
    error: str = Field(description="O código estável.", examples=["sessao_nao_encontrada"])
    action: str
