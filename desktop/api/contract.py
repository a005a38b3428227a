"""What contracts B to E have in common: their failures, their limits, a QR as a picture, and waiting for a link."""

import asyncio
import base64
import io
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, Query
from pydantic import BaseModel

from desktop.api import errors
from desktop.api.failure import Body
from desktop.api.routes import Contract
from desktop.domain.access import Access
from desktop.domain.content import File, FileAt
from desktop.domain.errors import Code, Rejected
from desktop.domain.session import HumanReason, NeedsPerson, Qr, Session, SessionState
from desktop.services.preparing import Preparing
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
MAKING = (Code.BODY_INVALID, Code.SESSION_EXISTS, Code.SESSION_NAME_INVALID)
"""What making a session may fail with."""
SENDING = (
    Code.BODY_INVALID,
    Code.SESSION_NOT_FOUND,
    Code.RECIPIENT_INVALID,
    Code.CONTENT_INVALID,
    Code.NOT_ON_WHATSAPP,
    Code.NOT_IN_GROUP,
    Code.GROUP_ADMINS_ONLY,
    Code.NOT_CONNECTED,
    Code.NOT_PAIRED,
    Code.NEEDS_HUMAN,
    Code.KEY_REUSED,
    Code.QUEUE_FULL,
    Code.CAP_REACHED,
    Code.SEND_REFUSED,
    Code.TIMED_OUT,
    Code.OUTCOME_UNKNOWN,
)
"""What sending one message may fail with."""
_STARTS_WITHIN = 25.0
"""Seconds that a caller waits for the QR code or the connection."""
MOST_CHATS = 500

IdempotencyKey = Annotated[str | None, Header(max_length=200, description="A mesma chave: nada sai duas vezes.")]
MessageLimit = Annotated[int, Query(ge=1, le=200, description="Quantas mensagens.")]


def status_of(code: Code) -> HTTPStatus:
    """The HTTP status of a failure in contracts B to E."""
    return _STATUS.get(code) or errors.status_of(code)


def told_by_status(failure: type[BaseModel], shape: Callable[[Body], Body]) -> Contract:
    """A contract of programs that look at the status of an answer; `shape` makes its failure of contract A's."""
    return Contract(failure=failure, shape=shape, status_of=status_of, anywhere=_ANYWHERE)


def require_own_file(preparing: Preparing, caller: Access, content: str | File | FileAt | None) -> None:
    """Who may send for some companies only shall not get at another one's report by naming its address.

    Raises Rejected(FORBIDDEN); what the request itself holds may always go.
    """
    if not caller.companies or not isinstance(content, FileAt):
        return
    if not any(preparing.is_own_picture(content.url, cnpj) for cnpj in caller.companies):
        raise Rejected(Code.FORBIDDEN, reason="file", field="media.url")


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


async def qr_of(session: Session) -> str | None:
    """The QR that a session shows, as a picture; drawing it takes longer than the loop may stand still."""
    status = session.status
    return await asyncio.to_thread(qr_data_url, status.text) if isinstance(status, Qr) else None


async def start_and_wait(sessions: Sessions, name: str) -> Session:
    """Start a session and wait for what its engine says first: a QR, a connection, or why there is none."""
    await sessions.start(name)
    return await _settled(sessions, name)


async def newest_qr(sessions: Sessions, name: str) -> str:
    """The QR of now as a picture; raises Rejected(QR_EXPIRED | QR_NOT_AVAILABLE)."""
    session = await _settled(sessions, name)
    if (picture := await qr_of(session)) is not None:
        return picture
    match session.status:
        case NeedsPerson(reason=HumanReason.QR_EXPIRED):
            raise Rejected(Code.QR_EXPIRED)
        case _:
            raise Rejected(Code.QR_NOT_AVAILABLE)


async def _settled(sessions: Sessions, name: str) -> Session:
    """The session once it is neither starting nor trying again, or as it is after _STARTS_WITHIN."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _STARTS_WITHIN
    while (session := sessions.get(name)).state in _WAITS_FOR_ENGINE and (left := end - loop.time()) > 0:
        await sessions.wait_beyond(name, sessions.version(name), left)
    return session
