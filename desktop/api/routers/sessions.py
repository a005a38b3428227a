"""Contract B: sessions, as a Fastify backend on WPPConnect had them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request

from desktop.api.arrival import arrival_of
from desktop.api.auth import Admit, Caller
from desktop.api.body import read_body
from desktop.api.contract import (
    MAKING,
    MOST_CHATS,
    SENDING,
    IdempotencyKey,
    MessageLimit,
    newest_qr,
    qr_of,
    require_own_file,
    start_and_wait,
    told_by_status,
)
from desktop.api.routes import Routes
from desktop.api.schemas_sessions import (
    BackendFailure,
    ChatList,
    Done,
    MessageList,
    MessageSent,
    NewMessage,
    NewSession,
    QrCode,
    SentResult,
    SessionStatus,
    SessionView,
    Started,
    Stats,
    StatSession,
)
from desktop.api.views_sessions import chat_view, content_of, message_view, session_view, shown_jid, status_view
from desktop.domain.access import Access, Scope
from desktop.domain.errors import Code, Rejected
from desktop.domain.recipient import Recipient
from desktop.domain.session import Session
from desktop.services.catalogue import Services
from desktop.services.contract_words import CONNECTION_WORDS, beside
from desktop.services.sending import MessageRequest

_SessionId = Annotated[UUID, Path(alias="id", description="O `id` que a sessão recebeu.")]
_ChatId = Annotated[str, Path(alias="chatId", max_length=100, description="O `id` da conversa, ou o número.")]

_CONTRACT = told_by_status(
    BackendFailure, lambda body: {"message": body["mensagem"], "error": body["codigo"], "action": body["acao"]}
)


@dataclass(frozen=True, slots=True)
class SessionRoutes:
    """Builds the router; `admit` makes what lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        may = Routes(_CONTRACT, self.admit, tag="B · sessões")
        unknown = Code.SESSION_NOT_FOUND
        may.manage(
            "POST /sessions",
            self.create,
            "Criar uma sessão",
            "Existe, e ainda não está conectada.",
            *MAKING,
            takes=NewSession,
            status_code=201,
        )
        may.manage(
            "POST /whatsapp/sessions/{id}/start", self.start, "Conectar, ou mostrar o QR code", "Como ficou.", unknown
        )
        may.manage(
            "GET /whatsapp/sessions/{id}/qr",
            self.qr,
            "O QR code de agora",
            "Como imagem.",
            Code.QR_NOT_AVAILABLE,
            Code.QR_EXPIRED,
            unknown,
        )
        may.read(
            "GET /whatsapp/sessions/{id}/status",
            self.status,
            "Como está a sessão",
            "O estado.",
            unknown,
            response_model_exclude_none=True,
        )
        may.manage(
            "POST /whatsapp/sessions/{id}/stop",
            self.stop,
            "Desconectar, sem desvincular",
            "Está desconectada.",
            unknown,
        )
        may.manage(
            "POST /whatsapp/sessions/{id}/logout",
            self.logout,
            "Desvincular do celular",
            "Está desvinculada.",
            Code.NOT_CONNECTED,
            unknown,
        )
        may.manage(
            "DELETE /whatsapp/sessions/{id}",
            self.remove,
            "Remover a sessão e as mensagens dela",
            "Não existe mais.",
            unknown,
        )
        may.send(
            "POST /whatsapp/messages/send",
            self.send,
            "Enviar um texto ou um arquivo",
            "O servidor do WhatsApp confirmou.",
            *SENDING,
            Code.ENGINE_BROKEN,
            Code.UPLOAD_FAILED,
            takes=NewMessage,
        )
        may.read(
            "GET /whatsapp/sessions/{id}/chats", self.chats, "As conversas", "Da mais nova à mais antiga.", unknown
        )
        may.read(
            "GET /whatsapp/sessions/{id}/chats/{chatId}/messages",
            self.messages,
            "As mensagens de uma conversa",
            "Da mais nova à mais antiga.",
            Code.CHAT_NOT_FOUND,
            unknown,
        )
        may.read("GET /whatsapp/stats", self.stats, "Quantas sessões há, e como estão", "As contagens.")
        return may.router

    async def create(self, request: Request, caller: Caller) -> SessionView:
        body = await read_body(request, NewSession)
        caller.require_new(body.session_name)
        session = await self.services.sessions.add(body.session_name, tenant=body.company_id, keeps_messages=True)
        return session_view(session)

    async def start(self, session_id: _SessionId, caller: Caller) -> Started:
        name = self._visible(session_id, caller).name
        session = await start_and_wait(self.services.sessions, name)
        return Started(
            message="Sessão iniciada com sucesso",
            status=CONNECTION_WORDS[session.state],
            qrCode=await qr_of(session),
            degraded=beside(session).degraded,
            reason=beside(session).reason,
        )

    async def qr(self, session_id: _SessionId, caller: Caller) -> QrCode:
        name = self._visible(session_id, caller).name
        return QrCode(qrCode=await newest_qr(self.services.sessions, name))

    async def status(self, session_id: _SessionId, caller: Caller) -> SessionStatus:
        return status_view(self._visible(session_id, caller))

    async def stop(self, session_id: _SessionId, caller: Caller) -> Done:
        await self.services.sessions.stop(self._visible(session_id, caller).name)
        return Done(message="Sessão desconectada com sucesso")

    async def logout(self, session_id: _SessionId, caller: Caller) -> Done:
        await self.services.sessions.logout(self._visible(session_id, caller).name)
        return Done(message="Sessão desvinculada com sucesso")

    async def remove(self, session_id: _SessionId, caller: Caller) -> Done:
        await self.services.sessions.remove(self._visible(session_id, caller).name)
        return Done(message="Sessão removida com sucesso")

    async def send(self, request: Request, caller: Caller, idempotency_key: IdempotencyKey = None) -> MessageSent:
        body = await read_body(request, NewMessage)
        session = self._visible(_uuid(body.session_id), caller)
        recipient = Recipient.parse(body.to)
        media = body.media
        content = body.message if media is None else await asyncio.to_thread(content_of, media)
        require_own_file(self.services.preparing, caller, content)
        caption = "" if media is None else media.caption or body.message
        asked = MessageRequest(
            session=session.name,
            to=recipient,
            content=content,
            caption=caption,
            idempotency_key=idempotency_key or None,
        )
        sent = (await arrival_of(self.services, await self.services.sending.enqueue_message(asked))).send
        to = shown_jid(sent.recipient or recipient.jid)
        return MessageSent(message="Mensagem enviada com sucesso", result=SentResult(id=sent.message_id, to=to))

    async def chats(self, session_id: _SessionId, caller: Caller) -> ChatList:
        name = self._visible(session_id, caller).name
        found = await self.services.inbox.chats(name, limit=MOST_CHATS)
        return ChatList(chats=[chat_view(chat) for chat in found])

    async def messages(
        self, session_id: _SessionId, chat_id: _ChatId, caller: Caller, limit: MessageLimit = 50
    ) -> MessageList:
        name = self._visible(session_id, caller).name
        found = await self.services.inbox.messages(name, Recipient.parse(chat_id).jid, limit=limit)
        return MessageList(messages=[message_view(message) for message in found], total=len(found))

    async def stats(self, caller: Caller) -> Stats:
        views = [status_view(session) for session in self.services.sessions.all() if caller.sees(session)]
        connected = sum(view.isConnected for view in views)
        return Stats(
            total=len(views),
            connected=connected,
            disconnected=len(views) - connected,
            sessions=[StatSession(id=view.sessionId, status=view.status) for view in views],
        )

    def _visible(self, session_id: UUID, caller: Access) -> Session:
        session = self.services.sessions.by_id(session_id)
        if not caller.sees(session):
            raise Rejected(Code.SESSION_NOT_FOUND, id=str(session_id))
        return session


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise Rejected(Code.SESSION_NOT_FOUND, id=text[:60]) from exc
