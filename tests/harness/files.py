"""Waiting for a file by the kernel's own notice (inotify), without looking again and again."""

from __future__ import annotations

import ctypes
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.harness.patience import PATIENCE
from tests.harness.processes import Child

Answer = TypeVar("Answer")

_CLOSE_WRITE, _MOVED_TO, _CREATE, _DELETE = 0x8, 0x80, 0x100, 0x200
_EVENTS = _CLOSE_WRITE | _MOVED_TO | _CREATE | _DELETE


class FileTimeoutError(AssertionError):
    """The file system did not come to show what the test waited for."""


def wait_for_file(path: Path, timeout: float = PATIENCE, *, writer: Child | None = None) -> bytes:
    """The file's content once it is there and not empty; its directories need not exist yet.

    Raises FileTimeoutError at the deadline, or as soon as the `writer` has ended without making it.
    """

    def content() -> bytes | None:
        try:
            return path.read_bytes() or None
        except FileNotFoundError:
            return None

    return wait_until(path, content, f"{path} did not appear", timeout, writer=writer)


def wait_for_no_file(path: Path, timeout: float = PATIENCE) -> None:
    """Until there is nothing at the path."""
    wait_until(path, lambda: None if path.exists() else True, f"{path} is still there", timeout)


def wait_until(
    path: Path,
    question: Callable[[], Answer | None],
    otherwise: str,
    timeout: float,
    *,
    writer: Child | None = None,
) -> Answer:
    """The first answer that is not None, asked again at every change in the directory that holds the path."""
    deadline = time.monotonic() + timeout
    while True:
        directory = _nearest(path)
        ended = writer is not None and not writer.running
        with _notices(directory) as notices, _end_of(writer) as ends:
            # Asked with the watch in place, so that nothing can happen between the answer and the wait.
            answer = question()
            if answer is not None:
                return answer
            if writer is not None and ended:
                # Its last words may still be on their way.
                code = writer.wait()
                raise FileTimeoutError(f"{otherwise}; {writer.name} ended ({code}):\n{writer.text()}")
            if _nearest(path) != directory:
                continue
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([notices, *ends], [], [], left)[0]:
                raise FileTimeoutError(f"{otherwise} within {timeout:g} s")


def _nearest(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.is_dir())


@contextmanager
def _notices(directory: Path) -> Iterator[int]:
    libc = ctypes.CDLL(None, use_errno=True)
    notices: int = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if notices < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    try:
        if libc.inotify_add_watch(notices, os.fsencode(directory), _EVENTS) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", str(directory))
        yield notices
    finally:
        os.close(notices)


@contextmanager
def _end_of(writer: Child | None) -> Iterator[list[int]]:
    if writer is None or not writer.running:
        yield []
        return
    # Not reaped before `running` is asked again, so the pid is still its own.
    end = os.pidfd_open(writer.pid)
    try:
        yield [end]
    finally:
        os.close(end)
