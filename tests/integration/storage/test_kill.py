"""Killed at any moment, the storage has kept what it said it had kept."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.domain.errors import Code
from desktop.domain.history import HistoryFilter
from desktop.domain.send import TRANSITIONS, SendState
from desktop.runtime.clock import SystemClock
from tests.integration.storage.sends import at

ROUNDS = 6
ORDER = (SendState.QUEUED, SendState.SENDING, SendState.SENT, SendState.READ)


@contextmanager
def writing(path: Path) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "tests.integration.storage.writer", str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def killed_after(path: Path, lines: int) -> dict[UUID, SendState]:
    """Let a program write until it said so many lines, kill it, and return what it had said of each send."""
    with writing(path) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(lines + 2)]
        child.kill()
        said += child.stdout.readlines()
    assert said[:2] == ["opening\n", "ready\n"]
    # The kill may have cut the last line in two; then nobody was told.
    whole = [line.split() for line in said[2:] if line.endswith("\n")]
    return {UUID(send_id): SendState(state) for send_id, state in whole}


async def check(opened: OpenedStorage, reported: dict[UUID, SendState]) -> None:
    for send_id, state in reported.items():
        send = await opened.outbox.get(send_id)
        assert send is not None
        assert ORDER.index(send.state) >= ORDER.index(state)
    for send in await opened.outbox.history(HistoryFilter(limit=100_000)):
        steps = await opened.outbox.steps(send.id)
        assert steps[0].state is SendState.QUEUED
        assert steps[-1].state is send.state
        assert all(later.state in TRANSITIONS[earlier.state] for earlier, later in pairwise(steps))
        assert (send.report_sha256 is not None) == (send.state is not SendState.QUEUED)
        assert send.message_id == send.id.hex or send.state in (SendState.QUEUED, SendState.SENDING, SendState.UNKNOWN)
        if send.report_sha256 is not None:
            assert await opened.outbox.content(send.report_sha256) is not None


async def test_a_kill_loses_nothing_that_was_said_to_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "malote.db"
    everything: dict[UUID, SendState] = {}
    chance = random.Random()
    for _ in range(ROUNDS):
        reported = killed_after(path, chance.randrange(1, 25))
        everything |= reported
        opened = await open_storage(path, clock=SystemClock())
        assert opened.set_aside is None
        await check(opened, reported)
        await opened.close()

    opened = await open_storage(path, clock=SystemClock())
    history = await opened.outbox.history(HistoryFilter(limit=100_000))
    assert everything.keys() <= {send.id for send in history}
    interrupted = {send.id for send in history if send.state is SendState.SENDING}
    changed = await opened.outbox.recover(at(0))
    assert {send.id for send in changed if send.state is SendState.UNKNOWN} == interrupted
    assert {send.error for send in changed} <= {Code.OUTCOME_UNKNOWN, Code.TIMED_OUT}
    assert (await opened.outbox.counts("principal")).get(SendState.SENDING) is None
    await opened.close()


@pytest.mark.parametrize("seconds", [0.02, 0.05, 0.1, 0.15])
async def test_a_kill_during_the_first_start_leaves_nothing_half_made(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "malote.db"
    with writing(path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "opening\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(seconds)
    opened = await open_storage(path, clock=SystemClock())
    assert opened.set_aside is None
    await check(opened, {})
    await opened.close()
