"""What the OpenAPI document says is what happens, asked by a machine that tries what no person would."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from desktop.domain.access import EVERYTHING, Access
from tests.integration.api.door import BAKERY, Door, open_door

EXAMPLES = 6
"""Tried of each operation; all of them together take seconds."""
CHECKS: list[CheckFunction] = [status_code_conformance, content_type_conformance, response_schema_conformance]
LATER = 503, 504
"""Told of the world, not of a bug: nobody is connected, or did not answer in time."""


def point_at(case: Case[Any], there: dict[str, str]) -> None:
    """Ask about something that exists, where that is not to be removed."""
    identity = next((real for path, real in there.items() if case.path.startswith(path)), None)
    if identity is not None and case.method.upper() != "DELETE":
        for name in {"id", "name"} & set(case.path_parameters):
            case.path_parameters[name] = identity
    if isinstance(case.body, dict) and "sessionId" in case.body:
        case.body["sessionId"] = there["/whatsapp/sessions"]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    """An instance that may be ruined, and a key that may do everything."""
    waits = {"door.wait_limit": 0.5, "engine.connect_wait": 0}
    with open_door(tmp_path_factory.mktemp("tried"), settings=waits) as door:
        key = door.run(door.services.keys.create("máquina", Access(name="", scopes=EVERYTHING)))
        yield door, key.text


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its words for whatever else may happen: every status has to be named."""
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("default", None)
    return document


# Schemathesis's own strategies use the module that Hypothesis warns of.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.timeout(150)
def test_every_answer_is_one_that_the_document_describes(tried: tuple[Door, str]) -> None:
    door, key = tried
    with door.client(key=key) as client:
        document = strict(client.get("/openapi.json").json())
        there = {
            "/whatsapp/sessions": client.get("/whatsapp/stats").json()["sessions"][0]["id"],
            "/api/envios": client.post("/api/enviar-relatorio", json={"cnpj": BAKERY}).json()["id"],
            "/whatsapp/connections": client.get("/whatsapp/connections").json()[0]["id"],
            "/tenants": "principal",
            "/instances": "principal",
            "/restart": "principal",
            "/send": "principal",
        }
    schema = schemathesis.openapi.from_dict(document)
    wrong: dict[str, str] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=st.one_of(operation.as_strategy(), operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)),
            real=st.booleans(),
        )
        def try_one(case: Case[Any], real: bool) -> None:
            if real:
                point_at(case, there)
            answer = case.call(base_url=door.info.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)
            if answer.status_code >= 500 and answer.status_code not in LATER:
                wrong.setdefault(f"{case.operation.label} {answer.status_code}", answer.text)
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as failure:
                # Noted, not raised: the instance remembers, so the same call again may be answered otherwise.
                told = "; ".join(str(one) for one in failure.exceptions)
                wrong.setdefault(f"{case.operation.label} {answer.status_code}", told)

        try_one()
    assert wrong == {}, "\n\n".join(f"{label}: {told}" for label, told in wrong.items())
