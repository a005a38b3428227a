"""The tray and the command line change settings in the same instant: neither takes back what the other has set."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from desktop.adapters.settings_file import SettingsFile
from desktop.domain.errors import Code, ConfigError
from desktop.domain.settings import Language

DEADLINE = 60

CHANGE = """
import os, sys
from pathlib import Path
from desktop.adapters.settings_file import SettingsFile

replace = os.replace

def halt(source, target):
    print("about to write", flush=True)
    sys.stdin.readline()
    replace(source, target)

os.replace = halt
SettingsFile(Path(sys.argv[1])).change({"language": "en"})
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "settings.json"
    SettingsFile(path).change({"pace.hourly_cap": 7})
    return path


@contextmanager
def another_program(path: Path) -> Iterator[subprocess.Popen[str]]:
    """It has read the settings, and writes them with another language after the next line that it is told."""
    with subprocess.Popen(
        [sys.executable, "-c", CHANGE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline() == "about to write\n"
            yield program
        finally:
            program.kill()


def test_a_change_that_waits_too_long_for_another_program_s_is_refused_and_nothing_lost(path: Path) -> None:
    with another_program(path) as other:
        with pytest.raises(ConfigError) as refused:
            SettingsFile(path, patience=0).change({"door.port": 3456})
        assert (refused.value.code, refused.value.facts) == (
            Code.SETTING_INVALID,
            {"name": "settings.json", "path": str(path), "reason": "busy"},
        )
        assert SettingsFile(path).load().pace.hourly_cap == 7
        other.communicate("\n", timeout=DEADLINE)
        assert other.returncode == 0
    assert json.loads(path.read_text("utf-8")) == {"pace.hourly_cap": 7, "language": "en"}


def test_a_change_waits_for_the_end_of_another_program_s(path: Path) -> None:
    store = SettingsFile(path, patience=DEADLINE)
    # It knows the file as it is now, as the tray does.
    assert store.load().pace.hourly_cap == 7
    with another_program(path) as other:
        changing = Thread(target=store.change, args=[{"door.port": 3456}])
        changing.start()
        other.communicate("\n", timeout=DEADLINE)
        changing.join(DEADLINE)
    assert json.loads(path.read_text("utf-8")) == {"pace.hourly_cap": 7, "language": "en", "door.port": 3456}
    assert store.load().language is Language.ENGLISH


def test_a_program_that_is_killed_in_the_middle_of_its_change_holds_nobody_up(path: Path) -> None:
    with another_program(path) as other:
        other.kill()
        other.wait(DEADLINE)
        SettingsFile(path, patience=0).change({"door.port": 3456})
    assert json.loads(path.read_text("utf-8")) == {"pace.hourly_cap": 7, "door.port": 3456}
