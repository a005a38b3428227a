"""The child's side of a worker: answers the parent's calls from a handler object until it is told to stop.

Nothing here may import asyncio: a child has no loop, and asyncio would cost it 60 ms and 8 MB.
"""

import ctypes
import faulthandler
import io
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from types import FunctionType
from typing import Final, NoReturn, Protocol

from desktop.adapters.worker_frames import (
    BUG,
    CALL,
    CANCEL,
    CANCELLED,
    ERROR,
    EVENT,
    START_ID,
    STOP,
    VALUE,
    CallError,
    Decoder,
    FrameError,
    encode,
)

__all__ = ["CallError", "Emit", "HandlerFactory", "serve"]

DEFAULT_CALL_THREADS: Final = 4
EXIT_FAILED: Final = 1
EXIT_START_FAILED: Final = 3
EXIT_GARBAGE: Final = 4
EXIT_PARENT_GONE: Final = 5

_READ_SIZE: Final = 256 * 1024
_TRACEBACK_LIMIT: Final = 16_000
_PR_SET_PDEATHSIG: Final = 1
_STD_INPUT_HANDLE: Final = -10
_STD_OUTPUT_HANDLE: Final = -11

_log = logging.getLogger(__name__)


class Emit(Protocol):
    """Sends an event to the parent from any thread, foreign ones too; blocks while the parent does not read.

    Facts are msgpack values; TypeError, ValueError or OverflowError for others.
    """

    def __call__(self, event: str, /, **facts: object) -> None: ...


HandlerFactory = Callable[[Emit], object]
"""Builds the handler; imports the driver here, so that its failure is the start's failure.

The public methods of the handler's class are the calls, with keyword parameters. An int attribute `call_threads` says
how many run at once (default 4; 1 makes them serial, in order of arrival). A method `close`, if there is one, is no
call: it runs on the main thread when the parent stops the worker, and should make the calls still running end.
"""


def serve(factory: HandlerFactory, *, log_level: int = logging.INFO) -> NoReturn:
    """Turns this process into a worker, on its main thread, and ends it: with `os._exit`, since a driver's own threads
    may never return.
    """
    incoming, outgoing = _take_stdio()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops its workers in order
    faulthandler.enable(file=2, all_threads=False)  # all of them would push a Go panic out of the lines that are kept
    logging.basicConfig(stream=sys.stderr, level=log_level, format="%(levelname)s %(name)s: %(message)s")
    _die_with_parent()
    try:
        _Child(incoming, outgoing).run(factory)
    except BaseException:  # from the handler's `close`: an ordinary exit would wait for the driver's threads
        _log.critical("the worker failed", exc_info=True)
        os._exit(EXIT_FAILED)


class _Child:
    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._writing = threading.Lock()
        self._queue: SimpleQueue[int] = SimpleQueue()
        self._waiting: dict[int, tuple[str, dict[str, object]]] = {}
        self._running = 0
        self._changed = threading.Condition()
        """Guards `_waiting` and `_running`, and tells when a call has ended."""
        self._stop = threading.Event()

    def run(self, factory: HandlerFactory) -> NoReturn:
        threading.Thread(target=self._read, name="worker-reader", daemon=True).start()
        handler, answer = self._build(factory)
        self._write(answer)
        if handler is None:
            self._exit(EXIT_START_FAILED)
        for number in range(getattr(handler, "call_threads", DEFAULT_CALL_THREADS)):
            threading.Thread(target=self._work, args=(handler,), name=f"worker-call-{number}", daemon=True).start()
        self._stop.wait()
        close = getattr(handler, "close", None)
        if close is not None:
            close()
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
        self._exit(0)

    def emit(self, event: str, /, **facts: object) -> None:
        self._write(encode([EVENT, event, facts]))

    def _build(self, factory: HandlerFactory) -> tuple[object | None, bytes]:
        handlers: list[object] = []

        def build() -> None:
            handlers.append(factory(self.emit))

        answer = _answer(START_ID, build)
        return (handlers[0] if handlers else None), answer

    def _read(self) -> None:
        """The reader's whole life. It shares no thread with the handler: the pipe's end must be seen whatever hangs."""
        code = EXIT_PARENT_GONE
        decoder = Decoder()
        try:
            while chunk := os.read(self._incoming, _READ_SIZE):
                for frame in decoder.feed(chunk):
                    self._take(frame)
                    del frame  # it may hold a report's bytes, and the next one may be hours away
        except ConnectionError:
            code = EXIT_PARENT_GONE  # the same end as an empty read; no log line, whose lock a stuck thread may hold
        except Exception:
            code = EXIT_GARBAGE
            _log.critical("the parent sent what is no frame", exc_info=True)
        finally:
            os._exit(code)

    def _take(self, frame: list[object]) -> None:
        match frame:
            case [str(kind), int(call_id), str(method), dict(params)] if kind == CALL:
                with self._changed:
                    self._waiting[call_id] = (method, params)
                self._queue.put(call_id)
            case [str(kind), int(call_id)] if kind == CANCEL:
                # one that already runs is left to its end and answers then: it cannot be undone
                with self._changed:
                    found = self._waiting.pop(call_id, None)
                if found is not None:
                    self._write(encode([CANCELLED, call_id]))
            case [str(kind)] if kind == STOP:
                with self._changed:
                    self._waiting.clear()
                self._stop.set()
            case _:
                raise FrameError(f"an unknown kind of frame with {len(frame)} items")

    def _work(self, handler: object) -> None:
        while True:
            call_id = self._queue.get()
            with self._changed:
                job = self._waiting.pop(call_id, None)
                if job is None:
                    continue
                self._running += 1
            self._write(_answer(call_id, partial(_call, handler, *job)))
            del job  # what it held (a report's bytes) must not stay in memory until the next call
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _write(self, data: bytes) -> None:
        with self._writing, memoryview(data) as view:
            sent = 0
            try:
                while sent < len(view):
                    sent += os.write(self._outgoing, view[sent:])
            except OSError:
                os._exit(EXIT_PARENT_GONE)

    def _exit(self, code: int) -> NoReturn:
        logging.shutdown()
        with self._writing:  # a frame of another thread that is half written would be garbage to the parent
            os._exit(code)


def _answer(call_id: int, function: Callable[[], object]) -> bytes:
    """The frame that answers a call, whatever becomes of it; an answer that cannot be packed is a bug too."""
    try:
        try:
            return encode([VALUE, call_id, function()])
        except CallError as exc:
            return encode([ERROR, call_id, exc.code, exc.facts])
    except BaseException:  # SystemExit from a driver included: the parent waits for an answer
        text = traceback.format_exc()[-_TRACEBACK_LIMIT:]
        return encode([BUG, call_id, text.encode(errors="backslashreplace").decode()])


def _call(handler: object, name: str, params: dict[str, object]) -> object:
    if name.startswith("_") or name == "close" or not isinstance(getattr(type(handler), name, None), FunctionType):
        raise LookupError(f"{type(handler).__name__} has no call {name!r}")
    return getattr(handler, name)(**params)


def _take_stdio() -> tuple[int, int]:
    """Private descriptors of the two pipes; whatever a driver reads or prints by itself then touches no frame.

    Go and C print to fd 1 or to the Windows handle without asking Python, so both are moved, not only sys.stdout.
    """
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        for number, handle in ((_STD_INPUT_HANDLE, 0), (_STD_OUTPUT_HANDLE, 1)):
            if not kernel32.SetStdHandle(number, ctypes.c_void_p(msvcrt.get_osfhandle(handle))):
                raise ctypes.WinError(ctypes.get_last_error())
    if sys.stderr is None:  # a windowed executable
        sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    elif isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8")  # what the parent reads; on Windows a pipe has the ANSI code page
    sys.stdout = sys.stderr
    return incoming, outgoing


def _die_with_parent() -> None:
    """Linux: the kernel kills this process when the parent's loop thread ends, even while a C call holds the GIL and
    the reader cannot run. That thread, not the parent, because asyncio forks in it; no worker outlives its loop.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
