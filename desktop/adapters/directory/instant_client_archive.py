"""Unpacks Oracle's zip as if an enemy had made it: nothing is written outside the folder, nor more than expected."""

import os
import re
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Final

from desktop.adapters.directory.instant_client import is_library

MOST_FILES: Final = 400
MOST_BYTES: Final = 800_000_000
"""Unpacked; the largest there was, a whole Basic 23, has about 300 million."""
_DEEPEST: Final = 8
_LONGEST: Final = 120
_PIECE: Final = 1 << 20
_LONGEST_LINK: Final = 255
_ENCRYPTED: Final = 0x1

_RESERVED: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE
)
"""What Windows opens as a device, whatever follows the dot."""
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


class ArchiveError(Exception):
    """Not to be unpacked. `reason`: not_a_zip, damaged, unsafe (with `entry`), too_large, too_many or no_library."""

    def __init__(self, reason: str, entry: str = "") -> None:
        super().__init__(f"{reason}: {entry}" if entry else reason)
        self.reason = reason
        self.entry = entry


@dataclass(frozen=True, slots=True)
class _Entry:
    info: zipfile.ZipInfo
    path: PurePosixPath
    link: str
    """For a symbolic link: the name beside it that it stands for."""


def unpack(archive: Path, into: Path, *, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES) -> Path:
    """Put the client of the zip into a folder of its own below `into`, whole or not at all; returns that folder.

    Blocking. Raises ArchiveError or OSError; then nothing of it is left behind.
    """
    into.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(dir=into, prefix=".unpacking-"))
    try:
        try:
            with zipfile.ZipFile(archive) as packed:
                entries = _checked(packed.infolist(), packed, most_files, most_bytes)
                for entry in entries:
                    _write(packed, entry, fresh, most_bytes)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            empty = isinstance(error, zipfile.BadZipFile) and not zipfile.is_zipfile(archive)
            raise ArchiveError("not_a_zip" if empty else "damaged") from error
        return _moved(_client_in(entries, fresh), into)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _checked(infos: list[zipfile.ZipInfo], packed: zipfile.ZipFile, most_files: int, most_bytes: int) -> list[_Entry]:
    """Look at all of it before a byte is written."""
    if len(infos) > most_files:
        raise ArchiveError("too_many")
    if sum(info.file_size for info in infos) > most_bytes:
        raise ArchiveError("too_large")
    entries = [_entry(info, packed) for info in infos]
    taken: dict[str, str] = {}
    files: set[str] = set()
    for entry in entries:
        # on Windows and macOS two names that differ in their case are one file
        for part in [entry.path, *entry.path.parents[:-1]]:
            name = str(part)
            if taken.setdefault(name.casefold(), name) != name:
                raise ArchiveError("unsafe", name)
        if not entry.info.is_dir():
            if str(entry.path) in files:
                raise ArchiveError("unsafe", str(entry.path))
            files.add(str(entry.path))
    for entry in entries:
        if any(str(parent) in files for parent in entry.path.parents):
            raise ArchiveError("unsafe", str(entry.path))  # a folder that is a file, or a link
        if entry.link and str(entry.path.with_name(entry.link)) not in files:
            raise ArchiveError("unsafe", str(entry.path))
    return entries


def _entry(info: zipfile.ZipInfo, packed: zipfile.ZipFile) -> _Entry:
    # zipfile cuts a name at its NUL and turns the system's separator into /; what stood there is what is judged
    name = info.orig_filename
    whole = name[:-1] if name.endswith("/") else name
    parts = whole.split("/")
    if not _is_plain(parts) or info.flag_bits & _ENCRYPTED:
        raise ArchiveError("unsafe", _shown(name))
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        raise ArchiveError("unsafe", _shown(name))  # a device, a pipe, a socket
    link = ""
    if kind == stat.S_IFLNK:
        if info.file_size > _LONGEST_LINK:
            raise ArchiveError("unsafe", _shown(name))
        link = packed.read(info).decode("utf-8", "replace")
        # Oracle's own links name the numbered library beside them
        if "/" in link or not _is_plain([link]) or link == parts[-1]:
            raise ArchiveError("unsafe", _shown(name))
    elif (kind == stat.S_IFDIR) != info.is_dir() and kind:
        raise ArchiveError("unsafe", _shown(name))
    return _Entry(info, PurePosixPath(*parts), link)


def _is_plain(parts: list[str]) -> bool:
    """Whether every part is a file name on every system: an absolute path has an empty part, and so has `a//b`."""
    return len(parts) <= _DEEPEST and all(
        part not in ("", ".", "..")
        and len(part) <= _LONGEST
        and part == part.rstrip(". ")  # Windows takes them off
        and not _FORBIDDEN.search(part)
        and not _RESERVED.fullmatch(part)
        for part in parts
    )


def _shown(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name[:_LONGEST])


def _write(packed: zipfile.ZipFile, entry: _Entry, fresh: Path, most_bytes: int) -> None:
    target = fresh / entry.path
    if entry.info.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry.link:
        os.symlink(entry.link, target)
        return
    left = most_bytes
    with packed.open(entry.info) as source, target.open("xb") as file:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise ArchiveError("too_large")
            file.write(piece)
    if os.name == "posix":
        executable = (entry.info.external_attr >> 16) & stat.S_IXUSR
        target.chmod(0o755 if executable else 0o644)


def _client_in(entries: list[_Entry], fresh: Path) -> Path:
    """The folder with the library; the zip's own top, where somebody packed the files without their folder."""
    folders = {entry.path.parent for entry in entries if is_library(entry.path.name) and not entry.link}
    if len(folders) != 1:
        raise ArchiveError("no_library")
    return fresh / folders.pop()


def _moved(client: Path, into: Path) -> Path:
    """Give it its place below `into`: an earlier one of the same name goes, unless a program still uses it."""
    name = client.name if not client.name.startswith(".") else "instantclient"
    for number in range(1, 100):
        target = into / (name if number == 1 else f"{name}_{number}")
        if target.exists():
            old = Path(mkdtemp(dir=into, prefix=".old-"))
            try:
                target.rename(old / target.name)
            except OSError:  # Windows does not let go of a library that is loaded
                old.rmdir()
                continue
            client.rename(target)
            shutil.rmtree(old, ignore_errors=True)
            return target
        client.rename(target)
        return target
    raise FileExistsError(str(into / name))
