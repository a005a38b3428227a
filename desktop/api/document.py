"""What the OpenAPI document says beyond the shapes: every failure with an example, and how to show a key."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from desktop.api.errors import status_of
from desktop.api.failure import body_of
from desktop.api.schemas import Failure
from desktop.domain.errors import AppError, Code

Responses = dict[int | str, dict[str, Any]]

_KEYS = {
    "HTTPBearer": {"type": "http", "scheme": "bearer", "description": "A chave criada em «Como chamar do ERP»."},
    "APIKeyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A mesma chave, para quem não usa Bearer.",
    },
}


def document_of(api: FastAPI) -> dict[str, Any]:
    """The whole document; every route in it asks for a key.

    Said here and not by dependencies of FastAPI's, which would cost each call a tenth of its time.
    """
    made = api.openapi_schema is None
    document = api.openapi()
    if made:
        document["components"]["securitySchemes"] = _KEYS
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["security"] = [{name: []} for name in _KEYS]
    return document


def failures(*codes: Code) -> Responses:
    """One response per status of these codes, each with its examples, and the shape of any other failure."""
    answers: Responses = {"default": {"model": Failure, "description": "Qualquer outra falha, no mesmo formato."}}
    for code in (*codes, *_ANYWHERE):
        status = status_of(code)
        body = body_of(AppError(code))
        answer = answers.setdefault(
            status.value,
            {
                "model": Failure,
                "description": _MEANINGS[status.value],
                "content": {"application/json": {"examples": {}}},
            },
        )
        answer["content"]["application/json"]["examples"][code.value] = {"summary": body["mensagem"], "value": body}
    return answers


def takes(shape: type[BaseModel]) -> dict[str, Any]:
    """The body of a request; bodies are read by hand (old encodings), so FastAPI does not know it."""
    schema = shape.model_json_schema()
    # Nobody else names the parts of a body, so that the document has no place of its own for them.
    schema = _whole(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _whole(part: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its definitions in the places that refer to them."""
    match part:
        case {"$ref": str(reference)}:
            return _whole(definitions[reference.rpartition("/")[2]], definitions)
        case dict():
            return {name: _whole(value, definitions) for name, value in part.items()}
        case list():
            return [_whole(value, definitions) for value in part]
        case _:
            return part


_ANYWHERE = (
    Code.API_KEY_MISSING,
    Code.API_KEY_INVALID,
    Code.HOST_REFUSED,
    Code.ORIGIN_REFUSED,
    Code.TOO_MANY_REQUESTS,
    Code.INTERNAL,
    Code.DATABASE_UNAVAILABLE,
)
_MEANINGS = {
    400: "Não foi feito, e por quê.",
    401: "Falta a chave, ou ela não vale.",
    403: "Host ou origem que não são desta máquina.",
    404: "Não existe.",
    409: "Já não dá.",
    413: "O pedido é grande demais.",
    415: "O corpo não é JSON, ou não diz que é.",
    429: "Pedidos, conexões ou chaves erradas demais; veja Retry-After.",
    500: "Um erro do programa; está no registro dele.",
}
