"""Two programs that change one secret of the keyring do so one after the other."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.adapters.secrets.entry_turns import entry_turns
from desktop.domain.errors import Code, Transient
from tests.harness.patience import PATIENCE

HOLD = """
import asyncio, sys
from pathlib import Path
from desktop.adapters.secrets.entry_turns import entry_turns

async def hold():
    async with entry_turns(Path(sys.argv[1]))():
        print("held", flush=True)
        sys.stdin.readline()

asyncio.run(hold())
"""


@contextmanager
def another_program(path: Path) -> Iterator[subprocess.Popen[str]]:
    """It has its turn, and gives it back after the next line that it is told."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline() == "held\n"
            yield program
        finally:
            program.kill()


@pytest.mark.parametrize("killed", [False, True])
async def test_a_turn_comes_when_the_other_program_s_is_over(tmp_path: Path, *, killed: bool) -> None:
    path = tmp_path / "webhook.lock"
    with another_program(path) as other:
        with pytest.raises(Transient) as refused:
            async with entry_turns(path, patience=0)():
                raise AssertionError("it is not free")
        assert (refused.value.code, refused.value.facts["reason"]) == (Code.KEYRING_UNAVAILABLE, "busy")
        if killed:
            other.kill()
        else:
            other.communicate("\n", timeout=PATIENCE)
        async with entry_turns(path, patience=PATIENCE)():
            pass


async def test_turns_within_one_program_are_taken_one_after_the_other(tmp_path: Path) -> None:
    turn, steps = entry_turns(tmp_path / "webhook.lock"), list[str]()

    async def take() -> None:
        async with turn():
            steps.append("begun")
            await asyncio.sleep(0)
            steps.append("over")

    await asyncio.gather(*(take() for _ in range(3)))
    assert steps == ["begun", "over"] * 3


async def test_a_folder_that_cannot_be_written_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Transient) as refused:
        async with entry_turns(tmp_path / "file" / "webhook.lock")():
            raise AssertionError("it cannot be there")
    assert refused.value.code is Code.KEYRING_UNAVAILABLE
