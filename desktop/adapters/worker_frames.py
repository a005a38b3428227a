"""What both ends of a worker's pipes agree on: a frame is a 4-byte big-endian length, then one msgpack array.

Parent to child: `[call, id, method, params]`, `[cancel, id]`, `[stop]`. Child to parent: `[event, name, facts]`,
`[value, id, value]`, `[error, id, code, facts]`, `[bug, id, traceback]`, `[cancelled, id]`. Id 0 is the child's own
start, so that "ready" and "could not start, because" are ordinary answers.

Nothing here may import asyncio: the child loads this module, and asyncio would cost it 60 ms and 8 MB.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgpack

MAX_FRAME: Final = 64 * 1024 * 1024
"""Bytes of the msgpack array; more is refused by the sender, and is garbage to the receiver."""

START_ID: Final = 0
"""The call that the child makes of itself; the parent's calls count from 1."""

CALL: Final = "call"
CANCEL: Final = "cancel"
STOP: Final = "stop"
EVENT: Final = "event"
VALUE: Final = "value"
ERROR: Final = "error"
BUG: Final = "bug"
CANCELLED: Final = "cancelled"

_LENGTH: Final = struct.Struct(">I")


class CallError(Exception):
    """A failure the handler knows by code: raised in the child, raised again in the parent; facts are msgpack."""

    def __init__(self, code: str, facts: Mapping[str, object] | None = None) -> None:
        super().__init__(code, dict(facts or {}))
        self.code = code
        self.facts: dict[str, object] = dict(facts or {})

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class FrameError(Exception):
    """The bytes are no frame of ours: the two ends no longer understand each other and cannot again."""


def encode(frame: Sequence[object]) -> bytes:
    """The bytes of one frame; TypeError, ValueError or OverflowError for what msgpack cannot hold or is too large."""
    payload: bytes = msgpack.packb(frame, use_bin_type=True)
    if len(payload) > MAX_FRAME:
        raise ValueError(f"a frame of {len(payload)} bytes is over the limit of {MAX_FRAME}")
    return _LENGTH.pack(len(payload)) + payload


class Decoder:
    """Turns the chunks a pipe happens to deliver into frames; FrameError at the first byte that cannot be one."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._needed = _LENGTH.size

    def feed(self, chunk: bytes) -> Iterator[list[object]]:
        """The frames that this chunk completes, in order; it must be exhausted before the next feed."""
        self._buffer += chunk
        while len(self._buffer) >= self._needed:
            (length,) = _LENGTH.unpack_from(self._buffer)
            # checked before a body is waited for: a text line printed into the pipe reads as a length of about 1 GB
            if length > MAX_FRAME:
                raise FrameError(f"a frame announces {length} bytes, over the limit of {MAX_FRAME}")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                self._needed = end
                return
            with memoryview(self._buffer) as view:
                frame = _unpack(view[_LENGTH.size : end])
            del self._buffer[:end]
            self._needed = _LENGTH.size
            yield frame


def _unpack(payload: memoryview) -> list[object]:
    with payload:
        try:
            frame = msgpack.unpackb(payload, raw=False, strict_map_key=False)
        except (ValueError, TypeError, msgpack.UnpackException) as exc:
            # the message only: it must not carry the content, which may be a secret
            raise FrameError(f"{len(payload)} bytes are not msgpack ({type(exc).__name__})") from None
    if not isinstance(frame, list) or not frame:
        raise FrameError("a frame is a non-empty array")
    return frame
