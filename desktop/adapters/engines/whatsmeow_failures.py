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
_DOWNLOAD_REFUSED: Final = regex(r"download failed with status code (\d+)")
_GROUP: Final = "@g.us"
_NOT_A_MEMBER: Final = frozenset({403, 404})
# 403: the link to the file has run out, which WhatsApp renews for nobody but the phone.
_GONE: Final = frozenset({403, 404, 410})
_RATE_LIMIT: Final = 429
_RATE_LIMIT_PAUSE: Final = 60.0
_RESTRICTED: Final = 463
# HumanReason.RESTRICTED by its value: domain.session brings what checks a CNPJ, and that TLS: 3 MB in every worker.
_RESTRICTED_REASON: Final = "restricted"
_NO_CONNECTION: Final = ("websocket not connected", "websocket disconnected", "info query timed out")
_NOBODY: Final = "Function returned nothing"
_DAMAGED: Final = (
    "hash of media",
    "hash of unencrypted media",
    "invalid media hmac",
    "failed to decrypt file",
    "too short",
)
_NO_FILE: Final = ("no url present", "didn't find any attachments", "does not start with slash")
# The first and only try, on a line that was closed before a byte of it was written. The second try fails without the
# words in front.
_NEVER_WRITTEN: Final = "failed to send message node: frame socket is closed"
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


def download_failure(text: str) -> AppError:
    """The error of a file that could not be fetched."""
    if (refused := _DOWNLOAD_REFUSED.search(text)) and int(refused[1]) in _GONE:
        return Rejected(Code.MEDIA_GONE, number=int(refused[1]))
    if _contains(text, _DAMAGED) or _contains(text, _NO_FILE):
        return Rejected(Code.MEDIA_GONE, reason="damaged")
    return Transient(Code.NOT_CONNECTED, detail=text)


def nobody_there(text: str) -> bool:
    """Whether the failed search for an account is the library's way of saying that there is none."""
    return _NOBODY in text


def send_failure(text: str, jid: str, *, written: bool) -> AppError:
    """The error of a failed send; `written` tells whether the message was ready for the line before."""
    if refused := _REFUSED.search(text):
        number = int(refused[1])
        if number in _NOT_A_MEMBER and jid.endswith(_GROUP):
            return Rejected(Code.NOT_IN_GROUP, group=jid, number=number)
        if number == _RATE_LIMIT:
            return Transient(Code.SEND_REFUSED, retry_after=_RATE_LIMIT_PAUSE, number=number)
        if number == _RESTRICTED:
            if not jid.endswith(_GROUP):  # no new chat may be begun with that person; the groups go on
                return Rejected(Code.SEND_REFUSED, reason="new_chat", number=number)
            return NeedsHuman(Code.NEEDS_HUMAN, reason=_RESTRICTED_REASON, until=None, number=number)
        return Rejected(Code.SEND_REFUSED, number=number)
    if _NEVER_WRITTEN in text:
        return Transient(Code.NOT_CONNECTED, detail=text)
    if written or _contains(text, _NO_ANSWER):
        return OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack", detail=text)
    if "no LID found" in text:
        return Rejected(Code.NOT_ON_WHATSAPP, value=jid)
    return query_failure(text, jid)


def query_failure(text: str, jid: str = "") -> AppError:
    """The error of a question to WhatsApp that got no good answer; nothing was sent."""
    if _contains(text, _NOT_IN_GROUP):
        return Rejected(Code.NOT_IN_GROUP, group=jid)
    if "doesn't contain a device JID" in text:
        return NeedsHuman(Code.NOT_PAIRED, detail=text)
    if refused := _QUERY_REFUSED.search(text):
        number = int(refused[1])
        if number in _NOT_A_MEMBER and jid.endswith(_GROUP):
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
