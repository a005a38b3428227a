"""A failure in contract A's shape, for the door and for the command line (which must not load the web framework)."""

from desktop.domain.errors import AppError, OutcomeUnknown
from desktop.domain.settings import Language
from desktop.runtime.wording import describe_error

Body = dict[str, object]


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
    if "id" in error.facts:
        body["id"] = error.facts["id"]
    if isinstance(error, OutcomeUnknown):
        body["incerto"] = True
    return body
