"""Blocking calls that may never return: a dead network share, a keyring that waits for a person."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
LEFT_BEHIND = " (left behind)"


class LeftBehindError(Exception):
    """The call had not returned at its deadline, or too many before it have not returned yet."""


class AbandonableCalls:
    """Runs each call in a daemon thread that no other call uses meanwhile, and leaves both behind at its deadline.

    A pool's threads are joined when the interpreter ends, so that one stuck call would keep the program from ending.
    """

    def __init__(self, name: str, *, limit: int) -> None:
        self._name = name
        self._limit = limit
        """How many threads may be left behind alive before no new one is started."""
        self._left_behind: list[_Hand] = []
        self._idle: list[_Hand] = []

    async def run(self, call: Callable[[], T], *, deadline: float, left_behind: Event | None = None) -> T:
        """Return what the call returns, or raise what it raises; seconds for `deadline`.

        Raises LeftBehindError. `left_behind` is set where nobody waits for the call any more.
        """
        self._left_behind = [hand for hand in self._left_behind if hand.thread.is_alive()]
        if len(self._left_behind) >= self._limit:
            raise LeftBehindError(f"{self._name}: {self._limit} calls have not returned")
        outcome: Future[T] = Future()
        outcome.set_running_or_notify_cancel()
        hand = self._idle.pop() if self._idle else _Hand(self._name)
        hand.take(outcome, call)
        waiter = asyncio.wrap_future(outcome)
        try:
            done, _ = await asyncio.wait({waiter}, timeout=deadline)
            if not done:
                raise LeftBehindError(f"{self._name}: no answer in {deadline} s")
            return waiter.result()
        finally:
            if waiter.done():
                self._idle.append(hand)
                if not waiter.cancelled():
                    # Where the caller was cancelled at that very moment, nobody else asks how the call ended.
                    waiter.exception()
            else:
                waiter.cancel()
                if left_behind is not None:
                    left_behind.set()
                hand.leave_behind()
                self._left_behind.append(hand)


class _Hand:
    """A daemon thread that carries out one call after the other: to start one for each costs whoever waits more."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.thread = Thread(target=self._work, name=name, daemon=True)
        self.thread.start()

    def take(self, outcome: Future[T], call: Callable[[], T]) -> None:
        self._calls.put(partial(_settle, outcome, call))

    def leave_behind(self) -> None:
        """It ends after the call it has; a dump of the program's threads tells it by its name."""
        self.thread.name += LEFT_BEHIND
        self._calls.put(None)

    def _work(self) -> None:
        while (work := self._calls.get()) is not None:
            work()
            del work  # what it holds (a whole picture) must not stay in memory until the next call


def _settle(outcome: Future[T], call: Callable[[], T]) -> None:
    try:
        result = call()
    except BaseException as exc:
        outcome.set_exception(exc)
        # The traceback holds this frame: what the call opened would live until the garbage collector comes by.
        del outcome, call
    else:
        outcome.set_result(result)
