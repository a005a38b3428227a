"""The server's answers to the engine's iqs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .binary_node import Attributes, Node
from .connection import Connection, error_to, reply_to
from .jid import Jid
from .media import HOST
from .pairing import Pairing
from .people import Account, Companion, Group, Person, key_node
from .world import World

MEDIA_TTL = 3600
Answer = Callable[[Connection, Node], Awaitable[None]]


class Queries:
    """Routes by namespace and first child; what it does not know is refused and noted, never passed over."""

    def __init__(self, world: World, pairing: Pairing) -> None:
        self._world, self._pairing = world, pairing
        self._answers: dict[tuple[str, str, str], Answer] = {
            ("w:p", "get", ""): self._nothing,
            ("passive", "set", "active"): self._active,
            ("passive", "set", "passive"): self._nothing,
            ("privacy", "set", "tokens"): self._nothing,
            ("privacy", "get", "privacy"): self._privacy,
            ("encrypt", "get", "count"): self._count_prekeys,
            ("encrypt", "set", "registration"): self._take_prekeys,
            ("encrypt", "get", "key"): self._hand_out_keys,
            ("w:m", "set", "media_conn"): self._media_connection,
            ("usync", "get", "usync"): self._synchronise,
            ("w:g2", "get", "query"): self._group_info,
            ("w:g2", "get", "participating"): self._joined_groups,
            ("md", "set", "remove-companion-device"): self._log_out,
            ("md", "set", "link_code_companion_reg"): self._link_code,
            ("w:profile:picture", "get", "picture"): self._no_picture,
        }

    async def answer(self, connection: Connection, query: Node) -> None:
        first = query.children[0].tag if query.children else ""
        answer = self._answers.get((query.text("xmlns"), query.text("type"), first))
        if answer is None:
            self._world.journal.record("unknown-query", stanza=str(query))
            await connection.send(error_to(query, 501, "feature-not-implemented"))
            return
        self._world.journal.record("query", xmlns=query.text("xmlns"), child=first)
        if refusals := self._world.faults.query_errors.get(query.text("xmlns")):
            await connection.send(error_to(query, *refusals.popleft()))
            return
        await answer(connection, query)

    async def _nothing(self, connection: Connection, query: Node) -> None:
        await connection.send(reply_to(query))

    async def _active(self, connection: Connection, query: Node) -> None:
        await connection.send(reply_to(query))
        if connection.companion is not None:
            self._world.journal.record("connected", account=connection.companion.account.pn.user)

    async def _privacy(self, connection: Connection, query: Node) -> None:
        await connection.send(reply_to(query, Node("privacy", content=[])))

    async def _no_picture(self, connection: Connection, query: Node) -> None:
        await connection.send(error_to(query, 404, "item-not-found"))

    async def _count_prekeys(self, connection: Connection, query: Node) -> None:
        companion = linked(connection)
        # At a count of 0 the engine makes 812 keys, which takes it a second; at 1 it makes 50.
        count = max(len(companion.prekeys), int(self._world.few_prekeys))
        await connection.send(reply_to(query, Node("count", {"value": count})))

    async def _take_prekeys(self, connection: Connection, query: Node) -> None:
        companion = linked(connection)
        for key in (child for listed in query.all("list") for child in listed.children):
            companion.prekeys.append((_number(key), _value(key)))
        signed = query.find("skey")
        if signed is not None:
            signature = signed.find("signature")
            companion.signed_id, companion.signed_key = _number(signed), _value(signed)
            companion.signature = companion.signature if signature is None else signature.data
        await connection.send(reply_to(query))

    async def _hand_out_keys(self, connection: Connection, query: Node) -> None:
        await self._world.faults.reach("prekeys")
        asked = [user.jid("jid") for key in query.all("key") for user in key.children]
        users = [Node("user", {"jid": jid}, self._keys_of(jid)) for jid in asked]
        await connection.send(reply_to(query, Node("list", content=users)))

    def _keys_of(self, jid: Jid) -> list[Node]:
        person = self._world.find(jid)
        if person is not None and jid.device == 0:
            return person.phone.key_nodes()
        companion = person.companions.get(jid.device) if isinstance(person, Account) else None
        if companion is None:
            return [Node("error", {"code": 404, "text": "item-not-found"})]
        bundle = companion.take_bundle()
        nodes = [
            Node("registration", content=bundle.registration_id.to_bytes(4, "big")),
            Node("type", content=b"\x05"),
            Node("identity", content=bundle.identity),
            key_node("skey", bundle.signed_id, bundle.signed_key, companion.signature),
        ]
        if bundle.prekey_id is not None and bundle.prekey is not None:
            nodes.append(key_node("key", bundle.prekey_id, bundle.prekey))
        return nodes

    async def _media_connection(self, connection: Connection, query: Node) -> None:
        await self._world.faults.reach("media-connection")
        attrs: Attributes = {"auth": self._world.media.auth, "ttl": MEDIA_TTL, "auth_ttl": MEDIA_TTL, "max_buckets": 12}
        await connection.send(reply_to(query, Node("media_conn", attrs, [Node("host", {"hostname": HOST})])))

    async def _synchronise(self, connection: Connection, query: Node) -> None:
        await self._world.faults.reach("usync")
        asked = query.find("usync", "query")
        wanted = {child.tag for child in asked.children} if asked else set()
        listed = query.find("usync", "list")
        users = [self._user(user, wanted) for user in (listed.children if listed else [])]
        await connection.send(reply_to(query, Node("usync", content=[Node("list", content=users)])))

    def _user(self, asked: Node, wanted: set[str]) -> Node:
        contact = asked.find("contact")
        if contact is not None:
            number = contact.data.decode().partition("@")[0].lstrip("+")
            person = self._world.registered(number)
            if person is None:
                unknown = Node("contact", {"type": "out"}, contact.data)
                return Node("user", {"pn_jid": Jid(number, "s.whatsapp.net")}, [unknown])
            known = Node("contact", {"type": "in"}, contact.data)
            return Node("user", {"jid": person.lid, "pn_jid": person.pn}, [known])
        jid = asked.jid("jid")
        person = self._world.find(jid)
        children = []
        if person is not None and "devices" in wanted:
            numbers = [0, *(person.companions if isinstance(person, Account) else ())]
            devices = [Node("device", {"id": number}) for number in numbers]
            children.append(Node("devices", content=[Node("device-list", content=devices)]))
        if person is not None and "lid" in wanted:
            children.append(Node("lid", {"val": person.lid}))
        return Node("user", {"jid": jid}, children)

    async def _group_info(self, connection: Connection, query: Node) -> None:
        await self._world.faults.reach("group-info")
        group = self._world.groups.get(query.text("to"))
        if group is None:
            await connection.send(error_to(query, 404, "item-not-found"))
        elif linked(connection).account not in group.people:
            await connection.send(error_to(query, 403, "forbidden"))
        else:
            await connection.send(reply_to(query, group_node(group)))

    async def _joined_groups(self, connection: Connection, query: Node) -> None:
        account = linked(connection).account
        groups = [group_node(group) for group in self._world.groups.values() if account in group.people]
        await connection.send(reply_to(query, Node("groups", content=groups)))

    async def _log_out(self, connection: Connection, query: Node) -> None:
        companion = linked(connection)
        companion.account.companions.pop(companion.number, None)
        await connection.send(reply_to(query))
        self._world.journal.record("logged-out", account=companion.account.pn.user, device=companion.number)

    async def _link_code(self, connection: Connection, query: Node) -> None:
        await self._pairing.code_stage(connection, query, query.children[0])


def linked(connection: Connection) -> Companion:
    """The program behind a logged-in connection. Raises ValueError for one that is not."""
    if connection.companion is None:
        raise ValueError("a stanza that only a linked program may send")
    return connection.companion


def group_node(group: Group) -> Node:
    """A group as the server describes it."""
    attrs: Attributes = {
        "id": group.address.user,
        "subject": group.subject,
        "s_t": group.created,
        "creation": group.created,
        "creator": group.people[0].address(group.addressing) if group.people else "",
        "addressing_mode": group.addressing,
        "size": len(group.people),
    }
    settings = [Node("announcement")] if group.admins_only else []
    if group.community:
        settings.append(Node("linked_parent", {"jid": Jid.parse(group.community)}))
    if group.is_community:
        settings.append(Node("parent", {"default_membership_approval_mode": "request_required"}))
    return Node("group", attrs, [*settings, *(participant_node(group, person) for person in group.people)])


def participant_node(group: Group, person: Person) -> Node:
    rank: Attributes = {"type": "admin"} if person in group.admins else {}
    if group.addressing == "lid":
        return Node("participant", {"jid": person.lid, "phone_number": person.pn, **rank})
    return Node("participant", {"jid": person.pn, "lid": person.lid, **rank})


def _number(key: Node) -> int:
    number = key.find("id")
    return int.from_bytes(b"" if number is None else number.data, "big")


def _value(key: Node) -> bytes:
    value = key.find("value")
    return b"" if value is None else value.data
