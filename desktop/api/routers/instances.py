"""Contract E: instances, as a Baileys instance manager had them behind a main API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request

from desktop.api.auth import Admit, Caller
from desktop.api.body import read_object
from desktop.api.contract import Body, failing, qr_data_url, routes_failing_as
from desktop.api.document import Responses, takes
from desktop.api.schemas import read_body
from desktop.api.schemas_instances import (
    InstanceFailure,
    InstanceGone,
    InstanceMessage,
    InstanceSent,
    InstanceShort,
    InstanceUser,
    InstanceView,
    NewInstance,
)
from desktop.domain.access import Access, Scope
from desktop.domain.errors import Code, Transient
from desktop.domain.recipient import Recipient
from desktop.domain.session import Qr, Session, SessionState
from desktop.services.catalogue import Services
from desktop.services.contract_words import INSTANCE_WORDS, InstanceWord, beside
from desktop.services.opening import open_instance
from desktop.services.sending import MessageRequest

_MAY_SEND = frozenset({SessionState.CONNECTED, SessionState.DEGRADED})
_Name = Annotated[str, Path(max_length=100, description="O nome que a instância recebeu.")]
_Key = Annotated[str | None, Header(max_length=200, description="A mesma chave: nada sai duas vezes.")]


def _shape(body: Body) -> Body:
    told = {"error": body["mensagem"], "code": body["codigo"], "action": body["acao"]}
    return told | {name: body[name] for name in ("id", "incerto") if name in body}


def _failing(*codes: Code) -> Responses:
    return failing(InstanceFailure, *codes, shape=_shape)


@dataclass(frozen=True, slots=True)
class InstanceRoutes:
    """Builds the router; `admit` makes the dependency that lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        router = APIRouter(
            prefix="/instances",
            tags=["E · instâncias"],
            route_class=routes_failing_as(_shape),
        )
        may_manage, may_send, may_read = (
            [Depends(self.admit(scope))] for scope in (Scope.MANAGE, Scope.SEND, Scope.READ)
        )
        router.add_api_route(
            "/create",
            self.create,
            methods=["POST"],
            status_code=201,
            dependencies=may_manage,
            summary="Criar e conectar uma instância",
            response_description="Existe, e está conectando.",
            responses=_failing(
                Code.BODY_INVALID,
                Code.SESSION_EXISTS,
                Code.SESSION_NAME_INVALID,
                Code.TOO_MANY_SESSIONS,
                Code.WEBHOOK_REFUSED,
            ),
            openapi_extra=takes(NewInstance),
        )
        router.add_api_route(
            "",
            self.all,
            methods=["GET"],
            dependencies=may_read,
            summary="As instâncias, resumidas",
            response_description="Da mais antiga à mais nova.",
            responses=_failing(),
        )
        router.add_api_route(
            "/{name}",
            self.one,
            methods=["GET"],
            dependencies=may_manage,
            summary="Uma instância, com o QR code enquanto há um",
            response_description="Como está.",
            responses=_failing(Code.SESSION_NOT_FOUND),
        )
        router.add_api_route(
            "/{name}",
            self.remove,
            methods=["DELETE"],
            dependencies=may_manage,
            summary="Fechar e esquecer uma instância",
            response_description="Não existe mais, e não volta.",
            responses=_failing(Code.SESSION_NOT_FOUND),
        )
        router.add_api_route(
            "/{name}/message",
            self.send,
            methods=["POST"],
            dependencies=may_send,
            summary="Enviar um texto; só com `CONNECTED` ou `DEGRADED`",
            response_description="O servidor do WhatsApp confirmou.",
            responses=_failing(
                Code.BODY_INVALID,
                Code.SESSION_NOT_FOUND,
                Code.RECIPIENT_INVALID,
                Code.CONTENT_INVALID,
                Code.NOT_ON_WHATSAPP,
                Code.NOT_CONNECTED,
                Code.NOT_PAIRED,
                Code.NEEDS_HUMAN,
                Code.TIMED_OUT,
                Code.OUTCOME_UNKNOWN,
            ),
            openapi_extra=takes(InstanceMessage),
        )
        return router

    async def create(self, request: Request, caller: Caller) -> InstanceView:
        body = read_body(NewInstance, read_object(await request.body()))
        caller.require_session(body.name)
        session = await open_instance(self.services.sessions, self.services.telling, body.name, body.webhookUrl)
        return self._view(session)

    async def all(self, caller: Caller) -> list[InstanceShort]:
        sessions = self.services.sessions.all()
        return [
            InstanceShort(id=_id(session), name=session.name, status=_word(session))
            for session in sessions
            if caller.sees_session(session.name)
        ]

    async def one(self, name: _Name, caller: Caller) -> InstanceView:
        return self._view(self._visible(name, caller))

    async def remove(self, name: _Name, caller: Caller) -> InstanceGone:
        session = self._visible(name, caller)
        await self.services.sessions.remove(session.name)
        return InstanceGone(name=session.name)

    async def send(self, name: _Name, request: Request, caller: Caller, idempotency_key: _Key = None) -> InstanceSent:
        body = read_body(InstanceMessage, read_object(await request.body()))
        session = self._visible(name, caller)
        if session.state is SessionState.BROKEN:
            # To this contract's callers no state of an instance is a failure of the server.
            raise Transient(Code.NOT_CONNECTED, state=session.state.value)
        if session.state not in _MAY_SEND:
            self.services.sessions.engine(session.name)
        recipient = Recipient.parse(body.number)
        asked = MessageRequest(
            session=session.name, to=recipient, content=body.message, idempotency_key=idempotency_key or None
        )
        sent = (await self.services.sending.send_message(asked)).send
        assert sent.message_id is not None
        return InstanceSent(messageId=sent.message_id, to=sent.recipient or recipient.jid)

    def _visible(self, name: str, caller: Access) -> Session:
        caller.require_session(name)
        return self.services.sessions.get(name)

    def _view(self, session: Session) -> InstanceView:
        profile, account, status = session.profile, session.account, session.status
        assert profile is not None
        jid = f"{account.phone}@s.whatsapp.net" if account else ""
        user = InstanceUser(jid=jid, phone=account.phone, name=account.name) if account else None
        targets = {webhook.session: webhook for webhook in self.services.telling.targets()}
        webhook = targets.get(session.name)
        return InstanceView(
            id=_id(session),
            name=session.name,
            status=_word(session),
            reason=beside(session).reason,
            webhookUrl=webhook.url if webhook else None,
            webhookDisabled=webhook.disabled or None if webhook else None,
            qrCode=qr_data_url(status.text) if isinstance(status, Qr) else None,
            user=user,
            createdAt=profile.created_at.astimezone().isoformat(),
            lastHeartbeat=session.last_heartbeat.astimezone().isoformat() if session.last_heartbeat else None,
        )


def _id(session: Session) -> str:
    assert session.profile is not None
    return str(session.profile.id)


def _word(session: Session) -> InstanceWord:
    return INSTANCE_WORDS[session.state]
