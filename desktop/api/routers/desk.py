"""What the owner's own tools ask: the sessions' states, and the keys of other programs."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request

from desktop.api.body import read_object
from desktop.api.schemas import KeyBody, read_body
from desktop.domain.errors import Code, Rejected
from desktop.domain.session import Qr, Session
from desktop.runtime.session_wording import describe_session
from desktop.services.catalogue import Services


@dataclass(frozen=True, slots=True)
class DeskRoutes:
    """Builds the router; `owner` is the dependency that lets only the same user's command line in."""

    services: Services
    owner: Any

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api", dependencies=[Depends(self.owner)], include_in_schema=False)
        router.add_api_route("/sessoes", self.sessions, methods=["GET"])
        router.add_api_route("/chaves", self.all_keys, methods=["GET"])
        router.add_api_route("/chaves", self.create_key, methods=["POST"], status_code=201)
        router.add_api_route("/chaves/{name:path}", self.revoke_key, methods=["DELETE"])
        return router

    async def sessions(self) -> dict[str, object]:
        return {"sessoes": [_session_view(session) for session in self.services.sessions.all()]}

    async def all_keys(self) -> dict[str, object]:
        keys = await self.services.keys.all()
        return {
            "chaves": [
                {
                    "nome": key.name,
                    "criada_em": key.created_at.astimezone().isoformat(),
                    "ultimo_uso": key.last_used_at.astimezone().isoformat() if key.last_used_at else None,
                }
                for key in keys
            ]
        }

    async def create_key(self, request: Request) -> dict[str, str]:
        body = read_body(KeyBody, read_object(await request.body()))
        key = await self.services.keys.create(body.nome)
        return {"nome": key.name, "chave": key.text}

    async def revoke_key(self, name: str) -> dict[str, str]:
        if not await self.services.keys.remove(name):
            raise Rejected(Code.API_KEY_NOT_FOUND, name=name)
        return {"nome": name}


def _session_view(session: Session) -> dict[str, object]:
    wording = describe_session(session)
    status = session.status
    return {
        "nome": session.name,
        "estado": session.state.value,
        "texto": wording.text,
        "acao": wording.action,
        "telefone": session.account.phone if session.account else None,
        "desde": session.since.astimezone().isoformat(),
        "qr": status.text if isinstance(status, Qr) else None,
        "qr_expira_em": status.expires_at.astimezone().isoformat() if isinstance(status, Qr) else None,
        "simulacao": session.simulated,
    }
