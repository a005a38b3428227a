"""Sends as rows: reading them, and writing what changed together with the step that it was."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from unicodedata import combining, normalize

from sqlalchemy import Connection, Select, bindparam, func, select, update

from desktop.adapters.storage.tables import names, sends, steps
from desktop.domain.send import Send

_COLUMNS = tuple(column.name for column in sends.columns)
_ADD_STEP = steps.insert().values(
    number=select(func.coalesce(func.max(steps.c.number) + 1, 0))
    .where(steps.c.send_id == bindparam("of"))
    .scalar_subquery()
)
_NAME = (bindparam("company", type_=names.c.cnpj.type), bindparam("name", type_=names.c.folded.type))
_ADD_NAME = names.insert().from_select(
    [names.c.cnpj, names.c.folded],
    select(*_NAME).where(~select(names).where(names.c.cnpj == _NAME[0], names.c.folded == _NAME[1]).exists()),
)
_CHANGE = update(sends).where(sends.c.id == bindparam("row"))


def folded(name: str) -> str:
    """A name as it is searched: without accents, capitals and doubled spaces."""
    plain = "".join(letter for letter in normalize("NFKD", name) if not combining(letter))
    return " ".join(plain.casefold().split())


def read(connection: Connection, query: Select[Any], **values: object) -> list[Send]:
    """The sends that a query of whole rows finds."""
    return [Send(**row) for row in connection.execute(query, values).mappings()]


def read_one(connection: Connection, query: Select[Any], **values: object) -> Send | None:
    """The first send that a query of whole rows finds, or None."""
    found = read(connection, query, **values)
    return found[0] if found else None


def insert(connection: Connection, send: Send) -> None:
    connection.execute(sends.insert(), {name: getattr(send, name) for name in _COLUMNS})
    connection.execute(_ADD_NAME, _name(send))
    connection.execute(_ADD_STEP, _step(send, send.created_at))


def write(connection: Connection, changes: Iterable[tuple[Send, Send]], at: datetime) -> None:
    """Put down what differs between each send as it stood and as it shall be; a new state or attempt is a step."""
    updates: defaultdict[tuple[str, ...], list[Mapping[str, object]]] = defaultdict(list)
    new_steps, new_names = [], []
    for before, after in changes:
        changed = tuple(name for name in _COLUMNS if getattr(before, name) != getattr(after, name))
        updates[changed].append({"row": after.id} | {name: getattr(after, name) for name in changed})
        if "state" in changed or "attempts" in changed:
            new_steps.append(_step(after, at))
        if "company_name" in changed:
            new_names.append(_name(after))
    for changed, values in updates.items():
        if changed:
            connection.execute(_CHANGE, values)
    if new_steps:
        connection.execute(_ADD_STEP, new_steps)
    if new_names:
        connection.execute(_ADD_NAME, new_names)


def _step(send: Send, at: datetime) -> dict[str, object]:
    return {"of": send.id, "send_id": send.id, "state": send.state, "at": at, "error": send.error}


def _name(send: Send) -> dict[str, object]:
    return {"company": send.cnpj, "name": folded(send.company_name)}
