"""One log file per instance, bounded, a JSON object on each line; the terminal too where there is one, in colours."""

import atexit
import contextlib
import json
import logging
import logging.handlers
import os
import queue
import re
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from desktop.runtime.screen import Screen
from desktop.runtime.screen import logger as screen_logger

_BYTES = 2_000_000
_FILES = 5
_MEASURED_EVERY = 100
"""Lines that a file may have more."""
_GATHERED_FOR = 0.1
"""Seconds that a line may wait for others; none does from a warning on."""
_TOGETHER = 20
"""Lines that a terminal is given at once."""
_MOST_WAITING = 10_000
"""Lines that a disk may be behind; more are lost, and stderr is told."""

# A number with its country, as digits or as people write it. A CNPJ has 14 digits and a group's id 18: no numbers.
_PHONE = re.compile(
    r"(?:(?<![\w.-])|(?<=%2B)|(?<=%2b))(?:\d{6,9}(?=\d{4}(?![\w.]))|\+\d{1,3} ?\(?\d{2,3}\)? ?\d{4,5}[- ]?(?=\d{4}\b))"
)
# The other ways in which WhatsApp names a person; %40 is an @ in an address.
_PERSON = re.compile(r"\d+(?=\d{4}(?::\d+)?(?:@|%40)(?:s\.whatsapp\.net|c\.us|lid))")
_SECRET = re.compile(r"\bmalote_[\w-]{20,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+|\b[Bb]earer +\S+|\bdata:[\w/+.-]+;base64,\S+")


class Kind(StrEnum):
    """What a line tells of; `extra={"kind": Kind.X}` where it is said."""

    SUCCESS = "success"
    ERROR = "error"
    RECONNECTION = "reconnection"
    QR = "qr"
    MESSAGE = "message"


_COLOURS = {
    Kind.SUCCESS: "\x1b[32m",
    Kind.ERROR: "\x1b[31m",
    Kind.RECONNECTION: "\x1b[34m",
    Kind.QR: "\x1b[36m",
    Kind.MESSAGE: "\x1b[33m",
}
_PLAIN = "\x1b[0m"
SHOWN_ELSEWHERE = "desktop.runtime.event_log"
"""The logger whose lines a terminal does not repeat: whoever sits at it is told by commands.terminal."""


def masked(text: str) -> str:
    """The text with only the last four digits of every phone number, and without keys, tokens and pictures."""
    return _PERSON.sub("…", _PHONE.sub("…", _SECRET.sub("***", text)))


def coloured(text: str, kind: Kind | None, out: TextIO) -> str:
    """The text in the colour of its kind, where `out` is a terminal that shows colours and whose user wants them."""
    # https://no-color.org: set to anything but nothing.
    if kind is None or os.environ.get("NO_COLOR") or not out.isatty():
        return text
    if os.environ.get("TERM") == "dumb" or (sys.platform == "win32" and "WT_SESSION" not in os.environ):
        return text
    return f"{_COLOURS[kind]}{text}{_PLAIN}"


def start_logging(path: Path, screen: Screen | None = None) -> Callable[[], None]:
    """Log to a rotating file and, where there is a screen, on it to stderr; libraries speak from WARNING on.

    A thread of its own writes, so that no slow disk holds up who has something to say. Gives what ends it: all that was
    said by then is written, and nothing more. It is called by itself where the program ends.
    """
    # No line tells these, and to find them out is half of what a line costs (the logging HOWTO, Optimization).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()
    file = _LogFile(waiting, path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    file.setFormatter(_JsonLines())
    handlers: list[logging.Handler] = [file]
    if screen is not None and sys.stderr is not None:
        handlers.append(_OnScreen(screen, sys.stderr))
    listener = _Written(waiting, *handlers)
    listener.start()
    root, queued = logging.getLogger(), _Queued(waiting, listener.hurry)
    root.setLevel(logging.WARNING)
    root.addHandler(queued)
    logging.getLogger("desktop").setLevel(logging.INFO)

    def stop() -> None:
        atexit.unregister(stop)
        root.removeHandler(queued)
        listener.stop()
        for handler in handlers:
            # What a full disk did not take was told to stderr already.
            with contextlib.suppress(OSError):
                handler.close()

    atexit.register(stop)
    return stop


class _LogFile(logging.handlers.RotatingFileHandler):
    """Looks at its size now and then: at every line, the library forms the line twice and asks the disk three times."""

    def __init__(self, waiting: "queue.SimpleQueue[logging.LogRecord | None]", path: Path, **wishes: Any) -> None:
        super().__init__(path, **wishes)
        self._waiting = waiting
        self._unmeasured = 0

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        self._unmeasured += 1
        if self._unmeasured < _MEASURED_EVERY:
            return False
        self._unmeasured = 0
        return bool(super().shouldRollover(record))

    def flush(self) -> None:
        # Asked for after every line, by the library.
        if self._waiting.empty():
            super().flush()


class _Written(logging.handlers.QueueListener):
    """Writes what comes in quick succession together: a thread that wakes for each line halves the door's pace."""

    def __init__(self, waiting: "queue.SimpleQueue[logging.LogRecord | None]", *handlers: logging.Handler) -> None:
        super().__init__(waiting, *handlers)
        self._waiting = waiting
        self.hurry = threading.Event()
        """Set where what waits is to be written at once."""

    def dequeue(self, block: bool) -> Any:
        if self._waiting.empty():
            record = self._waiting.get(block)
            self.hurry.wait(_GATHERED_FOR)
            self.hurry.clear()
            return record
        return self._waiting.get(block)

    def handle(self, record: logging.LogRecord) -> None:
        super().handle(record)
        if self._waiting.empty():
            for handler in self.handlers:
                try:
                    handler.flush()
                except OSError:
                    # A full disk: stderr is told, and what comes later is written as soon as there is room.
                    handler.handleError(record)

    def enqueue_sentinel(self) -> None:
        super().enqueue_sentinel()
        self.hurry.set()


class _Queued(logging.handlers.QueueHandler):
    def __init__(self, waiting: "queue.SimpleQueue[logging.LogRecord | None]", hurry: threading.Event) -> None:
        super().__init__(waiting)
        self._waiting = waiting
        self._hurry = hurry

    def enqueue(self, record: logging.LogRecord) -> None:
        if self._waiting.qsize() >= _MOST_WAITING:
            raise queue.Full
        self._waiting.put(record)
        if record.levelno >= logging.WARNING:
            self._hurry.set()

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # Put into words at once, because what it speaks of may change. The rest may stay: it leaves no process.
        record.msg, record.args = record.getMessage(), None
        return record


class _OnScreen(logging.Handler):
    def __init__(self, screen: Screen, out: TextIO) -> None:
        super().__init__()
        self._screen = screen
        self._lines: list[str] = []
        self._out = out
        self.setFormatter(_ForPeople(out))
        self.addFilter(lambda record: record.name not in (SHOWN_ELSEWHERE, screen_logger.name))

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
        if len(self._lines) >= _TOGETHER:
            self.flush()

    def flush(self) -> None:
        if self._lines:
            self._screen.put(partial(print, "\n".join(self._lines), file=self._out, flush=True))
            self._lines = []

    def close(self) -> None:
        self.flush()
        super().close()


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if (kind := _kind(record)) is not None:
            line["kind"] = kind.value
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class _ForPeople(logging.Formatter):
    def __init__(self, out: TextIO) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._out = out

    def format(self, record: logging.LogRecord) -> str:
        return coloured(masked(super().format(record)), _kind(record), self._out)


def _kind(record: logging.LogRecord) -> Kind | None:
    kind = getattr(record, "kind", None)
    if isinstance(kind, Kind):
        return kind
    return Kind.ERROR if record.levelno >= logging.ERROR else None
