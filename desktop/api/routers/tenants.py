"""Contract C: tenants, as a Baileys server had them for a Flask system."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from desktop.api.arrival import arrival_of
from desktop.api.auth import Admit, Caller
from desktop.api.body import read_body
from desktop.api.contract import MAKING, SENDING, IdempotencyKey, newest_qr, told_by_status
from desktop.api.routes import Routes
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
from desktop.api.views import local_time
from desktop.domain.access import Access, Scope
from desktop.domain.errors import Code, Rejected
from desktop.domain.recipient import Recipient
from desktop.domain.session import Session
from desktop.services.catalogue import Services
from desktop.services.contract_words import CONNECTION_WORDS, beside, is_connected, sessions_of, tenant_of
from desktop.services.opening import open_tenant, tenant_named
from desktop.services.sending import MessageRequest

_TenantId = Annotated[
    str, Path(alias="id", max_length=100, description="O nome da empresa; o número 1 é a empresa `empresa1`, ou `1`.")
]

_CONTRACT = told_by_status(
    TenantFailure,
    lambda body: {"success": False, "error": body["mensagem"], "codigo": body["codigo"], "acao": body["acao"]},
)


@dataclass(frozen=True, slots=True)
class TenantRoutes:
    """Builds the router; `admit` makes what lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        may = Routes(_CONTRACT, self.admit, tag="C · empresas")
        unknown = Code.SESSION_NOT_FOUND
        may.read("GET /tenants", self.all, "As empresas", "Da mais antiga à mais nova.")
        may.manage(
            "POST /tenants",
            self.create,
            "Criar e conectar uma empresa",
            "Foi criada agora, e está conectando.",
            *MAKING,
            Code.TOO_MANY_SESSIONS,
            takes=NewTenant,
            status_code=201,
            also={200: {"model": TenantDone, "description": "Já existia, e está conectada ou conectando."}},
        )
        may.manage(
            "GET /tenants/{id}/qr",
            self.qr,
            "O QR code de agora",
            "Como imagem.",
            unknown,
            Code.QR_NOT_AVAILABLE,
            Code.QR_EXPIRED,
        )
        may.read("GET /tenants/{id}/status", self.status, "Como está a empresa", "O estado.", unknown)
        may.manage(
            "DELETE /tenants/{id}",
            self.remove,
            "Remover a empresa, com o vínculo e as mensagens",
            "Não existe mais.",
            unknown,
        )
        confirmed, fails = "O servidor do WhatsApp confirmou.", (*SENDING, Code.ENGINE_BROKEN)
        may.send("POST /tenants/{id}/send", self.send, "Enviar um texto", confirmed, *fails, takes=TenantMessage)
        may.send("POST /send/{id}", self.send, "Enviar um texto", confirmed, *fails, takes=TenantMessage)
        may.send(
            "POST /webhook",
            self.asked,
            "Pedir um envio, com a empresa no corpo",
            confirmed,
            *fails,
            takes=AskedMessage,
        )
        may.read("GET /status", self.everything, "Todas as empresas, contadas", "As contagens e cada empresa.")
        may.manage(
            "POST /clear-all",
            self.clear_all,
            "Derrubar todas as conexões e começar de novo",
            "Estão começando de novo; o que uma pessoa parou continua parado.",
            Code.BODY_INVALID,
            takes=ClearAll,
        )
        may.manage(
            "POST /restart/{id}", self.restart, "Conectar de novo, do começo", "Está começando de novo.", unknown
        )
        return may.router

    async def all(self, caller: Caller) -> TenantList:
        return TenantList(tenants=self._views(caller))

    async def create(self, request: Request, response: Response, caller: Caller) -> TenantDone:
        name = (await read_body(request, NewTenant)).tenantId
        known = tenant_named(self.services.sessions, self.services.telling, name)
        if known is None or not caller.sees(self.services.sessions.get(known)):
            caller.require_new(known or name)
        session, made = await open_tenant(self.services.sessions, self.services.telling, name)
        response.status_code = 201 if made else 200
        return TenantDone(tenant=_view(session))

    async def qr(self, tenant_id: _TenantId, caller: Caller) -> TenantQr:
        name = self._find(tenant_id, caller).name
        return TenantQr(tenantId=name, qr=await newest_qr(self.services.sessions, name))

    async def status(self, tenant_id: _TenantId, caller: Caller) -> TenantDone:
        return TenantDone(tenant=_view(self._find(tenant_id, caller)))

    async def remove(self, tenant_id: _TenantId, caller: Caller) -> TenantGone:
        name = self._find(tenant_id, caller).name
        await self.services.sessions.remove(name)
        return TenantGone(tenantId=name)

    async def send(
        self, tenant_id: _TenantId, request: Request, caller: Caller, idempotency_key: IdempotencyKey = None
    ) -> TenantSent:
        body = await read_body(request, TenantMessage)
        return await self._send(tenant_id, body, caller, idempotency_key)

    async def asked(self, request: Request, caller: Caller, idempotency_key: IdempotencyKey = None) -> TenantSent:
        body = await read_body(request, AskedMessage)
        return await self._send(body.empresa_id, body, caller, idempotency_key)

    async def everything(self, caller: Caller) -> ConnectionsStatus:
        views = self._views(caller)
        connected = sum(view.connected for view in views)
        return ConnectionsStatus(
            total=len(views), connected=connected, disconnected=len(views) - connected, connections=views
        )

    async def clear_all(self, request: Request, caller: Caller) -> TenantList:
        body = await read_body(request, ClearAll) if (await request.body()).strip() else ClearAll()
        if caller.sessions or caller.companies:
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
        sent = (await arrival_of(self.services, await self.services.sending.enqueue_message(asked))).send
        assert sent.message_id is not None
        return TenantSent(messageId=sent.message_id)

    def _find(self, tenant: str, caller: Access) -> Session:
        known = {session.name: session for session in self.services.sessions.all()}
        for name in sessions_of(tenant):
            if name in known and caller.sees(known[name]):
                return known[name]
        raise Rejected(Code.SESSION_NOT_FOUND, name=tenant)

    def _views(self, caller: Access) -> list[TenantView]:
        return [_view(session) for session in self.services.sessions.all() if caller.sees(session)]


def _view(session: Session) -> TenantView:
    told, account = beside(session), session.account
    return TenantView(
        tenantId=session.name,
        empresa_id=tenant_of(session.name),
        status=CONNECTION_WORDS[session.state],
        connected=is_connected(session),
        phone=account.phone if account else None,
        name=account.name or None if account else None,
        since=local_time(session.since),
        last_heartbeat=local_time(session.last_heartbeat),
        degraded=told.degraded,
        reason=told.reason,
    )
