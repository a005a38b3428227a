"""Where a report may lie: what can be said of a path or a template without asking any disk, for Windows and POSIX."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from re import IGNORECASE
from re import compile as regex
from urllib.parse import urlsplit

from desktop.domain.cnpj import Cnpj
from desktop.domain.report import fill_location

_PLACEHOLDER = "{cnpj}"
_FIELD = regex(r"\{([^{}]*)\}")
_URL = regex(r"https?://", IGNORECASE)
# Below U+0020 no file system of ours allows anything useful; a lone surrogate cannot be encoded.
_NEVER_IN_A_NAME = regex(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NEVER_ON_WINDOWS = regex(r'[<>"|?*]')
# Windows opens the device for these names in any folder and with any extension.
_RESERVED = regex(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\..*)?", IGNORECASE)
_DRIVE = regex(r"[A-Za-z]:")
_SEPARATOR = regex(r"[/\\]")
# What follows in a URL and can only lead further down, also for a server that decodes before it looks.
_FURTHER_DOWN = regex(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.~-]+)*")
_DEVICE_PREFIXES = ("\\\\?\\", "\\\\.\\", "\\??\\")


class LocationFault(StrEnum):
    """Why a path or template is refused as it is written; the value is the fact `reason` of an error."""

    EMPTY = "empty"
    NO_CNPJ = "no_cnpj"
    """Without {cnpj} every company would get the same picture."""
    BRACES = "braces"
    RELATIVE = "relative"
    PARENT = "parent"
    """It climbs with `..`."""
    NETWORK = "network"
    DEVICE = "device"
    STREAM = "stream"
    """An alternate data stream of NTFS (`file.jpg:x`)."""
    RESERVED_NAME = "reserved_name"
    CHARACTERS = "characters"
    ADDRESS = "address"
    """A URL without a host, or with a user and password in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCheck:
    """What a person sees while typing a template."""

    faults: tuple[LocationFault, ...]
    unknown: tuple[str, ...] = ()
    """Names in braces that mean nothing here."""
    is_url: bool = False
    example: str
    """The template filled for one CNPJ."""
    folder: str = ""
    """Where the example's file would lie; empty for a URL."""
    folder_exists: bool | None = None
    """None for a URL, for a template with faults, and where the disk did not answer in time."""
    file_exists: bool | None = None


def is_url(location: str) -> bool:
    return _URL.match(location) is not None


def flavour(windows: bool) -> type[PurePath]:
    return PureWindowsPath if windows else PurePosixPath


def is_network(path: str) -> bool:
    r"""True for `\\server\share` and `//server/share`, on any system."""
    return path[:1] in ("\\", "/") and path[1:2] in ("\\", "/")


def path_fault(path: str, *, windows: bool, allow_network: bool) -> LocationFault | None:
    """Say why a path must not even be looked at; None where it may be."""
    if not path:
        return LocationFault.EMPTY
    if _NEVER_IN_A_NAME.search(path):
        return LocationFault.CHARACTERS
    if path.replace("/", "\\").startswith(_DEVICE_PREFIXES):
        return LocationFault.DEVICE
    if is_network(path) and not allow_network:
        return LocationFault.NETWORK
    return _windows_fault(path) if windows else _posix_fault(path)


def _posix_fault(path: str) -> LocationFault | None:
    if not path.startswith("/"):
        return LocationFault.RELATIVE
    return LocationFault.PARENT if ".." in path.split("/") else None


def _windows_fault(path: str) -> LocationFault | None:
    pure = PureWindowsPath(path)
    if not pure.is_absolute() or not (is_network(path) or _DRIVE.fullmatch(pure.drive)):
        return LocationFault.RELATIVE
    names = path.replace("/", "\\").split("\\")
    # A drive letter is the only place for a colon.
    for name in names if is_network(path) else names[1:]:
        if fault := _name_fault(name):
            return fault
    return None


def _name_fault(name: str) -> LocationFault | None:
    # Windows drops dots and spaces at the end of a name: `.. ` climbs, and `NUL ` is the device.
    if name.startswith("..") and not name.strip(". "):
        return LocationFault.PARENT
    if ":" in name:
        return LocationFault.STREAM
    if _NEVER_ON_WINDOWS.search(name) or (name != "." and name.endswith((".", " "))):
        return LocationFault.CHARACTERS
    return LocationFault.RESERVED_NAME if _RESERVED.fullmatch(name) else None


def lies_within(path: str, folder: str, *, windows: bool) -> bool:
    """Compare two absolute paths without `..`, by whole names; on Windows in any case."""
    kind = flavour(windows)
    if windows:
        path, folder = _plain(path), _plain(folder)
    return kind(path).is_relative_to(kind(folder))


def _plain(path: str) -> str:
    r"""Take off the `\\?\` that Windows puts before the real path of a long name."""
    if path.startswith("\\\\?\\UNC\\"):
        return "\\\\" + path[8:]
    return path.removeprefix("\\\\?\\")


def fixed_folder(template: str, *, windows: bool) -> str | None:
    r"""The folders of a path template before the first name with a placeholder; None where that is a whole drive."""
    pure = flavour(windows)(template)
    fixed = next((parent for parent in pure.parents if _PLACEHOLDER not in str(parent)), pure)
    return None if fixed == flavour(windows)(fixed.anchor) else str(fixed)


def is_own_place(location: str, template: str, cnpj: Cnpj, *, windows: bool) -> bool:
    """Whether a path or URL, as it is written, lies where a template has the pictures of this company alone."""
    template = template.strip()
    before, placeholder, after = template.partition(_PLACEHOLDER)
    if not placeholder or is_url(location) is not is_url(template):
        return False
    place = fill_location(before + placeholder + _SEPARATOR.split(after, 1)[0], cnpj)
    if is_url(location):
        further = location.removeprefix(place)
        return location == fill_location(template, cnpj) or (
            further != location and _FURTHER_DOWN.fullmatch(further) is not None
        )
    fault = path_fault(location, windows=windows, allow_network=True)
    return fault is None and lies_within(location, place, windows=windows)


def inspect_template(template: str, cnpj: Cnpj, *, windows: bool, allow_network: bool) -> TemplateCheck:
    """Find everything wrong with a path or URL template that can be told without a disk or a network."""
    template = template.strip()
    example = fill_location(template, cnpj)
    if not template:
        return TemplateCheck(faults=(LocationFault.EMPTY,), example="")
    faults = []
    if _PLACEHOLDER not in template:
        faults.append(LocationFault.NO_CNPJ)
    if "{" in example or "}" in example:
        faults.append(LocationFault.BRACES)
    unknown = tuple(_FIELD.findall(example))
    if is_url(template):
        if not _sound_address(example):
            faults.append(LocationFault.ADDRESS)
        return TemplateCheck(faults=tuple(faults), unknown=unknown, is_url=True, example=example)
    if fault := path_fault(example, windows=windows, allow_network=allow_network):
        faults.append(fault)
    folder = str(flavour(windows)(example).parent)
    return TemplateCheck(faults=tuple(faults), unknown=unknown, example=example, folder=folder)


def _sound_address(url: str) -> bool:
    if _NEVER_IN_A_NAME.search(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        return False
