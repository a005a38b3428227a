"""What the routers of contracts B to E have in common: their errors, a QR as a picture, and waiting for a link."""

import asyncio
import base64
import io
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from desktop.api.body import JSON, read_object, require_json
from desktop.api.document import Responses
from desktop.api.errors import response_of
from desktop.api.failure import body_of
from desktop.api.gate import MAX_BODY, note
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.session import Session, SessionState
from desktop.services.sessions import Sessions

_QR_PIXELS = 8
"""Of the picture for each module of the code: phones read it from a bad screen."""
_WAITS_FOR_ENGINE = frozenset({SessionState.STARTING, SessionState.DISCONNECTED})

# Contract A answers 400 to every failure of the job; these contracts are read by programs that look at the status.
_STATUS: dict[Code, HTTPStatus] = {
    Code.SESSION_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.CHAT_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.QR_NOT_AVAILABLE: HTTPStatus.NOT_FOUND,
    Code.QR_EXPIRED: HTTPStatus.GONE,
    Code.MESSAGE_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.MEDIA_GONE: HTTPStatus.NOT_FOUND,
    Code.SESSION_EXISTS: HTTPStatus.CONFLICT,
    Code.SESSION_LINKED: HTTPStatus.CONFLICT,
    Code.TOO_MANY_SESSIONS: HTTPStatus.CONFLICT,
    Code.KEY_REUSED: HTTPStatus.CONFLICT,
    Code.NOT_PAIRED: HTTPStatus.CONFLICT,
    Code.NOT_CONNECTED: HTTPStatus.CONFLICT,
    Code.NEEDS_HUMAN: HTTPStatus.CONFLICT,
    Code.ENGINE_BROKEN: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.NOT_ON_WHATSAPP: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.NOT_IN_GROUP: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.GROUP_ADMINS_ONLY: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.MEDIA_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.SEND_REFUSED: HTTPStatus.BAD_GATEWAY,
    Code.UPLOAD_FAILED: HTTPStatus.BAD_GATEWAY,
    Code.CAP_REACHED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.TIMED_OUT: HTTPStatus.GATEWAY_TIMEOUT,
    Code.OUTCOME_UNKNOWN: HTTPStatus.GATEWAY_TIMEOUT,
    Code.QUEUE_FULL: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.DATABASE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}

_ANYWHERE = (
    Code.API_KEY_MISSING,
    Code.API_KEY_INVALID,
    Code.FORBIDDEN,
    Code.HOST_REFUSED,
    Code.ORIGIN_REFUSED,
    Code.BODY_INVALID,
    Code.BODY_TOO_LARGE,
    Code.BODY_TYPE,
    Code.TOO_MANY_REQUESTS,
    Code.INTERNAL,
    Code.DATABASE_UNAVAILABLE,
)

Body = dict[str, object]
Shape = Callable[[Body], Body]
"""Makes a contract's own failure of contract A's body."""


def status_of(code: Code) -> HTTPStatus:
    """The HTTP status of a failure in contracts B to E."""
    return _STATUS.get(code) or HTTPStatus(response_of(AppError(code)).status_code)


def routes_failing_as(shape: Shape) -> type[APIRoute]:
    """A class of routes whose failures have a contract's own shape."""

    class ContractRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()
            described = (self.openapi_extra or {}).get("requestBody", {}).get("content", {})
            taken = described.keys() or (JSON,)

            async def answer(request: Request) -> Response:
                try:
                    require_json(request.headers, taken)
                    return await handle(request)
                except RequestValidationError as invalid:
                    field = ".".join(str(part) for part in invalid.errors()[0]["loc"][1:])
                    return _shaped(Rejected(Code.BODY_INVALID, reason="wrong", field=field))
                except AppError as error:
                    note(request.scope, error)
                    return _shaped(error)

            return answer

    def _shaped(error: AppError) -> JSONResponse:
        answer = response_of(error)
        return JSONResponse(shape(body_of(error)), status_code=status_of(error.code), headers=_kept(answer))

    return ContractRoute


def failing(model: type[BaseModel], *codes: Code, shape: Shape) -> Responses:
    """What the document says of a route's failures: one answer per status, with an example of each code."""
    answers: Responses = {"default": {"model": model, "description": "Qualquer outra falha, no mesmo formato."}}
    for code in (*codes, *_ANYWHERE):
        body = body_of(AppError(code))
        empty = {"model": model, "description": "", "content": {"application/json": {"examples": {}}}}
        answer = answers.setdefault(status_of(code).value, empty)
        answer["description"] = f"{answer['description']} `{code.value}`: {body['mensagem']}".strip()
        example = {"summary": body["mensagem"], "value": shape(body)}
        answer["content"]["application/json"]["examples"][code.value] = example
    return answers


def qr_data_url(text: str) -> str:
    """A QR code as `data:image/png;base64,…`."""
    # Only those who ask for pictures pay for loading it.
    import qrcode
    from qrcode.image.pure import PyPNGImage

    code = qrcode.QRCode(box_size=_QR_PIXELS, border=4)
    code.add_data(text)
    picture = io.BytesIO()
    code.make_image(image_factory=PyPNGImage).save(picture)
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()


async def read_large_object(request: Request) -> Body:
    """As body.read_object, away from the loop where a file is in the body: parsing takes a tenth of a second."""
    body = await request.body()
    return read_object(body) if len(body) <= MAX_BODY else await asyncio.to_thread(read_object, body)


async def start_and_wait(sessions: Sessions, name: str, seconds: float) -> Session:
    """Start a session and wait for what its engine says first: a QR, a connection, or why there is none."""
    await sessions.start(name)
    return await settled(sessions, name, seconds)


async def settled(sessions: Sessions, name: str, seconds: float) -> Session:
    """The session once it is neither starting nor trying again, or as it is after so many seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (session := sessions.get(name)).state in _WAITS_FOR_ENGINE and (left := end - loop.time()) > 0:
        await sessions.wait_beyond(name, sessions.version(name), left)
    return session


def _kept(answer: JSONResponse) -> dict[str, str]:
    return {name: answer.headers[name] for name in ("www-authenticate", "retry-after") if name in answer.headers}
