"""The OpenAPI document describes what webhooks tell, and what is told is what it says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from desktop.domain.message import MessageKind
from desktop.domain.receipt import Receipt, ReceiptKind
from tests.doubles.receiver import Arrived
from tests.integration.api.told import AT, JID, PHONE, Told, told


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Told]:
    with told(tmp_path) as opened:
        yield opened


def described(api: Told) -> dict[str, Any]:
    """What Malote posts, by the name in the document."""
    found: dict[str, Any] = api.client.get("/openapi.json").json()["webhooks"]
    return {name: methods["post"] for name, methods in found.items()}


def check(operation: dict[str, Any], arrived: Arrived) -> None:
    """Raises where a call is not what the document says of it."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    jsonschema_rs.validator_for(schema).validate(json.loads(arrived.body))
    headers = {one["name"].lower(): one for one in operation["parameters"]}
    ours = {name for name in arrived.headers if name.startswith("x-malote-")}
    assert {name for name, one in headers.items() if one["required"]} <= ours <= set(headers)
    assert arrived.headers["x-malote-event"] == headers["x-malote-event"]["schema"]["const"]


def test_contract_e_is_told_what_the_document_says(api: Told) -> None:
    document = described(api)
    body = {"name": "empresa_x", "webhookUrl": f"{api.receiver.url}/webhook/whatsapp"}
    assert api.client.post("/instances/create", json=body).status_code == 201
    for kind in MessageKind:
        api.writes(id=f"3EB{kind}", kind=kind)
    api.heard(len(MessageKind))
    message = {"number": PHONE, "message": "Olá"}
    assert api.client.post("/instances/empresa_x/message", json=message).status_code == 200
    api.says(Receipt(kind=ReceiptKind.READ, message_ids=("3EB00001",), chat=JID, by=JID, at=AT))
    arrived = api.heard(len(MessageKind) + 2)
    told_of = {one.headers["x-malote-event"] for one in arrived}
    assert told_of == set(document) - {"webhook/whatsapp"}
    for one in arrived:
        check(document[one.headers["x-malote-event"]], one)


def test_contract_c_is_told_what_the_document_says(api: Told) -> None:
    api.door.change({"webhooks.tenants_url": api.receiver.url})
    assert api.client.post("/tenants", json={"tenantId": "empresa1"}).status_code == 201
    for kind in MessageKind:
        api.writes(id=f"3EB{kind}", kind=kind)
    api.door.run(api.door.services.telling.signing.renew())
    for arrived in api.heard(len(MessageKind)):
        check(described(api)["webhook/whatsapp"], arrived)
        assert arrived.path == "/webhook/whatsapp"


def test_what_is_not_told_is_not_described_as_if_it_were(api: Told) -> None:
    for operation in described(api).values():
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert not jsonschema_rs.validator_for(schema).is_valid({})
        assert "$ref" not in json.dumps(schema)
