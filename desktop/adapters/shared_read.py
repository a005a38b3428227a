"""Opening files that other programs write: without being in their way, and never waiting for what is no file."""

import os
import sys
from pathlib import Path
from typing import BinaryIO

_SHARE_EVERYTHING = 7  # FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE


def open_shared(path: str | Path, *, follow_link: bool = True) -> BinaryIO:
    """Open for reading. Without `follow_link` a POSIX system refuses a path that ends in a link (ELOOP).

    Python's own open() keeps a Windows program from renaming or deleting the file, and its error does not tell a file
    in use (winerror 32) from one that may not be read (5). Raises OSError.
    """
    if sys.platform == "win32":
        import _winapi
        import msvcrt

        handle = _winapi.CreateFile(
            str(path), _winapi.GENERIC_READ, _SHARE_EVERYTHING, _winapi.NULL, _winapi.OPEN_EXISTING, 0, _winapi.NULL
        )
        descriptor = msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)
    else:
        # A fifo would make open wait for its writer.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(path, flags if follow_link else flags | os.O_NOFOLLOW)
    return open(descriptor, "rb")
