"""A pytest plugin that delays, at random, whatever hands something to an event loop.

A busy machine does the same once in a hundred runs: an answer of the disk comes after the next question, a process has
ended before its last line is read. `python -m pytest -p tests.harness.chaos FILE`, ten times over, says whether a test
or the program depends on who is first. The processes that tests start are not delayed.
"""

from __future__ import annotations

import concurrent.futures.thread
import random
import threading
import time
from asyncio import base_events, selector_events
from typing import Any

JOB, READING, TURN, THREAD = 0.1, 0.04, 0.03, 0.15
"""Seconds by which each comes later at most; most come much sooner, and many at once."""


def pytest_configure() -> None:
    _delay_jobs(concurrent.futures.thread._WorkItem)
    _delay_reading(selector_events._SelectorSocketTransport)  # type: ignore[attr-defined]
    _delay_turns(base_events.BaseEventLoop)
    _delay_threads(threading.Thread)


def _moment(most: float) -> float:
    return random.random() ** 2 * most


def _perhaps(share: float) -> bool:
    return random.random() < share


def _delay_jobs(item: Any) -> None:
    """Of thread pools: begun late, and their results told late."""
    run = item.run

    def run_late(self: Any) -> None:
        job = self.fn

        def finished_late(*args: Any, **named: Any) -> Any:
            try:
                return job(*args, **named)
            finally:
                if _perhaps(0.35):
                    time.sleep(_moment(JOB))

        self.fn = finished_late
        if _perhaps(0.35):
            time.sleep(_moment(JOB))
        run(self)

    item.run = run_late


def _delay_reading(transport: Any) -> None:
    read = transport._read_ready

    def read_late(self: Any) -> None:
        if not _perhaps(0.15):
            read(self)
            return
        self._loop._remove_reader(self._sock_fd)

        def again() -> None:
            if not (self._closing or self._paused or self._eof):
                self._loop._add_reader(self._sock_fd, self._read_ready)

        self._loop.call_later(_moment(READING), again)

    transport._read_ready = read_late


def _delay_turns(loop: Any) -> None:
    turn = loop._run_once

    def turn_late(self: Any) -> None:
        if _perhaps(0.01):
            time.sleep(_moment(TURN))
        turn(self)

    loop._run_once = turn_late


def _delay_threads(thread: Any) -> None:
    begin = thread._bootstrap_inner

    def begin_late(self: Any) -> None:
        if _perhaps(0.5):
            time.sleep(_moment(THREAD))
        begin(self)

    thread._bootstrap_inner = begin_late
