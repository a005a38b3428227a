"""What receipts prove, put down: states that go forward, and people who are counted once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from desktop.adapters.storage import statements
from desktop.adapters.storage.rows import read, write
from desktop.domain.receipt import Proof
from desktop.domain.send import TRANSITIONS, Send, SendState


def advance(connection: Connection, session: str, proofs: Sequence[Proof]) -> list[Send]:
    """Each change of a state in order; of a send that was only counted, how it stands at last."""
    asked = {message_id for proof in proofs for message_id in proof.message_ids}
    told: list[Send] = []
    sends_of: defaultdict[str | None, list[int]] = defaultdict(list)
    stored = read(connection, statements.BY_MESSAGES, messages=sorted(asked), session=session)
    latest = list(stored)
    for place, send in enumerate(stored):
        sends_of[send.message_id].append(place)
    for proof in proofs:
        for place in (place for message_id in proof.message_ids for place in sends_of[message_id]):
            before = latest[place]
            latest[place] = counted = _counted(connection, before, proof)
            if proof.state in TRANSITIONS[before.state]:
                # It arrived: what was said about it while nobody knew no longer holds.
                moved = counted.moved(proof.state, proof.at, error=None, facts={}, finished_at=None)
                write(connection, [(stored[place], moved)], proof.at)
                stored[place] = latest[place] = moved
                told.append(moved)
    only_counted = [(old, new) for old, new in zip(stored, latest, strict=True) if old != new]
    for old, new in only_counted:
        write(connection, [(old, new)], new.created_at)
    return told + [new for _, new in only_counted]


def _counted(connection: Connection, send: Send, proof: Proof) -> Send:
    if not proof.member or proof.state not in (SendState.DELIVERED, SendState.READ):
        return send
    about = {"send": send.id, "by": proof.member, "at": proof.at}
    delivered = connection.execute(statements.ADD_CONFIRMATION, about).rowcount
    read_now = connection.execute(statements.ADD_READING, about).rowcount if proof.state is SendState.READ else 0
    return replace(send, delivered_count=send.delivered_count + delivered, read_count=send.read_count + read_now)
