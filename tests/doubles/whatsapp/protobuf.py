"""Just enough of protobuf to speak to the engine without importing its generated classes (they load Go)."""

from __future__ import annotations

from dataclasses import dataclass, field

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


def varint(value: int) -> bytes:
    """Base-128 bytes of an unsigned number."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode(*fields: tuple[int, int | bytes | str | None]) -> bytes:
    """One message from (field number, value) pairs in the given order; None is left out."""
    out = bytearray()
    for number, value in fields:
        if value is None:
            continue
        if isinstance(value, int):
            out += varint(number << 3 | VARINT) + varint(value)
        else:
            raw = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | LENGTH) + varint(len(raw)) + raw
    return bytes(out)


@dataclass(slots=True)
class Message:
    """A decoded message: every field's values by number, in the order they came."""

    fields: dict[int, list[int | bytes]] = field(default_factory=dict)

    def __contains__(self, number: int) -> bool:
        return number in self.fields

    def number(self, number: int, default: int = 0) -> int:
        """The last varint of a field."""
        value = self.fields.get(number, [default])[-1]
        return value if isinstance(value, int) else default

    def bytes(self, number: int) -> bytes:
        """The last bytes of a field, empty where it is absent."""
        value = self.fields.get(number, [b""])[-1]
        return value if isinstance(value, bytes) else b""

    def text(self, number: int) -> str:
        """The last string of a field, empty where it is absent."""
        return self.bytes(number).decode()

    def message(self, number: int) -> Message:
        """The last embedded message of a field, empty where it is absent."""
        return decode(self.bytes(number))


def decode(data: bytes) -> Message:
    """Raises ValueError where the bytes end inside a field or use a wire type that nobody sends."""
    message, at = Message(), 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        value: int | bytes
        if kind == VARINT:
            value, at = _varint(data, at)
        elif kind in (LENGTH, FIXED64, FIXED32):
            if kind == LENGTH:
                size, at = _varint(data, at)
            else:
                size = 8 if kind == FIXED64 else 4
            value = data[at : at + size]
            at += size
            if len(value) != size:
                raise ValueError(f"protobuf field {number} is cut short")
        else:
            raise ValueError(f"protobuf wire type {kind} in field {number}")
        message.fields.setdefault(number, []).append(value)
    return message


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise ValueError("protobuf number is cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
