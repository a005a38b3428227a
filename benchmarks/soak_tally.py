"""What became of every picture of the soak: the program's own history against what the members could really read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from benchmarks.soak_orders import Order
from desktop.domain.send import ARRIVED, Send, SendState
from tests.doubles.whatsapp import Arrival

_NEVER_WENT = frozenset({SendState.FAILED, SendState.CANCELLED, SendState.EXPIRED})


@dataclass
class Tally:
    arrived: int = 0
    """Pictures that every member of their group could read."""
    unknown_arrived: list[str] = field(default_factory=list)
    unknown_not_arrived: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    """Pictures that did not go out, by the reason that the door gave."""
    lost: list[str] = field(default_factory=list)
    """Accepted, and neither arrived nor refused nor called not confirmed."""
    duplicated: list[str] = field(default_factory=list)
    """Read by a member out of two different messages."""
    not_as_told: list[str] = field(default_factory=list)
    """Called sent, but not with every member; or called failed, but with one."""
    strange: list[str] = field(default_factory=list)
    """Messages that are no picture of an order, or are in another company's group."""
    resent: int = 0
    """Messages whose stanza came more than once, with one id."""

    @property
    def wrong(self) -> list[str]:
        return [*self.lost, *self.duplicated, *self.not_as_told, *self.strange]


def tally(orders: Sequence[Order], sends: Iterable[Send], arrivals: Sequence[Arrival], members: int) -> Tally:
    """`sends` is the whole history, `arrivals` all that WhatsApp took; each group has so many `members` beside us."""
    found = Tally(resent=sum(arrival.stanzas > 1 for arrival in arrivals))
    order_of = {order.content: order for order in orders}
    readings: defaultdict[int, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    readers_of: dict[str, set[str]] = {}
    for arrival in arrivals:
        readers_of[arrival.message_id] = set(arrival.by_member)
        for member, content in arrival.by_member.items():
            order = order_of.get(content.data)
            if order is None or order.client.group.jid != arrival.chat:
                found.strange.append(f"{arrival.message_id} in {arrival.chat}: {content.kind} {content.problem}")
            else:
                readings[order.number][member].add(arrival.message_id)
    for order in orders:
        if any(len(ids) > 1 for ids in readings[order.number].values()):
            found.duplicated.append(f"picture {order.number}: {dict(readings[order.number])}")
    rows = {str(send.id): send for send in sends}
    belonging = _by_order(orders, rows)
    for order in orders:
        _judge(found, order, belonging[order.number], rows, readers_of, len(readings[order.number]) == members, members)
    return found


def _by_order(orders: Sequence[Order], rows: Mapping[str, Send]) -> Mapping[int, list[Send]]:
    """Every send of an order, also those of which a caller never heard."""
    by_key = {key: order.number for order in orders for key in order.keys}
    by_id = {send_id: order.number for order in orders for send_id in order.ids}
    by_path = {order.body["arquivo"]: order.number for order in orders if "arquivo" in order.body}
    by_picture = {sha256(order.content).hexdigest(): order.number for order in orders}
    sends: defaultdict[int, list[Send]] = defaultdict(list)
    for send_id, send in rows.items():
        places = (
            by_key.get(send.idempotency_key or ""),
            by_id.get(send_id),
            by_path.get(send.path or ""),
            by_picture.get(send.report_sha256 or ""),
        )
        sends[next(number for number in places if number is not None)].append(send)
    return sends


def _judge(
    found: Tally,
    order: Order,
    sends: Sequence[Send],
    rows: Mapping[str, Send],
    readers_of: Mapping[str, set[str]],
    arrived: bool,
    members: int,
) -> None:
    name = f"picture {order.number}"
    story = "; ".join(
        f"{send.id} {send.state} {send.error or ''} {send.facts.get('reason', '')} {send.message_id}" for send in sends
    )
    for send in sends:
        read_by = len(readers_of.get(send.message_id or "", ()))
        if send.state in ARRIVED and read_by < members:
            found.not_as_told.append(f"{name} is {send.state} and read by {read_by}: {story}")
        if send.state in _NEVER_WENT and read_by:
            found.not_as_told.append(f"{name} is {send.state} and read by {read_by}: {story}")
        if send.state is SendState.UNKNOWN:
            told = found.unknown_arrived if read_by else found.unknown_not_arrived
            told.append(f"{name}, read by {read_by}: {story}")
    missing = order.ids - rows.keys()
    states = {send.state for send in sends}
    if arrived:
        found.arrived += 1
    if missing or not sends or states & {SendState.QUEUED, SendState.SENDING}:
        found.lost.append(f"{name}: {missing or 'not settled'}; {story}")
    elif not arrived and SendState.UNKNOWN not in states and not (states & ARRIVED):
        found.refused[order.told] += 1
        if states <= {SendState.CANCELLED, SendState.EXPIRED} and order.told == "enviado":
            found.lost.append(f"{name}: {story}")
