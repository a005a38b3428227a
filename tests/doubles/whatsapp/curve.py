"""Curve25519 as Signal uses it: one key both agrees (X25519) and signs (XEdDSA)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
DJB = b"\x05"
"""The byte that goes before a public key inside Signal's messages (but not in WhatsApp's stanzas)."""

_Point = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """32 private and 32 public bytes."""

    private: bytes = field(repr=False)
    public: bytes

    @classmethod
    def generate(cls) -> KeyPair:
        return cls.of(os.urandom(32))

    @classmethod
    def of(cls, private: bytes) -> KeyPair:
        return cls(private, X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw())

    def agree(self, public: bytes) -> bytes:
        """The shared secret with another public key (32 bytes, without the type byte)."""
        return X25519PrivateKey.from_private_bytes(self.private).exchange(X25519PublicKey.from_public_bytes(public))

    def sign(self, message: bytes) -> bytes:
        """A 64-byte XEdDSA signature; the sign of the Edwards key rides in its last bit."""
        scalar = _clamp(self.private)
        public = _compress(_multiply_base(scalar))
        nonce = int.from_bytes(
            hashlib.sha512(b"\xfe" + b"\xff" * 31 + self.private + message + os.urandom(64)).digest(), "little"
        )
        commitment = _compress(_multiply_base(nonce % ORDER))
        challenge = int.from_bytes(hashlib.sha512(commitment + public + message).digest(), "little")
        answer = bytearray(((nonce + challenge * scalar) % ORDER).to_bytes(32, "little"))
        answer[31] |= public[31] & 0x80
        return commitment + bytes(answer)


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an XEdDSA signature of this X25519 key is right."""
    u = int.from_bytes(public, "little") & (1 << 255) - 1
    y = bytearray(((u - 1) * pow(u + 1, P - 2, P) % P).to_bytes(32, "little"))
    y[31] |= signature[63] & 0x80
    plain = signature[:63] + bytes((signature[63] & 0x7F,))
    try:
        Ed25519PublicKey.from_public_bytes(bytes(y)).verify(plain, message)
    except InvalidSignature:
        return False
    return True


def _clamp(private: bytes) -> int:
    raw = bytearray(private)
    raw[0] &= 248
    raw[31] = raw[31] & 127 | 64
    return int.from_bytes(raw, "little")


def _add(p: _Point, q: _Point) -> _Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply_base(scalar: int) -> _Point:
    result, addend = (0, 1, 1, 0), (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)
    while scalar:
        if scalar & 1:
            result = _add(result, addend)
        addend = _add(addend, addend)
        scalar >>= 1
    return result


def _compress(point: _Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")
