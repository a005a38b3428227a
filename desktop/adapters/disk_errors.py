"""What an error of the operating system means for somebody who wanted to read a file."""

import errno
from enum import StrEnum

_SHARING_VIOLATION = 32
_LOCK_VIOLATION = 33
# Windows reports some of these as "not found" or "permission denied": the share or the drive is away, not the file.
_AWAY = frozenset({21, 51, 53, 54, 55, 59, 64, 65, 67, 121, 1222, 1225, 1231, 1232, 1236, 1326})


class DiskTrouble(StrEnum):
    """The value is the fact `reason` of an error."""

    FILE_MISSING = "file_missing"
    FOLDER_MISSING = "folder_missing"
    NO_PERMISSION = "no_permission"
    LINK_LOOP = "link_loop"
    IN_USE = "in_use"
    """Another program has it open for itself; it may be free in a moment."""
    NETWORK = "network"
    DISK = "disk"

    @property
    def passing(self) -> bool:
        """True where trying again may help."""
        return self in (DiskTrouble.IN_USE, DiskTrouble.NETWORK, DiskTrouble.DISK)


def disk_trouble(exc: OSError) -> DiskTrouble:
    """FILE_MISSING also stands for a missing folder wherever the system does not tell them apart."""
    number = getattr(exc, "winerror", None)
    if number in (_SHARING_VIOLATION, _LOCK_VIOLATION):
        return DiskTrouble.IN_USE
    if number in _AWAY:
        return DiskTrouble.NETWORK
    match exc.errno:
        case errno.ENOENT | errno.ENAMETOOLONG:
            return DiskTrouble.FILE_MISSING
        case errno.ENOTDIR:
            return DiskTrouble.FOLDER_MISSING
        case errno.EACCES | errno.EPERM:
            return DiskTrouble.NO_PERMISSION
        case errno.ELOOP:
            return DiskTrouble.LINK_LOOP
        case _:
            return DiskTrouble.DISK
