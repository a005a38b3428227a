"""The service thread takes work until its loop ends, and says so afterwards: nothing that it took is lost."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from desktop.runtime.loop import ServiceThread

PATIENCE = 30.0


async def answer() -> str:
    return "done"


async def until(stop: asyncio.Event) -> None:
    await stop.wait()


class Ending:
    """A loop whose main has returned, and that cannot close yet: a thread that it waits for still works."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.over = threading.Event()

    async def main(self, stop: asyncio.Event) -> None:
        self._slow = asyncio.get_running_loop().run_in_executor(None, self.over.wait)
        self._last = asyncio.create_task(self._cancelled())
        await asyncio.sleep(0)

    async def _cancelled(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            # The loop cancels what is left once its main has returned.
            self.reached.set()


@pytest.fixture
def ending() -> Iterator[Ending]:
    ending = Ending()
    yield ending
    ending.over.set()


def test_work_is_done_until_it_is_told_to_stop() -> None:
    thread = ServiceThread()
    ended = thread.start(until)
    assert thread.submit(answer()).result(PATIENCE) == "done"
    thread.stop()
    ended.result(PATIENCE)
    with pytest.raises(RuntimeError, match="not running"):
        thread.submit(answer())
    thread.stop()


def test_what_comes_while_the_loop_ends_is_refused_and_not_forgotten(ending: Ending) -> None:
    thread = ServiceThread()
    ended = thread.start(ending.main)
    assert ending.reached.wait(PATIENCE)
    with pytest.raises(RuntimeError, match="not running"):
        thread.submit(asyncio.sleep(PATIENCE))
    thread.stop()
    ending.over.set()
    ended.result(PATIENCE)


def test_what_was_taken_before_the_end_has_an_end_itself() -> None:
    thread = ServiceThread()
    ended = thread.start(until)
    taken = thread.submit(asyncio.sleep(PATIENCE))
    thread.stop()
    ended.result(PATIENCE)
    assert taken.cancelled()


def test_where_no_loop_can_be_made_the_caller_hears_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> asyncio.AbstractEventLoop:
        raise OSError("too many open files")

    monkeypatch.setattr(asyncio.events, "new_event_loop", refuse)
    with pytest.raises(OSError, match="too many open files"):
        ServiceThread().start(until).result(PATIENCE)
