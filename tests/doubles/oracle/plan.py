"""Runs a parsed SELECT over a table or another SELECT with Oracle's comparison rules.

Two texts compare blank-padded only where both are CHAR (a literal is one; a bind is what the client declared); a number
against a text converts the text, ORA-01722 where it is none; null compares with nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeAlias

from . import grammar
from .catalogue import Catalogue
from .functions import FUNCTIONS, Function
from .grammar import SqlError
from .tables import Row
from .values import ORA_CHAR, Bind, Column, Value


@dataclass(frozen=True, slots=True)
class _Typed:
    value: Value
    padded: bool = False


@dataclass(slots=True)
class _Context:
    row: Row
    rownum: int
    binds: Sequence[Bind]


_Getter: TypeAlias = Callable[[_Context], _Typed]
_Source: TypeAlias = Callable[[Sequence[Bind]], Iterable[Row]]
_Test: TypeAlias = Callable[[_Context], bool | None]

_SIGNS: dict[grammar.Sign, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement bound to what it reads from: what it returns and how to run it."""

    columns: Sequence[Column]
    _source: _Source
    _getters: Sequence[_Getter] | None
    _where: _Test | None
    _order: Sequence[tuple[_Getter, bool]]

    def run(self, binds: Sequence[Bind]) -> Iterator[Row]:
        """Stream the result; SqlError may come at any row (a text that is no number)."""
        chosen = self._chosen(binds)
        if self._getters is None:
            yield (Decimal(sum(1 for _ in chosen)),)
            return
        contexts: Iterator[_Context] | list[_Context] = chosen
        for getter, descending in reversed(self._order):
            contexts = sorted(contexts, key=lambda context: _sort_key(getter(context).value), reverse=descending)
        for context in contexts:
            yield tuple(getter(context).value for getter in self._getters)

    def _chosen(self, binds: Sequence[Bind]) -> Iterator[_Context]:
        rownum = 1
        for row in self._source(binds):
            context = _Context(row, rownum, binds)
            if self._where is None or self._where(context) is True:
                rownum += 1
                yield context


def plan(select: grammar.Select, catalogue: Catalogue) -> Plan:
    """Bind names to the catalogue: ORA-00942, then ORA-01031, then ORA-00904, in the order Oracle looks."""
    given, source, aliases = _read_from(select, catalogue)
    binder = _Binder(given, aliases)
    where = binder.test(select.where) if select.where is not None else None
    order = [(binder.getter(operand), descending) for operand, descending in select.order]
    if select.items is None:
        everything = [_column_getter(index, column) for index, column in enumerate(given)]
        return Plan(given, source, everything, where, order)
    if any(isinstance(item.value, grammar.CountAll) for item in select.items):
        if len(select.items) > 1:
            raise SqlError(937, "not a single-group group function")
        return Plan([Column(select.items[0].alias or "COUNT(*)", "NUMBER")], source, None, where, [])
    outputs = [binder.output(item) for item in select.items]
    return Plan([column for column, _ in outputs], source, [getter for _, getter in outputs], where, order)


def _read_from(select: grammar.Select, catalogue: Catalogue) -> tuple[Sequence[Column], _Source, set[str]]:
    if isinstance(select.source, grammar.Select):
        inner = plan(select.source, catalogue)
        return inner.columns, inner.run, {select.alias}
    table = catalogue.find(select.source.text)
    if table is None:
        raise SqlError(942, "table or view does not exist", select.source.offset)
    if not table.readable:
        raise SqlError(1031, "insufficient privileges", select.source.offset)
    return table.columns, lambda _binds: table.rows, {select.alias, select.source.text.rpartition(".")[2]}


class _Binder:
    def __init__(self, columns: Sequence[Column], aliases: set[str]) -> None:
        self._aliases = aliases
        self._positions = {column.name: (index, column) for index, column in enumerate(columns)}

    def output(self, item: grammar.Item) -> tuple[Column, _Getter]:
        if isinstance(item.value, grammar.CountAll):
            raise SqlError(937, "not a single-group group function")
        getter = self.getter(item.value)
        if isinstance(item.value, grammar.Name):
            column = self._positions[item.value.text.rpartition(".")[2]][1]
            return Column(item.alias or column.name, column.kind, column.size, column.scale), getter
        if isinstance(item.value, grammar.Text):
            return Column(item.alias or f"'{item.value.value}'", "CHAR", len(item.value.value)), getter
        if isinstance(item.value, grammar.Call):
            called = _function(item.value)
            return Column(item.alias or item.value.function, called.kind, called.size), getter
        name = item.value.value if isinstance(item.value, grammar.Number) else "ROWNUM"
        return Column(item.alias or name, "NUMBER"), getter

    def getter(self, operand: grammar.Operand) -> _Getter:
        match operand:
            case grammar.Name(text=text, offset=offset):
                prefix, _, bare = text.rpartition(".")
                if bare not in self._positions or (prefix and prefix not in self._aliases):
                    shown = ".".join(f'"{part}"' for part in text.split("."))
                    raise SqlError(904, f"{shown}: invalid identifier", offset)
                index, column = self._positions[bare]
                return _column_getter(index, column)
            case grammar.BindRef(index=index):
                return lambda context: _bound(context.binds, index)
            case grammar.Text(value=value):
                return _constant(_Typed(value, padded=True))
            case grammar.Number(value=value):
                return _constant(_Typed(Decimal(value)))
            case grammar.Null():
                return _constant(_Typed(None))
            case grammar.Rownum():
                return lambda context: _Typed(Decimal(context.rownum))
            case grammar.Call(arguments=arguments):
                apply = _function(operand).apply
                given = [self.getter(argument) for argument in arguments]
                return lambda context: _Typed(apply([getter(context).value for getter in given]))

    def test(self, condition: grammar.Condition) -> _Test:
        match condition:
            case grammar.Compare(left=left, sign=sign, right=right):
                one, other = self.getter(left), self.getter(right)
                return lambda context: _compare(one(context), sign, other(context))
            case grammar.IsNull(operand=operand):
                getter = self.getter(operand)
                return lambda context: getter(context).value is None
            case grammar.Not(inner=inner):
                test = self.test(inner)
                return lambda context: None if (found := test(context)) is None else not found
            case grammar.AllOf(parts=parts):
                tests = [self.test(part) for part in parts]
                return lambda context: _all([test(context) for test in tests])
            case grammar.AnyOf(parts=parts):
                tests = [self.test(part) for part in parts]
                return lambda context: _any([test(context) for test in tests])


def _function(call: grammar.Call) -> Function:
    known = FUNCTIONS.get(call.function)
    if known is None:
        raise SqlError(904, f'"{call.function}": invalid identifier', call.offset)
    if not known.fewest <= len(call.arguments) <= known.most:
        raise SqlError(909, "invalid number of arguments", call.offset)
    return known


def _column_getter(index: int, column: Column) -> _Getter:
    padded = column.kind == "CHAR"
    return lambda context: _Typed(context.row[index], padded)


def _constant(typed: _Typed) -> _Getter:
    return lambda _context: typed


def _bound(binds: Sequence[Bind], index: int) -> _Typed:
    if index >= len(binds):
        raise SqlError(1008, "not all variables bound")
    return _Typed(binds[index].value, padded=binds[index].ora_type == ORA_CHAR)


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else (None if None in found else True)


def _any(found: list[bool | None]) -> bool | None:
    return True if True in found else (None if None in found else False)


def _compare(left: _Typed, sign: grammar.Sign, right: _Typed) -> bool | None:
    if left.value is None or right.value is None:
        return None
    if sign == "LIKE":
        return _like(str(right.value)).fullmatch(str(left.value)) is not None
    return _SIGNS[sign](_order(left, right))


def _order(left: _Typed, right: _Typed) -> int:
    """Negative, zero or positive, as Oracle would order two values that are not null."""
    one, other = left.value, right.value
    if isinstance(one, str) and isinstance(other, str):
        if left.padded and right.padded:
            one, other = one.rstrip(" "), other.rstrip(" ")
        return (one > other) - (one < other)
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (one > other) - (one < other)
    first, second = _number(one), _number(other)
    return (first > second) - (first < second)


def _number(value: Value) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, datetime):
        raise SqlError(932, "inconsistent datatypes: expected NUMBER got DATE")
    try:
        return Decimal(str(value).strip())
    except InvalidOperation as error:
        raise SqlError(1722, "invalid number") from error


@lru_cache(maxsize=64)
def _like(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern), re.DOTALL)


def _sort_key(value: Value) -> tuple[bool, Value] | tuple[bool]:
    """Nulls last, as Oracle orders; one column's values are of one type, so that they compare with each other."""
    return (True,) if value is None else (False, value)
