"""A file that several programs change is changed by one of them at a time, and read by all of them whole."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import Final

_BEING_READ: Final = frozenset({5, 32})
"""Windows' ways to say that somebody has the file open (ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION)."""
_READING_TAKES: Final = 1.0
"""Seconds for which a file may be read, by us or a virus scanner, before that counts as a refusal."""


@contextmanager
def one_writer(path: Path, patience: float) -> Iterator[None]:
    """Hold what lies beside the file, under its name with `.lock`, and stays there.

    Raises TimeoutError where another program has held it for `patience` seconds, and OSError where the disk refuses.
    The system lets go of it with the process, also after kill -9.
    """
    # Loaded by who writes only: most programs just read.
    from filelock import FileLock

    # A folder that is not there would be made, and open to others.
    path.parent.stat()
    with FileLock(path.with_name(path.name + ".lock"), timeout=patience):
        yield


def put_whole(path: Path, text: str) -> os.stat_result:
    """Put the text in the file's place whole: a reader sees the old or the new one, after a power cut too.

    Gives what the file is as it was put there. Raises OSError, and leaves nothing behind.
    """
    descriptor, name = mkstemp(dir=path.parent, prefix=path.name)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
            put = os.fstat(descriptor)
        _put_in_place(name, path)
    except OSError:
        os.unlink(name)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return put


def _put_in_place(name: str, path: Path) -> None:
    until = time.monotonic() + _READING_TAKES
    while True:
        try:
            os.replace(name, path)
            return
        except PermissionError as exc:
            # Windows replaces no file that is open, and does not tell when it is closed.
            if getattr(exc, "winerror", None) not in _BEING_READ or time.monotonic() >= until:
                raise
            time.sleep(0.01)
