"""What makes a folder Oracle's client library, and how a process comes to load it."""

import os
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

LIBRARIES: Final[Mapping[str, str]] = {"win32": "oci.dll", "darwin": "libclntsh.dylib"}
"""The file that makes a folder a client, by sys.platform; elsewhere it is libclntsh.so."""
_LOADER_PATHS: Final[Mapping[str, str]] = {"win32": "PATH", "darwin": "DYLD_LIBRARY_PATH"}
_HOMES_FOLDERS: Final = ("", "lib", "bin")

_ELF, _PE = b"\x7fELF", b"MZ"
_MACHINES: Final[Mapping[str, tuple[int, int]]] = {
    "x86_64": (62, 0x8664),
    "amd64": (62, 0x8664),
    "aarch64": (183, 0xAA64),
    "arm64": (183, 0xAA64),
}
"""By platform.machine(): how ELF and PE name the processor. A library of another one never loads."""


def library_name(platform: str = sys.platform) -> str:
    return LIBRARIES.get(platform, "libclntsh.so")


def is_library(name: str, platform: str = sys.platform) -> bool:
    """Also under the numbered name that it has on Linux, libclntsh.so.19.1."""
    wanted = library_name(platform)
    if platform in LIBRARIES:
        return name.lower() == wanted
    return name == wanted or name.startswith(f"{wanted}.")


def library_in(folder: Path, platform: str = sys.platform) -> Path | None:
    """The client library of a folder; None for one that has none, or that may not be looked into."""
    try:
        found = [file for file in folder.iterdir() if is_library(file.name, platform) and file.is_file()]
    except OSError:
        return None
    return min(found, key=lambda file: len(file.name), default=None)


def suits_machine(library: Path, machine: str) -> bool:
    """Whether it is made for this processor, as its own header says: a client of 32 bits lies on many desks.

    Raises OSError. What is neither ELF nor PE, or a processor that is not known here, is left to the loader.
    """
    known = _MACHINES.get(machine.lower())
    with library.open("rb") as file:
        found = _processor(file)
    return known is None or found is None or found in known


def _processor(file: BinaryIO) -> int | None:
    head = file.read(64)
    if head.startswith(_ELF) and len(head) >= 20:
        return int.from_bytes(head[18:20], "little")
    if head.startswith(_PE) and len(head) == 64:
        (at,) = struct.unpack_from("<I", head, 60)
        file.seek(at)
        header = file.read(6)
        if header.startswith(b"PE\0\0"):
            return int.from_bytes(header[4:6], "little")
    return None


def client_environment(folder: str, platform: str = sys.platform) -> dict[str, str]:
    """This process's environment for a child that loads the client; nobody else's path is ever changed."""
    environment = dict(os.environ)
    path = _LOADER_PATHS.get(platform, "LD_LIBRARY_PATH")
    environment[path] = os.pathsep.join(filter(None, (folder, environment.get(path, ""))))
    # The driver's users read names out of Oracle's messages, which would else come in the language of the system.
    environment["NLS_LANG"] = "AMERICAN_AMERICA.AL32UTF8"
    home = environment.get("ORACLE_HOME")
    if home and Path(folder) not in [Path(home, inner) for inner in _HOMES_FOLDERS]:
        del environment["ORACLE_HOME"]  # another client's: its messages and settings are not this one's
    return environment
