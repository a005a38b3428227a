"""The keys of other programs: made, listed and revoked by whoever may manage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request

from desktop.api.auth import Admit, Caller
from desktop.api.body import read_body, require_json
from desktop.api.routes import BRIDGE, Routes
from desktop.api.schemas_keys import KeyBody, KeyList, KeyName, KeyView, NewKeyView
from desktop.api.views import local_time
from desktop.domain.access import Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected
from desktop.services.catalogue import Services
from desktop.services.keys import ApiKey

_Name = Annotated[str, Path(description="O nome que a chave recebeu.")]


@dataclass(frozen=True, slots=True)
class KeyRoutes:
    """Builds the router; `admit` makes what lets in whoever has a right."""

    services: Services
    admit: Callable[[Scope], Admit]

    def router(self) -> APIRouter:
        may = Routes(BRIDGE, self.admit, tag="Chaves")
        may.manage("GET /api/chaves", self.all, "As chaves, sem o texto delas", "Todas, pelo nome.", Code.FORBIDDEN)
        may.manage(
            "POST /api/chaves",
            self.create,
            "Criar uma chave",
            "A chave, mostrada só agora.",
            Code.BODY_INVALID,
            Code.BODY_TYPE,
            Code.CNPJ_INVALID,
            Code.API_KEY_EXISTS,
            Code.FORBIDDEN,
            takes=KeyBody,
            status_code=201,
        )
        may.manage(
            "DELETE /api/chaves/{name:path}",
            self.revoke,
            "Revogar uma chave",
            "Não vale mais.",
            Code.API_KEY_NOT_FOUND,
            Code.FORBIDDEN,
        )
        return may.router

    async def all(self, caller: Caller) -> KeyList:
        return KeyList(chaves=[_view(key) for key in await self.services.keys.all() if caller.covers(key.access)])

    async def create(self, request: Request, caller: Caller) -> NewKeyView:
        require_json(request.headers)
        body = await read_body(request, KeyBody)
        access = Access(
            name=body.nome,
            scopes=frozenset(map(Scope, body.permissoes)),
            companies=frozenset(map(Cnpj.parse, body.empresas)),
            sessions=frozenset(body.sessoes),
        )
        caller.require_no_more(access)
        key = await self.services.keys.create(body.nome, access)
        return NewKeyView(nome=key.name, chave=key.text)

    async def revoke(self, name: _Name, caller: Caller) -> KeyName:
        # Who may manage some companies or sessions alone must not lock the others out.
        beyond = any(key.name == name and not caller.covers(key.access) for key in await self.services.keys.all())
        if beyond or not await self.services.keys.remove(name):
            raise Rejected(Code.API_KEY_NOT_FOUND, name=name)
        return KeyName(nome=name)


def _view(key: ApiKey) -> KeyView:
    access = key.access
    return KeyView(
        nome=key.name,
        permissoes=sorted(scope.value for scope in access.scopes),
        empresas=sorted(cnpj.value for cnpj in access.companies),
        sessoes=sorted(access.sessions),
        criada_em=local_time(key.created_at),
        ultimo_uso=local_time(key.last_used_at),
    )
