"""Where an Oracle client may already lie on this machine."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from desktop.adapters.directory.instant_client import library_in, suits_machine

_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "win32": (
        "C:/oracle/instantclient*",
        "C:/instantclient*",
        "C:/oracle/client*/bin",
        "C:/app/*/product/*/client*/bin",
        "C:/app/*/product/*/dbhome*/bin",
        "C:/oraclexe/app/oracle/product/*/server/bin",
        "C:/Program Files/Oracle/instantclient*",
    ),
    "darwin": ("~/Downloads/instantclient*", "/opt/oracle/instantclient*", "/usr/local/lib"),
}
"""As shell patterns, by sys.platform."""
_PLACES_ELSEWHERE: Final = (
    "/opt/oracle/instantclient*",
    "/usr/lib/oracle/*/client64/lib",
    "/u01/app/oracle/product/*/*/lib",
    "~/instantclient*",
)
_CACHED: Final = re.compile(r"libclntsh\.so\S* .*=> (\S+)")
_LDCONFIG: Final = "/sbin/ldconfig"
_LDCONFIG_SECONDS: Final = 5.0


def client_folders(
    own: Path, environment: Mapping[str, str] | None = None, places: tuple[str, ...] | None = None
) -> list[Path]:
    """Folders that hold a client library for this processor, each once: ours first, then what the system names.

    `own` holds what this program unpacked. Blocking; not whether they load.
    """
    environment = os.environ if environment is None else environment
    machine = platform.machine()
    found: dict[Path, None] = {}
    for folder in _candidates(own, environment, _default_places() if places is None else places):
        library = library_in(folder)
        try:
            if library is not None and suits_machine(library, machine):
                found[folder.resolve()] = None
        except OSError:  # what we may not read we could not load either
            continue
    return list(found)


def _default_places() -> tuple[str, ...]:
    return _PLACES.get(sys.platform, _PLACES_ELSEWHERE)


def _candidates(own: Path, environment: Mapping[str, str], places: tuple[str, ...]) -> Iterator[Path]:
    if own.is_dir():
        yield from sorted(own.iterdir(), reverse=True)
    if home := environment.get("ORACLE_HOME"):
        yield from (Path(home), Path(home, "lib"), Path(home, "bin"))
    for name in ("PATH", "LD_LIBRARY_PATH"):
        yield from (Path(part) for part in environment.get(name, "").split(os.pathsep) if part)
    if sys.platform == "linux":
        yield from _in_loader_cache()
    for place in places:
        pattern = Path(place).expanduser()
        anchored = pattern.relative_to(pattern.anchor)
        try:
            yield from sorted(Path(pattern.anchor).glob(str(anchored)), reverse=True)
        except OSError:
            continue


def _in_loader_cache() -> list[Path]:
    """Folders that ldconfig knows a client in, as an installed RPM leaves it."""
    try:
        listed = subprocess.run(
            [_LDCONFIG, "-p"], capture_output=True, text=True, errors="replace", timeout=_LDCONFIG_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [Path(path).parent for path in _CACHED.findall(listed.stdout)]
