"""What becomes of the program's messages: taken, acknowledged, read by each member's phone, answered by receipts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from . import protobuf
from .arrivals import DEVICE_SENT, DOCUMENT, IMAGE, SENDER_KEY, Arrival, Content, meaning, unpadded
from .binary_node import Attributes, Node
from .connection import Connection
from .contents import DOCUMENT_WITH_CAPTION
from .jid import GROUP, SERVER, Jid
from .media import opened
from .people import Account, Companion, Group, Person
from .queries import group_node, linked, participant_node
from .signal_session import UndecryptableError
from .world import World

REMOVED_MEMBER = 403
UNKNOWN_CHAT = 404
NOT_ALLOWED = 405


class Mail:
    """The server's side of messages that the program sends, and the members who get them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._unacked: list[tuple[Connection, Node, Arrival]] = []

    async def take(self, connection: Connection, stanza: Node) -> None:
        """One `<message>` of the program."""
        world, companion = self._world, linked(connection)
        account, message_id = companion.account, stanza.text("id")
        await world.faults.reach("message-before-received")
        if connection.closed:
            world.journal.record("lost-on-the-way", message_id=message_id)
            return
        if "participant" in stanza.attrs or stanza.text("category") == "peer":
            await self._acknowledge(connection, stanza)
            self._read_again(companion, stanza)
            return
        arrival = world.arrivals.get((account.pn.user, message_id))
        if arrival is None:
            if error := self._refusal(account, stanza.jid("to")):
                world.journal.record("refused", message_id=message_id, error=error)
                await connection.send(self._ack(stanza, error))
                return
            arrival = Arrival(message_id, account.pn.user, str(stanza.jid("to")))
            with world.journal.changing:
                world.arrivals[account.pn.user, message_id] = arrival
                world.journal.record("received", message_id=message_id, chat=arrival.chat)
            # A task, and not a call: the server acknowledges before the members' phones have read.
            reading = asyncio.create_task(self._deliver(companion, stanza, arrival))
        else:
            with world.journal.changing:
                arrival.stanzas += 1
                world.journal.record("received-again", message_id=message_id, chat=arrival.chat)
            reading = None
        await world.faults.reach("message-received-before-ack")
        if world.faults.acks_withheld:
            self._unacked.append((connection, stanza, arrival))
        else:
            await self._acknowledge(connection, stanza, arrival)
        await world.faults.reach("after-ack")
        if reading is not None:
            await reading
            await self._answer_with_receipts(companion, arrival)

    async def acknowledge_withheld(self) -> None:
        unacked, self._unacked = self._unacked, []
        for connection, stanza, arrival in unacked:
            await self._acknowledge(connection, stanza, arrival)

    async def _acknowledge(self, connection: Connection, stanza: Node, arrival: Arrival | None = None) -> None:
        await connection.send(self._ack(stanza))
        with self._world.journal.changing:
            if arrival is not None and not connection.closed:
                arrival.acked += 1
            self._world.journal.record("acknowledged", message_id=stanza.text("id"), reached=not connection.closed)

    def _ack(self, stanza: Node, error: int = 0) -> Node:
        attrs: Attributes = {"class": "message", "id": stanza.text("id"), "from": stanza.jid("to")}
        return Node("ack", attrs | {"t": int(time.time())} | ({"error": error} if error else {}))

    def _refusal(self, account: Account, chat: Jid) -> int:
        if self._world.faults.send_errors:
            return self._world.faults.send_errors.popleft()
        if chat.server != GROUP:
            return 0 if self._world.find(chat) else UNKNOWN_CHAT
        group = self._world.groups.get(str(chat))
        if group is None or account not in group.people:
            return REMOVED_MEMBER
        may_write = not group.is_community and (not group.admins_only or account in group.admins)
        return 0 if may_write else NOT_ALLOWED

    async def _deliver(self, companion: Companion, stanza: Node, arrival: Arrival) -> None:
        for person, address in self._readers(companion.account, arrival.chat):
            try:
                content = self._read(person, address, companion, stanza)
            except (UndecryptableError, ValueError) as exc:
                with self._world.journal.changing:
                    arrival.unread_by[str(address)] = str(exc)
                    self._world.journal.record("undecryptable", message_id=arrival.message_id, member=str(address))
                await self.ask_again(companion, arrival, person, address)
                continue
            with self._world.journal.changing:
                if person is companion.account:
                    arrival.on_own_phone = content
                else:
                    arrival.by_member[str(address)] = content
        for other in self._other_companions(companion, arrival.chat):
            await self._forward(companion, other, stanza)
        with self._world.journal.changing:
            arrival.complete = True
            self._world.journal.record("arrived", message_id=arrival.message_id, chat=arrival.chat)

    def _readers(self, account: Account, chat: str) -> Iterator[tuple[Person, Jid]]:
        """The phones that get a message, each with the address it has in this chat."""
        group = self._world.groups.get(chat)
        if group is not None:
            yield from ((person, person.address(group.addressing)) for person in list(group.people))
            return
        other = self._world.find(Jid.parse(chat))
        if other is not None and other is not account:
            yield other, other.lid
        yield account, account.lid

    def _read(self, person: Person, address: Jid, companion: Companion, stanza: Node) -> Content:
        chat, sender = str(stanza.jid("to")), companion.address
        message = None
        for to in (node for listed in stanza.all("participants") for node in listed.children):
            for enc in to.all("enc") if to.jid("jid") in (person.pn, person.lid) else ():
                plain = unpadded(person.phone.open(sender, enc.text("type"), enc.data))
                message = protobuf.decode(plain)
        if message is not None and SENDER_KEY in message:
            person.phone.learn_sender_key(chat, sender, message.message(SENDER_KEY).bytes(2))
        for enc in stanza.all("enc"):
            if enc.text("type") == "skmsg":
                message = protobuf.decode(unpadded(person.phone.open_group(chat, sender, enc.data)))
        if message is None:
            raise UndecryptableError("the stanza holds nothing for this phone")
        return self._content(message)

    def _content(self, message: protobuf.Message) -> Content:
        if DEVICE_SENT in message:
            message = message.message(DEVICE_SENT).message(2)
        if DOCUMENT_WITH_CAPTION in message:
            message = message.message(DOCUMENT_WITH_CAPTION).message(1)
        if IMAGE in message:
            image = message.message(IMAGE)
            data, problem = self._file(image.text(11), image.bytes(8), "image")
            return Content(
                "image",
                image.text(3),
                data,
                image.text(2),
                image.number(7),
                image.number(6),
                image.bytes(16),
                problem=problem,
            )
        if DOCUMENT in message:
            document = message.message(DOCUMENT)
            data, problem = self._file(document.text(10), document.bytes(7), "document")
            mimetype, filename = document.text(2), document.text(8)
            return Content("document", document.text(20), data, mimetype, filename=filename, problem=problem)
        return Content(*meaning(message))

    def _file(self, path: str, key: bytes, kind: str) -> tuple[bytes, str]:
        """A file's bytes as the member's phone opens them, or why it cannot."""
        kept = self._world.media.fetch(path)
        if kept is None:
            return b"", "the media host does not have the file"
        try:
            return opened(kept, key, kind), ""
        except UndecryptableError as exc:
            return b"", str(exc)

    def _other_companions(self, companion: Companion, chat: str) -> list[Companion]:
        people = [person for person, _ in self._readers(companion.account, chat)]
        linked_to = (other for person in people if isinstance(person, Account) for other in person.companions.values())
        return [other for other in linked_to if other is not companion]

    async def _forward(self, sender: Companion, receiver: Companion, stanza: Node) -> None:
        """Another program of this double's is in the chat: it gets what was encrypted for it."""
        own = [
            enc
            for listed in stanza.all("participants")
            for to in listed.children
            if to.jid("jid") in (receiver.pn, receiver.lid)
            for enc in to.all("enc")
        ]
        content = own + [enc for enc in stanza.all("enc") if enc.text("type") == "skmsg"]
        attrs: Attributes = {"id": stanza.text("id"), "type": stanza.text("type"), "t": int(time.time())}
        chat = stanza.jid("to")
        group = self._world.groups.get(str(chat))
        if group is None:
            attrs |= {"from": sender.lid, "sender_pn": sender.account.pn, "addressing_mode": "lid"}
            attrs |= {"recipient": chat} if receiver.account is sender.account else {}
        elif group.addressing == "lid":
            attrs |= {"from": chat, "participant": sender.lid, "participant_pn": sender.pn, "addressing_mode": "lid"}
        else:
            attrs |= {"from": chat, "participant": sender.pn, "participant_lid": sender.lid, "addressing_mode": "pn"}
        await self.post(receiver, Node("message", attrs | {"notify": sender.account.name}, content))

    async def _answer_with_receipts(self, companion: Companion, arrival: Arrival) -> None:
        if not self._world.auto_receipts:
            return
        await self.send_receipts(companion, arrival, "")
        await self._world.faults.reach("delivered-receipts-sent")
        await self.send_receipts(companion, arrival, "read")
        await self._world.faults.reach("read-receipts-sent")

    async def send_receipts(self, companion: Companion, arrival: Arrival, kind: str, count: int | None = None) -> None:
        """Receipts of the (first `count`) members who could read it; kind is "" (delivered) or "read"."""
        readers = [
            (person, address)
            for person, address in self._readers(companion.account, arrival.chat)
            if str(address) in arrival.by_member
        ]
        for person, address in readers[:count]:
            attrs: Attributes = {"id": arrival.message_id, "t": int(time.time()), "type": kind}
            if arrival.chat in self._world.groups:
                attrs |= {"from": Jid.parse(arrival.chat), "participant": address}
            else:
                attrs |= {"from": person.lid}
            await self.post(companion, Node("receipt", attrs))
        self._world.journal.record("receipts-sent", message_id=arrival.message_id, type=kind or "delivered")

    async def post(self, companion: Companion, node: Node) -> None:
        """A stanza for a program: now if it is connected, at its next login if it is not; kept until acknowledged."""
        key = (node.tag, node.text("id"), node.text("participant"), node.text("type"))
        companion.waiting[key] = node
        if companion.connection is not None and not companion.connection.closed:
            await companion.connection.send(node)

    async def acknowledged(self, connection: Connection, ack: Node) -> None:
        """The program has a stanza (`<ack>`, or a `<receipt>` for a message)."""
        companion = linked(connection)
        if ack.tag == "receipt":
            keys = [key for key in companion.waiting if key[:2] == ("message", ack.text("id"))]
            attrs: Attributes = {"class": "receipt", "id": ack.text("id"), "from": ack.attrs.get("to", SERVER)}
            attrs |= {name: ack.attrs[name] for name in ("participant", "type") if name in ack.attrs}
            await connection.send(Node("ack", attrs))
            self._world.journal.record("message-accepted", message_id=ack.text("id"), type=ack.text("type"))
        else:
            keys = [
                key
                for key in companion.waiting
                if key[0] == ack.text("class") and key[1:3] == (ack.text("id"), ack.text("participant"))
                if key[0] == "message" or key[3] == ack.text("type")
            ]
            self._world.journal.record("stanza-accepted", stanza_class=ack.text("class"), id=ack.text("id"))
        for key in keys:
            del companion.waiting[key]

    async def ask_again(self, companion: Companion, arrival: Arrival, person: Person, address: Jid) -> None:
        """A phone that cannot read a message asks the program to send it to that phone once more."""
        retry = Node("retry", {"v": 1, "count": 1, "id": arrival.message_id, "t": int(time.time())})
        registration, *keys = person.phone.key_nodes()
        attrs: Attributes = {"id": arrival.message_id, "type": "retry", "t": int(time.time())}
        if arrival.chat in self._world.groups:
            attrs |= {"from": Jid.parse(arrival.chat), "participant": address}
        else:
            attrs |= {"from": person.lid}
        await self.post(companion, Node("receipt", attrs, [retry, registration, Node("keys", content=keys)]))

    def _read_again(self, companion: Companion, stanza: Node) -> None:
        """The program's answer to `ask_again`: the message, encrypted for that one phone."""
        arrival = self._world.arrivals.get((companion.account.pn.user, stanza.text("id")))
        address = stanza.attrs.get("participant")
        person = self._world.find(address) if isinstance(address, Jid) else None
        if arrival is None or person is None:
            return
        for enc in stanza.all("enc"):
            plain = unpadded(person.phone.open(companion.address, enc.text("type"), enc.data))
            message = protobuf.decode(plain)
            if SENDER_KEY in message:
                distribution = message.message(SENDER_KEY).bytes(2)
                person.phone.learn_sender_key(arrival.chat, companion.address, distribution)
            with self._world.journal.changing:
                arrival.unread_by.pop(str(address), None)
                arrival.by_member[str(address)] = self._content(message)
                self._world.journal.record("read-after-retry", message_id=arrival.message_id, member=str(address))

    async def tell_removed(self, group: Group, account: Account) -> None:
        """The notification by which the account's programs learn that they left a group."""
        await self._notify(group, account, Node("remove", content=[participant_node(group, account)]))

    async def tell_added(self, group: Group, account: Account) -> None:
        """The notification by which the account's programs learn of a new group."""
        await self._notify(group, account, Node("create", {"type": "new"}, [group_node(group)]))

    async def tell_change(self, group: Group, change: Node) -> None:
        """The notification by which every account in a group learns that it is not what it was."""
        for person in list(group.people):
            if isinstance(person, Account):
                await self._notify(group, person, change)

    async def _notify(self, group: Group, account: Account, change: Node) -> None:
        for companion in account.companions.values():
            attrs: Attributes = {
                "from": group.address,
                "type": "w:gp2",
                "id": f"group-{time.time_ns()}",
                "participant": group.people[0].address(group.addressing),
                "t": int(time.time()),
            }
            await self.post(companion, Node("notification", attrs, [change]))
