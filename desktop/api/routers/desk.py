"""What the owner's own tools ask: the sessions and their states."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from desktop.api.auth import Admit
from desktop.api.body import read_body
from desktop.api.schemas_desk import (
    ClearBody,
    CompanyBody,
    GroupBody,
    KeepingBody,
    LinkBody,
    NewSessionBody,
    RenameBody,
)
from desktop.api.views_desk import session_view
from desktop.domain.cnpj import Cnpj
from desktop.services.catalogue import Services

_LONGEST_WAIT = 25.0
"""Seconds for which a question about a session is held back until there is something new."""


@dataclass(frozen=True, slots=True)
class DeskRoutes:
    """Builds the router; `owner` is the dependency that lets only the same user's command line in."""

    services: Services
    owner: Admit

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api", dependencies=[Depends(self.owner)], include_in_schema=False)
        router.add_api_route("/sessoes", self.sessions, methods=["GET"])
        router.add_api_route("/sessoes", self.add_session, methods=["POST"], status_code=201)
        router.add_api_route("/sessoes/limpar", self.clear_sessions, methods=["POST"])
        router.add_api_route("/sessoes/{name}", self.session, methods=["GET"])
        router.add_api_route("/sessoes/{name}", self.remove_session, methods=["DELETE"])
        router.add_api_route("/sessoes/{name}/vincular", self.link, methods=["POST"])
        router.add_api_route("/sessoes/{name}/renomear", self.rename, methods=["POST"])
        router.add_api_route("/sessoes/{name}/empresa", self.set_company, methods=["POST"])
        router.add_api_route("/sessoes/{name}/mensagens", self.set_keeps_messages, methods=["POST"])
        router.add_api_route("/grupos/confirmar", self.confirm_group, methods=["POST"])
        sessions = self.services.sessions
        for path, act in (
            ("iniciar", sessions.start),
            ("parar", sessions.stop),
            ("reiniciar", sessions.restart),
            ("desvincular", sessions.logout),
            ("aceitar", sessions.accept_account),
            ("padrao", sessions.set_default),
        ):
            router.add_api_route(f"/sessoes/{{name}}/{path}", self._acting(act), methods=["POST"])
        return router

    async def sessions(self) -> dict[str, object]:
        return {"sessoes": [self._view(session.name) for session in self.services.sessions.all()]}

    async def session(
        self,
        name: str,
        versao: int | None = None,
        espera: Annotated[float, Query(ge=0, le=_LONGEST_WAIT)] = 0.0,
    ) -> dict[str, object]:
        """With `versao`, at most `espera` seconds later: as soon as there is another one."""
        if versao is not None:
            await self.services.sessions.wait_beyond(name, versao, espera)
        return self._view(name)

    async def add_session(self, request: Request) -> dict[str, object]:
        body = await read_body(request, NewSessionBody)
        company = Cnpj.parse(body.empresa) if body.empresa is not None else None
        session = await self.services.sessions.add(body.nome, company, keeps_messages=body.guarda_mensagens)
        return self._view(session.name)

    async def remove_session(self, name: str) -> dict[str, str]:
        await self.services.sessions.remove(name)
        return {"nome": name}

    async def clear_sessions(self, request: Request) -> dict[str, object]:
        body = await read_body(request, ClearBody)
        await self.services.sessions.clear_all(logout=body.desvincular)
        return await self.sessions()

    async def confirm_group(self, request: Request) -> dict[str, object]:
        """A person's yes: this company's reports go to this group of this name."""
        body = await read_body(request, GroupBody)
        cnpj = Cnpj.parse(body.cnpj)
        group = await self.services.groups.confirm(cnpj, body.grupo, body.nome)
        return {"cnpj": cnpj.value, "grupo": group.jid, "nome": group.subject, "membros": group.members}

    async def link(self, name: str, request: Request) -> dict[str, object]:
        body = await read_body(request, LinkBody)
        if body.telefone is None:
            await self.services.sessions.link(name, replace=body.substituir)
        else:
            await self.services.sessions.link_by_phone(name, body.telefone, replace=body.substituir)
        return self._view(name)

    async def rename(self, name: str, request: Request) -> dict[str, object]:
        body = await read_body(request, RenameBody)
        return self._view((await self.services.sessions.rename(name, body.nome)).name)

    async def set_company(self, name: str, request: Request) -> dict[str, object]:
        body = await read_body(request, CompanyBody)
        company = Cnpj.parse(body.empresa) if body.empresa is not None else None
        await self.services.sessions.set_company(name, company)
        return self._view(name)

    async def set_keeps_messages(self, name: str, request: Request) -> dict[str, object]:
        body = await read_body(request, KeepingBody)
        await self.services.sessions.set_keeps_messages(name, body.guardar)
        return self._view(name)

    def _acting(self, act: Callable[[str], Awaitable[object]]) -> Callable[[str], Awaitable[dict[str, object]]]:
        async def answer(name: str) -> dict[str, object]:
            await act(name)
            return self._view(name)

        return answer

    def _view(self, name: str) -> dict[str, object]:
        sessions = self.services.sessions
        today = datetime.now().astimezone().date()
        return session_view(sessions.get(name), sessions.version(name), self.services.settings.load().language, today)
