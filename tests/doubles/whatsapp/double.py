"""The double as a test holds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .arrivals import Arrival
from .correspondence import Correspondence
from .journal import Event
from .people import Account, Addressing, Companion, Group, Person

T = TypeVar("T")
DEFAULT_PHONE = "5511988887777"
NAMES = ("Ana", "Bruno", "Carla", "Davi", "Elisa", "Fábio", "Gabi", "Hugo", "Iara", "João")


class WhatsAppDouble(Correspondence):
    """WhatsApp's server, the phone that scans, and the groups' members, in a thread of their own.

    Every method may be called from any thread; none of them needs a running loop.
    """

    def __init__(
        self,
        *,
        phone: str = DEFAULT_PHONE,
        auto_receipts: bool = True,
        qr_refs: int = 6,
        few_prekeys: bool = False,
        proxy_port: int = 0,
    ) -> None:
        """phone: the account that `scan` links unless told otherwise.

        qr_refs: how many codes the program gets; with 6 the first lasts 60 s, with fewer every one lasts 20 s.
        few_prekeys: spares the program most of the keys that it makes at its first login (a second of its time).
        """
        super().__init__(proxy_port=proxy_port)
        self.default_phone = phone
        self._auto_receipts, self._qr_refs, self._few_prekeys = auto_receipts, qr_refs, few_prekeys

    def start(self) -> WhatsAppDouble:
        super().start()

        async def settle() -> None:
            self.world.auto_receipts, self.world.qr_refs = self._auto_receipts, self._qr_refs
            self.world.few_prekeys = self._few_prekeys
            self.world.account(self.default_phone)

        self._call(settle())
        return self

    def scan(self, qr_text: str, phone: str | None = None, *, tampered: bool = False) -> Companion | None:
        """The phone scans the code that the program shows and links it; None where it asked for a passkey instead.

        Raises ScanRefusedError (nobody shows this code) and PairingRefusedError (the program refused the answer; with
        `tampered` it must).
        """
        return self._call(self.server.pairing.scan(qr_text, phone or self.default_phone, tampered=tampered))

    def scan_with_old_phone(self, qr_text: str) -> None:
        """A phone without linked devices scans the code."""
        self._call(self.server.pairing.scan_with_old_phone(qr_text))

    def type_code(self, code: str, phone: str | None = None, *, tampered: bool = False) -> Companion | None:
        """The phone's owner types the eight letters that the program shows; as `scan`.

        Raises WrongLettersError besides: the same letters may be typed again, rightly.
        """
        return self._call(self.server.pairing.type_code(code, phone or self.default_phone, tampered=tampered))

    def require_passkey(self, required: bool = True) -> None:
        """From now on a scan is answered by WhatsApp's demand for a passkey."""

        async def require() -> None:
            self.world.passkey_asked = required

        self._call(require())

    def add_account(self, phone: str) -> Account:
        """One more account, so that it can be put into groups before a program is linked to it."""

        async def add() -> Account:
            return self.world.account(phone)

        return self._call(add())

    def add_group(
        self,
        subject: str,
        members: int = 3,
        addressing: Addressing = "lid",
        *,
        jid: str | None = None,
        accounts: Sequence[str] | None = None,
        announced: bool = False,
        admins_only: bool = False,
        community: str = "",
        is_community: bool = False,
    ) -> Group:
        """A group of so many new people and of these accounts (the default one where none is named).

        announced: linked programs are told at once, as WhatsApp does; they then know its members without asking.
        admins_only: an announcement group, administered by its first new member. community: the jid of its parent.
        """

        async def add() -> Group:
            ours = [self.world.account(phone) for phone in accounts or [self.default_phone]]
            people = [self.world.person(NAMES[i % len(NAMES)]) for i in range(members)]
            group = self.world.add_group(subject, [*people, *ours], addressing, jid)
            group.admins_only, group.community, group.is_community = admins_only, community, is_community
            group.admins.update(people[:1])
            for account in ours if announced else ():
                await self.server.mail.tell_added(group, account)
            return group

        return self._call(add())

    def add_person(self, name: str = "Zeca", phone: str | None = None) -> Person:
        """Somebody outside every group, to write to and be written by; phone: digits, as WhatsApp has registered it."""

        async def add() -> Person:
            return self.world.person(name, phone)

        return self._call(add())

    @property
    def auto_receipts(self) -> bool:
        """Whether the members say at once that they have a message and have read it."""
        return self.world.auto_receipts

    @auto_receipts.setter
    def auto_receipts(self, given: bool) -> None:
        self.world.auto_receipts = given

    @property
    def log(self) -> list[Event]:
        """Everything that happened, oldest first."""
        return self._journal.events

    @property
    def received(self) -> list[Arrival]:
        """The messages that the server took, oldest first, one for each message id."""
        with self._journal.changing:
            return list(self.world.arrivals.values())

    def wait_for_arrival(self, timeout: float, count: int = 1) -> Arrival:
        """Until so many messages were taken, and read by every member's phone; the last of them."""

        def arrived() -> list[Arrival] | None:
            complete = [arrival for arrival in self.world.arrivals.values() if arrival.complete]
            return complete if len(complete) >= count else None

        return self.wait_for(arrived, timeout, f"{count} message(s) at the members")[count - 1]

    def wait_for(self, predicate: Callable[[], T | None], timeout: float, awaited: str = "a change") -> T:
        """The first truthy answer; it is asked again whenever something happens. Raises TimeoutError."""
        return self._journal.wait(predicate, timeout, awaited)

    def wait_for_event(self, kind: str, timeout: float, **facts: Any) -> Event:
        """The first entry of the log of this kind with these facts, past ones too. Raises TimeoutError."""
        return self.wait_for(lambda: self._journal.find(kind, facts), timeout, f"{kind} {facts or ''}")

    def forget(self) -> None:
        """Empties the log, the messages received and the media host; links, groups and keys stay."""

        async def forget() -> None:
            with self._journal.changing:
                self.world.arrivals.clear()
                self._journal.clear()
            self.world.media.clear()

        self._call(forget())

    def deliver(self, arrival: Arrival, members: int | None = None) -> None:
        """The (first) members' phones say that they have it."""
        self._send_receipts(arrival, "", members)

    def read(self, arrival: Arrival, members: int | None = None) -> None:
        """The (first) members have read it."""
        self._send_receipts(arrival, "read", members)

    def _send_receipts(self, arrival: Arrival, kind: str, members: int | None) -> None:
        companions = list(self.account(arrival.account).companions.values())

        async def send() -> None:
            for companion in companions:
                await self.server.mail.send_receipts(companion, arrival, kind, members)

        self._call(send())
