"""Asks a listener for a connection without any credentials, to say what is wrong before a password leaves the machine.

The thin driver hangs for ever on a listener that takes the call and says nothing; this does not.
"""

import re
import socket
import ssl
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_CONNECT, _ACCEPT, _REFUSE, _REDIRECT, _DATA, _RESEND = 1, 2, 4, 5, 6, 11
_ANSWERS: Final = frozenset({_ACCEPT, _REFUSE, _REDIRECT, _DATA, _RESEND})
_HEADER: Final = struct.Struct(">HHBBH")
_ALERT: Final = b"\x15\x03"
"""How TLS complains; as a TNS packet it would be one of 5379 bytes, and no answer to a CONNECT is that long."""
_TLS_ALERT: Final = -1
_REDIRECTED: Final = 0x04
_NO_NATIVE_ENCRYPTION: Final = 0x04
_ENCRYPTION_REQUIRED: Final = 0x10
_WANTED_VERSION, _OLDEST_VERSION = 319, 300
_SDU: Final = 8192
_LONGEST_INLINE: Final = 230
_FLAGS_AT: Final = 14
_MOST_ANSWERS: Final = 6
"""A listener may ask again or send elsewhere, but not for ever."""
_ERROR: Final = re.compile(rb"\(ERR=(\d+)\)")
_HOST: Final = re.compile(r"\(HOST=([^)]+)\)", re.IGNORECASE)
_PORT: Final = re.compile(r"\(PORT=(\d+)\)", re.IGNORECASE)
_SAFE: Final = re.compile(r"[^()=\s]*")

OLDEST_FOR_THIN_MODE: Final = 315
"""TNS version of Oracle 12.1."""


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The listener said no, with an error."""
    CLOSED = "closed"
    """The call was taken and hung up on without a word."""
    SILENT = "silent"
    """The call was taken, and nothing came; or nobody answered at that address at all."""
    NOT_ORACLE = "not_oracle"
    """Something else listens there."""
    WANTS_TLS = "wants_tls"
    """It answered with TLS's own word for what is not TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    outcome: Outcome
    tns_version: int | None = None
    encryption_required: bool = False
    ora: str | None = None
    """The listener's error, such as ORA-12514."""

    @property
    def suits_thin_mode(self) -> bool:
        version = self.tns_version
        return version is not None and version >= OLDEST_FOR_THIN_MODE and not self.encryption_required


def probe(
    host: str, port: int, *, sid: str, service_name: str, timeout: float, tls: ssl.SSLContext | None = None
) -> Probe:
    """Call the listener; all within `timeout` seconds but the name's resolution, which cannot be bounded here.

    Raises OSError where there is no connection: socket.gaierror, ConnectionRefusedError, ssl.SSLError and the like.
    """
    if not all(_SAFE.fullmatch(text) for text in (host, sid, service_name)):
        raise socket.gaierror(socket.EAI_NONAME, "not a name that a listener could know")
    until = time.monotonic() + timeout
    target = f"(SERVICE_NAME={service_name})" if service_name else f"(SID={sid})"
    caller = "(CID=(PROGRAM=malote)(HOST=malote)(USER=malote))"
    way = f"(PROTOCOL={'tcps' if tls else 'tcp'})(HOST={host})(PORT={port})"
    descriptor = f"(DESCRIPTION=(ADDRESS={way})(CONNECT_DATA={target}{caller}))"
    asked = _Asked(host, port, descriptor.encode(), 0)
    for _ in range(_MOST_ANSWERS):
        answer = _call(asked, lambda: max(0.001, until - time.monotonic()), tls)
        if isinstance(answer, Probe):
            return answer
        asked = answer
    return Probe(outcome=Outcome.NOT_ORACLE)


@dataclass(frozen=True, slots=True)
class _Asked:
    host: str
    port: int
    descriptor: bytes
    flags: int


def _call(asked: _Asked, left: Callable[[], float], tls: ssl.SSLContext | None) -> "Probe | _Asked":
    try:
        line = socket.create_connection((asked.host, asked.port), left())
        if tls is not None:
            line.settimeout(left())  # for the whole handshake
            line = tls.wrap_socket(line)
    except TimeoutError:
        return Probe(outcome=Outcome.SILENT)
    with line:
        try:
            for _ in range(_MOST_ANSWERS):
                line.settimeout(left())
                line.sendall(_connect_packet(asked))
                kind, body = _packet(line, left)
                if kind == _TLS_ALERT:
                    return Probe(outcome=Outcome.WANTS_TLS)
                if kind == _RESEND:
                    continue
                return _understood(kind, body, lambda: _packet(line, left)[1][2:])
        except TimeoutError:
            return Probe(outcome=Outcome.SILENT)
        except (EOFError, ConnectionError, ssl.SSLError):
            # TLS 1.3 says only here that it wanted our certificate, and its word may be lost when it hangs up
            return Probe(outcome=Outcome.CLOSED)
    return Probe(outcome=Outcome.NOT_ORACLE)


def _understood(kind: int, body: bytes, following: Callable[[], bytes]) -> "Probe | _Asked":
    if kind == _ACCEPT and len(body) > _FLAGS_AT:
        version = int.from_bytes(body[:2], "big")
        return Probe(
            outcome=Outcome.ACCEPTED,
            tns_version=version,
            # older listeners leave other things in that byte
            encryption_required=version >= OLDEST_FOR_THIN_MODE and bool(body[_FLAGS_AT] & _ENCRYPTION_REQUIRED),
        )
    if kind == _REFUSE:
        error = _ERROR.search(body)
        return Probe(outcome=Outcome.REFUSED, ora=f"ORA-{int(error[1]):05}" if error else None)
    if kind == _REDIRECT:
        length = int.from_bytes(body[:2], "big")
        text = body[2 : 2 + length] or following()[:length]
        address, _, descriptor = text.partition(b"\0")
        host, port = _HOST.search(address.decode(errors="replace")), _PORT.search(address.decode(errors="replace"))
        if host and port:
            return _Asked(host[1], int(port[1]), descriptor, _REDIRECTED)
    return Probe(outcome=Outcome.NOT_ORACLE)


def _connect_packet(asked: _Asked) -> bytes:
    """The CONNECT, with the descriptor inside it or, where it is long, in a DATA packet behind it."""
    offset = _HEADER.size + 66
    body = struct.pack(
        ">HHHHHHHHHHIBB24xIIII",
        _WANTED_VERSION,
        _OLDEST_VERSION,
        0x0001,  # service options: none
        _SDU,
        _SDU,
        0x4F98,  # protocol characteristics
        0,
        1,
        len(asked.descriptor),
        offset,
        0,
        _NO_NATIVE_ENCRYPTION | 0x80,
        _NO_NATIVE_ENCRYPTION | 0x80,
        _SDU,
        _SDU,
        0,
        0,
    )
    if len(asked.descriptor) <= _LONGEST_INLINE:
        return _framed(_CONNECT, body + asked.descriptor, asked.flags)
    return _framed(_CONNECT, body, asked.flags) + _framed(_DATA, b"\0\0" + asked.descriptor, 0)


def _framed(kind: int, body: bytes, flags: int) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), 0, kind, flags, 0) + body


def _packet(line: socket.socket, left: Callable[[], float]) -> tuple[int, bytes]:
    """One packet's type and body; EOFError where the line ends, TimeoutError where nothing more comes in time."""
    first = _exactly(line, len(_ALERT), left)
    if first == _ALERT:
        return _TLS_ALERT, b""
    length, _, kind, _, _ = _HEADER.unpack(first + _exactly(line, _HEADER.size - len(first), left))
    if kind not in _ANSWERS:
        return kind, b""  # no listener: its "length" means nothing
    return kind, _exactly(line, max(0, length - _HEADER.size), left)


def _exactly(line: socket.socket, count: int, left: Callable[[], float]) -> bytes:
    found = bytearray()
    while len(found) < count:
        line.settimeout(left())
        piece = line.recv(count - len(found))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)
