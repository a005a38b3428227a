"""Every session has a worker of its own: what that loads is paid for as often as there are sessions."""

from __future__ import annotations

import json
import subprocess
import sys

from desktop.adapters.engines.whatsmeow_failures import send_failure
from desktop.domain.session import HumanReason

LOADED = "import json, sys, desktop.adapters.engines.whatsmeow_worker as _; print(json.dumps(sorted(sys.modules)))"


def test_a_worker_loads_nothing_that_only_the_program_needs() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "desktop" in loaded
    assert not loaded & {"asyncio", "ssl", "stdnum", "PIL", "PySide6", "sqlalchemy", "pydantic", "multiprocessing"}


def test_the_reason_that_is_spelt_out_for_that_is_the_domains() -> None:
    refused = send_failure("server returned error 463", "120363000000000001@g.us", written=True)
    assert refused.facts["reason"] == HumanReason.RESTRICTED.value
