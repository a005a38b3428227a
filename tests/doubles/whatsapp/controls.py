"""What a test can do to WhatsApp while a program is connected to it."""

from __future__ import annotations

import json
import time
from collections import deque

from .binary_node import Attributes, Node
from .faults import Hold, LoginFailure, Point
from .jid import SERVER, Jid
from .people import Account, Companion, Group, Person
from .runner import Runner
from .world import UnknownError

BAN = 402
OUTDATED = 405
BAN_CODE = 101


class Controls(Runner):
    """Faults, in the words of what the user would live through."""

    default_phone: str

    def drop_connection(self) -> None:
        """Breaks every connection; the double takes new ones at once."""

        async def drop() -> None:
            for connection in list(self.world.connections):
                connection.abort()
            self.server.proxy.drop()

        self._call(drop())

    def refuse_connections(self) -> None:
        """WhatsApp is down: connections break and new ones are not taken until `accept_connections`."""

        async def refuse() -> None:
            self.world.faults.refusing = True

        self._call(refuse())
        self.drop_connection()

    def accept_connections(self) -> None:
        async def accept() -> None:
            self.world.faults.refusing = False

        self._call(accept())

    def stop_answering(self, *, taking: bool = True) -> None:
        """Nothing comes from the server any more, though the line stays open.

        taking: what the program sends still reaches the server (and the members); else it waits in the line, and is
        lost if the line breaks.
        """

        async def silence() -> None:
            self.world.faults.answering.clear()
            self.world.faults.taking = taking

        self._call(silence())

    def withhold_acks(self) -> None:
        """Only the acknowledgements of messages stay out; everything else is answered."""

        async def withhold() -> None:
            self.world.faults.acks_withheld = True

        self._call(withhold())

    def answer_again(self) -> None:
        """Ends `stop_answering` and `withhold_acks`; what was kept back is sent now, on lines that are still open."""

        async def answer() -> None:
            faults = self.world.faults
            faults.taking, faults.acks_withheld = True, False
            faults.answering.set()
            for connection in list(self.world.connections):
                await connection.send_unsent()
                connection.take_untaken(self.server.route)
            await self.server.mail.acknowledge_withheld()

        self._call(answer())

    def fail_login(
        self,
        reason: int,
        code: int | None = None,
        expire: float | None = None,
        *,
        times: int | None = None,
        before_pairing: bool = True,
    ) -> None:
        """Logins are answered by a failure, for `expire` seconds, `times` times, or until `allow_login`."""

        async def fail() -> None:
            ends_at = None if expire is None else time.monotonic() + expire
            self.world.faults.login = LoginFailure(reason, code, ends_at, before_pairing)
            self.world.faults.login_times = times

        self._call(fail())

    def allow_login(self) -> None:
        async def allow() -> None:
            self.world.faults.login = self.world.faults.login_times = None

        self._call(allow())

    def ban(self, seconds: float, code: int = BAN_CODE) -> None:
        """The account is banned for so long: connected programs are cut off, logins answered by the ban."""
        self.fail_login(BAN, code, seconds)
        self.drop_connection()

    def outdate(self) -> None:
        """WhatsApp no longer takes this version of the engine, paired or not."""
        self.fail_login(OUTDATED)

    def restart_notice(self) -> None:
        """The server says that it restarts (stream error 503) and ends the connections."""

        async def restart() -> None:
            for connection in list(self.world.connections):
                await connection.end_with(Node("stream:error", {"code": 503}))

        self._call(restart())

    def remove_device(self, phone: str | None = None) -> None:
        """The phone's owner removes the linked computers, connected or not."""

        async def remove() -> None:
            for companion in list(self.account(phone).companions.values()):
                await self.server.remove(companion)

        self._call(remove())

    def replace(self, phone: str | None = None) -> None:
        """The same session was opened on another computer."""

        async def replace() -> None:
            for companion in self._connected(phone):
                if companion.connection is not None:
                    await self.server.replace(companion.connection)

        self._call(replace())

    def refuse_letters(self, code: int = 429, text: str = "rate-overlimit") -> None:
        """The next program that asks to be linked by letters is refused."""

        async def refuse() -> None:
            self.world.faults.letters_errors.append((code, text))

        self._call(refuse())

    def restrict(self, seconds: float, phone: str | None = None) -> None:
        """Connected programs learn that the number may not write for so long; 0: that it may again.

        What is sent meanwhile is taken all the same: refusals are ordered by `fail_next_send(463)`.
        """
        lock = {"is_active": seconds > 0, "time_enforcement_ends": str(int(time.time() + seconds))}
        data = json.dumps({"data": {"xwa2_notify_account_reachout_timelock": lock}}, separators=(",", ":"))

        async def tell() -> None:
            for companion in self._connected(phone):
                attrs: Attributes = {
                    "from": SERVER,
                    "type": "mex",
                    "id": f"mex-{time.time_ns()}",
                    "t": int(time.time()),
                }
                operation = {"op_name": "NotificationUserReachoutTimelockUpdate"}
                update = Node("update", {**operation}, data.encode())
                if companion.connection is not None:
                    await companion.connection.send(Node("notification", attrs, [update]))

        self._call(tell())

    def refuse_next_query(self, xmlns: str, code: int, text: str, times: int = 1) -> None:
        """The next queries in this namespace (`w:g2`: groups, `usync`: people) are refused."""

        async def refuse() -> None:
            self.world.faults.query_errors.setdefault(xmlns, deque()).extend([(code, text)] * times)

        self._call(refuse())

    def fail_next_send(self, error: int, times: int = 1) -> None:
        """The next messages are refused on their acknowledgement (463, 479, 420 …); nothing reaches the members."""

        async def fail() -> None:
            self.world.faults.send_errors.extend([error] * times)

        self._call(fail())

    def fail_next_upload(self, status: int, times: int = 1) -> None:
        """The next uploads are answered by this HTTP status; 0 breaks the line in the middle."""

        async def fail() -> None:
            self.world.faults.upload_statuses.extend([status] * times)

        self._call(fail())

    def let_uploads_pass(self) -> None:
        """Forgets the failures that `fail_next_upload` ordered and nobody ran into."""

        async def forget() -> None:
            self.world.faults.upload_statuses.clear()

        self._call(forget())

    def hold_at(self, point: Point) -> Hold:
        """The next stanza (or upload) that comes to this point stays there until the hold is released."""

        async def hold() -> Hold:
            hold = Hold(point, self._loop)
            self.world.faults.holds.append(hold)
            return hold

        return self._call(hold())

    def remove_us_from(self, group: Group | str, phone: str | None = None) -> None:
        """The account is thrown out of a group; connected programs are told, as WhatsApp tells them."""

        async def remove() -> None:
            found, account = self.group(group), self.account(phone)
            await self.server.mail.tell_removed(found, account)
            found.people.remove(account)

        self._call(remove())

    def delete_group(self, group: Group | str) -> None:
        """The group no longer exists; nobody is told."""

        async def delete() -> None:
            del self.world.groups[self.group(group).jid]

        self._call(delete())

    def forget_keys(self, member: str) -> None:
        """A member's phone was restored: it cannot read the next message and asks for it again."""

        async def forget() -> None:
            self.person(member).phone.forget()

        self._call(forget())

    def group(self, group: Group | str) -> Group:
        """A group by its jid. Raises UnknownError."""
        return group if isinstance(group, Group) else self.world.group(group)

    def account(self, phone: str | None = None) -> Account:
        """An account by its telephone number; the double's own first one without a number."""
        wanted = phone or self.default_phone
        found = next((account for account in self.world.accounts if account.pn.user == wanted), None)
        if found is None:
            raise UnknownError(f"no account {wanted}")
        return found

    def person(self, jid: str) -> Person:
        """Somebody by address (number or hidden id). Raises UnknownError."""
        found = self.world.find(Jid.parse(jid))
        if found is None:
            raise UnknownError(f"nobody has the address {jid}")
        return found

    def _connected(self, phone: str | None) -> list[Companion]:
        companions = self.account(phone).companions.values()
        return [companion for companion in companions if companion.connection is not None]
