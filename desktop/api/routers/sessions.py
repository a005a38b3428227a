"""Contract B: sessions, as a Fastify backend on WPPConnect had them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request

from desktop.api.auth import Admit, Caller
from desktop.api.body import read_object
from desktop.api.contract import (
    Body,
    failing,
    qr_data_url,
    read_large_object,
    routes_failing_as,
    settled,
    start_and_wait,
)
from desktop.api.document import Responses, takes
from desktop.api.schemas import read_body
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
from desktop.domain.session import HumanReason, NeedsPerson, Qr, Session
from desktop.services.catalogue import Services
from desktop.services.contract_words import CONNECTION_WORDS, beside
from desktop.services.sending import MessageRequest

_STARTS_WITHIN = 25.0
"""Seconds that a caller waits for the QR code or the connection."""
_MOST_CHATS = 500

_SessionId = Annotated[UUID, Path(alias="id", description="O `id` que a sessão recebeu.")]
_ChatId = Annotated[str, Path(alias="chatId", max_length=100, description="O `id` da conversa, ou o número.")]
_Limit = Annotated[int, Query(ge=1, le=200, description="Quantas mensagens.")]
_Key = Annotated[str | None, Header(max_length=200, description="A mesma chave: nada sai duas vezes.")]


def _shape(body: Body) -> Body:
    return {"message": body["mensagem"], "error": body["codigo"], "action": body["acao"]} | {
        name: body[name] for name in ("id", "incerto") if name in body
    }


def _failing(*codes: Code) -> Responses:
    return failing(BackendFailure, *codes, shape=_shape)


@dataclass(frozen=True, slots=True)
class SessionRoutes:
    """Builds the router; `admit` makes the dependency that lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        router = APIRouter(tags=["B · sessões"], route_class=routes_failing_as(_shape))
        may_manage, may_send, may_read = (
            [Depends(self.admit(scope))] for scope in (Scope.MANAGE, Scope.SEND, Scope.READ)
        )
        add = router.add_api_route
        on_session = (Code.SESSION_NOT_FOUND,)
        add(
            "/sessions",
            self.create,
            methods=["POST"],
            status_code=201,
            dependencies=may_manage,
            summary="Criar uma sessão",
            response_description="Existe, e ainda não está conectada.",
            responses=_failing(Code.BODY_INVALID, Code.SESSION_EXISTS, Code.SESSION_NAME_INVALID),
            openapi_extra=takes(NewSession),
        )
        add(
            "/whatsapp/sessions/{id}/start",
            self.start,
            methods=["POST"],
            dependencies=may_manage,
            summary="Conectar, ou mostrar o QR code",
            response_description="Como ficou.",
            responses=_failing(*on_session),
        )
        add(
            "/whatsapp/sessions/{id}/qr",
            self.qr,
            methods=["GET"],
            dependencies=may_manage,
            summary="O QR code de agora",
            response_description="Como imagem.",
            responses=_failing(Code.QR_NOT_AVAILABLE, Code.QR_EXPIRED, *on_session),
        )
        add(
            "/whatsapp/sessions/{id}/status",
            self.status,
            methods=["GET"],
            dependencies=may_read,
            summary="Como está a sessão",
            response_description="O estado.",
            response_model_exclude_none=True,
            responses=_failing(*on_session),
        )
        add(
            "/whatsapp/sessions/{id}/stop",
            self.stop,
            methods=["POST"],
            dependencies=may_manage,
            summary="Desconectar, sem desvincular",
            response_description="Está desconectada.",
            responses=_failing(*on_session),
        )
        add(
            "/whatsapp/sessions/{id}/logout",
            self.logout,
            methods=["POST"],
            dependencies=may_manage,
            summary="Desvincular do celular",
            response_description="Está desvinculada.",
            responses=_failing(Code.NOT_CONNECTED, *on_session),
        )
        add(
            "/whatsapp/sessions/{id}",
            self.remove,
            methods=["DELETE"],
            dependencies=may_manage,
            summary="Remover a sessão e as mensagens dela",
            response_description="Não existe mais.",
            responses=_failing(*on_session),
        )
        add(
            "/whatsapp/messages/send",
            self.send,
            methods=["POST"],
            dependencies=may_send,
            summary="Enviar um texto ou um arquivo",
            response_description="O servidor do WhatsApp confirmou.",
            responses=_failing(
                Code.BODY_INVALID,
                Code.RECIPIENT_INVALID,
                Code.CONTENT_INVALID,
                Code.BODY_TOO_LARGE,
                Code.NOT_ON_WHATSAPP,
                Code.NOT_CONNECTED,
                Code.NOT_PAIRED,
                Code.TIMED_OUT,
                Code.OUTCOME_UNKNOWN,
                *on_session,
            ),
            openapi_extra=takes(NewMessage),
        )
        add(
            "/whatsapp/sessions/{id}/chats",
            self.chats,
            methods=["GET"],
            dependencies=may_read,
            summary="As conversas",
            response_description="Da mais nova à mais antiga.",
            responses=_failing(*on_session),
        )
        add(
            "/whatsapp/sessions/{id}/chats/{chatId}/messages",
            self.messages,
            methods=["GET"],
            dependencies=may_read,
            summary="As mensagens de uma conversa",
            response_description="Da mais nova à mais antiga.",
            responses=_failing(Code.CHAT_NOT_FOUND, *on_session),
        )
        add(
            "/whatsapp/stats",
            self.stats,
            methods=["GET"],
            dependencies=may_read,
            summary="Quantas sessões há, e como estão",
            response_description="As contagens.",
            responses=_failing(),
        )
        return router

    async def create(self, request: Request, caller: Caller) -> SessionView:
        body = read_body(NewSession, read_object(await request.body()))
        caller.require_session(body.session_name)
        session = await self.services.sessions.add(body.session_name, tenant=body.company_id, keeps_messages=True)
        return session_view(session)

    async def start(self, session_id: _SessionId, caller: Caller) -> Started:
        name = self._visible(session_id, caller).name
        session = await start_and_wait(self.services.sessions, name, _STARTS_WITHIN)
        status = session.status
        return Started(
            message="Sessão iniciada com sucesso",
            status=CONNECTION_WORDS[session.state],
            qrCode=qr_data_url(status.text) if isinstance(status, Qr) else None,
            degraded=beside(session).degraded,
            reason=beside(session).reason,
        )

    async def qr(self, session_id: _SessionId, caller: Caller) -> QrCode:
        name = self._visible(session_id, caller).name
        session = await settled(self.services.sessions, name, _STARTS_WITHIN)
        match session.status:
            case Qr(text=text):
                return QrCode(qrCode=qr_data_url(text))
            case NeedsPerson(reason=HumanReason.QR_EXPIRED):
                raise Rejected(Code.QR_EXPIRED)
            case _:
                raise Rejected(Code.QR_NOT_AVAILABLE)

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

    async def send(self, request: Request, caller: Caller, idempotency_key: _Key = None) -> MessageSent:
        body = read_body(NewMessage, await read_large_object(request))
        session = self._visible(_uuid(body.session_id), caller)
        recipient = Recipient.parse(body.to)
        media = body.media
        content = body.message if media is None else await asyncio.to_thread(content_of, media)
        caption = "" if media is None else media.caption or body.message
        arrival = await self.services.sending.send_message(
            MessageRequest(
                session=session.name,
                to=recipient,
                content=content,
                caption=caption,
                idempotency_key=idempotency_key or None,
            )
        )
        sent = arrival.send
        to = shown_jid(sent.recipient or recipient.jid)
        return MessageSent(message="Mensagem enviada com sucesso", result=SentResult(id=sent.message_id, to=to))

    async def chats(self, session_id: _SessionId, caller: Caller) -> ChatList:
        name = self._visible(session_id, caller).name
        found = await self.services.inbox.chats(name, limit=_MOST_CHATS)
        return ChatList(chats=[chat_view(chat) for chat in found])

    async def messages(
        self, session_id: _SessionId, chat_id: _ChatId, caller: Caller, limit: _Limit = 50
    ) -> MessageList:
        name = self._visible(session_id, caller).name
        found = await self.services.inbox.messages(name, Recipient.parse(chat_id).jid, limit=limit)
        return MessageList(messages=[message_view(message) for message in found], total=len(found))

    async def stats(self, caller: Caller) -> Stats:
        views = [status_view(session) for session in self.services.sessions.all() if caller.sees_session(session.name)]
        connected = sum(view.isConnected for view in views)
        return Stats(
            total=len(views),
            connected=connected,
            disconnected=len(views) - connected,
            sessions=[StatSession(id=view.sessionId, status=view.status) for view in views],
        )

    def _visible(self, session_id: UUID, caller: Access) -> Session:
        session = self.services.sessions.by_id(session_id)
        if not caller.sees_session(session.name):
            raise Rejected(Code.SESSION_NOT_FOUND, id=str(session_id))
        return session


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise Rejected(Code.SESSION_NOT_FOUND, id=text[:60]) from exc
