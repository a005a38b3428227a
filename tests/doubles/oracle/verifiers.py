"""The server's half of Oracle's password exchange: neither side ever sends the password or the key itself.

Each verifier hands out a challenge (phase one) and, from the client's answer (phase two), the key both sides now share.
A wrong password gives a wrong key, so the decrypted password is noise; that is how the server notices.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

VerifierKind = Literal["12c", "11g", "10g"]

_TYPE_12C, _TYPE_11G, _TYPE_10G = 0x4815, 0x1B25, 0x939
_BLOCK = 16
_VGEN_ROUNDS, _SDER_ROUNDS = 4096, 3


def _encrypt(key: bytes, plain: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def _decrypt(key: bytes, secret: bytes) -> bytes:
    if len(secret) % _BLOCK:
        return b""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).decryptor()
    return decryptor.update(secret) + decryptor.finalize()


def _hex(value: bytes) -> str:
    return value.hex().upper()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name and value of an authentication answer; `flag` carries the verifier's type for AUTH_VFR_DATA."""

    name: str
    value: str
    flag: int = 0


@dataclass(slots=True)
class Exchange:
    """One login's secrets, between phase one and phase two."""

    kind: VerifierKind
    password: str
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(_BLOCK))
    second_salt: bytes = field(default_factory=lambda: secrets.token_bytes(_BLOCK))
    server_half: bytes = b""

    def challenge(self) -> list[Parameter]:
        if self.kind == "10g":
            return [Parameter("AUTH_SESSKEY", _hex(secrets.token_bytes(32))), Parameter("AUTH_VFR_DATA", "", _TYPE_10G)]
        self.server_half = secrets.token_bytes(32 if self.kind == "12c" else 48)
        offered = Parameter("AUTH_SESSKEY", _hex(_encrypt(self._password_key(), self.server_half)))
        if self.kind == "11g":
            return [offered, Parameter("AUTH_VFR_DATA", _hex(self.salt), _TYPE_11G)]
        return [
            offered,
            Parameter("AUTH_VFR_DATA", _hex(self.salt), _TYPE_12C),
            Parameter("AUTH_PBKDF2_CSK_SALT", _hex(self.second_salt)),
            Parameter("AUTH_PBKDF2_VGEN_COUNT", str(_VGEN_ROUNDS)),
            Parameter("AUTH_PBKDF2_SDER_COUNT", str(_SDER_ROUNDS)),
        ]

    def accept(self, answer: dict[str, str]) -> Parameter | None:
        """Check the client's phase two; return the server's proof for a right password, None for a wrong one."""
        client_half = _decrypt(self._password_key(), _unhex(answer.get("AUTH_SESSKEY", "")))
        if len(client_half) < len(self.server_half):
            return None
        key = self._shared_key(client_half)
        plain = _decrypt(key, _unhex(answer.get("AUTH_PASSWORD", "")))
        expected = self.password.encode()
        padding = _BLOCK - (_BLOCK + len(expected)) % _BLOCK
        if not secrets.compare_digest(plain[_BLOCK:], expected + bytes([padding]) * padding):
            return None
        proof = _encrypt(key, secrets.token_bytes(_BLOCK) + b"SERVER_TO_CLIENT" + bytes([_BLOCK]) * _BLOCK)
        return Parameter("AUTH_SVR_RESPONSE", _hex(proof))

    def _password_key(self) -> bytes:
        password = self.password.encode()
        if self.kind == "11g":
            return hashlib.sha1(password + self.salt, usedforsecurity=False).digest() + bytes(4)
        speedy_salt = self.salt + b"AUTH_PBKDF2_SPEEDY_KEY"
        stretched = hashlib.pbkdf2_hmac("sha512", password, speedy_salt, _VGEN_ROUNDS, 64)
        return hashlib.sha512(stretched + self.salt).digest()[:32]

    def _shared_key(self, client_half: bytes) -> bytes:
        if self.kind == "11g":
            mixed = bytes(a ^ b for a, b in zip(self.server_half[16:40], client_half[16:40], strict=True))
            halves = (hashlib.md5(half, usedforsecurity=False) for half in (mixed[:16], mixed[16:]))
            return b"".join(half.digest() for half in halves)[:24]
        joined = _hex(client_half[:32] + self.server_half[:32]).encode()
        return hashlib.pbkdf2_hmac("sha512", joined, self.second_salt, _SDER_ROUNDS, 32)


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
