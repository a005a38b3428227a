"""The server's answers, as bytes of one DATA payload."""

from collections.abc import Iterable, Sequence

from .tables import Row
from .values import Column
from .verifiers import Parameter
from .wire import chunk, lchunk, ub

ERROR, ROW_HEADER, ROW_DATA, PARAMETER, STATUS, DESCRIBE = b"\x04", b"\x06", b"\x07", b"\x08", b"\x09", b"\x10"

NO_DATA_FOUND = 1403
_BANNER = b"Malote's Oracle double, no Oracle inside"
_AL32UTF8, _AL16UTF16 = 873, 2000
_COMPILE_CAPS, _RUNTIME_CAPS = 45, 7
_CAP_FIELD_VERSION = 7
_CAP_32K = 6
_SINCE_20_1 = 14


def accept(*, version: int, flags: int, sdu: int) -> bytes:
    """The ACCEPT body: `flags` 0x04 says that no native encryption is offered, 0x10 that it is demanded."""
    head = version.to_bytes(2, "big") + b"\0\x01" + sdu.to_bytes(2, "big") + b"\xff\xff" + b"\0\x01" + b"\0\0"
    large = sdu.to_bytes(4, "big") + b"\0\x20\0\0" + b"\0"
    return head + b"\0\x2d" + bytes([flags, flags]) + bytes(8) + large + bytes(4)


def refuse(error: int) -> bytes:
    text = (
        f"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR={error})"
        f"(ERROR_STACK=(ERROR=(CODE={error})(EMFI=4))(ERROR=(CODE={error})(EMFI=4))))"
    ).encode()
    return b"\x22\0" + len(text).to_bytes(2, "big") + text


def redirect(host: str, port: int, descriptor: bytes) -> bytes:
    """The address to go to and what to say there; the REDIRECT packet holds only its length, a DATA packet the text."""
    return f"(ADDRESS=(PROTOCOL=tcp)(HOST={host})(PORT={port}))".encode() + b"\0" + descriptor


def protocol(*, field_version: int) -> bytes:
    compiled = bytearray(_COMPILE_CAPS)
    compiled[_CAP_FIELD_VERSION] = field_version
    runtime = bytearray(_RUNTIME_CAPS)
    runtime[_CAP_32K] = 0x04
    parts = (
        b"\x01\x06\0",
        _BANNER,
        b"\0",
        _AL32UTF8.to_bytes(2, "little"),
        b"\0",  # server flags
        b"\0\0",  # elements
        b"\0\x0b" + bytes(9) + _AL16UTF16.to_bytes(2, "big"),
        chunk(bytes(compiled)),
        chunk(bytes(runtime)),
    )
    return b"".join(parts)


DATA_TYPES = b"\x02\0\0"


def status() -> bytes:
    return STATUS + ub(0) + ub(0)


def parameters(pairs: Iterable[Parameter]) -> bytes:
    listed = list(pairs)
    body = b"".join(lchunk(pair.name) + lchunk(pair.value) + ub(pair.flag) for pair in listed)
    return PARAMETER + ub(len(listed)) + body + status()


def end(
    *, field_version: int, number: int = 0, message: str = "", cursor: int = 0, offset: int = 0, rows: int = 0
) -> bytes:
    """The end of an answer: number 0 says that there may be more rows, 1403 that there are none, others are errors."""
    parts = (
        ERROR,
        ub(0),  # call status
        ub(0),  # sequence
        ub(rows),
        ub(min(number, 0xFFFF)),
        ub(0),
        ub(0),
        ub(cursor),
        ub(offset),
        bytes(6),  # type, fatal, flags, cursor options, parameter, warnings
        ub(0) + ub(0) + b"\0" + ub(0) + ub(0),  # row id
        ub(0),
        bytes(2),
        ub(0),
        ub(0),
        ub(0),  # logical row id
        ub(0),  # batch errors: codes, offsets, messages
        ub(0),
        ub(0),
        ub(number),
        ub(rows),
        ub(0) + ub(0) if field_version >= _SINCE_20_1 else b"",
        chunk(message.encode()) if number else b"",
    )
    return b"".join(parts)


def describe(columns: Sequence[Column], *, field_version: int) -> bytes:
    described = b"".join(column.described(field_version=field_version) for column in columns)
    return b"".join(
        (
            DESCRIBE,
            chunk(bytes(23)),
            ub(0),
            ub(len(columns)),
            b"\0" if columns else b"",
            described,
            ub(0),  # current date
            ub(0),
            ub(0),
            ub(0),
            ub(0),
            ub(0),  # cache key
        )
    )


def row_header() -> bytes:
    return ROW_HEADER + b"\0" + ub(0) + ub(0) + ub(0) + ub(0) + ub(0) + ub(0)


def row(columns: Sequence[Column], values: Row) -> bytes:
    return ROW_DATA + b"".join(column.encoded(value) for column, value in zip(columns, values, strict=True))
