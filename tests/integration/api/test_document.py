"""The OpenAPI document describes every route and answer, and what it says is what happens."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from desktop.api import contract
from desktop.api.errors import status_of
from desktop.api.failure import body_of
from desktop.api.schemas import STATES_BY_NAME
from desktop.domain.errors import AppError, Code
from desktop.domain.settings import Language
from desktop.runtime.wording import describe
from tests.harness.program import ROOT
from tests.integration.api.door import BAKERY, MARKET, WITHOUT_REPORT, Door

BRIDGE_ROUTES = {
    ("POST", "/api/enviar-relatorio"),
    ("POST", "/api/enviar-relatorio/lote"),
    ("GET", "/api/teste-conexao"),
    ("GET", "/api/envios"),
    ("GET", "/api/envios/{id}"),
    ("POST", "/api/envios/{id}/cancelar"),
    ("GET", "/api/empresas"),
    ("GET", "/api/chaves"),
    ("POST", "/api/chaves"),
    ("DELETE", "/api/chaves/{name}"),
}
SESSION_ROUTES = {
    ("POST", "/sessions"),
    ("POST", "/whatsapp/sessions/{id}/start"),
    ("GET", "/whatsapp/sessions/{id}/qr"),
    ("GET", "/whatsapp/sessions/{id}/status"),
    ("POST", "/whatsapp/sessions/{id}/stop"),
    ("POST", "/whatsapp/sessions/{id}/logout"),
    ("DELETE", "/whatsapp/sessions/{id}"),
    ("POST", "/whatsapp/messages/send"),
    ("GET", "/whatsapp/sessions/{id}/chats"),
    ("GET", "/whatsapp/sessions/{id}/chats/{chatId}/messages"),
    ("GET", "/whatsapp/stats"),
}
TENANT_ROUTES = {
    ("GET", "/tenants"),
    ("POST", "/tenants"),
    ("GET", "/tenants/{id}/qr"),
    ("GET", "/tenants/{id}/status"),
    ("DELETE", "/tenants/{id}"),
    ("POST", "/tenants/{id}/send"),
    ("POST", "/send/{id}"),
    ("POST", "/webhook"),
    ("GET", "/status"),
    ("GET", "/health"),
    ("POST", "/clear-all"),
    ("POST", "/restart/{id}"),
}
INSTANCE_ROUTES = {
    ("POST", "/instances/create"),
    ("GET", "/instances"),
    ("GET", "/instances/{name}"),
    ("DELETE", "/instances/{name}"),
    ("POST", "/instances/{name}/message"),
}
WEBHOOK_ROUTES = {
    ("GET", "/api/webhooks"),
    ("GET", "/api/webhooks/falhas"),
    ("POST", "/api/webhooks/falhas/{id}/reenviar"),
    ("POST", "/api/webhooks/reativar"),
}
CONNECTION_ROUTES = {
    ("POST", "/whatsapp/connections"),
    ("GET", "/whatsapp/connections"),
    ("POST", "/whatsapp/connections/{id}/connect"),
    ("DELETE", "/whatsapp/connections/{id}/connect"),
    ("DELETE", "/whatsapp/connections/{id}"),
    ("GET", "/whatsapp/connections/{id}/chats"),
    ("GET", "/whatsapp/chats/{id}/messages"),
    ("POST", "/whatsapp/chats/{id}/messages"),
}
OPEN = "/health"
"""The one route that asks for no key."""
ROUTES = BRIDGE_ROUTES | SESSION_ROUTES | TENANT_ROUTES | CONNECTION_ROUTES | INSTANCE_ROUTES | WEBHOOK_ROUTES
FAILURES: dict[str, tuple[Callable[[Code], int], Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "Failure": (status_of, lambda body: body),
    "BackendFailure": (
        contract.status_of,
        lambda body: {"message": body["mensagem"], "error": body["codigo"], "action": body["acao"]},
    ),
    "TenantFailure": (
        contract.status_of,
        lambda body: {"success": False, "error": body["mensagem"], "codigo": body["codigo"], "acao": body["acao"]},
    ),
    "ConnectionFailure": (
        contract.status_of,
        lambda body: {
            "statusCode": contract.status_of(Code(body["codigo"])).value,
            "message": body["mensagem"],
            "error": body["codigo"],
            "action": body["acao"],
        },
    ),
    "InstanceFailure": (
        contract.status_of,
        lambda body: {"error": body["mensagem"], "code": body["codigo"], "action": body["acao"]},
    ),
}
"""Each contract's failures: their statuses, and their shape made of contract A's."""


@pytest.fixture(scope="module")
def document(shared_door: Door) -> dict[str, Any]:
    answer = shared_door.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_of_the_contract_is_there_and_no_other(document: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(document)} == ROUTES


def test_every_answer_is_described_with_its_shape(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"], path
        assert "HTTPValidationError" not in json.dumps(operation["responses"]), path
        assert {"401", "403", "500"} <= set(operation["responses"]) or path == OPEN, path
        for status, response in operation["responses"].items():
            where = f"{method} {path} {status}"
            assert response["description"] not in {"", "Successful Response"}, where
            sentences = re.findall(r"`\w+`: [^`]+", response["description"])
            assert len(sentences) == len(set(sentences)), where
            schema = response["content"]["application/json"]["schema"]
            assert "$ref" in schema or schema["type"] == "array", where


def test_every_parameter_and_body_is_described(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", []):
            limits = {"minimum", "maximum", "enum"} & set(parameter["schema"])
            assert parameter.get("description") or limits, f"{path} {parameter['name']}"
        if method == "POST" and "{id}" not in path:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert {"description", "properties"} <= set(schema)
            json.dumps(schema["properties"])


def test_every_failure_has_an_example_in_the_contract_s_shape(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        for status, response in operation["responses"].items():
            content = response["content"]["application/json"]
            shape = content["schema"].get("$ref", "").rpartition("/")[2]
            # A connection test that failed tells of every connection.
            if status != "default" and int(status) >= 400 and shape != "Connections":
                meant, shaped = FAILURES[shape]
                assert content["examples"], f"{path} {status}"
                for code, example in content["examples"].items():
                    assert example["value"] == shaped(body_of(AppError(Code(code))))
                    assert meant(Code(code)) == int(status)


def test_every_code_that_contract_a_names_has_an_example(document: dict[str, Any]) -> None:
    report = document["paths"]["/api/enviar-relatorio"]["post"]["responses"]["400"]
    assert set(report["content"]["application/json"]["examples"]) >= {
        *("cnpj_invalido", "empresa_nao_encontrada", "grupo_nao_cadastrado", "grupo_invalido", "imagem_nao_encontrada"),
        *("imagem_invalida", "imagem_antiga", "imagem_incompleta", "oracle_indisponivel", "oracle_credenciais"),
        *("whatsapp_desconectado", "whatsapp_nao_pareado", "fora_do_grupo", "tempo_esgotado", "desfecho_desconhecido"),
    }


def test_a_key_without_the_right_is_described_everywhere(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        if path != OPEN:
            assert "acesso_negado" in operation["responses"]["403"]["content"]["application/json"]["examples"], path


def test_a_key_is_asked_for_everywhere(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"http", "apiKey"}
    for _, path, operation in operations(document):
        asked = {name for one in operation.get("security", ()) for name in one}
        assert asked == (set() if path == OPEN else set(schemes)), path


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == set(document["components"]["schemas"])


def test_what_comes_back_is_what_the_document_says(door: Door, document: dict[str, Any]) -> None:
    sent = door.send(MARKET)
    queued = door.send(BAKERY, fila=True)
    with door.client() as client:
        batch = client.post("/api/enviar-relatorio/lote", json={"cnpjs": [BAKERY, "1"]})
        cancelled = client.post(f"/api/envios/{sent.json()['id']}/cancelar")
    for answer, method, path in (
        (sent, "post", "/api/enviar-relatorio"),
        (queued, "post", "/api/enviar-relatorio"),
        (door.send(WITHOUT_REPORT), "post", "/api/enviar-relatorio"),
        (batch, "post", "/api/enviar-relatorio/lote"),
        (cancelled, "post", "/api/envios/{id}/cancelar"),
        (door.get("/api/teste-conexao"), "get", "/api/teste-conexao"),
        (door.get("/api/envios"), "get", "/api/envios"),
        (door.get(f"/api/envios/{sent.json()['id']}"), "get", "/api/envios/{id}"),
        (door.get("/api/empresas"), "get", "/api/empresas"),
    ):
        responses = document["paths"][path][method]["responses"]
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        check(answer.json(), schema, document, f"{method} {path} {answer.status_code}")


def check(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str) -> None:
    """Hold a value against the parts of JSON Schema that the document uses."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        if value is None:
            assert {"type": "null"} in schema["anyOf"], where
            return
        schema = next(one for one in schema["anyOf"] if one != {"type": "null"})
    assert "enum" not in schema or value in schema["enum"], where
    match schema["type"]:
        case "array":
            assert isinstance(value, list), where
            for part in value:
                check(part, schema["items"], document, where)
        case "object":
            assert isinstance(value, dict), where
            assert set(schema.get("required", ())) <= set(value) <= set(schema["properties"]), where
            for name, part in value.items():
                check(part, schema["properties"][name], document, f"{where} {name}")
        case kind:
            assert isinstance(value, {"string": str, "boolean": bool, "integer": int}[kind]), where


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_status_and_words_in_both_languages(code: Code) -> None:
    assert 400 <= status_of(code) < 600
    for language in Language:
        wording = describe(code, {}, language)
        assert wording.text
        assert wording.action
    body = body_of(AppError(code))
    assert list(body) == ["status", "mensagem", "codigo", "acao"]
    assert (body["status"], body["codigo"]) == ("erro", code.value)


def test_a_failure_of_the_job_is_always_a_400() -> None:
    of_the_call = {
        "chave_ausente",
        "chave_invalida",
        "chave_nao_encontrada",
        "host_recusado",
        "origem_recusada",
        "corpo_grande",
        "tipo_nao_suportado",
        "muitas_requisicoes",
        "rota_inexistente",
        "metodo_nao_permitido",
        "acesso_negado",
        "chave_ja_existe",
        "webhook_nao_encontrado",
        "envio_nao_encontrado",
        "envio_ja_iniciado",
        "programa_fechado",
        "erro_interno",
    }
    assert {code.value for code in Code if status_of(code) != 400} == of_the_call


def test_the_guide_for_erp_programmers_lists_every_code_with_its_status() -> None:
    guide = (ROOT / "docs" / "erp" / "README.md").read_text("utf-8")
    listed = {name: int(status) for name, status in re.findall(r"^\| `(\w+)` \| (\d{3}) \|", guide, re.MULTILINE)}
    at_start_only = {"ja_em_execucao", "banco_mais_novo", "porta_indisponivel"}
    assert listed == {code.value: status_of(code).value for code in Code if code.value not in at_start_only}
    assert all(f"`{name}`" in guide for name in at_start_only | set(STATES_BY_NAME))
    assert {path.partition("{")[0] for _, path in BRIDGE_ROUTES} <= set(re.findall(r"/api/[a-z/-]+", guide))
