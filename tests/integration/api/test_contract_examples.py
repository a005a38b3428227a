"""Every route, field, word and number of the five contracts, held against what a running door answers."""

import re
from collections.abc import Iterator

import pytest

from tests.integration.api.example_worlds import RECIPIENTS, open_stage
from tests.integration.api.examples import FAILED, Example, Stage, differences
from tests.integration.api.examples_of_erp import ERP
from tests.integration.api.examples_of_sessions import CONNECTIONS, SESSIONS
from tests.integration.api.examples_of_tenants import INSTANCES, TENANTS

ROUTES = {
    "A": """
        POST /api/enviar-relatorio
        GET /api/teste-conexao
        GET /api/envios/{id}
        GET /api/envios
        POST /api/envios/{id}/cancelar
        GET /api/empresas
        POST /api/enviar-relatorio/lote
    """,
    "B": """
        POST /sessions
        POST /whatsapp/sessions/:id/start
        GET /whatsapp/sessions/:id/qr
        GET /whatsapp/sessions/:id/status
        POST /whatsapp/sessions/:id/stop
        POST /whatsapp/sessions/:id/logout
        POST /whatsapp/messages/send
        GET /whatsapp/sessions/:id/chats
        GET /whatsapp/sessions/:id/chats/:chatId/messages
        GET /whatsapp/stats
    """,
    "C": """
        POST /send/{empresa_id}
        POST /webhook
        GET /tenants
        POST /tenants
        GET /tenants/{id}/qr
        GET /tenants/{id}/status
        DELETE /tenants/{id}
        POST /tenants/{id}/send
        GET /status
        GET /health
        POST /clear-all
        POST /restart/{empresaId}
    """,
    "D": """
        POST /whatsapp/connections
        GET /whatsapp/connections
        POST /whatsapp/connections/:id/connect
        DELETE /whatsapp/connections/:id/connect
        GET /whatsapp/connections/:id/chats
        GET /whatsapp/chats/:id/messages
        POST /whatsapp/chats/:id/messages
    """,
    "E": """
        POST /instances/create
        GET /instances
        GET /instances/:name
        DELETE /instances/:name
        POST /instances/:name/message
    """,
}
"""As the contracts write them."""
CALLS = [(contract, line.strip()) for contract, lines in ROUTES.items() for line in lines.strip().splitlines()]
OPEN = "GET /health"
"""The one route that anybody may call."""

EXAMPLES = [*ERP, *SESSIONS, *TENANTS, *CONNECTIONS, *INSTANCES]
MANAGING = {
    "POST /sessions",
    "POST /whatsapp/sessions/:id/start",
    "GET /whatsapp/sessions/:id/qr",
    "POST /whatsapp/sessions/:id/stop",
    "POST /whatsapp/sessions/:id/logout",
    "POST /tenants",
    "GET /tenants/{id}/qr",
    "DELETE /tenants/{id}",
    "POST /clear-all",
    "POST /restart/{empresaId}",
    "POST /whatsapp/connections",
    "POST /whatsapp/connections/:id/connect",
    "DELETE /whatsapp/connections/:id/connect",
    "POST /instances/create",
    "GET /instances/:name",
    "DELETE /instances/:name",
}
"""What a key that may only send and read does not do."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("examples")) as opened:
        yield opened


def bare(call: str) -> str:
    """A call without its query, whatever its parameters are called."""
    return re.sub(r":[A-Za-z]+|{\w+}", "{}", call.partition("?")[0])


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_answer_is_the_contract_s(stage: Stage, example: Example) -> None:
    answer = stage.ask(example)
    assert answer.status_code == example.status, answer.text
    assert differences(answer.json(), example.answer) == [], answer.text


@pytest.mark.parametrize(("contract", "call"), CALLS)
def test_every_route_of_the_contracts_is_in_the_document_and_has_an_example(
    stage: Stage, contract: str, call: str
) -> None:
    paths = stage.client.get("/openapi.json").json()["paths"]
    described = {bare(f"{method.upper()} {path}") for path, methods in paths.items() for method in methods}
    assert bare(call) in described
    shape = re.compile(re.escape(bare(call)).replace(re.escape("{}"), "[^/]+"))
    assert any(
        one.contract == contract and one.status < 300 and shape.fullmatch(one.call.partition("?")[0])
        for one in EXAMPLES
    )


@pytest.mark.parametrize(("contract", "call"), [one for one in CALLS if one[1] != OPEN])
def test_nobody_is_answered_without_a_key(stage: Stage, contract: str, call: str) -> None:
    method, _, path = bare(call).partition(" ")
    with stage.door.client(key=None) as nobody:
        answer = nobody.request(method, path.replace("{}", "1"), json={} if method == "POST" else None)
    assert answer.status_code == 401
    assert differences(answer.json(), FAILED[contract]("chave_ausente", 401)) == [], answer.text


@pytest.mark.parametrize(("contract", "call"), [one for one in CALLS if one[1] in MANAGING])
def test_managing_is_for_whoever_may(stage: Stage, contract: str, call: str) -> None:
    method, _, path = bare(call).partition(" ")
    with stage.sender() as sender:
        answer = sender.request(method, path.replace("{}", "1"), json={} if method == "POST" else None)
    assert answer.status_code == 403
    assert differences(answer.json(), FAILED[contract]("acesso_negado", 403)) == [], answer.text


@pytest.mark.parametrize(("written", "jid"), RECIPIENTS.items())
def test_somebody_may_be_named_in_each_form_under_every_contract(stage: Stage, written: str, jid: str) -> None:
    ways: dict[str, tuple[str, dict[str, str]]] = {
        "B": ("/whatsapp/messages/send", {"sessionId": stage.known["b"], "to": written, "message": "Olá"}),
        "C": ("/send/1", {"phone": written, "message": "Olá"}),
        "D": (f"/whatsapp/chats/{stage.known['d']}:{written}/messages", {"content": "Olá"}),
        "E": ("/instances/empresa_x/message", {"number": written, "message": "Olá"}),
    }
    before = [len(engine.others) for engine in stage.door.engines]
    for path, body in ways.values():
        answer = stage.client.post(path, json=body)
        assert answer.status_code in {200, 201}, answer.text
    went = [jid for engine, n in zip(stage.door.engines, before, strict=True) for jid, _ in engine.others[n:]]
    assert went == [jid] * len(ways)
