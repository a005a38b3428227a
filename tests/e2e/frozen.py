"""Malote as its users get it: built by PyInstaller and run from its own folder, far from the sources."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

from filelock import FileLock

from tests.doubles.whatsapp import libraries, patch_in_place
from tests.harness.environment import clean_environment
from tests.harness.processes import Child
from tests.harness.program import ROOT, Program

_BUILDING = ROOT / "build" / "e2e"
_NAME = "malote.exe" if sys.platform == "win32" else "malote"
_DEADLINE = 840.0


def build() -> Path:
    """The folder of the program built from the sources as they are; one built before from the very same is taken.

    Raises subprocess.CalledProcessError with PyInstaller's words.
    """
    _BUILDING.mkdir(parents=True, exist_ok=True)
    folder, stamp = _BUILDING / "dist" / "malote", _BUILDING / "inputs.sha256"
    with FileLock(_BUILDING / "lock"):
        inputs = _inputs()
        if not stamp.exists() or stamp.read_text("ascii") != inputs:
            stamp.unlink(missing_ok=True)
            _run_pyinstaller()
            stamp.write_text(inputs, "ascii")
    return folder


def patched(built: Path, copy: Path) -> Path:
    """A copy whose engine takes the double for WhatsApp; all else of it is the very files that were built."""
    shutil.copytree(built, copy, symlinks=True, copy_function=os.link)
    [library] = libraries(copy)
    patch_in_place(library)
    return copy


def executable(folder: Path) -> Path:
    return folder / _NAME


class FrozenProgram(Program):
    """`malote --home HOME …` from a built folder; where it is started there is nothing of the sources."""

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        home: Path,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        Child.__init__(
            self,
            [str(executable(folder)), "--home", str(home), *arguments],
            env={**clean_environment(), **(env or {})},
            name="malote",
            cwd=home,
            stdin=stdin,
        )


def _run_pyinstaller() -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *("--distpath", str(_BUILDING / "dist"), "--workpath", str(_BUILDING / "work"), "build.spec"),
        ],
        cwd=ROOT,
        env={**clean_environment(), "PYINSTALLER_CONFIG_DIR": str(_BUILDING / "cache")},
        check=True,
        timeout=_DEADLINE,
    )


def _inputs() -> str:
    """A digest of all that a build reads: our files by content, the installed packages by version."""
    digest = hashlib.sha256(sys.version.encode())
    for package in sorted(f"{found.name} {found.version}" for found in distributions()):
        digest.update(package.encode() + b"\n")
    for file in _sources():
        digest.update(f"{file.relative_to(ROOT).as_posix()} {file.stat().st_size}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield ROOT / "build.spec"
    yield ROOT / "main.py"
    for folder in ("desktop", "resources"):
        yield from sorted(
            file for file in (ROOT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts
        )
