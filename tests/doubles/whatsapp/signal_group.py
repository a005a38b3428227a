"""Sender keys: one ciphertext for a whole group, its key handed to each member through a pairwise session."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from . import protobuf
from .curve import DJB, KeyPair, verifies
from .noise import derive
from .signal_session import SKIP_MAX, VERSION, UndecryptableError, decrypt_cbc, encrypt_cbc

SIGNATURE_SIZE = 64


@dataclass(slots=True)
class SenderChain:
    """The symmetric ratchet of one sender in one group."""

    key: bytes
    iteration: int = 0
    skipped: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)

    def step(self) -> tuple[bytes, bytes]:
        """IV and key of the next message."""
        seed = hmac.digest(self.key, b"\x01", hashlib.sha256)
        self.key = hmac.digest(self.key, b"\x02", hashlib.sha256)
        self.iteration += 1
        raw = derive(seed, salt=None, info=b"WhisperGroup", length=48)
        return raw[:16], raw[16:]

    def at(self, iteration: int) -> tuple[bytes, bytes]:
        """IV and key of one message. Raises UndecryptableError where they were used before."""
        if iteration < self.iteration:
            if iteration not in self.skipped:
                raise UndecryptableError(f"group message {iteration} was read before")
            return self.skipped.pop(iteration)
        if iteration - self.iteration > SKIP_MAX:
            raise UndecryptableError(f"group message {iteration} is too far ahead of {self.iteration}")
        while self.iteration < iteration:
            skipped = self.iteration
            self.skipped[skipped] = self.step()
        return self.step()


@dataclass(slots=True)
class ReceivedSenderKey:
    """A sender key that somebody gave this device."""

    key_id: int
    chain: SenderChain
    signing: bytes

    @classmethod
    def parse(cls, distribution: bytes) -> ReceivedSenderKey:
        parsed = protobuf.decode(distribution[1:])
        chain = SenderChain(parsed.bytes(3), parsed.number(2))
        return cls(parsed.number(1), chain, parsed.bytes(4)[1:])

    def decrypt(self, message: bytes) -> bytes:
        """Raises UndecryptableError."""
        body, signature = message[:-SIGNATURE_SIZE], message[-SIGNATURE_SIZE:]
        if not verifies(self.signing, body, signature):
            raise UndecryptableError("the group message was not signed by its sender")
        parsed = protobuf.decode(body[1:])
        iv, key = self.chain.at(parsed.number(2))
        return decrypt_cbc(key, iv, parsed.bytes(3))


def key_id_of(message: bytes) -> int:
    """Which of a sender's keys a group message was written with."""
    return protobuf.decode(message[1:-SIGNATURE_SIZE]).number(1)


@dataclass(slots=True)
class OwnSenderKey:
    """The sender key under which this device writes to one group."""

    key_id: int
    chain: SenderChain
    signing: KeyPair

    @classmethod
    def generate(cls) -> OwnSenderKey:
        return cls(int.from_bytes(os.urandom(3), "big"), SenderChain(os.urandom(32)), KeyPair.generate())

    def distribution(self) -> bytes:
        """What a member needs to read from the next message on."""
        return VERSION + protobuf.encode(
            (1, self.key_id), (2, self.chain.iteration), (3, self.chain.key), (4, DJB + self.signing.public)
        )

    def encrypt(self, plaintext: bytes) -> bytes:
        iteration = self.chain.iteration
        iv, key = self.chain.step()
        body = VERSION + protobuf.encode((1, self.key_id), (2, iteration), (3, encrypt_cbc(key, iv, plaintext)))
        return body + self.signing.sign(body)
