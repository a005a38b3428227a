"""What the owner's own tools ask: the sessions' states."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends

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
        return router

    async def sessions(self) -> dict[str, object]:
        return {"sessoes": [_session_view(session) for session in self.services.sessions.all()]}


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
