"""Calls that never return hold up neither their caller, nor the next call, nor the end of the program."""

import asyncio
import subprocess
import sys
from threading import Event

import pytest

from desktop.adapters.abandonable import AbandonableCalls, LeftBehindError
from tests.harness.patience import PATIENCE
from tests.harness.program import ROOT


async def test_a_call_gives_its_result_or_its_error() -> None:
    calls = AbandonableCalls("teste", limit=1)
    assert await calls.run(lambda: 42, deadline=PATIENCE) == 42
    with pytest.raises(TimeoutError, match="the call's own"):
        await calls.run(lambda: _fail(TimeoutError("the call's own")), deadline=PATIENCE)


def _fail(error: Exception) -> None:
    raise error


async def test_a_call_that_does_not_return_is_left_behind_and_knows_it() -> None:
    calls = AbandonableCalls("teste", limit=2)
    release, left_behind = Event(), Event()
    with pytest.raises(LeftBehindError):
        await calls.run(release.wait, deadline=0.05, left_behind=left_behind)
    assert left_behind.is_set()
    assert await calls.run(lambda: "still usable", deadline=PATIENCE) == "still usable"
    release.set()


async def test_calls_left_behind_do_not_pile_up() -> None:
    calls = AbandonableCalls("teste", limit=1)
    release, returned = Event(), Event()

    def stuck() -> None:
        release.wait()
        returned.set()

    with pytest.raises(LeftBehindError):
        await calls.run(stuck, deadline=0.05)
    with pytest.raises(LeftBehindError, match="have not returned"):
        await calls.run(lambda: "too early", deadline=PATIENCE)
    release.set()
    assert await asyncio.to_thread(returned.wait, PATIENCE)
    async with asyncio.timeout(PATIENCE):  # its thread ends a moment after the call
        while True:
            try:
                assert await calls.run(lambda: "back again", deadline=PATIENCE) == "back again"
                return
            except LeftBehindError:
                await asyncio.sleep(0)


async def test_a_caller_that_goes_away_leaves_the_call_behind() -> None:
    calls = AbandonableCalls("teste", limit=2)
    started, release, left_behind = Event(), Event(), Event()

    def stuck() -> None:
        started.set()
        release.wait()

    task = asyncio.create_task(calls.run(stuck, deadline=PATIENCE, left_behind=left_behind))
    assert await asyncio.to_thread(started.wait, PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_behind.is_set()
    release.set()


STUCK_PROGRAM = """
import asyncio, threading
from desktop.adapters.abandonable import AbandonableCalls, LeftBehindError

async def main():
    try:
        await AbandonableCalls("stuck", limit=1).run(threading.Event().wait, deadline=0.05)
    except LeftBehindError:
        print("left behind")

asyncio.run(main())
"""


def test_a_program_with_a_stuck_call_still_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STUCK_PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "left behind\n", "")
