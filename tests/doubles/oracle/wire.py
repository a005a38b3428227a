"""TNS packets and the length-prefixed primitives inside them, as the thin driver reads and writes them.

Numbers are "ub": one length byte and that many big-endian bytes (zero is a single 0 byte). Byte strings are "chunk":
one length byte and the bytes, or 0xFE, (ub n, n bytes)… and a 0 once they pass 252 bytes; 0 and 0xFF mean null.
"lchunk" is a ub length in front of a chunk that is there only when the length is not zero.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass

CONNECT, ACCEPT, REFUSE, REDIRECT, DATA, RESEND, MARKER = 1, 2, 4, 5, 6, 11, 12
EOF_FLAG = 0x40
MARK_BREAK, MARK_RESET, MARK_INTERRUPT = 1, 2, 3

LARGE_SDU_SINCE = 315
"""TNS version from which packet lengths are four bytes, once the ACCEPT has gone out."""

_HEADER = 8
_CLIENT_HELLO = b"\x16\x03"
"""How TLS begins; as a TNS packet it would be a CONNECT of 5635 bytes, which no client sends."""
_LONG = 0xFE
_NULL = 0xFF
_SHORT_MAX = 252
_PIECE = 32767


class IncompleteError(Exception):
    """The request goes on in a packet that has not arrived: nothing on the wire marks its end."""


class WireError(Exception):
    """The client sent something this double does not speak; the text says what."""


class Reader:
    """Cursor over the bytes of one request; every read past the end raises IncompleteError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pos = 0

    def raw(self, count: int) -> bytes:
        end = self._pos + count
        if end > len(self._data):
            raise IncompleteError
        piece = self._data[self._pos : end]
        self._pos = end
        return piece

    def u8(self) -> int:
        return self.raw(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.raw(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.raw(4), "big")

    def ub(self) -> int:
        length = self.u8()
        if length > 8:
            raise WireError(f"number of {length} bytes")
        return int.from_bytes(self.raw(length), "big")

    def chunk(self) -> bytes | None:
        length = self.u8()
        if length in (0, _NULL):
            return None
        if length != _LONG:
            return self.raw(length)
        pieces = []
        while size := self.ub():
            pieces.append(self.raw(size))
        return b"".join(pieces)

    def lchunk(self) -> bytes:
        return (self.chunk() or b"") if self.ub() else b""

    def until_zero(self) -> bytes:
        found = bytearray()
        while byte := self.u8():
            found.append(byte)
        return bytes(found)

    @property
    def exhausted(self) -> bool:
        return self._pos == len(self._data)


def ub(value: int) -> bytes:
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "big")


def chunk(value: bytes | None) -> bytes:
    if not value:
        return b"\0"
    if len(value) <= _SHORT_MAX:
        return bytes([len(value)]) + value
    pieces = [value[at : at + _PIECE] for at in range(0, len(value), _PIECE)]
    return bytes([_LONG]) + b"".join(ub(len(piece)) + piece for piece in pieces) + b"\0"


def lchunk(value: bytes | str | None) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return ub(len(raw)) + chunk(raw) if raw else b"\0"


@dataclass(frozen=True, slots=True)
class Packet:
    kind: int
    flags: int
    body: bytes


class PacketStream:
    """Packets over one TCP connection; `large` turns on four-byte lengths, in both directions, after the ACCEPT."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, sdu: int) -> None:
        self._reader = reader
        self._writer = writer
        self.sdu = sdu
        self.large = False

    async def read(self) -> Packet:
        """Raise asyncio.IncompleteReadError or ConnectionError where the client has gone."""
        header = await self._reader.readexactly(_HEADER)
        if header.startswith(_CLIENT_HELLO):
            raise ConnectionError("a client that speaks TLS to a listener that does not")
        (length,) = struct.unpack(">I", header[:4]) if self.large else struct.unpack(">H", header[:2])
        if length < _HEADER:
            raise WireError(f"packet of {length} bytes")
        return Packet(header[4], header[5], await self._reader.readexactly(length - _HEADER))

    async def write(self, kind: int, body: bytes, *, flags: int = 0) -> None:
        length = _HEADER + len(body)
        prefix = struct.pack(">I", length) if self.large else struct.pack(">HH", length, 0)
        self._writer.write(prefix + bytes([kind, flags, 0, 0]) + body)
        await self._writer.drain()

    async def write_data(self, payload: bytes) -> None:
        """Send one answer, cut into as many DATA packets as the session's SDU asks for."""
        room = self.sdu - _HEADER - 2
        for at in range(0, len(payload), room):
            await self.write(DATA, b"\0\0" + payload[at : at + room])

    async def write_marker(self, kind: int) -> None:
        await self.write(MARKER, bytes([1, 0, kind]))

    async def drain_until_closed(self) -> None:
        """Swallow whatever the client sends until it hangs up: what a deaf peer does."""
        while await self._reader.read(65536):
            continue

    def reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
