"""Reports on disks: only from the allowed folders, and never waiting for what is not a plain file."""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from desktop.adapters.disk_errors import DiskTrouble, disk_trouble
from desktop.adapters.shared_read import open_shared
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.location import flavour, is_network, lies_within, path_fault

WINDOWS = sys.platform == "win32"

_YEAR_3000 = 32_503_680_000.0


def locate(path: str, folders: Sequence[str], *, allow_network: bool, windows: bool = WINDOWS) -> str:
    """The real path of a report that lies inside one of the folders, every link followed.

    Raises Rejected(IMAGE_OUTSIDE) with a `reason`: a LocationFault, `no_folders` or `outside`.
    """

    def refuse(reason: str) -> Rejected:
        return Rejected(Code.IMAGE_OUTSIDE, source=path, reason=reason)

    if fault := path_fault(path, windows=windows, allow_network=allow_network):
        raise refuse(fault.value)
    sound = [folder for folder in folders if not path_fault(folder, windows=windows, allow_network=allow_network)]
    if not sound:
        raise refuse("no_folders")
    # Resolving a path on a server talks to that server and gives it the user's password hash: compare names first.
    if windows and is_network(path) and not any(lies_within(path, folder, windows=True) for folder in sound):
        raise refuse("outside")
    real = os.path.realpath(path)
    if not any(lies_within(real, os.path.realpath(folder), windows=windows) for folder in sound):
        raise refuse("outside")
    return real


def read_report(
    path: str, *, real: str, max_bytes: int, check_time: Callable[[datetime], None]
) -> tuple[bytes, datetime]:
    """Read a plain file whole; its time is checked before its content is read.

    `path` is what errors name, `real` what locate() gave. Blocks as long as the disk does.
    Raises Rejected with IMAGE_NOT_FOUND (`reason` file_missing, folder_missing or no_permission), IMAGE_INVALID
    (not_a_file), IMAGE_INCOMPLETE (changing), IMAGE_TOO_LARGE (`size`, `limit`), or Transient(IMAGE_UNAVAILABLE).
    """
    with _disk_errors(path, real):
        _insist_on_plain_file(os.stat(real), path)
        with open_shared(real, follow_link=False) as file:
            before = os.fstat(file.fileno())
            _insist_on_plain_file(before, path)
            modified_at = datetime.fromtimestamp(min(max(before.st_mtime, 0.0), _YEAR_3000), UTC)
            check_time(modified_at)
            if before.st_size > max_bytes:
                raise Rejected(Code.IMAGE_TOO_LARGE, source=path, size=before.st_size, limit=max_bytes)
            content = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
    if len(content) != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise Rejected(Code.IMAGE_INCOMPLETE, source=path, reason="changing")
    return content, modified_at


def look_for(path: str) -> tuple[bool, bool]:
    """Whether the folder of a path is there, and whether the file is."""
    folder = str(flavour(WINDOWS)(path).parent)
    return os.path.isdir(folder), os.path.isfile(path)


def _insist_on_plain_file(found: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Rejected(Code.IMAGE_INVALID, source=path, reason="not_a_file")


@contextmanager
def _disk_errors(path: str, real: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise disk_error(exc, path, folder_exists=lambda: os.path.isdir(os.path.dirname(real))) from exc


def disk_error(exc: OSError, path: str, *, folder_exists: Callable[[], bool]) -> Rejected | Transient:
    """Say what an error of the operating system means for a report."""
    trouble = disk_trouble(exc)
    if trouble is DiskTrouble.FILE_MISSING and not folder_exists():
        trouble = DiskTrouble.FOLDER_MISSING
    if trouble is DiskTrouble.LINK_LOOP:
        return Rejected(Code.IMAGE_OUTSIDE, source=path, reason="outside")
    if trouble.passing:
        return Transient(Code.IMAGE_UNAVAILABLE, source=path, reason=trouble.value, detail=exc.strerror or str(exc))
    return Rejected(Code.IMAGE_NOT_FOUND, source=path, reason=trouble.value)
