"""Malote itself as its users run it: a child process with all of its state in one directory."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.harness.environment import clean_environment
from tests.harness.files import wait_until
from tests.harness.patience import PATIENCE
from tests.harness.processes import Child

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "main.py"
RUNTIME_FILE = "runtime.json"


class Program(Child):
    """`python main.py --home HOME …`, watched and ended like any other child."""

    def __init__(
        self,
        *arguments: str,
        home: Path,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        script: Path = MAIN,
    ) -> None:
        """`env` is added to a clean environment: a display's, a keyring's, a double's."""
        self.home = home
        super().__init__(
            [sys.executable, str(script), "--home", str(home), *arguments],
            env={**clean_environment(), **(env or {})},
            name="malote",
            cwd=ROOT,
            stdin=stdin,
        )

    def runtime(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """What it wrote about itself for its callers (port, key…), once it has; raises at the deadline or its end.

        What another one, which was killed on the same home, has left there does not count.
        """
        path = self.home / RUNTIME_FILE

        def own() -> dict[str, Any] | None:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                return None
            found: dict[str, Any] = json.loads(content or b"{}")
            return found if found and found.get("pid", self.pid) == self.pid else None

        return wait_until(path, own, f"{path} did not appear", timeout, writer=self)
