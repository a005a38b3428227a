"""What docs/erp says of contracts C and E is typed as it stands there, and works."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.harness.program import ROOT
from tests.integration.api.told import Told, told

GUIDES = ROOT / "docs" / "erp"


def typed(told: Told, command: str) -> Any:
    """Type a command of a guide into a shell, with this instance's key and addresses."""
    key = told.client.headers["Authorization"].removeprefix("Bearer ")
    for written, meant in (
        ("http://127.0.0.1:3000", told.door.info.url),
        ("CHAVE", key),
        ("WEBHOOK", told.receiver.url),
    ):
        command = command.replace(written, meant)
    ended = subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=60, check=True)
    return json.loads(ended.stdout)


@pytest.mark.parametrize(("guide", "count"), [("contrato-c.md", 9), ("contrato-e.md", 5)])
def test_every_call_of_the_guide_works_in_its_order(tmp_path: Path, guide: str, count: int) -> None:
    text = (GUIDES / guide).read_text("utf-8")
    commands = re.findall(r"```sh\n(curl .+)\n```", text)
    assert len(commands) == count
    with told(tmp_path) as opened:
        for command in commands:
            answer = typed(opened, command)
            failed = isinstance(answer, dict) and (answer.get("success") is False or "error" in answer)
            assert not failed, f"{command}\n{answer}"


def test_the_guide_s_check_of_a_signature_takes_what_malote_signs(tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.+?)```", (GUIDES / "webhooks.md").read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 (our own guide)
    with told(tmp_path) as opened:
        telling = opened.door.services.telling
        url = f"{opened.receiver.url}/x"
        assert opened.client.post("/instances/create", json={"name": "x", "webhookUrl": url}).status_code == 201
        opened.writes()
        [arrived] = opened.heard(1)
        old = opened.door.run(telling.signing.show()).reveal()
        timestamp, signature = arrived.headers["x-malote-timestamp"], arrived.headers["x-malote-signature"]
        assert names["confere"](old, timestamp, arrived.body, signature)
        assert not names["confere"](old, timestamp, arrived.body + b" ", signature)
        # Renewed, and checked by who has the new one already and by who has not.
        new = opened.door.run(telling.signing.renew()).reveal()
        opened.writes(id="3EB02")
        arrived = opened.heard(2)[1]
        shown = [arrived.headers[name] for name in ("x-malote-signature", "x-malote-signature-previous")]
        for secret in (old, new):
            assert names["confere"](secret, arrived.headers["x-malote-timestamp"], arrived.body, *shown)
        assert not names["confere"]("outro", arrived.headers["x-malote-timestamp"], arrived.body, *shown)
