"""A file that several programs change is changed by one of them at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
