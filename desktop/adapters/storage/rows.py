"""Sends as rows: reading them, and writing what changed together with the step that it was."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from unicodedata import combining, normalize
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, func, select, update

from desktop.adapters.storage.ready import Ready
from desktop.adapters.storage.tables import names, sends, steps
from desktop.domain.cnpj import Cnpj
from desktop.domain.send import Send, SendState

Name = tuple[Cnpj, str]
"""A company and one of its names, folded."""

_COLUMNS = tuple(column.name for column in sends.columns)
# What is known of a send once it is prepared; a later try may find it changed.
_PREPARED = (
    *("state", "company_name", "recipient", "caption", "mimetype", "report_sha256", "report_source"),
    *("attempts", "error", "facts", "simulated", "sending_at"),
)
# What an engine's answer changes.
_OUTCOME = ("state", "not_before", "error", "facts", "sent_at", "delivered_at", "read_at", "finished_at")
_ADD_SEND = Ready(sends.insert(), _COLUMNS)
_ADD_FIRST_STEP = Ready(steps.insert(), [column.name for column in steps.columns])
_OF = bindparam("of", type_=steps.c.send_id.type)
_ADD_STEP = Ready(
    steps.insert()
    .values(
        send_id=_OF,
        number=select(func.coalesce(func.max(steps.c.number) + 1, 0)).where(steps.c.send_id == _OF).scalar_subquery(),
    )
    .inline(),
    ["state", "at", "error"],
)
_NAME = (bindparam("company", type_=names.c.cnpj.type), bindparam("name", type_=names.c.folded.type))
_ADD_NAME = names.insert().from_select(
    [names.c.cnpj, names.c.folded],
    select(*_NAME).where(~select(names).where(names.c.cnpj == _NAME[0], names.c.folded == _NAME[1]).exists()),
)
_CHANGE = update(sends).where(sends.c.id == bindparam("row"))
_CHANGE_FROM = _CHANGE.where(sends.c.state == bindparam("was"))
_BEGIN = Ready(_CHANGE_FROM, _PREPARED)
_SETTLE = Ready(
    _CHANGE_FROM.values(
        message_id=func.coalesce(bindparam("message", type_=sends.c.message_id.type), sends.c.message_id)
    ).returning(sends.c.message_id, sends.c.session),
    _OUTCOME,
)
_SET_MESSAGE_ID = Ready(update(sends).where(sends.c.id == bindparam("row")).values(message_id=bindparam("message")))


def folded(name: str) -> str:
    """A name as it is searched: without accents, capitals and doubled spaces."""
    plain = "".join(letter for letter in normalize("NFKD", name) if not combining(letter))
    return " ".join(plain.casefold().split())


def name_of(send: Send) -> Name | None:
    """The name under which the send's company is found; None where no company is involved."""
    return None if send.cnpj is None else (send.cnpj, folded(send.company_name))


def read(connection: Connection, query: Select[Any], **values: object) -> list[Send]:
    """The sends that a query of whole rows finds."""
    return [Send(**row) for row in connection.execute(query, values).mappings()]


def read_one(connection: Connection, query: Select[Any], **values: object) -> Send | None:
    """The first send that a query of whole rows finds, or None."""
    found = read(connection, query, **values)
    return found[0] if found else None


def insert(connection: Connection, new: Sequence[Send], known: AbstractSet[Name]) -> None:
    """Add sends with their first step; `known` are names that are on disk already."""
    _ADD_SEND.run_many(connection, ({name: getattr(send, name) for name in _COLUMNS} for send in new))
    _ADD_FIRST_STEP.run_many(connection, ({"number": 0, **_step(send, send.created_at)} for send in new))
    _add_names(connection, new, known)


def write(connection: Connection, changes: Iterable[tuple[Send, Send]], at: datetime) -> None:
    """Put down what differs between each send as it stood and as it shall be; a new state or attempt is a step."""
    updates: defaultdict[tuple[str, ...], list[Mapping[str, object]]] = defaultdict(list)
    new_steps, named = [], []
    for before, after in changes:
        changed = tuple(name for name in _COLUMNS if getattr(before, name) != getattr(after, name))
        updates[changed].append({"row": after.id} | {name: getattr(after, name) for name in changed})
        if "state" in changed or "attempts" in changed:
            new_steps.append(_step(after, at))
        if "company_name" in changed:
            named.append(after)
    for changed, values in updates.items():
        if changed:
            connection.execute(_CHANGE, values)
    if new_steps:
        _ADD_STEP.run_many(connection, new_steps)
    _add_names(connection, named, frozenset())


def begin(connection: Connection, begun: Send, known: AbstractSet[Name]) -> bool:
    """Make a queued send the begun one; False where it is not queued any more. The step is written by `add_step`."""
    values = {name: getattr(begun, name) for name in _PREPARED}
    changed = _BEGIN.run(connection, {"row": begun.id, "was": SendState.QUEUED, **values}).rowcount == 1
    if changed:
        _add_names(connection, [begun], known)
    return changed


def settle(connection: Connection, outcome: Send) -> tuple[str | None, str] | None:
    """Put down what an engine's answer changed; the message id and the session's name that are on disk now, None where
    it was not sending.
    """
    values = {name: getattr(outcome, name) for name in _OUTCOME}
    asked = {"row": outcome.id, "was": SendState.SENDING, "message": outcome.message_id, **values}
    return next(iter(_SETTLE.run(connection, asked).fetchall()), None)


def journal(connection: Connection, send_id: UUID, message_id: str) -> None:
    """Put down the id that a message goes out with."""
    _SET_MESSAGE_ID.run(connection, {"row": send_id, "message": message_id})


def add_step(connection: Connection, send: Send, at: datetime) -> None:
    _ADD_STEP.run(connection, _step(send, at))


def _step(send: Send, at: datetime) -> dict[str, object]:
    return {"of": send.id, "send_id": send.id, "state": send.state, "at": at, "error": send.error}


def _add_names(connection: Connection, named: Sequence[Send], known: AbstractSet[Name]) -> None:
    fresh = {name for send in named if (name := name_of(send)) is not None and name not in known}
    if fresh:
        connection.execute(_ADD_NAME, [{"company": cnpj, "name": name} for cnpj, name in sorted(fresh)])
