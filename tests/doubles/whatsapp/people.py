"""Who is on the double's WhatsApp: people with phones that really decrypt, accounts with linked computers, groups."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .binary_node import Node
from .curve import DJB, KeyPair
from .jid import LID, PHONE, Jid
from .signal_group import OwnSenderKey, ReceivedSenderKey, key_id_of
from .signal_session import STATES_KEPT, Bundle, FirstMessage, Session, UndecryptableError

if TYPE_CHECKING:
    from .connection import Connection

Addressing = Literal["lid", "pn"]
SIGNED_PREKEY_ID = 1


class Phone:
    """One device that holds Signal keys of its own: a member's, or the account's."""

    def __init__(self) -> None:
        self.identity = KeyPair.generate()
        self.registration_id = int.from_bytes(os.urandom(2), "big") | 1
        self._signed = KeyPair.generate()
        self._signature = b""
        self._prekeys: dict[int, KeyPair] = {}
        self._prekeys_made = 0
        self._sessions: dict[str, list[Session]] = {}
        self._sender_keys: dict[tuple[str, str], dict[int, ReceivedSenderKey]] = {}
        self._own_sender_keys: dict[str, OwnSenderKey] = {}

    def key_nodes(self) -> list[Node]:
        """The elements by which the server hands this device's keys out; each has a one-time key of its own."""
        if not self._signature:
            self._signature = self.identity.sign(DJB + self._signed.public)
        self._prekeys_made += 1
        self._prekeys[self._prekeys_made] = prekey = KeyPair.generate()
        return [
            Node("registration", content=self.registration_id.to_bytes(4, "big")),
            Node("type", content=DJB),
            Node("identity", content=self.identity.public),
            key_node("skey", SIGNED_PREKEY_ID, self._signed.public, self._signature),
            key_node("key", self._prekeys_made, prekey.public),
        ]

    def open(self, sender: str, kind: str, data: bytes) -> bytes:
        """Decrypts a pairwise message (`pkmsg` or `msg`). Raises UndecryptableError."""
        states = self._sessions.setdefault(sender, [])
        if kind == "pkmsg":
            first = FirstMessage.parse(data)
            if all(state.base != first.base for state in states):
                prekey = None if first.prekey_id is None else self._prekeys.get(first.prekey_id)
                if first.signed_id != SIGNED_PREKEY_ID or (first.prekey_id is not None and prekey is None):
                    raise UndecryptableError("the message was written to keys that this phone does not have")
                states.insert(0, Session.accept(self.identity, self._signed, prekey, first.base, first.identity))
                del states[STATES_KEPT:]
            data = first.message
        error = UndecryptableError("no session with the sender")
        for state in states:
            try:
                plaintext = state.decrypt(data)
            except UndecryptableError as exc:
                error = exc
                continue
            states.remove(state)
            states.insert(0, state)
            return plaintext
        raise error

    def seal(self, receiver: str, plaintext: bytes, bundle: Callable[[], Bundle]) -> tuple[str, bytes]:
        """Encrypts to one device, beginning a session where there is none; the stanza's type and the bytes."""
        states = self._sessions.setdefault(receiver, [])
        if not states:
            states.append(Session.begin(self.identity, self.registration_id, bundle()))
        return states[0].encrypt(plaintext)

    def learn_sender_key(self, group: str, sender: str, distribution: bytes) -> None:
        key = ReceivedSenderKey.parse(distribution)
        # The same key comes with every message; the first one can open what was written since.
        self._sender_keys.setdefault((group, sender), {}).setdefault(key.key_id, key)

    def open_group(self, group: str, sender: str, data: bytes) -> bytes:
        """Decrypts a `skmsg`. Raises UndecryptableError."""
        key = self._sender_keys.get((group, sender), {}).get(key_id_of(data))
        if key is None:
            raise UndecryptableError("the sender never gave this phone the group's key")
        return key.decrypt(data)

    def own_sender_key(self, group: str) -> OwnSenderKey:
        return self._own_sender_keys.setdefault(group, OwnSenderKey.generate())

    def forget(self) -> None:
        """Loses every session and group key, as a restored phone does; its identity stays."""
        self._sessions.clear()
        self._sender_keys.clear()
        self._prekeys.clear()


def key_node(tag: str, key_id: int, public: bytes, signature: bytes = b"") -> Node:
    children = [Node("id", content=key_id.to_bytes(3, "big")), Node("value", content=public)]
    return Node(tag, content=children + ([Node("signature", content=signature)] if signature else []))


@dataclass(slots=True)
class Companion:
    """A computer linked to an account: the program under test, known by its keys also while it is not connected."""

    account: Account
    number: int
    noise: bytes
    identity: bytes
    registration_id: int
    signed_id: int
    signed_key: bytes
    signature: bytes
    prekeys: deque[tuple[int, bytes]] = field(default_factory=deque)
    connection: Connection | None = None
    waiting: dict[tuple[str, str, str, str], Node] = field(default_factory=dict)
    """Stanzas that it has not acknowledged; they are sent again at its next login."""
    logins: int = 0

    @property
    def pn(self) -> Jid:
        return Jid(self.account.pn.user, PHONE, self.number)

    @property
    def lid(self) -> Jid:
        return Jid(self.account.lid.user, LID, self.number)

    @property
    def address(self) -> str:
        """Its name in the phones' session stores."""
        return str(self.lid)

    def take_bundle(self) -> Bundle:
        """Its keys for a new session; uses one of its one-time keys up."""
        prekey_id, prekey = self.prekeys.popleft() if self.prekeys else (None, None)
        return Bundle(self.registration_id, self.identity, self.signed_id, self.signed_key, prekey_id, prekey)


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with a telephone number, its hidden id, and a phone."""

    name: str
    pn: Jid
    lid: Jid
    phone: Phone = field(default_factory=Phone)

    def address(self, addressing: Addressing) -> Jid:
        return self.lid if addressing == "lid" else self.pn


@dataclass(slots=True, eq=False)
class Account(Person):
    """A person whose WhatsApp the program under test is linked to."""

    companions: dict[int, Companion] = field(default_factory=dict)
    devices_linked: int = 0


@dataclass(slots=True, eq=False)
class Group:
    """A group; `jid` is what a directory or a test names it by."""

    jid: str
    subject: str
    addressing: Addressing
    people: list[Person]
    created: int
    admins: set[Person] = field(default_factory=set)
    admins_only: bool = False
    """An announcement group: only its administrators may write."""
    community: str = ""
    """The jid of the community it belongs to."""
    is_community: bool = False
    """A community itself: it has groups, and nobody writes to it."""

    @property
    def address(self) -> Jid:
        return Jid.parse(self.jid)

    @property
    def members(self) -> list[str]:
        """The members other than accounts, as the group addresses them."""
        return [str(p.address(self.addressing)) for p in self.people if not isinstance(p, Account)]
