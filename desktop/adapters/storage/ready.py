"""Statements that every send passes through, worked out once: text, order of the values, and how each is stored.

To find that out again at every execution costs SQLAlchemy several times what SQLite needs to carry the statement out.
"""

from collections.abc import Callable, Iterable, Mapping
from sqlite3 import Cursor
from typing import Any

from sqlalchemy import Connection, Insert, Update
from sqlalchemy.dialects.sqlite import dialect

from desktop.adapters.storage.database import driver_of

_DIALECT = dialect()
_Place = tuple[str, Any, Callable[[Any], Any] | None]
"""The value's name, what it is where none is given, and what makes of it what SQLite stores."""


class Ready:
    """`columns` are those that an insert or update sets by their names, beside what its own expressions set."""

    def __init__(self, statement: Insert | Update, columns: Iterable[str] = ()) -> None:
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(columns))
        self._text = str(compiled)
        self._places: list[_Place] = []
        for name in compiled.positiontup or ():
            bound = compiled.binds[name]
            store = bound.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            self._places.append((bound.key, bound.value, store))

    def run(self, connection: Connection, values: Mapping[str, object]) -> Cursor:
        """Inside the writer's transaction; what it returns are the driver's own values."""
        return driver_of(connection).execute(self._text, self._row(values))

    def run_many(self, connection: Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """As run, for each row."""
        driver_of(connection).executemany(self._text, [self._row(values) for values in rows])

    def _row(self, values: Mapping[str, object]) -> list[object]:
        return [
            store(values.get(name, otherwise)) if store is not None else values.get(name, otherwise)
            for name, otherwise, store in self._places
        ]
