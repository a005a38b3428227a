"""What whatsmeow says went wrong, as errors of the domain, and their way from the worker to the program."""

from re import compile as regex
from typing import Final

from desktop.adapters.worker_frames import CallError
from desktop.domain.errors import AppError, Code, Fact, NeedsHuman, OutcomeUnknown, Rejected, Transient

LIBRARY_MISSING: Final = "library_missing"
"""The worker cannot run at all on this machine; it has a fact `detail`."""

_REFUSED: Final = regex(r"server returned error (\d+)")
_QUERY_REFUSED: Final = regex(r"info query returned status (\d+)")
_NOT_IN_GROUP: Final = ("you're not participating in that group", "that group does not exist")
_NOT_A_MEMBER: Final = frozenset({403, 404})
_RATE_LIMIT: Final = 429
_RATE_LIMIT_PAUSE: Final = 60.0
_NO_CONNECTION: Final = ("websocket not connected", "websocket disconnected", "info query timed out")
# These can only follow a message that was written to the line.
_NO_ANSWER: Final = ("timed out waiting for message send response", "before message send")

_KINDS: Final[dict[str, type[AppError]]] = {
    kind.__name__: kind for kind in (Rejected, NeedsHuman, Transient, OutcomeUnknown)
}


def upload_failure(text: str) -> AppError:
    """The error of a failed upload; nothing was sent."""
    if _contains(text, _NO_CONNECTION):
        return Transient(Code.NOT_CONNECTED, detail=text)
    return Transient(Code.UPLOAD_FAILED, detail=text)


def send_failure(text: str, jid: str, *, written: bool) -> AppError:
    """The error of a failed send; `written` tells whether the message went to the line before."""
    if refused := _REFUSED.search(text):
        number = int(refused[1])
        if number in _NOT_A_MEMBER and jid.endswith("@g.us"):
            return Rejected(Code.NOT_IN_GROUP, group=jid, number=number)
        return Rejected(Code.SEND_REFUSED, number=number)
    if written or _contains(text, _NO_ANSWER):
        return OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack", detail=text)
    if "no LID found" in text:
        return Rejected(Code.RECIPIENT_INVALID, reason="not_on_whatsapp", value=jid)
    return query_failure(text, jid)


def query_failure(text: str, jid: str = "") -> AppError:
    """The error of a question to WhatsApp that got no good answer; nothing was sent."""
    if _contains(text, _NOT_IN_GROUP):
        return Rejected(Code.NOT_IN_GROUP, group=jid)
    if "doesn't contain a device JID" in text:
        return NeedsHuman(Code.NOT_PAIRED, detail=text)
    if refused := _QUERY_REFUSED.search(text):
        number = int(refused[1])
        if number in _NOT_A_MEMBER:
            return Rejected(Code.NOT_IN_GROUP, group=jid, number=number)
        if number == _RATE_LIMIT:
            return Transient(Code.SEND_REFUSED, retry_after=_RATE_LIMIT_PAUSE, number=number)
        if number < 500:
            return Rejected(Code.SEND_REFUSED, number=number)
    return Transient(Code.NOT_CONNECTED, detail=text)


def pack(error: AppError) -> CallError:
    """The error as it leaves the worker."""
    retry_after = error.retry_after if isinstance(error, Transient) else None
    kind = type(error).__name__
    return CallError(error.code.value, {"kind": kind, "retry_after": retry_after, "facts": error.facts})


def unpack(error: CallError) -> AppError:
    """The error as it left the worker."""
    kind, code = _KINDS[str(error.facts["kind"])], Code(error.code)
    facts: dict[str, Fact] = error.facts["facts"]  # type: ignore[assignment]
    if kind is Transient:
        retry_after: float | None = error.facts["retry_after"]  # type: ignore[assignment]
        return Transient(code, retry_after=retry_after, **facts)
    return kind(code, **facts)


def _contains(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)
