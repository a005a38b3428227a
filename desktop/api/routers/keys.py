"""The keys of other programs: made, listed and revoked by whoever may manage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from desktop.api.auth import Admit, Caller
from desktop.api.body import read_object, require_json
from desktop.api.document import failures, takes
from desktop.api.key_schemas import KeyBody, KeyList, KeyName, KeyView, NewKeyView
from desktop.api.schemas import read_body
from desktop.domain.access import Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected
from desktop.services.catalogue import Services
from desktop.services.keys import ApiKey

_Name = Annotated[str, Path(description="O nome que a chave recebeu.")]


@dataclass(frozen=True, slots=True)
class KeyRoutes:
    """Builds the router; `admit` makes the dependency that lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        manager = Depends(self.admit(Scope.MANAGE))
        router = APIRouter(prefix="/api/chaves", tags=["Chaves"], dependencies=[manager])
        add = router.add_api_route
        add(
            "",
            self.all,
            methods=["GET"],
            summary="As chaves, sem o texto delas",
            response_description="Todas, pelo nome.",
            responses=failures(Code.FORBIDDEN),
        )
        add(
            "",
            self.create,
            methods=["POST"],
            status_code=201,
            summary="Criar uma chave",
            response_description="A chave, mostrada só agora.",
            responses=failures(
                Code.BODY_INVALID, Code.BODY_TYPE, Code.CNPJ_INVALID, Code.API_KEY_EXISTS, Code.FORBIDDEN
            ),
            openapi_extra=takes(KeyBody),
        )
        add(
            "/{name:path}",
            self.revoke,
            methods=["DELETE"],
            summary="Revogar uma chave",
            response_description="Não vale mais.",
            responses=failures(Code.API_KEY_NOT_FOUND, Code.FORBIDDEN),
        )
        return router

    async def all(self) -> KeyList:
        return KeyList(chaves=[_view(key) for key in await self.services.keys.all()])

    async def create(self, request: Request, caller: Caller) -> NewKeyView:
        require_json(request.headers)
        body = read_body(KeyBody, read_object(await request.body()))
        access = Access(
            name=body.nome,
            scopes=frozenset(map(Scope, body.permissoes)),
            companies=frozenset(map(Cnpj.parse, body.empresas)),
            sessions=frozenset(body.sessoes),
        )
        caller.require_no_more(access)
        key = await self.services.keys.create(body.nome, access)
        return NewKeyView(nome=key.name, chave=key.text)

    async def revoke(self, name: _Name) -> KeyName:
        if not await self.services.keys.remove(name):
            raise Rejected(Code.API_KEY_NOT_FOUND, name=name)
        return KeyName(nome=name)


def _view(key: ApiKey) -> KeyView:
    access = key.access
    return KeyView(
        nome=key.name,
        permissoes=sorted(scope.value for scope in access.scopes),
        empresas=sorted(cnpj.value for cnpj in access.companies),
        sessoes=sorted(access.sessions),
        criada_em=key.created_at.astimezone().isoformat(),
        ultimo_uso=key.last_used_at.astimezone().isoformat() if key.last_used_at else None,
    )
