"""Child processes of the tests: started by us, watched line by line, and ended by their pid."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, NamedTuple, Self

import psutil

from tests.harness.patience import PATIENCE

Stream = Literal["stdout", "stderr"]

KEPT_LINES = 5_000
LINE_LIMIT = 16_384
END_GRACE = 5.0


class Line(NamedTuple):
    """One line that a child printed, without its line end; `number` counts both streams from 0."""

    number: int
    stream: Stream
    text: str


class ChildError(AssertionError):
    """A child did not do what the test waited for; the message carries its last lines."""


class Child:
    """A running process whose output is kept (bounded) and whose whole process group is gone after `stop`.

    It is also killed by the kernel when the test run itself dies, so that nothing is ever left behind.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        name: str | None = None,
        cwd: Path | None = None,
        stdin: bytes | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name or Path(argv[0]).name
        self._changed = threading.Condition()
        self._lines: deque[Line] = deque(maxlen=KEPT_LINES)
        self._count = 0
        self._open_streams = 2
        self._process = subprocess.Popen(
            [*_die_with_us(), *argv],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, "stdout"), daemon=True),
            threading.Thread(target=self._read, args=(self._process.stderr, "stderr"), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        if stdin is not None:
            assert self._process.stdin is not None
            self._process.stdin.write(stdin)
            self._process.stdin.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._process.poll()

    @property
    def running(self) -> bool:
        return self.returncode is None

    def lines(self, stream: Stream | None = None) -> list[str]:
        """The lines so far, of one stream or of both in the order of arrival."""
        with self._changed:
            return [line.text for line in self._lines if stream in (None, line.stream)]

    def text(self, stream: Stream | None = None) -> str:
        return "\n".join(self.lines(stream))

    def mark(self) -> int:
        """A place in the output, for `wait_for_line(since=…)`."""
        with self._changed:
            return self._count

    def wait_for_line(
        self, pattern: str, timeout: float = PATIENCE, *, stream: Stream | None = None, since: int = 0
    ) -> re.Match[str]:
        """The first match of the regex in a line printed at or after `since`; ChildError at the deadline or the end."""
        deadline = time.monotonic() + timeout
        wanted = re.compile(pattern)
        following = since
        with self._changed:
            while True:
                for line in self._lines:
                    if line.number >= following and stream in (None, line.stream):
                        found = wanted.search(line.text)
                        if found is not None:
                            return found
                following = self._count
                if self._open_streams == 0:
                    raise ChildError(self._story(f"ended ({self._process.wait()}) without printing /{pattern}/"))
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ChildError(self._story(f"did not print /{pattern}/ within {timeout:g} s"))
                self._changed.wait(left)

    def wait(self, timeout: float = PATIENCE) -> int:
        """Its exit code, once it has ended and all its output is in; ChildError at the deadline."""
        deadline = time.monotonic() + timeout
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise ChildError(self._story(f"still runs after {timeout:g} s")) from None
        for reader in self._readers:
            # A grandchild that outlives it may hold the pipe open: the deadline counts for that too.
            reader.join(max(0.0, deadline - time.monotonic()))
        return code

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def terminate(self, timeout: float = PATIENCE) -> int:
        """Asks it to end, as a service manager would, and gives its exit code."""
        self.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def interrupt(self, timeout: float = PATIENCE) -> int:
        """Ctrl-C, and its exit code."""
        self.send_signal(signal.SIGINT)
        return self.wait(timeout)

    def kill9(self) -> None:
        """Ends the process alone, at once; what it started goes on, as after a crash."""
        self._process.kill()
        self._process.wait()

    def descendants(self) -> list[psutil.Process]:
        """What it started and what those started; `still_running` waits for their end, after its own too."""
        return psutil.Process(self.pid).children(recursive=True)

    def stop(self) -> None:
        """Ends it and everything in its process group; never raises because something had ended already."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(END_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        _kill_group(self.pid)
        for reader in self._readers:
            reader.join(END_GRACE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _read(self, pipe: IO[bytes], stream: Stream) -> None:
        with pipe:
            while raw := pipe.readline(LINE_LIMIT):
                with self._changed:
                    text = raw.decode("utf-8", "replace").rstrip("\r\n")
                    self._lines.append(Line(self._count, stream, text))
                    self._count += 1
                    self._changed.notify_all()
        with self._changed:
            self._open_streams -= 1
            self._changed.notify_all()

    def _story(self, what: str) -> str:
        with self._changed:
            last = [f"  {line.stream}: {line.text}" for line in list(self._lines)[-40:]]
        return "\n".join([f"{self.name} (pid {self.pid}) {what}; its last lines:", *last])


def still_running(processes: Sequence[psutil.Process], timeout: float = PATIENCE) -> list[psutil.Process]:
    """Waits until all of them have ended, and gives those that have not at the deadline.

    A process that ended counts as such at once, also where a container's init is slow to reap orphans, or never does.
    """
    deadline = time.monotonic() + timeout
    return [process for process in processes if not _ends_before(process.pid, deadline)]


def _ends_before(pid: int, deadline: float) -> bool:
    try:
        end = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([end], [], [], max(0.0, deadline - time.monotonic()))[0])
    finally:
        os.close(end)


def _die_with_us() -> list[str]:
    # The kernel sends the signal when the *thread* that forked ends, so only a child of the main thread may have it.
    if threading.current_thread() is threading.main_thread():
        return ["setpriv", "--pdeathsig", "KILL", "--"]
    return []


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
