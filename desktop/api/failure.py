"""A failure in contract A's shape, for the door and for the command line (which must not load the web framework)."""

from desktop.domain.errors import AppError, Code, OutcomeUnknown
from desktop.domain.settings import Language
from desktop.runtime.wording import describe_error

Body = dict[str, object]

_NOT_THERE = frozenset({Code.SEND_NOT_FOUND, Code.SESSION_NOT_FOUND, Code.WEBHOOK_NOT_FOUND})
"""Their `id` is the one that was asked for, and no send's."""


def body_of(error: AppError) -> Body:
    """`{"status":"erro","mensagem","codigo","acao"}` in Portuguese.

    With the send's `id` where there is one, and `incerto` true where it may have been sent all the same.
    """
    wording = describe_error(error, Language.PORTUGUESE)
    body: Body = {
        "status": "erro",
        "mensagem": wording.text,
        "codigo": error.code.value,
        "acao": wording.action,
    }
    if "id" in error.facts and error.code not in _NOT_THERE:
        body["id"] = error.facts["id"]
    if isinstance(error, OutcomeUnknown):
        body["incerto"] = True
    return body
