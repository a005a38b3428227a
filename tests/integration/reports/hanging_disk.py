"""A mounted disk on which every look-up waits for ever, as a network share whose server is gone."""

import ctypes
import os
from pathlib import Path
from types import TracebackType
from typing import Self

_DETACH = 2
_libc = ctypes.CDLL(None, use_errno=True)


def can_mount() -> bool:
    return os.geteuid() == 0 and os.access("/dev/fuse", os.R_OK | os.W_OK)


class HangingDisk:
    """A FUSE file system whose server never answers; leaving it wakes whoever waits, with an error."""

    def __init__(self, mount: Path) -> None:
        self.mount = mount

    def __enter__(self) -> Self:
        self.mount.mkdir()
        self._server = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self._server},rootmode=40000,user_id=0,group_id=0".encode()
        if _libc.mount(b"hanging", os.fsencode(self.mount), b"fuse", 0, options) != 0:
            os.close(self._server)
            raise OSError(ctypes.get_errno(), "mount")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._server)
        if _libc.umount2(os.fsencode(self.mount), _DETACH) != 0:
            raise OSError(ctypes.get_errno(), "umount")
