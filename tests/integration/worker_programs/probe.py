"""A worker that does on request what drivers do of their own accord; its argument picks how its start goes."""

import ctypes
import os
import select
import signal
import subprocess
import sys
import threading
from typing import NoReturn

from desktop.adapters.worker_child import CallError, Emit, HandlerFactory, serve


class Probe:
    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._closing, self._close = os.pipe()
        self._runs: list[str] = []

    def echo(self, value: object) -> object:
        return value

    def pid(self) -> int:
        return os.getpid()

    def modules(self) -> list[str]:
        return sorted(sys.modules)

    def known(self) -> NoReturn:
        raise CallError("quota_exceeded", {"limit": 3, "user": "joão"})

    def bug(self) -> NoReturn:
        raise KeyError("nobody foresaw this")

    def quit_interpreter(self) -> NoReturn:
        raise SystemExit(7)

    def unpackable(self) -> object:
        return object()

    def size(self, data: bytes) -> int:
        return len(data)

    def filled(self, count: int) -> bytes:
        return b"\xa5" * count

    def wait_at(self, gate: str) -> str:
        """Tells that it waits, then ends when the test writes into the FIFO `gate`, or when the worker is stopped."""
        self._runs.append(gate)
        self._emit("waiting", gate=gate)
        with open(gate, "rb", buffering=0) as fifo:
            ready, _, _ = select.select([fifo.fileno(), self._closing], [], [])
        return "closed" if self._closing in ready else "opened"

    def remember(self, what: str) -> None:
        self._runs.append(what)

    def runs(self) -> list[str]:
        return self._runs

    def emit_from_go(self, count: int) -> None:
        """Events from a thread that Python did not start, as a Go library's callbacks are."""
        libc = ctypes.CDLL(None)
        entry = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)

        def run(_: int | None) -> None:
            for number in range(count):
                self._emit("tick", number=number)

        callback = entry(run)
        thread = ctypes.c_ulong()
        if libc.pthread_create(ctypes.byref(thread), None, callback, None) or libc.pthread_join(thread, None):
            raise OSError("pthread")

    def print_in_c(self, lines: int) -> None:
        libc = ctypes.CDLL(None)
        for number in range(lines):
            libc.printf(b"printed by C, line %d\n", number)
            os.write(1, b"written to fd 1\n")
            print("printed by Python")
        # Flushed together: what C has buffered must not push the other two out of the last lines that are kept.
        libc.fflush(None)
        os.write(1, b"written to fd 1\n")
        print("printed by Python")

    def read_stdin(self) -> bytes:
        return os.read(0, 100)

    def complain(self, lines: int) -> None:
        for number in range(lines):
            print(f"complaint {number}", file=sys.stderr)

    def complain_at_length(self, count: int) -> None:
        os.write(2, b"x" * count)

    def leave_a_grandchild(self) -> int:
        return subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], stdin=subprocess.DEVNULL).pid

    def exit(self, code: int) -> NoReturn:
        os._exit(code)

    def abort(self) -> NoReturn:
        os.abort()

    def send_garbage(self, data: bytes) -> None:
        """Writes into the frames' own pipe, whose descriptor no code of a worker can know."""
        os.write(_frames_fd(), data)

    def close_stdout(self) -> None:
        os.close(_frames_fd())
        threading.Event().wait()

    def hold_gil(self) -> None:
        """A C call that never returns and lets no other Python thread of this process run."""
        self._emit("holding")
        ctypes.PyDLL(None).pause()

    def hang_without_gil(self) -> None:
        self._emit("holding")
        ctypes.CDLL(None).pause()

    def _private(self) -> None:
        raise AssertionError("a private method was called")

    def close(self) -> None:
        self._emit("closing")
        os.write(self._close, b"x")


class Serial(Probe):
    call_threads = 1


class Stuck(Probe):
    def close(self) -> None:
        threading.Event().wait()


class Stubborn(Stuck):
    """Ends for nothing less than a kill."""

    def __init__(self, emit: Emit) -> None:
        super().__init__(emit)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


class Sloppy(Probe):
    def close(self) -> None:
        raise ValueError("could not close")


def refuse(emit: Emit) -> NoReturn:
    raise CallError("no_driver", {"path": "/opt/driver"})


def fail(emit: Emit) -> NoReturn:
    raise ImportError("libdriver.so is not there")


def die(emit: Emit) -> NoReturn:
    print("about to die", file=sys.stderr, flush=True)
    os._exit(9)


def hang(emit: Emit) -> NoReturn:
    """The main thread never comes back from C, as a driver's initialisation may do."""
    emit("holding")
    ctypes.CDLL(None).pause()
    raise AssertionError("pause returned")


def _frames_fd() -> int:
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        if fd > 2 and os.readlink(f"/proc/self/fd/{name}") == _OUTGOING:
            return fd
    raise LookupError("no pipe to write to")


_OUTGOING = os.readlink("/proc/self/fd/1")
"""Read before `serve` moves it."""

KINDS: dict[str, HandlerFactory] = {
    "plain": Probe,
    "serial": Serial,
    "stuck": Stuck,
    "stubborn": Stubborn,
    "sloppy": Sloppy,
    "refuse": refuse,
    "fail": fail,
    "die": die,
    "hang": hang,
}

if __name__ == "__main__":
    serve(KINDS[sys.argv[1]])
