"""The server's side of WhatsApp's Noise XX handshake, and the encrypted frames that follow it."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from . import protobuf
from .curve import KeyPair
from .shadow import ROOT

PATTERN = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
PROLOGUE = b"WA\x06\x03"
FRAME_MAX = 1 << 24
CLIENT_HELLO, SERVER_HELLO, CLIENT_FINISH = 2, 3, 4
CERTIFICATE_SERIAL = 1
DAY = 86400


class ProtocolError(Exception):
    """The program under test broke WhatsApp's wire protocol."""


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """The static key of the double and the chain that ties it to the root key in the patched library."""

    static: KeyPair
    chain: bytes

    @classmethod
    def generate(cls) -> ServerIdentity:
        static, intermediate, now = KeyPair.generate(), KeyPair.generate(), int(time.time())
        validity = ((4, now - DAY), (5, now + 365 * DAY))
        upper = protobuf.encode((1, CERTIFICATE_SERIAL), (2, 0), (3, intermediate.public), *validity)
        leaf = protobuf.encode((1, 2), (2, CERTIFICATE_SERIAL), (3, static.public), *validity)
        chain = protobuf.encode(
            (1, protobuf.encode((1, leaf), (2, intermediate.sign(leaf)))),
            (2, protobuf.encode((1, upper), (2, ROOT.sign(upper)))),
        )
        return cls(static, chain)


def derive(secret: bytes, *, salt: bytes | None, info: bytes, length: int) -> bytes:
    """HKDF-SHA256."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


class _Cipher:
    """AES-GCM under a counter of its own; each key is used in one direction only."""

    def __init__(self, key: bytes) -> None:
        self._gcm, self._counter = AESGCM(key), 0

    def _nonce(self) -> bytes:
        self._counter += 1
        return bytes(8) + (self._counter - 1).to_bytes(4, "big")

    def encrypt(self, plaintext: bytes, associated: bytes | None = None) -> bytes:
        return self._gcm.encrypt(self._nonce(), plaintext, associated)

    def decrypt(self, ciphertext: bytes, associated: bytes | None = None) -> bytes:
        return self._gcm.decrypt(self._nonce(), ciphertext, associated)


class Handshake:
    """One handshake: `answer` to the client's hello, then `finish` with its last message."""

    def __init__(self, identity: ServerIdentity) -> None:
        self._identity, self._ephemeral = identity, KeyPair.generate()
        self._salt = self._hash = PATTERN
        self._cipher = _Cipher(PATTERN)
        self._authenticate(PROLOGUE)

    def answer(self, frame: bytes) -> bytes:
        client = protobuf.decode(frame).message(CLIENT_HELLO).bytes(1)
        if len(client) != 32:
            raise ProtocolError("the client's hello has no ephemeral key")
        self._authenticate(client)
        self._authenticate(self._ephemeral.public)
        self._mix(self._ephemeral.agree(client))
        static = self._encrypt(self._identity.static.public)
        self._mix(self._identity.static.agree(client))
        payload = self._encrypt(self._identity.chain)
        hello = protobuf.encode((1, self._ephemeral.public), (2, static), (3, payload))
        return protobuf.encode((SERVER_HELLO, hello))

    def finish(self, frame: bytes) -> tuple[bytes, protobuf.Message, Transport]:
        """The client's static public key, its ClientPayload, and the ciphers for what follows."""
        finish = protobuf.decode(frame).message(CLIENT_FINISH)
        static = self._decrypt(finish.bytes(1))
        self._mix(self._ephemeral.agree(static))
        payload = protobuf.decode(self._decrypt(finish.bytes(2)))
        keys = derive(b"", salt=self._salt, info=b"", length=64)
        return static, payload, Transport(_Cipher(keys[:32]), _Cipher(keys[32:]))

    def _authenticate(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def _mix(self, secret: bytes) -> None:
        keys = derive(secret, salt=self._salt, info=b"", length=64)
        self._salt, self._cipher = keys[:32], _Cipher(keys[32:])

    def _encrypt(self, plaintext: bytes) -> bytes:
        ciphertext = self._cipher.encrypt(plaintext, self._hash)
        self._authenticate(ciphertext)
        return ciphertext

    def _decrypt(self, ciphertext: bytes) -> bytes:
        plaintext = self._cipher.decrypt(ciphertext, self._hash)
        self._authenticate(ciphertext)
        return plaintext


@dataclass(frozen=True, slots=True)
class Transport:
    """The two ciphers of an established connection, seen from the server."""

    incoming: _Cipher
    outgoing: _Cipher

    def open(self, frame: bytes) -> bytes:
        return self.incoming.decrypt(frame)

    def seal(self, plaintext: bytes) -> bytes:
        return self.outgoing.encrypt(plaintext)


def framed(data: bytes) -> bytes:
    """A frame with its 3-byte length."""
    if len(data) >= FRAME_MAX:
        raise ProtocolError(f"a frame of {len(data)} bytes is too large")
    return len(data).to_bytes(3, "big") + data


class FrameReader:
    """Cuts the client's byte stream into frames; the stream begins with the prologue, once."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._began = False

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are now whole. Raises ProtocolError where the prologue is not WhatsApp's."""
        self._buffer += data
        if not self._began:
            if len(self._buffer) < len(PROLOGUE):
                return []
            if self._buffer[: len(PROLOGUE)] != PROLOGUE:
                raise ProtocolError(f"the stream begins with {bytes(self._buffer[:4])!r}")
            del self._buffer[: len(PROLOGUE)]
            self._began = True
        frames = []
        while len(self._buffer) >= 3 and len(self._buffer) >= 3 + (size := int.from_bytes(self._buffer[:3], "big")):
            frames.append(bytes(self._buffer[3 : 3 + size]))
            del self._buffer[: 3 + size]
        return frames
