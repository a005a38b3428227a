"""What the owner's own tools ask of the directory's database."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends

from desktop.api.auth import Admit
from desktop.domain.diagnosis import Step, StepResult
from desktop.runtime.step_wording import describe_step
from desktop.services.catalogue import Services

_SECOND = 1000


@dataclass(frozen=True, slots=True)
class OracleRoutes:
    """Builds the router; `owner` is the dependency that lets only the same user's command line in."""

    services: Services
    owner: Admit

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/oracle", dependencies=[Depends(self.owner)], include_in_schema=False)
        router.add_api_route("/testar", self.test, methods=["POST"])
        return router

    async def test(self) -> dict[str, object]:
        """200 whatever came of it: a test that finds a fault has done its work."""
        steps = await self.services.diagnosing.directory_steps()
        return {
            "status": "ok" if all(step.result is StepResult.OK for step in steps) else "erro",
            "passos": [_view(step) for step in steps],
        }


def _view(step: Step) -> dict[str, object]:
    words = describe_step(step)
    return {
        "passo": step.name.value,
        "resultado": step.result.value,
        "titulo": words.title,
        "mensagem": words.text,
        "acao": words.action,
        "codigo": step.code.value if step.code else None,
        "fatos": dict(step.facts),
        "ms": round(step.took * _SECOND),
    }
