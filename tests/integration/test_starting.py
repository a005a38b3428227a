"""The whole program's start, where a part of it fails after others have begun."""

import subprocess
import sys
from pathlib import Path

import pytest

from desktop.adapters.settings_file import SettingsFile
from desktop.app import running
from desktop.runtime.paths import Home
from tests.doubles.engine import ScriptedEngine
from tests.harness.patience import PATIENCE
from tests.harness.program import ROOT


class Stumbling(ScriptedEngine):
    """Begins its work, and then fails in a way nobody foresaw."""

    async def start(self) -> None:
        await super().start()
        raise RuntimeError("nobody foresaw it")


async def test_a_start_that_fails_ends_the_engines_that_it_has_begun(tmp_path: Path) -> None:
    home = Home(tmp_path / "malote")
    home.prepare()
    SettingsFile(home.settings).change({"door.port": 0, "directory.kind": "table"})
    engines: list[Stumbling] = []

    def make(name: str, on_event: object) -> Stumbling:
        engines.append(Stumbling(on_event))  # type: ignore[arg-type]
        return engines[-1]

    with pytest.raises(RuntimeError, match="nobody foresaw it"):
        async with running(home, engines=make):
            pytest.fail("it cannot have started")
    assert [(engine.starts, engine.stops) for engine in engines] == [(1, 1)]


@pytest.mark.parametrize("name", [(), ("nobody",)])
def test_a_worker_that_there_is_none_of_is_refused_without_a_traceback(name: tuple[str, ...]) -> None:
    command = [sys.executable, str(ROOT / "main.py"), "--worker", *name]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "\n--worker: não serve: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_command_line_is_read_without_what_sessions_and_sends_take_to_load() -> None:
    """The icon, too, is shown only after it was read."""
    seen = "import sys, desktop.cli; print(*(m for m in sys.modules if m.startswith('desktop.domain.')))"
    command = [sys.executable, "-c", seen]
    loaded = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True, cwd=ROOT).stdout
    assert {"desktop.domain.session", "desktop.domain.send"}.isdisjoint(loaded.split())
