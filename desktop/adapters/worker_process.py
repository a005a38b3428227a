"""One child process seen as frames in, frames out, a tail of its stderr and one end."""

import asyncio
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final, TypedDict, cast

from desktop.adapters.worker_frames import Decoder, FrameError

if sys.platform == "win32":
    from desktop.adapters.worker_job import Job

_LAST_BYTES_WAIT: Final = 1.0
"""Seconds between a child's end and that of its pipes; a grandchild that inherited stderr would keep it for ever."""
_STDERR_LINES: Final = 50
_STDERR_LINE_LIMIT: Final = 2_000

_CREATE_NEW_PROCESS_GROUP: Final = 0x0000_0200
_CREATE_NO_WINDOW: Final = 0x0800_0000


class SpawnOptions(TypedDict, total=False):
    start_new_session: bool
    creationflags: int


def spawn_options(platform: str) -> SpawnOptions:
    """Keeps a terminal's Ctrl-C from the child, which the parent stops in order, and a console window from the desk."""
    if platform == "win32":
        return {"creationflags": _CREATE_NEW_PROCESS_GROUP | _CREATE_NO_WINDOW}
    return {"start_new_session": True}


class ChildProcess(asyncio.SubprocessProtocol):
    """Calls `on_frame` for each frame, in order, and `on_end(exit_code, reason)` exactly once after `spawn` was called.

    FrameError from `on_frame` kills the child. `exit_code` is None where the process was never made.
    """

    def __init__(
        self,
        log: logging.Logger,
        on_frame: Callable[[list[object]], None],
        on_end: Callable[[int | None, str], None],
    ) -> None:
        self._log = log
        self._on_frame = on_frame
        self._on_end = on_end
        self._decoder = Decoder()
        self._tail = _Tail(log)
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None
        self._resources = ExitStack()
        """What is let go at the end: the pipes, timers, and on Windows the job."""
        self._reason = ""
        self._doomed = False
        self._ended = False

    @property
    def pid(self) -> int | None:
        return None if self._transport is None else self._transport.get_pid()

    @property
    def last_stderr(self) -> tuple[str, ...]:
        """The last 50 lines, each cut at 2,000 characters."""
        return tuple(self._tail.lines)

    async def spawn(self, command: Sequence[str], env: Mapping[str, str] | None) -> None:
        """OSError where the program cannot be started."""
        loop = asyncio.get_running_loop()
        # asyncio forks in the loop's own thread, which the child's death signal is bound to: see worker_child
        making = asyncio.ensure_future(
            loop.subprocess_exec(lambda: self, *command, env=env, **spawn_options(sys.platform))
        )
        try:
            await asyncio.shield(making)
        except BaseException as exc:
            if not making.done():
                # asyncio leaks the pipes of a transport given up half made: let it be made, and end at once
                self.kill("was killed: its start was given up")
                await asyncio.wait({making})
            if self._transport is None:
                self._end(None, f"could not be started: {exc}")
            raise

    def write(self, data: bytes) -> None:
        """Never waits; what the child has not read yet stays in memory."""
        if self._stdin is not None and not self._stdin.is_closing():
            self._stdin.write(data)

    def terminate(self) -> None:
        """Asks by signal; on Windows this is already the kill."""
        self._signal(force=False)

    def kill(self, reason: str) -> None:
        """`reason` is told at the end, unless an earlier one stands; a child not there yet is killed once it is."""
        self.blame(reason)
        self._doomed = True
        self._signal(force=True)

    def blame(self, reason: str) -> None:
        """Sets what the end will be put down to, unless that is known already."""
        self._reason = self._reason or reason

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self._resources.callback(self._transport.close)
        self._stdin = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))
        if sys.platform == "win32":
            try:
                self._resources.callback(Job(self._transport.get_pid()).close)
            except OSError as exc:
                self._log.warning("it could hang on after a crash of this program: no job object (%s)", exc)
        if self._doomed:
            self._signal(force=True)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._tail.feed(data)
            return
        try:
            for frame in self._decoder.feed(data):
                self._on_frame(frame)
        except FrameError as exc:
            self.kill(f"was killed for sending garbage: {exc}")
            self._decoder = Decoder()
            self._on_frame = _ignore

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 1 and not self._ended:
            self._later(self._end_what_goes_on)

    def _end_what_goes_on(self) -> None:
        if not self._has_exited():
            self.kill("was killed: it closed its stdout and went on")

    def _has_exited(self) -> bool:
        """Also where asyncio, whose watcher is a thread, does not know it yet."""
        assert self._transport is not None
        if self._transport.get_returncode() is not None:
            return True
        if sys.platform != "linux":
            return False
        try:
            # it stays there for the watcher, whose exit code would be lost otherwise
            return os.waitid(os.P_PID, self._transport.get_pid(), os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def process_exited(self) -> None:
        self._later(self._reap)

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has exited and all its pipes are at their end."""
        self._reap()

    def _later(self, function: Callable[[], None]) -> None:
        self._resources.callback(asyncio.get_running_loop().call_later(_LAST_BYTES_WAIT, function).cancel)

    def _reap(self) -> None:
        assert self._transport is not None
        self._end(self._transport.get_returncode(), "ended by itself")

    def _end(self, exit_code: int | None, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._resources.close()
        self._tail.flush()
        self._on_end(exit_code, self._reason or reason)

    def _signal(self, *, force: bool) -> None:
        if self._transport is None or self._transport.get_returncode() is not None:
            return
        if sys.platform == "win32":
            self._transport.kill()
        else:
            # not transport.kill(): it polls, and a poll that reaps the child robs asyncio's watcher of its exit code
            try:
                os.kill(self._transport.get_pid(), signal.SIGKILL if force else signal.SIGTERM)
            except ProcessLookupError:
                self._log.debug("it ended by itself just before its signal")


class _Tail:
    """Logs a stream of bytes as lines at DEBUG and remembers the last of them."""

    def __init__(self, log: logging.Logger) -> None:
        self.lines: deque[str] = deque(maxlen=_STDERR_LINES)
        self._log = log
        self._open = bytearray()

    def feed(self, data: bytes) -> None:
        *complete, rest = data.split(b"\n")
        for line in complete:
            self._add(line)
        self._extend(rest)

    def flush(self) -> None:
        if self._open:
            self._add(b"")

    def _extend(self, data: bytes) -> None:
        self._open += data[: max(0, _STDERR_LINE_LIMIT - len(self._open))]

    def _add(self, line: bytes) -> None:
        self._extend(line)
        text = self._open.decode(errors="replace").rstrip("\r")
        self._open.clear()
        self.lines.append(text)
        self._log.debug("%s", text)


def _ignore(frame: list[object]) -> None:
    """Takes no frame: after garbage nothing more is believed."""
