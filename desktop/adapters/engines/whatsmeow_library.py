"""whatsmeow, as the native library that neonize ships, spoken to directly.

neonize's own Python package is never imported: it costs 27 MB and 0.6 s more, configures logging, prints, and downloads
the library where it is missing. Its C interface and protobuf modules belong together: pyproject.toml pins the release,
and an upgrade is tried against the double.
"""

import ctypes
import importlib
import importlib.util
import mmap
import platform
import sys
from collections.abc import Sequence
from datetime import date
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

# Whoever is linked sees this name among the phone's linked devices.
DEVICE_NAME: Final = "Malote"

_SESSION: Final = b"malote"
"""The library holds many sessions by name; a worker has one."""
_WHATSMEOW_VERSION: Final = b"\tgo.mau.fi/whatsmeow\tv0.0.0-"
# What WhatsApp lets a computer call itself that is linked by code: one of the browsers it knows, on a system it knows.
_BROWSER: Final = 1
_BROWSER_NAME: Final = "Chrome (Windows)"


class EventKind(IntEnum):
    """The library's numbers for what it tells a session; only these are asked for."""

    LINKED_AS = 0
    CONNECTED = 3
    KEEPALIVE_TIMEOUT = 4
    KEEPALIVE_RESTORED = 5
    LOGGED_OUT = 6
    REPLACED = 7
    BANNED = 8
    CONNECT_FAILURE = 9
    OUTDATED = 10
    DISCONNECTED = 12
    HISTORY = 13
    MESSAGE = 17
    RECEIPT = 18
    JOINED_GROUP = 21
    GROUP_CHANGED = 22
    CAUGHT_UP = 27
    """What waited for the login has come."""


class UploadKind(IntEnum):
    """The library's numbers for what a file is to be used for: each is encrypted in a way of its own."""

    IMAGE = 0
    DOCUMENT = 3


class Listener(Protocol):
    """Called on threads of the library's own; what it raises can only be printed."""

    def code(self, text: str) -> None:
        """The next QR code to show."""

    def login(self, status: str) -> None:
        """How the login without a link ended, or what it waits for."""

    def event(self, kind: EventKind, data: bytes) -> None: ...

    def log(self, entry: bytes) -> None:
        """A LogEntry of any level, before what it announces happens: the library waits for the return."""


class LibraryMissingError(Exception):
    """The library is not where it was installed, or this machine cannot load it."""


class _Bytes(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_size_t))


_OnText = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_OnEvent = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
_OnLog = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)
_RUN_ARGUMENTS: Final = (
    ctypes.c_char_p,  # the store's SQLite file
    ctypes.c_char_p,  # the session's name
    *(ctypes.c_char_p, ctypes.c_int),  # the jid to resume; none: the first one of the store
    ctypes.c_int,  # whether to link one more device
    ctypes.c_char_p,  # the lowest log level
    *(_OnText, _OnText, _OnEvent, _OnLog),
    *(ctypes.c_char_p, ctypes.c_int),  # the events asked for, one byte each
    *(ctypes.c_char_p, ctypes.c_int),  # DeviceProps
    *(ctypes.c_char_p, ctypes.c_int),  # the phone to pair by code; none: by QR
    ctypes.c_void_p,  # proxy settings; none: the environment's
)


def library_file() -> Path:
    """Where the installed library is; nothing is imported or loaded. Raises LibraryMissingError."""
    spec = importlib.util.find_spec("neonize")
    if spec is None or not spec.submodule_search_locations:
        raise LibraryMissingError("neonize is not installed")
    machine = platform.machine().lower()
    name, ending = {"win32": ("windows", "dll"), "darwin": ("darwin", "dylib")}.get(sys.platform, ("linux", "so"))
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    file = Path(spec.submodule_search_locations[0]) / f"neonize-{name}-{architecture}.{ending}"
    if not file.is_file():
        raise LibraryMissingError(f"{file.name} is missing")
    return file


@cache
def engine_build() -> date | None:
    """The day of the whatsmeow that is compiled into the library; None where the file does not tell.

    WhatsApp stops taking a build some months after that day.
    """
    try:
        with library_file().open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
            # It stands there twice; the second time near the end, which spares a slow disk most of the reading.
            at = image.rfind(_WHATSMEOW_VERSION)
            day = image[at + len(_WHATSMEOW_VERSION) :][:8] if at >= 0 else b""
    except (LibraryMissingError, OSError):
        return None
    return date.fromisoformat(day.decode()) if day.isdigit() else None


class Library:
    """The loaded library; `messages`, `content` and `registration` are its protobuf modules.

    Only `run` may be called before it has told that it is connected: the library aborts the process otherwise.
    """

    def __init__(self) -> None:
        """Raises LibraryMissingError."""
        file = library_file()
        try:
            self._library = ctypes.CDLL(str(file))
        except OSError as exc:
            raise LibraryMissingError(f"{file.name} cannot be loaded: {exc}") from exc
        for name, returns, arguments in (
            ("Neonize", ctypes.c_void_p, _RUN_ARGUMENTS),
            ("Logout", ctypes.c_void_p, (ctypes.c_char_p,)),
            ("IsConnected", ctypes.c_bool, (ctypes.c_char_p,)),
            ("IsLoggedIn", ctypes.c_bool, (ctypes.c_char_p,)),
            ("PairPhone", ctypes.POINTER(_Bytes), (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int)),
            ("GetMe", ctypes.POINTER(_Bytes), (ctypes.c_char_p,)),
            ("GetJoinedGroups", ctypes.POINTER(_Bytes), (ctypes.c_char_p,)),
            ("GetGroupInfo", ctypes.POINTER(_Bytes), (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int)),
            ("Upload", ctypes.POINTER(_Bytes), (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int)),
            ("DownloadAny", ctypes.POINTER(_Bytes), (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int)),
            ("IsOnWhatsApp", ctypes.POINTER(_Bytes), (ctypes.c_char_p, ctypes.c_char_p)),
            ("GetPNFromLID", ctypes.POINTER(_Bytes), (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int)),
            (
                "SendMessage",
                ctypes.POINTER(_Bytes),
                (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int),
            ),
            ("FreeString", None, (ctypes.c_void_p,)),
            ("FreeBytesStruct", None, (ctypes.POINTER(_Bytes),)),
        ):
            function = getattr(self._library, name)
            function.restype, function.argtypes = returns, arguments
        # The generated modules import each other by their bare names, as neonize itself has them do.
        sys.path.append(str(file.parent / "proto"))
        self.messages: Any = importlib.import_module("Neonize_pb2")
        self.content: Any = importlib.import_module("waE2E.WAWebProtobufsE2E_pb2")
        self.registration: Any = importlib.import_module("waCompanionReg.WAWebProtobufsCompanionReg_pb2")
        self._callbacks: Sequence[object] = ()

    def run(self, database: str, listener: Listener) -> str:
        """Connects and stays, for as long as the session lives; returns why it could not, empty once it was ended.

        `database` is a path without `#`, `?` and `%`.
        """
        kinds = bytes(EventKind)
        known = frozenset(kinds)

        def on_event(_session: bytes, data: int, size: int, kind: int) -> None:
            if kind in known:
                listener.event(EventKind(kind), ctypes.string_at(data, size))

        # Kept for ever: threads of the library may call them after it has returned.
        self._callbacks = (
            _OnText(lambda _, text: listener.code(ctypes.string_at(text).decode())),
            _OnText(lambda _, status: listener.login(ctypes.string_at(status).decode())),
            _OnEvent(on_event),
            _OnLog(lambda entry, size: listener.log(ctypes.string_at(entry, size))),
        )
        device = self.registration.DeviceProps
        props = device(os=DEVICE_NAME, platformType=device.DESKTOP).SerializeToString()
        return self._text(
            self._library.Neonize(
                database.encode(),
                _SESSION,
                *(b"", 0),
                0,
                b"DEBUG",
                *self._callbacks,
                *(kinds, len(kinds)),
                *(props, len(props)),
                *(b"", 0),
                None,
            )
        )

    def pair_by_phone(self, phone: str) -> Any:
        """Asks for the letters that link this computer when they are typed on that phone: a PairPhoneReturnFunction.

        Only once a code has been shown: the way to WhatsApp is open then. The library's own argument for it prints the
        letters, and tells neither that they are not wanted any more nor what became of the link.
        """
        asked = self.messages.PairPhoneParams(
            phone=phone, showPushNotification=True, clientType=_BROWSER, clientDisplayName=_BROWSER_NAME
        ).SerializeToString()
        return self.messages.PairPhoneReturnFunction.FromString(
            self._bytes(self._library.PairPhone(_SESSION, asked, len(asked)))
        )

    def is_online(self) -> bool:
        """Whether it has its line and WhatsApp let it in."""
        return bool(self._library.IsConnected(_SESSION) and self._library.IsLoggedIn(_SESSION))

    def linked_as(self) -> Any:
        """The linked device: a Device message."""
        return self.messages.Device.FromString(self._bytes(self._library.GetMe(_SESSION)))

    def upload(self, content: bytes, kind: UploadKind) -> Any:
        """An UploadReturnFunction message."""
        data = self._bytes(self._library.Upload(_SESSION, content, len(content), kind))
        return self.messages.UploadReturnFunction.FromString(data)

    def download(self, message: bytes) -> Any:
        """The file that a serialized Message names: a DownloadReturnFunction message."""
        data = self._bytes(self._library.DownloadAny(_SESSION, message, len(message)))
        return self.messages.DownloadReturnFunction.FromString(data)

    def find_account(self, phone: str) -> Any:
        """Asks WhatsApp who has that telephone number (digits): an IsOnWhatsAppReturnFunction message."""
        data = self._bytes(self._library.IsOnWhatsApp(_SESSION, phone.encode()))
        return self.messages.IsOnWhatsAppReturnFunction.FromString(data)

    def phone_of(self, lid: str) -> str:
        """The jid with the telephone number of a hidden id, as far as the store knows it; empty where it does not."""
        asked = self._jid(lid)
        data = self._bytes(self._library.GetPNFromLID(_SESSION, asked, len(asked)))
        found = self.messages.GetJIDFromStoreReturnFunction.FromString(data).Jid
        return f"{found.User}@{found.Server}" if found.User else ""

    def send(self, jid: str, message: Any) -> Any:
        """Returns once WhatsApp's server has acknowledged, or will not: a SendMessageReturnFunction message."""
        to, body = self._jid(jid), message.SerializeToString()
        data = self._bytes(self._library.SendMessage(_SESSION, to, len(to), body, len(body)))
        return self.messages.SendMessageReturnFunction.FromString(data)

    def joined_groups(self) -> Any:
        """A GetJoinedGroupsReturnFunction message."""
        data = self._bytes(self._library.GetJoinedGroups(_SESSION))
        return self.messages.GetJoinedGroupsReturnFunction.FromString(data)

    def group_info(self, jid: str) -> Any:
        """A GetGroupInfoReturnFunction message."""
        to = self._jid(jid)
        data = self._bytes(self._library.GetGroupInfo(_SESSION, to, len(to)))
        return self.messages.GetGroupInfoReturnFunction.FromString(data)

    def log_out(self) -> str:
        """Removes the link on WhatsApp's side and in the store; returns why it could not."""
        return self._text(self._library.Logout(_SESSION))

    def _jid(self, jid: str) -> bytes:
        user, _, server = jid.partition("@")
        fields = {"User": user, "Server": server, "RawAgent": 0, "Device": 0, "Integrator": 0, "IsEmpty": False}
        data: bytes = self.messages.JID(**fields).SerializeToString()
        return data

    def _text(self, address: int | None) -> str:
        if not address:
            return ""
        try:
            return ctypes.string_at(address).decode(errors="replace")
        finally:
            self._library.FreeString(address)

    def _bytes(self, result: Any) -> bytes:
        if not result:
            return b""
        try:
            found = result.contents
            return ctypes.string_at(found.data, found.size) if found.data else b""
        finally:
            self._library.FreeBytesStruct(result)
