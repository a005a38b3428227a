"""The OpenAPI document: what FastAPI knows of the routes, and what they declare beyond it."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from desktop.api.body import JSON
from desktop.api.multipart import FORM
from desktop.api.routes import DeclaredRoute
from desktop.api.schemas_told import HEADERS, SOMETIMES, TOLD

_KEYS = {
    "HTTPBearer": {"type": "http", "scheme": "bearer", "description": "A chave criada em «Como chamar do ERP»."},
    "APIKeyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A mesma chave, para quem não usa Bearer.",
    },
}


def document_of(api: FastAPI) -> bytes:
    """The whole document as JSON; every route that a contract declares asks for a key.

    Said here and not by dependencies of FastAPI's, which would cost each call a tenth of its time.
    """
    document = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
    components = document["components"]
    components["securitySchemes"] = _KEYS
    for route in api.routes:
        if not isinstance(route, DeclaredRoute):
            continue
        failure = route.contract.failure
        components["schemas"].setdefault(failure.__name__, _plain(failure.model_json_schema(), {}))
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            operation["responses"] |= route.contract.described(route.fails)
            operation["security"] = [{name: []} for name in _KEYS]
            if route.takes is not None:
                operation["requestBody"] = {"required": True, "content": _bodies(route)}
    document["webhooks"] = {name: {"post": _telling(name)} for name in TOLD}
    return json.dumps(document, ensure_ascii=False).encode()


def _telling(name: str) -> dict[str, Any]:
    """A call that Malote makes."""
    told, event, tag = TOLD[name]
    schema = told.model_json_schema()
    headers = [
        {
            "name": header,
            "in": "header",
            "required": header not in SOMETIMES,
            "description": said,
            "schema": {"type": "string", "const": event} if header == "X-Malote-Event" else {"type": "string"},
        }
        for header, said in HEADERS.items()
    ]
    return {
        "tags": [tag],
        "summary": told.__doc__,
        "parameters": headers,
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _plain(schema, schema.pop("$defs", {}))}},
        },
        "responses": {
            "2XX": {"description": "Recebido; qualquer outra resposta é tentada de novo."},
            "410": {"description": "O endereço acabou: ninguém mais é avisado ali."},
        },
    }


def _bodies(route: DeclaredRoute) -> dict[str, Any]:
    assert route.takes is not None
    schema = route.takes.model_json_schema()
    # Nobody else names the parts of a body, so that the document has no place of its own for them.
    bodies = {JSON: {"schema": _plain(schema, schema.pop("$defs", {}))}}
    return bodies if route.form is None else {**bodies, FORM: {"schema": route.form}}


def _plain(part: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its definitions in the places that refer to them, and without nulls as defaults."""
    match part:
        case {"$ref": str(reference)}:
            return _plain(definitions[reference.rpartition("/")[2]], definitions)
        case dict():
            return {name: _plain(value, definitions) for name, value in part.items() if value is not None}
        case list():
            return [_plain(value, definitions) for value in part]
        case _:
            return part
