"""Looking back: one page of the history as a query that stays quick in a million sends."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, or_, select, text, type_coerce, union_all

from desktop.adapters.storage.rows import folded
from desktop.adapters.storage.tables import names, sends
from desktop.domain.history import HistoryFilter

_MASK = str.maketrans("", "", " ./-()")


def page(query: HistoryFilter) -> Select[Any]:
    """The query's sends, newest first.

    The ids are found first, in indexes alone; whole rows are read only for those that are shown.
    """
    # One search for each index: an OR of the two would have to look into every row.
    found = [select(sends.c.id.label("found")).where(*conditions) for conditions in _searches(query)]
    ids = union_all(*found).order_by(text("found DESC")).limit(query.limit)
    return select(sends).where(sends.c.id.in_(ids)).order_by(sends.c.id.desc())


def _searches(query: HistoryFilter) -> list[list[ColumnElement[bool]]]:
    common = _conditions(query)
    if not (asked := query.text.strip()):
        return [common]
    by_company = sends.c.cnpj.in_(select(names.c.cnpj).where(_names_or_cnpj(asked)))
    return [[*common, by_company], [*common, sends.c.addressee.in_(_chats(asked))]]


def _conditions(query: HistoryFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.cnpj is not None:
        found.append(sends.c.cnpj == query.cnpj)
    if query.sessions:
        found.append(sends.c.session.in_(query.sessions))
    if query.day is not None:
        found.append(sends.c.day == query.day)
    if query.states:
        found.append(sends.c.state.in_(query.states))
    if query.before is not None:
        found.append(sends.c.id < query.before)
    return found


def _names_or_cnpj(asked: str) -> ColumnElement[bool]:
    by_name = names.c.folded.contains(folded(asked), autoescape=True)
    digits = asked.translate(_MASK).upper()
    if not digits:
        return by_name
    return or_(by_name, type_coerce(names.c.cnpj, Text()).contains(digits, autoescape=True))


def _chats(asked: str) -> list[str]:
    """The chats that a text may name: a jid as it is, or a person's whole number."""
    return [asked, f"{asked.translate(_MASK).removeprefix('+')}@s.whatsapp.net"]
