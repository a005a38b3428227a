"""Contract D: connections of several companies, as a NestJS backend on VenomBot had them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from desktop.api.arrival import arrival_of
from desktop.api.auth import Admit, Caller
from desktop.api.body import read_body
from desktop.api.contract import (
    MAKING,
    MOST_CHATS,
    SENDING,
    IdempotencyKey,
    MessageLimit,
    require_own_file,
    start_and_wait,
    status_of,
    told_by_status,
)
from desktop.api.failure import Body
from desktop.api.multipart import FORM, read_form
from desktop.api.routes import Routes
from desktop.api.schemas_connections import (
    ConnectionChat,
    ConnectionFailure,
    ConnectionMessage,
    ConnectionView,
    NewChatMessage,
    NewConnection,
)
from desktop.api.views import profile_of
from desktop.api.views_connections import connection_chat, connection_message, connection_view
from desktop.api.views_sessions import content_of
from desktop.domain.access import Access, Scope
from desktop.domain.content import File, FileAt
from desktop.domain.errors import Code, Rejected
from desktop.domain.message import ChatKind
from desktop.domain.recipient import Recipient
from desktop.domain.session import Session
from desktop.services.catalogue import Services
from desktop.services.inbox import message_of
from desktop.services.sending import MessageRequest

_ConnectionId = Annotated[UUID, Path(alias="id", description="O `id` que a conexão recebeu.")]
_ChatId = Annotated[str, Path(alias="id", max_length=120, description="O `id` da conversa, como a lista o mostra.")]
_Company = Annotated[
    str | None, Query(alias="companyId", max_length=100, description="Só o que é desta empresa; o resto não existe.")
]
_FORM_SCHEMA = {
    "type": "object",
    "description": "Um texto, um arquivo, ou um arquivo com a sua legenda.",
    "properties": {"content": {"type": "string"}, "file": {"type": "string", "format": "binary"}},
}


def _shape(body: Body) -> Body:
    code = Code(str(body["codigo"]))
    return {
        "statusCode": status_of(code).value,
        "message": body["mensagem"],
        "error": code.value,
        "action": body["acao"],
    }


_CONTRACT = told_by_status(ConnectionFailure, _shape)


@dataclass(frozen=True, slots=True)
class ConnectionRoutes:
    """Builds the router; `admit` makes what lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        may = Routes(_CONTRACT, self.admit, tag="D · conexões")
        unknown = Code.SESSION_NOT_FOUND
        may.manage(
            "POST /whatsapp/connections",
            self.create,
            "Criar uma conexão",
            "Existe, e ainda não está conectada.",
            *MAKING,
            takes=NewConnection,
            status_code=201,
        )
        may.read(
            "GET /whatsapp/connections",
            self.all,
            "As conexões",
            "Da mais antiga à mais nova; o QR code só vem de `connect`.",
        )
        may.manage(
            "POST /whatsapp/connections/{id}/connect",
            self.connect,
            "Conectar, ou mostrar o QR code",
            "Como ficou.",
            unknown,
        )
        may.manage(
            "DELETE /whatsapp/connections/{id}/connect",
            self.disconnect,
            "Desconectar, sem desvincular",
            "Está desconectada.",
            unknown,
        )
        may.manage(
            "DELETE /whatsapp/connections/{id}",
            self.remove,
            "Remover a conexão e as mensagens dela",
            "Como era.",
            unknown,
        )
        may.read(
            "GET /whatsapp/connections/{id}/chats",
            self.chats,
            "As conversas com pessoas",
            "Da mais nova à mais antiga, sem grupos.",
            unknown,
        )
        may.read(
            "GET /whatsapp/chats/{id}/messages",
            self.messages,
            "As mensagens de uma conversa",
            "Da mais nova à mais antiga.",
            Code.CHAT_NOT_FOUND,
            unknown,
        )
        may.send(
            "POST /whatsapp/chats/{id}/messages",
            self.send,
            "Enviar um texto ou um arquivo",
            "O servidor do WhatsApp confirmou.",
            *SENDING,
            Code.ENGINE_BROKEN,
            Code.UPLOAD_FAILED,
            takes=NewChatMessage,
            form=_FORM_SCHEMA,
            status_code=201,
        )
        return may.router

    async def create(self, request: Request, caller: Caller) -> ConnectionView:
        body = await read_body(request, NewConnection)
        caller.require_new(body.name)
        session = await self.services.sessions.add(body.name, tenant=body.company_id, keeps_messages=True)
        return connection_view(session, with_qr=False)

    async def all(self, caller: Caller, company: _Company = None) -> list[ConnectionView]:
        return [
            connection_view(session, with_qr=False)
            for session in self.services.sessions.all()
            if _for(session, caller, company)
        ]

    async def connect(self, connection_id: _ConnectionId, caller: Caller, company: _Company = None) -> ConnectionView:
        name = self._visible(connection_id, caller, company).name
        session = await start_and_wait(self.services.sessions, name)
        return await asyncio.to_thread(connection_view, session, with_qr=True)

    async def disconnect(
        self, connection_id: _ConnectionId, caller: Caller, company: _Company = None
    ) -> ConnectionView:
        name = self._visible(connection_id, caller, company).name
        await self.services.sessions.stop(name)
        return connection_view(self.services.sessions.get(name), with_qr=False)

    async def remove(self, connection_id: _ConnectionId, caller: Caller, company: _Company = None) -> ConnectionView:
        session = self._visible(connection_id, caller, company)
        await self.services.sessions.remove(session.name)
        return connection_view(session, with_qr=False)

    async def chats(
        self, connection_id: _ConnectionId, caller: Caller, company: _Company = None
    ) -> list[ConnectionChat]:
        session = self._visible(connection_id, caller, company)
        found = await self.services.inbox.chats(session.name, kind=ChatKind.INDIVIDUAL, limit=MOST_CHATS)
        return [connection_chat(session, chat) for chat in found]

    async def messages(
        self, chat_id: _ChatId, caller: Caller, company: _Company = None, limit: MessageLimit = 50
    ) -> list[ConnectionMessage]:
        session, recipient = self._chat(chat_id, caller, company)
        found = await self.services.inbox.messages(session.name, recipient.jid, limit=limit)
        return [connection_message(session, message) for message in found]

    async def send(
        self,
        chat_id: _ChatId,
        request: Request,
        caller: Caller,
        company: _Company = None,
        idempotency_key: IdempotencyKey = None,
    ) -> ConnectionMessage:
        session, recipient = self._chat(chat_id, caller, company)
        text, file = await _content(request)
        require_own_file(self.services.preparing, caller, file)
        asked = MessageRequest(
            session=session.name,
            to=recipient,
            content=text if file is None else file,
            caption=text,
            idempotency_key=idempotency_key or None,
        )
        arrival = await arrival_of(self.services, await self.services.sending.enqueue_message(asked))
        return connection_message(session, message_of(arrival.send, own=""))

    def _chat(self, chat_id: str, caller: Access, company: str | None) -> tuple[Session, Recipient]:
        connection, _, jid = chat_id.partition(":")
        try:
            session = self._visible(UUID(connection), caller, company)
        except ValueError as exc:
            raise Rejected(Code.CHAT_NOT_FOUND, chat=chat_id) from exc
        return session, Recipient.parse(jid)

    def _visible(self, connection_id: UUID, caller: Access, company: str | None) -> Session:
        session = self.services.sessions.by_id(connection_id)
        if not _for(session, caller, company):
            raise Rejected(Code.SESSION_NOT_FOUND, id=str(connection_id))
        return session


def _for(session: Session, caller: Access, company: str | None) -> bool:
    return caller.sees(session) and company in {None, profile_of(session).tenant}


async def _content(request: Request) -> tuple[str, File | FileAt | None]:
    """The text, or the caption, and the file of a body in either form."""
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() == FORM:
        form = await asyncio.to_thread(read_form, kind, await request.body())
        text, files = form.get("content", ""), [part for part in form.values() if isinstance(part, File)]
        if not isinstance(text, str) or isinstance(form.get("file"), str):
            raise Rejected(Code.BODY_INVALID, reason="broken_form")
        if len(files) > 1:
            raise Rejected(Code.BODY_INVALID, reason="repeated", field="file")
        return text, files[0] if files else None
    body = await read_body(request, NewChatMessage)
    file_given = None if body.media is None else await asyncio.to_thread(content_of, body.media)
    return (body.content or body.media.caption if body.media else body.content), file_given
