"""What an error becomes over HTTP: a status, headers and contract A's body."""

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from math import ceil

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse

from desktop.api.failure import body_of
from desktop.domain.errors import AppError, Code, Transient

# Contract A answers 400 to every failure of the job itself, also where it may work later: old ERPs read `mensagem` of a
# 400 only. What concerns the call as such, or the routes beyond the contract's own, differs.
_STATUS: dict[Code, HTTPStatus] = {
    Code.API_KEY_MISSING: HTTPStatus.UNAUTHORIZED,
    Code.API_KEY_INVALID: HTTPStatus.UNAUTHORIZED,
    Code.API_KEY_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Code.WEBHOOK_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.API_KEY_EXISTS: HTTPStatus.CONFLICT,
    Code.HOST_REFUSED: HTTPStatus.FORBIDDEN,
    Code.ORIGIN_REFUSED: HTTPStatus.FORBIDDEN,
    Code.BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.BODY_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Code.TOO_MANY_REQUESTS: HTTPStatus.TOO_MANY_REQUESTS,
    Code.ROUTE_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Code.SEND_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.SEND_NOT_CANCELLABLE: HTTPStatus.CONFLICT,
    Code.NOT_RUNNING: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(code: Code) -> HTTPStatus:
    """The HTTP status of a failure; 400 unless the call itself was at fault."""
    return _STATUS.get(code, HTTPStatus.BAD_REQUEST)


def headers_of(error: AppError) -> dict[str, str]:
    """What a failed call is told beside the body."""
    headers = {}
    if error.code in {Code.API_KEY_MISSING, Code.API_KEY_INVALID}:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Transient) and error.retry_after is not None:
        headers["Retry-After"] = str(ceil(error.retry_after))
    return headers


def response_of(error: AppError) -> JSONResponse:
    """The whole answer to a call that failed before it was known which contract it is of."""
    return JSONResponse(body_of(error), status_code=status_of(error.code), headers=headers_of(error))


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def harden(headers: MutableHeaders) -> None:
    """What holds for every answer: dated, kept by nobody, JSON with its encoding for clients that guess Latin-1."""
    headers["date"] = _date(int(time.time()))
    headers["content-type"] = "application/json; charset=utf-8"
    headers["cache-control"] = "no-store"
    headers["x-content-type-options"] = "nosniff"
