"""The ASGI application: gate, keys, routers, and one answer for every kind of failure."""

import asyncio
import re
import time
from functools import cache, partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope as CallScope

from desktop import __version__
from desktop.api.auth import Doorkeeper
from desktop.api.body import JSON
from desktop.api.document import document_of
from desktop.api.gate import Gate, note
from desktop.api.misfit import misfit
from desktop.api.routers.connections import ConnectionRoutes
from desktop.api.routers.desk import DeskRoutes
from desktop.api.routers.erp import ErpRoutes
from desktop.api.routers.instances import InstanceRoutes
from desktop.api.routers.keys import KeyRoutes
from desktop.api.routers.oracle import OracleRoutes
from desktop.api.routers.sessions import SessionRoutes
from desktop.api.routers.tenants import TenantRoutes
from desktop.api.routers.webhooks import WebhookRoutes
from desktop.api.routes import contract_of
from desktop.api.schemas_tenants import Health
from desktop.api.socketio import PATH as SOCKET_IO
from desktop.api.socketio import LiveConnections
from desktop.api.websockets import SocketRoutes
from desktop.domain.access import Scope
from desktop.domain.errors import AppError, Code, Rejected
from desktop.services.catalogue import Services

_TAKES_FILES = re.compile(r"/whatsapp/(?:messages/send|chats/[^/]+/messages)")


def create_api(services: Services, *, local_token: str) -> Gate:
    """Everything behind the door; `local_token` lets the same user's command line in."""
    doorkeeper = Doorkeeper(services, local_token, time.monotonic)

    api = FastAPI(
        title="Malote",
        version=__version__,
        description="Leva o relatório de cada empresa ao grupo dela no WhatsApp.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect has no body, and old clients do not follow one.
        redirect_slashes=False,
    )
    for part in (
        ErpRoutes(services, doorkeeper.admit_erp),
        SessionRoutes(services, doorkeeper.admit),
        SocketRoutes(services, doorkeeper.access_of),
        ConnectionRoutes(services, doorkeeper.admit),
        TenantRoutes(services, doorkeeper.admit),
        InstanceRoutes(services, doorkeeper.admit),
        KeyRoutes(services, doorkeeper.admit),
        WebhookRoutes(services, doorkeeper.admit, doorkeeper.admit_owner),
        DeskRoutes(services, doorkeeper.admit_owner),
        OracleRoutes(services, doorkeeper.admit_owner),
    ):
        # Not included: FastAPI would make every route once more, at the first call, and ask router by router later.
        api.router.routes.extend(part.router().routes)
    live = LiveConnections(services, doorkeeper.access_of)
    api.mount(SOCKET_IO, live)
    # As bytes: its objects would take five megabytes.
    described = cache(partial(document_of, api))

    @api.get(
        "/health",
        tags=["C · empresas"],
        summary="Se o Malote está no ar; não pede chave",
        response_description="Está, e não diz mais nada.",
    )
    async def health() -> Health:
        return Health()

    @api.get("/openapi.json", include_in_schema=False)
    async def document(request: Request) -> Response:
        await doorkeeper.admit_erp(Scope.READ)(request)
        return Response(await asyncio.to_thread(described), media_type=JSON)

    _answer_failures(api)
    return Gate(
        api, port=services.door.port, takes_files=_TAKES_FILES, answer=partial(_unrouted, api), hang_up=live.hang_up
    )


def _unrouted(api: FastAPI, scope: CallScope, error: AppError) -> JSONResponse:
    """The answer to a call that no route was let to see, as the contract of its address tells failures."""
    route = next((route for route in api.routes if route.matches(scope)[0] is not Match.NONE), None)
    return contract_of(route).answer(error)


def _answer_failures(api: FastAPI) -> None:
    @api.exception_handler(AppError)
    async def failed(request: Request, error: AppError) -> JSONResponse:
        note(request.scope, error)
        return contract_of(request.scope.get("route")).answer(error)

    @api.exception_handler(RequestValidationError)
    async def misread(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return contract_of(request.scope.get("route")).answer(misfit(first, field))

    @api.exception_handler(HTTPException)
    async def lost(request: Request, error: HTTPException) -> JSONResponse:
        code = Code.METHOD_NOT_ALLOWED if error.status_code == 405 else Code.ROUTE_NOT_FOUND
        response = contract_of(request.scope.get("route")).answer(Rejected(code))
        response.headers.update(error.headers or {})
        return response

    @api.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        # The gate logs it: Starlette raises it again once this is sent.
        return contract_of(request.scope.get("route")).answer(AppError(Code.INTERNAL))
