"""Builds a library that the real driver loads as Oracle's client: thick mode up to the server's door, and no further.

It proves the way into thick mode and out of its errors; what Oracle's own library does with a server it cannot prove.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

SOURCE: Final = Path(__file__).with_name("oracle_client.c")
COMPILER: Final = shutil.which("gcc") or shutil.which("cc")
needs_compiler: Final = pytest.mark.skipif(
    COMPILER is None or sys.platform != "linux", reason="the double of a client library is compiled, on Linux"
)


def build_client(folder: Path, *, major: int = 19, minor: int = 28, crashes: bool = False) -> Path:
    """Put libclntsh.so into a folder, which is made, and return the folder; `crashes` ends whoever loads it."""
    assert COMPILER is not None
    folder.mkdir(parents=True, exist_ok=True)
    defined = [f"-DMAJOR={major}", f"-DMINOR={minor}", *(["-DCRASHES"] if crashes else [])]
    target = folder / "libclntsh.so"
    subprocess.run([COMPILER, "-w", "-shared", "-fPIC", *defined, "-o", target, SOURCE], check=True, timeout=60)
    return folder
