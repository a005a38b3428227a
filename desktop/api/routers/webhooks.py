"""Webhooks for whoever manages them: where news go, what could not be told, and telling it again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from desktop.api.auth import Admit, Caller
from desktop.api.body import read_object
from desktop.api.document import failures, takes
from desktop.api.schemas import read_body
from desktop.api.schemas_webhooks import DeadList, DeadView, ResentView, SessionBody, WebhookList, WebhookView
from desktop.domain.access import Scope
from desktop.domain.errors import Code
from desktop.domain.webhook import Delivery, Webhook
from desktop.services.catalogue import Services

_MOST = 500
_Limit = Annotated[int, Query(ge=1, le=_MOST, description="Quantas falhas, no máximo.")]
_DeliveryId = Annotated[UUID, Path(alias="id", description="O `id` da entrega.")]


@dataclass(frozen=True, slots=True)
class WebhookRoutes:
    """Builds the router; `admit` makes the dependency that lets in whoever has a right, `owner` the owner's own."""

    services: Services
    admit: Callable[[Scope], Admit]
    owner: Any

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/webhooks", tags=["Webhooks"])
        described = [Depends(self.admit(Scope.MANAGE))]
        router.add_api_route(
            "",
            self.all,
            methods=["GET"],
            dependencies=described,
            summary="Quem é avisado",
            response_description="Um por conexão que avisa alguém.",
            responses=failures(Code.FORBIDDEN),
        )
        router.add_api_route(
            "/falhas",
            self.dead,
            methods=["GET"],
            dependencies=described,
            summary="As entregas que falharam",
            response_description="Da mais nova à mais antiga.",
            responses=failures(Code.FORBIDDEN, Code.BODY_INVALID),
        )
        router.add_api_route(
            "/falhas/{id}/reenviar",
            self.resend,
            methods=["POST"],
            dependencies=described,
            summary="Tentar uma entrega de novo",
            response_description="Espera a vez outra vez.",
            responses=failures(Code.WEBHOOK_NOT_FOUND, Code.FORBIDDEN, Code.BODY_INVALID),
        )
        router.add_api_route(
            "/reativar",
            self.enable,
            methods=["POST"],
            dependencies=described,
            summary="Voltar a avisar um endereço que tinha acabado",
            response_description="É avisado de novo, também do que esperava.",
            responses=failures(Code.SESSION_NOT_FOUND, Code.FORBIDDEN, Code.BODY_INVALID),
            openapi_extra=takes(SessionBody),
        )
        # Signs for every session, so that no key of some sessions may have it: the owner alone.
        router.add_api_route(
            "/segredo", self.secret, methods=["GET"], dependencies=[Depends(self.owner)], include_in_schema=False
        )
        return router

    async def all(self, caller: Caller) -> WebhookList:
        seen = [one for one in self.services.telling.targets() if caller.sees_session(one.session)]
        return WebhookList(webhooks=[_view(webhook) for webhook in seen])

    async def dead(self, caller: Caller, limite: _Limit = 100) -> DeadList:
        found = await self.services.telling.dead(_MOST)
        seen = [one for one in found if caller.sees_session(one.session)]
        return DeadList(falhas=[_dead_view(delivery) for delivery in seen[:limite]])

    async def resend(self, delivery_id: _DeliveryId, caller: Caller) -> ResentView:
        revived = await self.services.telling.resend(delivery_id, caller.sees_session)
        return ResentView(id=str(revived.id), sessao=revived.session)

    async def enable(self, request: Request, caller: Caller) -> WebhookView:
        session = read_body(SessionBody, read_object(await request.body())).sessao
        caller.require_session(session)
        return _view(await self.services.telling.enable(session))

    async def secret(self) -> dict[str, str]:
        return {"segredo": (await self.services.telling.secret()).reveal()}


def _view(webhook: Webhook) -> WebhookView:
    return WebhookView(
        sessao=webhook.session, url=webhook.url, contrato=webhook.shape.value, parado=webhook.disabled or None
    )


def _dead_view(delivery: Delivery) -> DeadView:
    assert delivery.dead_at is not None
    return DeadView(
        id=str(delivery.id),
        sessao=delivery.session,
        url=delivery.url,
        evento=delivery.event,
        criada_em=delivery.created_at.astimezone().isoformat(),
        desistiu_em=delivery.dead_at.astimezone().isoformat(),
        tentativas=delivery.attempts,
        erro=delivery.last_error,
    )
