"""Webhooks for whoever manages them: where news go, what could not be told, and telling it again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from desktop.api.auth import Admit, Caller
from desktop.api.body import read_body
from desktop.api.routes import BRIDGE, Routes
from desktop.api.schemas_webhooks import (
    DeadList,
    DeadView,
    Impediment,
    ResentView,
    SessionBody,
    WebhookList,
    WebhookView,
)
from desktop.api.views import local_time
from desktop.domain.access import Access, Scope
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.webhook import Delivery, Webhook
from desktop.runtime.wording import describe_error
from desktop.services.catalogue import Services

_MOST = 500
_Limit = Annotated[int, Query(ge=1, le=_MOST, description="Quantas falhas, no máximo.")]
_DeliveryId = Annotated[UUID, Path(alias="id", description="O `id` da entrega.")]


@dataclass(frozen=True, slots=True)
class WebhookRoutes:
    """Builds the router; `admit` makes what lets in whoever has a right, `owner` the owner's own."""

    services: Services
    admit: Callable[[Scope], Admit]
    owner: Admit

    def router(self) -> APIRouter:
        may = Routes(BRIDGE, self.admit, tag="Webhooks")
        may.manage("GET /api/webhooks", self.all, "Quem é avisado", "Um por conexão que avisa alguém.", Code.FORBIDDEN)
        may.manage(
            "GET /api/webhooks/falhas",
            self.dead,
            "As entregas que falharam",
            "Da mais nova à mais antiga.",
            Code.FORBIDDEN,
            Code.BODY_INVALID,
        )
        may.manage(
            "POST /api/webhooks/falhas/{id}/reenviar",
            self.resend,
            "Tentar uma entrega de novo",
            "Espera a vez outra vez.",
            Code.WEBHOOK_NOT_FOUND,
            Code.FORBIDDEN,
            Code.BODY_INVALID,
        )
        may.manage(
            "POST /api/webhooks/reativar",
            self.enable,
            "Voltar a avisar um endereço que tinha acabado",
            "É avisado de novo, também do que esperava.",
            Code.SESSION_NOT_FOUND,
            Code.FORBIDDEN,
            Code.BODY_INVALID,
            takes=SessionBody,
        )
        # Signs for every session, so that no key of some sessions may have it: the owner alone.
        may.router.add_api_route(
            "/api/webhooks/segredo",
            self.secret,
            methods=["GET"],
            dependencies=[Depends(self.owner)],
            include_in_schema=False,
        )
        return may.router

    async def all(self, caller: Caller) -> WebhookList:
        seen = [one for one in self.services.telling.targets() if self._sees(caller, one.session)]
        trouble = self.services.telling.unsigned
        return WebhookList(
            webhooks=[_view(webhook) for webhook in seen],
            impedimento=_impediment_of(trouble) if trouble is not None else None,
        )

    async def dead(self, caller: Caller, limite: _Limit = 100) -> DeadList:
        seen = [session.name for session in self.services.sessions.all() if caller.sees(session)]
        found = await self.services.telling.dead(limite, sessions=seen)
        return DeadList(falhas=[_dead_view(delivery) for delivery in found])

    async def resend(self, delivery_id: _DeliveryId, caller: Caller) -> ResentView:
        revived = await self.services.telling.resend(delivery_id, partial(self._sees, caller))
        return ResentView(id=str(revived.id), sessao=revived.session)

    async def enable(self, request: Request, caller: Caller) -> WebhookView:
        session = (await read_body(request, SessionBody)).sessao
        if not self._sees(caller, session):
            raise Rejected(Code.SESSION_NOT_FOUND, name=session)
        return _view(await self.services.telling.enable(session))

    def _sees(self, caller: Access, name: str) -> bool:
        return any(session.name == name and caller.sees(session) for session in self.services.sessions.all())

    async def secret(self) -> dict[str, str]:
        return {"segredo": (await self.services.telling.signing.show()).reveal()}


def _view(webhook: Webhook) -> WebhookView:
    return WebhookView(
        sessao=webhook.session, url=webhook.url, contrato=webhook.shape.value, parado=webhook.disabled or None
    )


def _impediment_of(error: AppError) -> Impediment:
    wording = describe_error(error)
    return Impediment(codigo=error.code.value, mensagem=wording.text, acao=wording.action)


def _dead_view(delivery: Delivery) -> DeadView:
    assert delivery.dead_at is not None
    return DeadView(
        id=str(delivery.id),
        sessao=delivery.session,
        url=delivery.url,
        evento=delivery.event,
        criada_em=local_time(delivery.created_at),
        desistiu_em=local_time(delivery.dead_at),
        tentativas=delivery.attempts,
        erro=delivery.last_error,
    )
