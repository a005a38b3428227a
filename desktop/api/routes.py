"""Declaring a route: who may call it, what it is for, what it takes and how it fails."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from desktop.api import errors
from desktop.api.auth import Admit
from desktop.api.body import JSON, require_json
from desktop.api.failure import Body, body_of
from desktop.api.multipart import FORM
from desktop.api.schemas import Failure
from desktop.domain.access import Scope
from desktop.domain.errors import AppError, Code

Responses = dict[int | str, dict[str, Any]]

_OTHERWISE = "Qualquer outra falha, no mesmo formato."


@dataclass(frozen=True, slots=True)
class Contract:
    """How a contract tells its failures."""

    failure: type[BaseModel]
    shape: Callable[[Body], Body]
    """Makes the contract's own failure of contract A's body, but for `id` and `incerto`, which all have alike."""
    status_of: Callable[[Code], HTTPStatus]
    anywhere: tuple[Code, ...]
    """What every route may fail with."""
    meanings: Mapping[int, str] = field(default_factory=dict)
    """What the document says of a status; otherwise the sentences of the codes that have it."""
    json_only: bool = True
    """Whether a body is refused that does not say what it is."""

    def answer(self, error: AppError) -> JSONResponse:
        """The whole answer to a call that failed."""
        body = body_of(error)
        told = self.shape(body) | {name: body[name] for name in ("id", "incerto") if name in body}
        return JSONResponse(told, status_code=self.status_of(error.code), headers=errors.headers_of(error))

    def described(self, codes: tuple[Code, ...]) -> dict[str, Any]:
        """What the document says of a route's failures: one answer per status, with an example of each code."""
        schema = {"$ref": f"#/components/schemas/{self.failure.__name__}"}
        answers: dict[str, Any] = {"default": {"description": _OTHERWISE, "content": {JSON: {"schema": schema}}}}
        for code in dict.fromkeys((*codes, *self.anywhere)):
            status, body = self.status_of(code).value, body_of(AppError(code))
            empty = {"description": "", "content": {JSON: {"examples": {}, "schema": schema}}}
            answer = answers.setdefault(str(status), empty)
            sentences = f"{answer['description']} `{code.value}`: {body['mensagem']}".strip()
            answer["description"] = self.meanings.get(status, sentences)
            example = {"summary": body["mensagem"], "value": self.shape(body)}
            answer["content"][JSON]["examples"][code.value] = example
        return answers


BRIDGE = Contract(
    failure=Failure,
    shape=dict,
    status_of=errors.status_of,
    anywhere=(
        Code.API_KEY_MISSING,
        Code.API_KEY_INVALID,
        Code.FORBIDDEN,
        Code.HOST_REFUSED,
        Code.ORIGIN_REFUSED,
        Code.TOO_MANY_REQUESTS,
        Code.INTERNAL,
        Code.DATABASE_UNAVAILABLE,
    ),
    meanings={
        400: "Não foi feito, e por quê.",
        401: "Falta a chave, ou ela não vale.",
        403: "A chave não tem este direito, ou o host ou a origem não são desta máquina.",
        404: "Não existe.",
        409: "Já não dá.",
        413: "O pedido é grande demais.",
        415: "O corpo não é JSON, ou não diz que é.",
        429: "Pedidos, conexões ou chaves erradas demais; veja Retry-After.",
        500: "Um erro do programa; está no registro dele.",
    },
    json_only=False,
)
"""Contract A, and whatever belongs to no other."""


class DeclaredRoute(APIRoute):
    """A route that knows its contract, so that its failures and the document (document.py) keep to it.

    FastAPI is told of neither failures nor bodies: it would build a validator for each of hundreds of answers, which
    nobody uses, and bodies are read by hand (old encodings). Nor of who may call: a dependency costs more than the
    question itself.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        contract: Contract,
        admit: Admit,
        fails: tuple[Code, ...],
        takes: type[BaseModel] | None,
        form: dict[str, Any] | None,
        **options: Any,
    ) -> None:
        self.contract = contract
        self._admit = admit
        self.fails = fails
        self.takes = takes
        self.form = form
        """The schema of a form that is taken in place of the JSON."""
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle, admit = super().get_route_handler(), self._admit
        json_only = self.contract.json_only
        taken = (JSON,) if self.form is None else (JSON, FORM)

        async def checked(request: Request) -> Response:
            if json_only:
                require_json(request.headers, taken)
            await admit(request)
            return await handle(request)

        return checked


def contract_of(route: object) -> Contract:
    """Whose failures are told to the caller of a route, or of none."""
    return route.contract if isinstance(route, DeclaredRoute) else BRIDGE


class Routes:
    """A contract's routes: `manage`, `send` and `read` each declare one, for whoever has that right.

    Of a route they take `"METHOD /path"`, what answers it, what it is for, what a good answer means, and the codes it
    may fail with, beside those of every route; then `takes`, the shape of its body, and what else a route of FastAPI's
    is told. `admit` makes what lets in whoever has a right.
    """

    def __init__(self, contract: Contract, admit: Callable[[Scope], Admit], *, tag: str) -> None:
        self.router = APIRouter()
        self._contract = contract
        self._tag = tag
        self.manage = partial(self._declare, admit(Scope.MANAGE))
        self.send = partial(self._declare, admit(Scope.SEND))
        self.read = partial(self._declare, admit(Scope.READ))

    def _declare(
        self,
        admit: Admit,
        call: str,
        endpoint: Callable[..., Any],
        summary: str,
        answer: str,
        *fails: Code,
        takes: type[BaseModel] | None = None,
        form: dict[str, Any] | None = None,
        also: Responses | None = None,
        **options: Any,
    ) -> None:
        method, path = call.split()
        route = DeclaredRoute(
            path,
            endpoint,
            contract=self._contract,
            admit=admit,
            fails=fails,
            takes=takes,
            form=form,
            methods=[method],
            tags=[self._tag],
            summary=summary,
            response_description=answer,
            # Without a default FastAPI would describe its own answer to what it cannot read.
            responses={**(also or {}), "default": {"description": _OTHERWISE}},
            **options,
        )
        self.router.routes.append(route)
