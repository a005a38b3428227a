"""Makes the real engine accept the double: a copy of its library whose Noise root key is the double's own.

The installed package is never touched. From source, a shadow package (links to the installation plus the patched copy)
goes first on PYTHONPATH; a frozen program's *test copy* is patched in place.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from pathlib import Path

from .curve import KeyPair

ROOT = KeyPair.of(hashlib.sha256(b"Malote: root of the double of WhatsApp's server").digest())
"""The same in every run, so that one patched library serves every double."""

REAL_ROOT_BEGINS, REAL_ROOT_ENDS = bytes.fromhex("14237557"), bytes.fromhex("a8ee6b")
LIBRARIES = ("neonize-*.so", "neonize-*.dll", "neonize-*.dylib")


class NotPatchableError(Exception):
    """The library does not hold the Noise root key exactly once."""


def installed_package() -> Path:
    """The folder of the installed neonize, found without importing it (importing loads Go into this process)."""
    spec = importlib.util.find_spec("neonize")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("neonize is not installed")
    return Path(spec.origin).resolve().parent


def libraries(folder: Path) -> list[Path]:
    """Every copy of the engine's library under a folder (a frozen program has one)."""
    return sorted(path for pattern in LIBRARIES for path in folder.rglob(pattern))


def patched(library: bytes) -> bytes:
    """The library with the double's root key; unchanged where it already has it. Raises NotPatchableError."""
    if library.count(ROOT.public) == 1:
        return library
    places = []
    at = -1
    while (at := library.find(REAL_ROOT_BEGINS, at + 1)) >= 0:
        if library[at + 29 : at + 32] == REAL_ROOT_ENDS:
            places.append(at)
    if len(places) != 1:
        raise NotPatchableError(f"WhatsApp's root key is in the library {len(places)} times, not once")
    return library[: places[0]] + ROOT.public + library[places[0] + 32 :]


def patch_in_place(library: Path) -> None:
    """For a test copy only: writes beside the file and moves it over, so that a shared inode is never changed."""
    fresh = library.with_name(library.name + ".patched")
    fresh.write_bytes(patched(library.read_bytes()))
    shutil.copymode(library, fresh)
    os.replace(fresh, library)


def make_shadow(folder: Path) -> Path:
    """Fills `folder/neonize`; the folder is what goes first on PYTHONPATH."""
    source, shadow = installed_package(), folder / "neonize"
    shadow.mkdir(parents=True)
    for entry in sorted(source.iterdir()):
        if any(entry.match(pattern) for pattern in LIBRARIES):
            (shadow / entry.name).write_bytes(patched(entry.read_bytes()))
            continue
        try:
            (shadow / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
        except OSError:  # Windows lets only administrators and developers make links
            if entry.is_dir():
                shutil.copytree(entry, shadow / entry.name)
            else:
                shutil.copy2(entry, shadow / entry.name)
    return folder
