"""The double's state: who exists, who is linked, what arrived. Touched by the double's loop only."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass, field
from re import compile as regex

from .arrivals import Arrival
from .connection import Connection
from .faults import Faults
from .jid import LID, PHONE, Jid
from .journal import Journal
from .media import MediaHost
from .noise import ServerIdentity
from .people import Account, Addressing, Companion, Group, Person
from .tokens import Tokens

BRAZILIAN_MOBILE = regex(r"55(\d\d)9?(\d{8})")
FIRST_MEMBER = 5511970000001
FIRST_LID = 100200300400001


class UnknownError(Exception):
    """A test names an account, a group or a message that the double does not know."""


@dataclass
class World:
    """Everything that outlives one connection of the program under test."""

    tokens: Tokens
    journal: Journal
    identity: ServerIdentity = field(default_factory=ServerIdentity.generate)
    faults: Faults = field(default_factory=Faults)
    people: list[Person] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    arrivals: dict[tuple[str, str], Arrival] = field(default_factory=dict)
    connections: set[Connection] = field(default_factory=set)
    auto_receipts: bool = True
    qr_refs: int = 6
    passkey_asked: bool = False
    few_prekeys: bool = False

    def __post_init__(self) -> None:
        self.media = MediaHost(self.faults, self.journal)
        self._lids = itertools.count(FIRST_LID)
        self._pns = itertools.count(FIRST_MEMBER)

    @property
    def accounts(self) -> list[Account]:
        return [person for person in self.people if isinstance(person, Account)]

    def account(self, phone: str) -> Account:
        """The account of a telephone number, made where it is new."""
        known = next((account for account in self.accounts if account.pn.user == phone), None)
        if known is None:
            known = Account(f"Conta {phone}", Jid(phone, PHONE), self._next_lid())
            self.people.append(known)
        return known

    def person(self, name: str, phone: str | None = None) -> Person:
        """Somebody new with a telephone number of their own."""
        person = Person(name, Jid(phone or str(next(self._pns)), PHONE), self._next_lid())
        self.people.append(person)
        return person

    def find(self, jid: Jid) -> Person | None:
        """Whose address this is, by number or by hidden id."""
        return next((person for person in self.people if jid.bare in (person.pn, person.lid)), None)

    def registered(self, number: str) -> Person | None:
        """Who has a telephone number; a Brazilian mobile is found with and without its ninth digit, however it is
        registered.
        """
        mobile = BRAZILIAN_MOBILE.fullmatch(number)
        forms = [number] if mobile is None else [f"55{mobile[1]}{nine}{mobile[2]}" for nine in ("9", "")]
        return next((person for form in forms if (person := self.find(Jid(form, PHONE)))), None)

    def companion(self, account: Account, number: int) -> Companion | None:
        return account.companions.get(number)

    def add_group(self, subject: str, people: list[Person], addressing: Addressing, jid: str | None) -> Group:
        group_jid = jid or f"1203630{secrets.randbelow(10**11):011d}@g.us"
        if group_jid in self.groups:
            raise ValueError(f"there is a group {group_jid} already")
        group = Group(group_jid, subject, addressing, people, int(time.time()))
        self.groups[group_jid] = group
        return group

    def group(self, jid: str) -> Group:
        """Raises UnknownError."""
        if jid not in self.groups:
            raise UnknownError(f"no group {jid}")
        return self.groups[jid]

    def _next_lid(self) -> Jid:
        return Jid(str(next(self._lids)), LID)
