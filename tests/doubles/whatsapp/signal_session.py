"""Signal's pairwise sessions, as a member's phone holds them: X3DH to begin, the Double Ratchet to go on."""

from __future__ import annotations

import copy
import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from . import protobuf
from .curve import DJB, KeyPair
from .noise import derive

VERSION = b"\x33"
MAC_SIZE = 8
DISCONTINUITY = b"\xff" * 32
SKIP_MAX = 2000
STATES_KEPT = 10


class UndecryptableError(Exception):
    """A message that this device has no keys for, or that was changed on its way."""


@dataclass(frozen=True, slots=True)
class MessageKeys:
    """What encrypts exactly one message."""

    cipher: bytes
    mac: bytes
    iv: bytes


@dataclass(slots=True)
class Chain:
    """One direction's symmetric ratchet; `skipped` holds keys of messages that have not come yet."""

    key: bytes
    index: int = 0
    skipped: dict[int, MessageKeys] = field(default_factory=dict)

    def step(self) -> MessageKeys:
        seed = hmac.digest(self.key, b"\x01", hashlib.sha256)
        self.key = hmac.digest(self.key, b"\x02", hashlib.sha256)
        self.index += 1
        raw = derive(seed, salt=None, info=b"WhisperMessageKeys", length=80)
        return MessageKeys(raw[:32], raw[32:64], raw[64:])

    def at(self, counter: int) -> MessageKeys:
        """The keys of one counter. Raises UndecryptableError where they were used before."""
        if counter < self.index:
            if counter not in self.skipped:
                raise UndecryptableError(f"message {counter} was read before")
            return self.skipped.pop(counter)
        if counter - self.index > SKIP_MAX:
            raise UndecryptableError(f"message {counter} is too far ahead of {self.index}")
        while self.index < counter:
            skipped = self.index
            self.skipped[skipped] = self.step()
        return self.step()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A device's public keys, as the server hands them out to whoever starts a session with it."""

    registration_id: int
    identity: bytes
    signed_id: int
    signed_key: bytes
    prekey_id: int | None
    prekey: bytes | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What every message repeats until the other side has answered once."""

    registration_id: int
    prekey_id: int | None
    signed_id: int
    base: bytes


@dataclass(slots=True)
class Session:
    """One state of a conversation between two devices."""

    ours: bytes
    theirs: bytes
    root: bytes
    ratchet: KeyPair
    base: bytes
    sending: Chain
    receiving: dict[bytes, Chain] = field(default_factory=dict)
    previous_counter: int = 0
    unanswered: Unanswered | None = None

    @classmethod
    def begin(cls, identity: KeyPair, registration_id: int, bundle: Bundle) -> Session:
        """Alice's side: we write first, to a device of which we have only the bundle."""
        base, ratchet = KeyPair.generate(), KeyPair.generate()
        secrets = [identity.agree(bundle.signed_key), base.agree(bundle.identity), base.agree(bundle.signed_key)]
        if bundle.prekey is not None:
            secrets.append(base.agree(bundle.prekey))
        root, chain = _split(DISCONTINUITY + b"".join(secrets), None, b"WhisperText")
        receiving = {bundle.signed_key: Chain(chain)}
        root, sending = _split(ratchet.agree(bundle.signed_key), root, b"WhisperRatchet")
        unanswered = Unanswered(registration_id, bundle.prekey_id, bundle.signed_id, base.public)
        return cls(
            identity.public, bundle.identity, root, ratchet, base.public, Chain(sending), receiving, 0, unanswered
        )

    @classmethod
    def accept(cls, identity: KeyPair, signed: KeyPair, prekey: KeyPair | None, base: bytes, theirs: bytes) -> Session:
        """Bob's side: somebody wrote to us first."""
        secrets = [signed.agree(theirs), identity.agree(base), signed.agree(base)]
        if prekey is not None:
            secrets.append(prekey.agree(base))
        root, chain = _split(DISCONTINUITY + b"".join(secrets), None, b"WhisperText")
        return cls(identity.public, theirs, root, signed, base, Chain(chain))

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        """The stanza's type (`pkmsg` until answered, then `msg`) and the message's bytes."""
        counter, keys = self.sending.index, self.sending.step()
        body = encrypt_cbc(keys.cipher, keys.iv, plaintext)
        message = VERSION + protobuf.encode(
            (1, DJB + self.ratchet.public), (2, counter), (3, self.previous_counter), (4, body)
        )
        message += _mac(keys.mac, self.ours, self.theirs, message)
        if self.unanswered is None:
            return "msg", message
        wrapped = protobuf.encode(
            (5, self.unanswered.registration_id),
            (1, self.unanswered.prekey_id),
            (6, self.unanswered.signed_id),
            (2, DJB + self.unanswered.base),
            (3, DJB + self.ours),
            (4, message),
        )
        return "pkmsg", VERSION + wrapped

    def decrypt(self, message: bytes) -> bytes:
        """Raises UndecryptableError; the session is then as it was before."""
        body, mac = message[:-MAC_SIZE], message[-MAC_SIZE:]
        parsed = protobuf.decode(body[1:])
        their_ratchet = parsed.bytes(1)[1:]
        draft = copy.copy(self)
        draft.receiving = {key: copy.deepcopy(chain) for key, chain in self.receiving.items()}
        if their_ratchet not in draft.receiving:
            draft._turn(their_ratchet)
        keys = draft.receiving[their_ratchet].at(parsed.number(2))
        if not hmac.compare_digest(_mac(keys.mac, self.theirs, self.ours, body), mac):
            raise UndecryptableError("the message's signature does not match this session")
        plaintext = decrypt_cbc(keys.cipher, keys.iv, parsed.bytes(4))
        draft.unanswered = None
        for name in ("root", "ratchet", "sending", "receiving", "previous_counter", "unanswered"):
            setattr(self, name, getattr(draft, name))
        return plaintext

    def _turn(self, their_ratchet: bytes) -> None:
        """The Diffie-Hellman step: a key of theirs that we have not seen yet."""
        root, received = _split(self.ratchet.agree(their_ratchet), self.root, b"WhisperRatchet")
        self.receiving[their_ratchet] = Chain(received)
        self.previous_counter = max(self.sending.index - 1, 0)
        self.ratchet = KeyPair.generate()
        self.root, sending = _split(self.ratchet.agree(their_ratchet), root, b"WhisperRatchet")
        self.sending = Chain(sending)


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """A `pkmsg` taken apart: what the receiver needs to build the session that opens the message in it."""

    prekey_id: int | None
    signed_id: int
    base: bytes
    identity: bytes
    message: bytes

    @classmethod
    def parse(cls, data: bytes) -> FirstMessage:
        parsed = protobuf.decode(data[1:])
        prekey_id = parsed.number(1) if 1 in parsed else None
        return cls(prekey_id, parsed.number(6), parsed.bytes(2)[1:], parsed.bytes(3)[1:], parsed.bytes(4))


def _split(secret: bytes, salt: bytes | None, info: bytes) -> tuple[bytes, bytes]:
    raw = derive(secret, salt=salt, info=info, length=64)
    return raw[:32], raw[32:]


def _mac(key: bytes, sender: bytes, receiver: bytes, message: bytes) -> bytes:
    return hmac.digest(key, DJB + sender + DJB + receiver + message, hashlib.sha256)[:MAC_SIZE]


def encrypt_cbc(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()


def decrypt_cbc(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """AES-CBC with PKCS#7 padding. Raises UndecryptableError where the padding is wrong."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    try:
        return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()
    except ValueError as exc:
        raise UndecryptableError("the ciphertext was changed on its way") from exc
