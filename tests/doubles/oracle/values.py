"""Oracle's column types as this double knows them: how a value is kept, described and put on the wire."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from .wire import chunk, lchunk, ub

Value: TypeAlias = str | Decimal | datetime | None

ORA_VARCHAR, ORA_NUMBER, ORA_DATE, ORA_CHAR = 1, 2, 12, 96

_ORA_TYPES = {"VARCHAR2": ORA_VARCHAR, "CHAR": ORA_CHAR, "NUMBER": ORA_NUMBER, "DATE": ORA_DATE}
_NOTATION = re.compile(r"(VARCHAR2|CHAR|NUMBER|DATE)(?:\(\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?\))?", re.IGNORECASE)
_UTF8 = 873
_FLOATING_SCALE = 0x81
_MAX_MANTISSA = 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column's declared type; `size` counts characters, and is a NUMBER's precision (0: any)."""

    name: str
    kind: str
    size: int = 0
    scale: int | None = None

    @classmethod
    def declared(cls, name: str, notation: str) -> "Column":
        """Read `VARCHAR2(60)`, `CHAR(18)`, `NUMBER`, `NUMBER(14)`, `NUMBER(9,2)` or `DATE`; ValueError for others."""
        match = _NOTATION.fullmatch(notation.strip())
        if match is None:
            raise ValueError(f"column {name}: {notation!r} is no type this double has")
        kind, size, scale = match[1].upper(), match[2], match[3]
        default = {"VARCHAR2": 4000, "CHAR": 1}.get(kind, 0)
        declared_scale = int(scale) if scale else (0 if size and kind == "NUMBER" else None)
        return cls(name.upper(), kind, int(size) if size else default, declared_scale)

    @property
    def ora_type(self) -> int:
        return _ORA_TYPES[self.kind]

    @property
    def is_text(self) -> bool:
        return self.kind in ("VARCHAR2", "CHAR")

    def keep(self, value: object) -> Value:
        """The value as the database would store it: '' is null and CHAR is padded; ValueError where it does not fit."""
        if value is None or value == "":
            return None
        if self.kind == "DATE":
            if not isinstance(value, datetime):
                raise ValueError(f"{self.name} needs a datetime, not {value!r}")
            return value.replace(microsecond=0)
        if self.kind == "NUMBER":
            return Decimal(str(value))
        text = str(value)
        if len(text) > self.size:
            raise ValueError(f"ORA-12899: {text!r} is too large for {self.name} ({self.kind} of {self.size})")
        return text.ljust(self.size) if self.kind == "CHAR" else text

    def described(self, *, field_version: int) -> bytes:
        """This column's entry in a describe answer."""
        width = {"NUMBER": 22, "DATE": 7}.get(self.kind, self.size * 4)
        precision = self.size if self.kind == "NUMBER" else 0
        scale = 0
        if self.kind == "NUMBER":
            scale = _FLOATING_SCALE if self.scale is None else self.scale & 0xFF
        return b"".join(
            (
                bytes([self.ora_type, 0, precision, scale]),
                ub(width),
                ub(0),  # array elements
                ub(0),  # continuation flags
                ub(0),  # object id
                ub(0),  # version
                ub(_UTF8 if self.is_text else 0),
                bytes([1 if self.is_text else 0]),
                ub(self.size if self.is_text else 0),
                ub(0) if field_version >= 8 else b"",  # column id
                b"\x01",  # nulls allowed
                bytes([min(len(self.name), 255)]),
                lchunk(self.name),
                ub(0),  # type's schema
                ub(0),  # type's name
                ub(0),  # position
                ub(0),  # flags
            )
        )

    def encoded(self, value: Value) -> bytes:
        if value is None:
            return b"\0"
        if isinstance(value, Decimal):
            return chunk(encode_number(value))
        if isinstance(value, datetime):
            return chunk(encode_date(value))
        return chunk(value.encode())


def encode_number(value: Decimal) -> bytes:
    """Base-100 digits behind an exponent byte: plus 1 when positive, 101 minus each and a closing 102 when negative."""
    if value == 0:
        return b"\x80"
    sign, digits, exponent = value.normalize().as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is no number Oracle can keep")
    text = "".join(map(str, digits))
    if exponent % 2:
        text, exponent = text + "0", exponent - 1
    if len(text) % 2:
        text = "0" + text
    pairs = [int(text[at : at + 2]) for at in range(0, len(text), 2)]
    power = len(pairs) - 1 + exponent // 2
    while pairs and pairs[-1] == 0:
        pairs.pop()
    if len(pairs) > _MAX_MANTISSA:
        raise ValueError(f"{value} has too many digits")
    if sign:
        closing = b"\x66" if len(pairs) < _MAX_MANTISSA else b""
        return bytes([62 - power, *(101 - pair for pair in pairs)]) + closing
    return bytes([193 + power, *(pair + 1 for pair in pairs)])


def decode_number(raw: bytes) -> Decimal:
    if raw == b"\x80":
        return Decimal(0)
    positive = bool(raw[0] & 0x80)
    power = raw[0] - 193 if positive else 62 - raw[0]
    body = raw[1:-1] if not positive and raw[-1] == 0x66 else raw[1:]
    total = Decimal(0)
    for index, byte in enumerate(body):
        pair = byte - 1 if positive else 101 - byte
        total += Decimal(pair).scaleb(2 * (power - index))
    return total if positive else -total


def encode_date(value: datetime) -> bytes:
    return bytes(
        [
            value.year // 100 + 100,
            value.year % 100 + 100,
            value.month,
            value.day,
            value.hour + 1,
            value.minute + 1,
            value.second + 1,
        ]
    )


def decode_date(raw: bytes) -> datetime:
    century, year, month, day, hour, minute, second = raw[:7]
    return datetime((century - 100) * 100 + year - 100, month, day, hour - 1, minute - 1, second - 1)


@dataclass(frozen=True, slots=True)
class Bind:
    """A bound value with the type the client declared: CHAR compares blank-padded, VARCHAR does not."""

    ora_type: int
    value: Value

    @classmethod
    def decoded(cls, ora_type: int, raw: bytes | None) -> "Bind":
        if raw is None:
            return cls(ora_type, None)
        if ora_type == ORA_NUMBER:
            return cls(ora_type, decode_number(raw))
        if ora_type == ORA_DATE:
            return cls(ora_type, decode_date(raw))
        return cls(ora_type, raw.decode())
