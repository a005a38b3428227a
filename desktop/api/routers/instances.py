"""Contract E: instances, as a Baileys instance manager had them behind a main API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request

from desktop.api.arrival import arrival_of
from desktop.api.auth import Admit, Caller
from desktop.api.body import read_body
from desktop.api.contract import MAKING, SENDING, IdempotencyKey, qr_of, told_by_status
from desktop.api.routes import Routes
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
from desktop.api.views import local_time, profile_of
from desktop.domain.access import Access, Scope
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.recipient import Recipient
from desktop.domain.session import Session, SessionState
from desktop.services.catalogue import Services
from desktop.services.contract_words import INSTANCE_WORDS, InstanceWord, beside
from desktop.services.opening import open_instance
from desktop.services.sending import MessageRequest

_MAY_SEND = frozenset({SessionState.CONNECTED, SessionState.DEGRADED})
_Name = Annotated[str, Path(max_length=100, description="O nome que a instância recebeu.")]

_CONTRACT = told_by_status(
    InstanceFailure, lambda body: {"error": body["mensagem"], "code": body["codigo"], "action": body["acao"]}
)


@dataclass(frozen=True, slots=True)
class InstanceRoutes:
    """Builds the router; `admit` makes what lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        may = Routes(_CONTRACT, self.admit, tag="E · instâncias")
        unknown = Code.SESSION_NOT_FOUND
        may.manage(
            "POST /instances/create",
            self.create,
            "Criar e conectar uma instância",
            "Existe, e está conectando.",
            *MAKING,
            Code.TOO_MANY_SESSIONS,
            Code.WEBHOOK_REFUSED,
            takes=NewInstance,
            status_code=201,
        )
        may.read("GET /instances", self.all, "As instâncias, resumidas", "Da mais antiga à mais nova.")
        may.manage(
            "GET /instances/{name}", self.one, "Uma instância, com o QR code enquanto há um", "Como está.", unknown
        )
        may.manage(
            "DELETE /instances/{name}",
            self.remove,
            "Fechar e esquecer uma instância",
            "Não existe mais, e não volta.",
            unknown,
        )
        may.send(
            "POST /instances/{name}/message",
            self.send,
            "Enviar um texto; só com `CONNECTED` ou `DEGRADED`",
            "O servidor do WhatsApp confirmou.",
            *SENDING,
            takes=InstanceMessage,
        )
        return may.router

    async def create(self, request: Request, caller: Caller) -> InstanceView:
        body = await read_body(request, NewInstance)
        caller.require_new(body.name)
        session = await open_instance(self.services.sessions, self.services.telling, body.name, body.webhookUrl)
        return await self._view(session)

    async def all(self, caller: Caller) -> list[InstanceShort]:
        sessions = self.services.sessions.all()
        return [
            InstanceShort(id=str(profile_of(session).id), name=session.name, status=_word(session))
            for session in sessions
            if caller.sees(session)
        ]

    async def one(self, name: _Name, caller: Caller) -> InstanceView:
        return await self._view(self._visible(name, caller))

    async def remove(self, name: _Name, caller: Caller) -> InstanceGone:
        session = self._visible(name, caller)
        await self.services.sessions.remove(session.name)
        return InstanceGone(name=session.name)

    async def send(
        self, name: _Name, request: Request, caller: Caller, idempotency_key: IdempotencyKey = None
    ) -> InstanceSent:
        body = await read_body(request, InstanceMessage)
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
        sent = (await arrival_of(self.services, await self.services.sending.enqueue_message(asked))).send
        assert sent.message_id is not None
        return InstanceSent(messageId=sent.message_id, to=sent.recipient or recipient.jid)

    def _visible(self, name: str, caller: Access) -> Session:
        session = self.services.sessions.get(name)
        if not caller.sees(session):
            raise Rejected(Code.SESSION_NOT_FOUND, name=name)
        return session

    async def _view(self, session: Session) -> InstanceView:
        profile, account = profile_of(session), session.account
        jid = f"{account.phone}@s.whatsapp.net" if account else ""
        user = InstanceUser(jid=jid, phone=account.phone, name=account.name) if account else None
        targets = {webhook.session: webhook for webhook in self.services.telling.targets()}
        webhook = targets.get(session.name)
        return InstanceView(
            id=str(profile.id),
            name=session.name,
            status=_word(session),
            reason=beside(session).reason,
            webhookUrl=webhook.url if webhook else None,
            webhookDisabled=webhook.disabled or None if webhook else None,
            qrCode=await qr_of(session),
            user=user,
            createdAt=local_time(profile.created_at),
            lastHeartbeat=local_time(session.last_heartbeat),
        )


def _word(session: Session) -> InstanceWord:
    return INSTANCE_WORDS[session.state]
