"""The few functions a person writes around a column, over values as Oracle keeps them: '' is null."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from .values import Value

_Values: TypeAlias = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Function:
    """How many arguments it takes, what it returns, and how."""

    fewest: int
    most: int
    apply: Callable[[_Values], Value]
    kind: str = "VARCHAR2"
    size: int = 4000


def _over_text(change: Callable[[str], str]) -> Callable[[_Values], Value]:
    return lambda values: None if values[0] is None else change(str(values[0])) or None


def _length(values: _Values) -> Value:
    return None if values[0] is None else Decimal(len(str(values[0])))


def _substr(values: _Values) -> Value:
    """From position 1; a negative start counts from the end."""
    if values[0] is None or None in values[1:]:
        return None
    text, start = str(values[0]), int(str(values[1]))
    begin = start - 1 if start > 0 else (len(text) + start if start else 0)
    if begin < 0:
        return None
    return text[begin:] or None if len(values) < 3 else text[begin : begin + max(0, int(str(values[2])))] or None


def _replace(values: _Values) -> Value:
    if values[0] is None or values[1] is None:
        return values[0]
    by = "" if len(values) < 3 or values[2] is None else str(values[2])
    return str(values[0]).replace(str(values[1]), by) or None


def _nvl(values: _Values) -> Value:
    return values[1] if values[0] is None else values[0]


FUNCTIONS: Mapping[str, Function] = {
    "UPPER": Function(1, 1, _over_text(str.upper)),
    "LOWER": Function(1, 1, _over_text(str.lower)),
    "TRIM": Function(1, 1, _over_text(lambda text: text.strip(" "))),
    "LTRIM": Function(1, 1, _over_text(lambda text: text.lstrip(" "))),
    "RTRIM": Function(1, 1, _over_text(lambda text: text.rstrip(" "))),
    "LENGTH": Function(1, 1, _length, "NUMBER", 0),
    "SUBSTR": Function(2, 3, _substr),
    "REPLACE": Function(2, 3, _replace),
    "NVL": Function(2, 2, _nvl),
}
