"""What a session does for the calls it gets: log on, execute, fetch; cursors live here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from . import grammar, replies
from .grammar import SqlError
from .plan import Plan, plan
from .requests import OPTION_EXECUTE, OPTION_FETCH, Authenticate, Execute, Fetch
from .state import State
from .tables import Row
from .verifiers import Exchange, Parameter

_LOGON = {
    "locked": (28000, "the account is locked"),
    "expired": (28001, "the password has expired"),
    "no_session": (1045, "user lacks CREATE SESSION privilege; logon denied"),
}
_WRONG = (1017, "invalid username/password; logon denied")
_INVALID_CURSOR = (1001, "invalid cursor")


class LogonError(Exception):
    """A login the server turns down; its text is what the client is told."""

    def __init__(self, number: int, sentence: str) -> None:
        super().__init__(f"ORA-{number:05}: {sentence}")
        self.number = number


@dataclass(slots=True)
class _Cursor:
    sql: str
    select: grammar.Select
    plan: Plan
    bind_types: Sequence[int] = ()
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))
    sent: int = 0


class Calls:
    """The session's cursors and the payloads that answer each call."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cursors: dict[int, _Cursor] = {}
        self._last_id = 0
        self.sent_rows = 0
        """Rows in the answer built last."""

    @property
    def bind_types(self) -> Mapping[int, Sequence[int]]:
        return {number: cursor.bind_types for number, cursor in self._cursors.items()}

    def forget(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._cursors.pop(number, None)

    def error(self, number: int, message: str, *, offset: int = 0) -> bytes:
        return self._end(number=number, message=message, offset=offset)

    def log_on(self, exchange: Exchange, call: Authenticate) -> Parameter:
        """Raise LogonError: a wrong password first, then what is the matter with the account."""
        account = self._state.config.account
        proof = exchange.accept(dict(call.pairs))
        if account != "locked" and proof is None:
            self._state.note_login(accepted=False, wrong_password=True)
            raise LogonError(*_WRONG)
        if account != "open" or proof is None:
            self._state.note_login(accepted=False)
            raise LogonError(*_LOGON[account])
        self._state.note_login(accepted=True)
        return proof

    def execute(self, call: Execute) -> bytes:
        self.sent_rows = 0
        try:
            number, cursor, describes = self._opened(call)
        except SqlError as error:
            return self.error(error.number, str(error), offset=error.offset)
        if call.bind_types:
            cursor.bind_types = call.bind_types
        executes = bool(call.options & OPTION_EXECUTE)
        self._state.note_statement(cursor.sql, tuple(call.binds), described_only=not executes)
        describe = replies.describe(cursor.plan.columns, field_version=self._version) if describes else b""
        if not executes:
            return describe + self._end(cursor=number)
        cursor.rows, cursor.sent = cursor.plan.run(call.binds), 0
        return describe + self._rows(number, cursor, call.rows if call.options & OPTION_FETCH else 0)

    def fetch(self, call: Fetch) -> bytes:
        self.sent_rows = 0
        cursor = self._cursors.get(call.cursor)
        if cursor is None:
            return self.error(_INVALID_CURSOR[0], f"ORA-{_INVALID_CURSOR[0]:05}: {_INVALID_CURSOR[1]}")
        return self._rows(call.cursor, cursor, call.rows)

    @property
    def _version(self) -> int:
        return self._state.config.field_version

    def _opened(self, call: Execute) -> tuple[int, _Cursor, bool]:
        """The call's cursor, and whether it has to be described: it is new, or its table changed meanwhile."""
        if call.cursor:
            cursor = self._cursors.get(call.cursor)
            if cursor is None:
                raise SqlError(*_INVALID_CURSOR)
            described = cursor.plan.columns
            cursor.plan = plan(cursor.select, self._state.catalogue)
            return call.cursor, cursor, cursor.plan.columns != described
        try:
            select = grammar.parse(call.sql)
            ready = plan(select, self._state.catalogue)
        except SqlError:
            self._state.note_statement(call.sql, tuple(call.binds), described_only=not call.options & OPTION_EXECUTE)
            raise
        self._last_id += 1
        self._cursors[self._last_id] = _Cursor(call.sql, select, ready)
        return self._last_id, self._cursors[self._last_id], True

    def _rows(self, number: int, cursor: _Cursor, wanted: int) -> bytes:
        """Up to `wanted` rows and the end: 1403 as soon as there were fewer than that, as a server does."""
        parts: list[bytes] = []
        try:
            for values in islice(cursor.rows, wanted):
                parts.append(replies.row(cursor.plan.columns, values))
        except SqlError as error:
            return self.error(error.number, str(error), offset=error.offset)
        self.sent_rows = len(parts)
        cursor.sent += len(parts)
        header = replies.row_header() if parts else b""
        done = len(parts) < wanted
        ending = self._end(
            number=replies.NO_DATA_FOUND if done else 0,
            message="ORA-01403: no data found" if done else "",
            cursor=number,
            rows=cursor.sent,
        )
        return header + b"".join(parts) + ending

    def _end(self, *, number: int = 0, message: str = "", cursor: int = 0, offset: int = 0, rows: int = 0) -> bytes:
        return replies.end(
            field_version=self._version, number=number, message=message, cursor=cursor, offset=offset, rows=rows
        )
