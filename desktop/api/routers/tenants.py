"""Contract C: tenants, as a Baileys server had them for a Flask system."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from desktop.api.auth import Admit, Caller
from desktop.api.body import read_object
from desktop.api.contract import Body, failing, qr_data_url, routes_failing_as, settled
from desktop.api.document import Responses, takes
from desktop.api.schemas import read_body
from desktop.api.schemas_tenants import (
    AskedMessage,
    ClearAll,
    ConnectionsStatus,
    NewTenant,
    TenantDone,
    TenantFailure,
    TenantGone,
    TenantList,
    TenantMessage,
    TenantQr,
    TenantSent,
    TenantView,
)
from desktop.domain.access import Access, Scope
from desktop.domain.errors import Code, Rejected
from desktop.domain.recipient import Recipient
from desktop.domain.session import HumanReason, NeedsPerson, Qr, Session
from desktop.services.catalogue import Services
from desktop.services.contract_words import CONNECTION_WORDS, beside, sessions_of, tenant_of
from desktop.services.opening import open_tenant
from desktop.services.sending import MessageRequest

_STARTS_WITHIN = 25.0
"""Seconds that a caller waits for the QR code."""

_TenantId = Annotated[
    str, Path(alias="id", max_length=100, description="O nome da conexão; o número 1 é a conexão `empresa1`, ou `1`.")
]
_Key = Annotated[str | None, Header(max_length=200, description="A mesma chave: nada sai duas vezes.")]
_SENDS = (
    Code.BODY_INVALID,
    Code.SESSION_NOT_FOUND,
    Code.RECIPIENT_INVALID,
    Code.CONTENT_INVALID,
    Code.NOT_ON_WHATSAPP,
    Code.NOT_CONNECTED,
    Code.NOT_PAIRED,
    Code.TIMED_OUT,
    Code.OUTCOME_UNKNOWN,
)


def _shape(body: Body) -> Body:
    told = {"success": False, "error": body["mensagem"], "codigo": body["codigo"], "acao": body["acao"]}
    return told | {name: body[name] for name in ("id", "incerto") if name in body}


def _failing(*codes: Code) -> Responses:
    return failing(TenantFailure, *codes, shape=_shape)


@dataclass(frozen=True, slots=True)
class TenantRoutes:
    """Builds the router; `admit` makes the dependency that lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        router = APIRouter(tags=["C · empresas"], route_class=routes_failing_as(_shape))
        self._add_tenants(router)
        self._add_sending(router)
        self._add_everything(router)
        return router

    def _add_tenants(self, router: APIRouter) -> None:
        manage, read = [Depends(self.admit(Scope.MANAGE))], [Depends(self.admit(Scope.READ))]
        router.add_api_route(
            "/tenants",
            self.all,
            methods=["GET"],
            dependencies=read,
            summary="As conexões",
            response_description="Da mais antiga à mais nova.",
            responses=_failing(),
        )
        router.add_api_route(
            "/tenants",
            self.create,
            methods=["POST"],
            status_code=201,
            dependencies=manage,
            summary="Criar e conectar uma empresa",
            response_description="Foi criada agora, e está conectando.",
            responses={
                200: {"model": TenantDone, "description": "Já existia, e está conectada ou conectando."},
                **_failing(Code.BODY_INVALID, Code.SESSION_EXISTS, Code.SESSION_NAME_INVALID, Code.TOO_MANY_SESSIONS),
            },
            openapi_extra=takes(NewTenant),
        )
        router.add_api_route(
            "/tenants/{id}/qr",
            self.qr,
            methods=["GET"],
            dependencies=manage,
            summary="O QR code de agora",
            response_description="Como imagem.",
            responses=_failing(Code.SESSION_NOT_FOUND, Code.QR_NOT_AVAILABLE, Code.QR_EXPIRED),
        )
        router.add_api_route(
            "/tenants/{id}/status",
            self.status,
            methods=["GET"],
            dependencies=read,
            summary="Como está a conexão",
            response_description="O estado.",
            responses=_failing(Code.SESSION_NOT_FOUND),
        )
        router.add_api_route(
            "/tenants/{id}",
            self.remove,
            methods=["DELETE"],
            dependencies=manage,
            summary="Remover a empresa, com o vínculo e as mensagens",
            response_description="Não existe mais.",
            responses=_failing(Code.SESSION_NOT_FOUND),
        )

    def _add_sending(self, router: APIRouter) -> None:
        send = [Depends(self.admit(Scope.SEND))]
        for path in ("/tenants/{id}/send", "/send/{id}"):
            router.add_api_route(
                path,
                self.send,
                methods=["POST"],
                dependencies=send,
                summary="Enviar um texto",
                response_description="O servidor do WhatsApp confirmou.",
                responses=_failing(*_SENDS),
                openapi_extra=takes(TenantMessage),
            )
        router.add_api_route(
            "/webhook",
            self.asked,
            methods=["POST"],
            dependencies=send,
            summary="Pedir um envio, com a empresa no corpo",
            response_description="O servidor do WhatsApp confirmou.",
            responses=_failing(*_SENDS),
            openapi_extra=takes(AskedMessage),
        )

    def _add_everything(self, router: APIRouter) -> None:
        manage = [Depends(self.admit(Scope.MANAGE))]
        router.add_api_route(
            "/status",
            self.everything,
            methods=["GET"],
            dependencies=[Depends(self.admit(Scope.READ))],
            summary="Todas as conexões, contadas",
            response_description="As contagens e cada conexão.",
            responses=_failing(),
        )
        router.add_api_route(
            "/clear-all",
            self.clear_all,
            methods=["POST"],
            dependencies=manage,
            summary="Derrubar todas as conexões e começar de novo",
            response_description="Estão começando de novo; o que uma pessoa parou continua parado.",
            responses=_failing(Code.BODY_INVALID),
            openapi_extra=takes(ClearAll),
        )
        router.add_api_route(
            "/restart/{id}",
            self.restart,
            methods=["POST"],
            dependencies=manage,
            summary="Conectar de novo, do começo",
            response_description="Está começando de novo.",
            responses=_failing(Code.SESSION_NOT_FOUND),
        )

    async def all(self, caller: Caller) -> TenantList:
        return TenantList(tenants=self._views(caller))

    async def create(self, request: Request, response: Response, caller: Caller) -> TenantDone:
        name = read_body(NewTenant, read_object(await request.body())).tenantId
        caller.require_session(name)
        session, made = await open_tenant(self.services.sessions, self.services.telling, name)
        response.status_code = 201 if made else 200
        return TenantDone(tenant=_view(session))

    async def qr(self, tenant_id: _TenantId, caller: Caller) -> TenantQr:
        name = self._find(tenant_id, caller).name
        match (await settled(self.services.sessions, name, _STARTS_WITHIN)).status:
            case Qr(text=text):
                return TenantQr(tenantId=name, qr=qr_data_url(text))
            case NeedsPerson(reason=HumanReason.QR_EXPIRED):
                raise Rejected(Code.QR_EXPIRED)
            case _:
                raise Rejected(Code.QR_NOT_AVAILABLE)

    async def status(self, tenant_id: _TenantId, caller: Caller) -> TenantDone:
        return TenantDone(tenant=_view(self._find(tenant_id, caller)))

    async def remove(self, tenant_id: _TenantId, caller: Caller) -> TenantGone:
        name = self._find(tenant_id, caller).name
        await self.services.sessions.remove(name)
        return TenantGone(tenantId=name)

    async def send(
        self, tenant_id: _TenantId, request: Request, caller: Caller, idempotency_key: _Key = None
    ) -> TenantSent:
        body = read_body(TenantMessage, read_object(await request.body()))
        return await self._send(tenant_id, body, caller, idempotency_key)

    async def asked(self, request: Request, caller: Caller, idempotency_key: _Key = None) -> TenantSent:
        body = read_body(AskedMessage, read_object(await request.body()))
        return await self._send(body.empresa_id, body, caller, idempotency_key)

    async def everything(self, caller: Caller) -> ConnectionsStatus:
        views = self._views(caller)
        connected = sum(view.connected for view in views)
        return ConnectionsStatus(
            total=len(views), connected=connected, disconnected=len(views) - connected, connections=views
        )

    async def clear_all(self, request: Request, caller: Caller) -> TenantList:
        given = await request.body()
        body = read_body(ClearAll, read_object(given)) if given.strip() else ClearAll()
        if caller.sessions:
            raise Rejected(Code.FORBIDDEN, reason="all_sessions")
        await self.services.sessions.clear_all(logout=body.logout)
        return TenantList(tenants=self._views(caller))

    async def restart(self, tenant_id: _TenantId, caller: Caller) -> TenantDone:
        name = self._find(tenant_id, caller).name
        await self.services.sessions.restart(name)
        return TenantDone(tenant=_view(self.services.sessions.get(name)))

    async def _send(self, tenant: str, body: TenantMessage, caller: Access, key: str | None) -> TenantSent:
        asked = MessageRequest(
            session=self._find(tenant, caller).name,
            to=Recipient.parse(body.phone),
            content=body.message,
            idempotency_key=key or None,
        )
        sent = (await self.services.sending.send_message(asked)).send
        assert sent.message_id is not None
        return TenantSent(messageId=sent.message_id)

    def _find(self, tenant: str, caller: Access) -> Session:
        known = {session.name: session for session in self.services.sessions.all()}
        for name in sessions_of(tenant):
            if name in known and caller.sees_session(name):
                return known[name]
        raise Rejected(Code.SESSION_NOT_FOUND, name=tenant)

    def _views(self, caller: Access) -> list[TenantView]:
        return [_view(session) for session in self.services.sessions.all() if caller.sees_session(session.name)]


def _view(session: Session) -> TenantView:
    told, account = beside(session), session.account
    return TenantView(
        tenantId=session.name,
        empresa_id=tenant_of(session.name),
        status=CONNECTION_WORDS[session.state],
        connected=session.online,
        phone=account.phone if account else None,
        name=account.name or None if account else None,
        since=session.since.astimezone().isoformat(),
        last_heartbeat=session.last_heartbeat.astimezone().isoformat() if session.last_heartbeat else None,
        degraded=told.degraded,
        reason=told.reason,
    )
