"""What the client asks for inside DATA packets, read into plain values.

A request has no end mark, so `parse` raises IncompleteError until the packets that hold all of it have arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from .values import Bind
from .wire import Reader, WireError

PROTOCOL, DATA_TYPES, FUNCTION, ROW_DATA, PIGGYBACK = 1, 2, 3, 7, 17

FETCH, EXECUTE, REEXECUTE, REEXECUTE_FETCH = 5, 94, 4, 78
LOGOFF, COMMIT, ROLLBACK, PING = 9, 14, 15, 147
AUTH_ONE, AUTH_TWO = 118, 115
CLOSE_CURSORS, END_TO_END, SET_SCHEMA = 105, 135, 152

OPTION_EXECUTE, OPTION_FETCH, OPTION_DEFINE = 0x20, 0x40, 0x10

SINCE_12_2, SINCE_12_2_EXT = 8, 9


@dataclass(frozen=True, slots=True)
class Negotiation:
    """The PROTOCOL or DATA_TYPES message of the connect phase."""

    kind: int


@dataclass(frozen=True, slots=True)
class Authenticate:
    phase: int
    user: str
    pairs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Execute:
    cursor: int
    """0: a new one is to be opened for `sql`."""
    sql: str
    options: int
    rows: int
    """How many rows the answer may already hold."""
    bind_types: Sequence[int]
    """Empty where the statement has no binds or a re-execute keeps the types of the last time."""
    binds: Sequence[Bind]


@dataclass(frozen=True, slots=True)
class Fetch:
    cursor: int
    rows: int


@dataclass(frozen=True, slots=True)
class Simple:
    """A call without arguments: ping, commit, rollback, log off."""

    function: int


Call: TypeAlias = Negotiation | Authenticate | Execute | Fetch | Simple


@dataclass(slots=True)
class Request:
    call: Call
    closed_cursors: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What decides how a request reads: the field version both sides settled on, and each open cursor's bind types."""

    field_version: int
    bind_types: Mapping[int, Sequence[int]]


def parse(data: bytes, dialect: Dialect) -> Request:
    """Read one whole request; IncompleteError where more packets are needed, WireError for what is not spoken here."""
    reader = Reader(data)
    closed: list[int] = []
    kind = reader.u8()
    while kind == PIGGYBACK:
        closed += _piggyback(reader)
        kind = reader.u8()
    if kind == PROTOCOL:
        reader.u8()
        reader.u8()
        reader.until_zero()
        return Request(Negotiation(kind), closed)
    if kind == DATA_TYPES:
        _data_types(reader)
        return Request(Negotiation(kind), closed)
    if kind != FUNCTION:
        raise WireError(f"message of type {kind}")
    return Request(_function(reader, dialect), closed)


def _function(reader: Reader, dialect: Dialect) -> Call:
    function = reader.u8()
    reader.u8()  # sequence number
    if function in (AUTH_ONE, AUTH_TWO):
        return _authenticate(reader, 1 if function == AUTH_ONE else 2)
    if function == EXECUTE:
        return _execute(reader, dialect)
    if function in (REEXECUTE, REEXECUTE_FETCH):
        return _reexecute(reader, dialect, fetches=function == REEXECUTE_FETCH)
    if function == FETCH:
        return Fetch(reader.ub(), reader.ub())
    if function in (PING, COMMIT, ROLLBACK, LOGOFF):
        return Simple(function)
    raise WireError(f"function {function}")


def _piggyback(reader: Reader) -> list[int]:
    """Read one message that rides ahead of a call; return the cursors it closes."""
    code = reader.u8()
    reader.u8()  # sequence number
    if code == CLOSE_CURSORS:
        reader.u8()
        return [reader.ub() for _ in range(reader.ub())]
    if code == SET_SCHEMA:
        reader.u8()
        reader.lchunk()
    elif code == END_TO_END:
        _end_to_end(reader)
    else:
        raise WireError(f"piggyback {code}")
    return []


def _end_to_end(reader: Reader) -> None:
    """Skip the client's module and action names: lengths first, and the texts of those that are set at the end."""
    reader.raw(2)
    reader.ub()
    lengths = []
    for _ in range(3):  # client identifier, module, action
        reader.u8()
        lengths.append(reader.ub())
    reader.u8()
    reader.ub()
    reader.u8()
    reader.ub()
    reader.u8()
    lengths.append(reader.ub())  # client info
    for _ in range(2):
        reader.u8()
        reader.ub()
    reader.u8()
    lengths.append(reader.ub())  # operation
    for length in lengths:
        if length:
            reader.chunk()


def _data_types(reader: Reader) -> None:
    reader.raw(5)  # two character sets and their flags
    reader.chunk()
    reader.chunk()
    while reader.u16():
        if reader.u16():
            reader.raw(4)


def _authenticate(reader: Reader, phase: int) -> Authenticate:
    has_user = reader.u8()
    reader.ub()
    reader.ub()  # mode
    reader.u8()
    count = reader.ub()
    reader.raw(2)
    user = (reader.chunk() or b"") if has_user else b""
    pairs = {}
    for _ in range(count):
        name = reader.lchunk().decode()
        pairs[name] = reader.lchunk().decode()
        reader.ub()
    return Authenticate(phase, user.decode(), pairs)


def _execute(reader: Reader, dialect: Dialect) -> Execute:
    options = reader.ub()
    cursor = reader.ub()
    has_sql = reader.u8()
    reader.ub()  # its length: the text carries its own
    reader.u8()
    reader.ub()
    reader.raw(2)
    reader.ub()
    rows = reader.ub()
    reader.ub()
    reader.u8()
    bind_count = reader.ub()
    reader.raw(5)
    reader.u8()
    defines = reader.ub()
    reader.ub()
    reader.raw(3)
    reader.ub()
    reader.u8()
    reader.ub()
    reader.ub()
    reader.u8()
    reader.ub()
    reader.u8()
    if dialect.field_version >= SINCE_12_2:
        reader.u8()
        reader.ub()
        reader.u8()
        reader.ub()
        reader.u8()
    if dialect.field_version >= SINCE_12_2_EXT:
        reader.u8()
        reader.ub()
    sql = (reader.chunk() or b"").decode() if has_sql else ""
    for _ in range(13):
        reader.ub()
    if options & OPTION_DEFINE or defines:
        raise WireError("a define: LOB, JSON and VECTOR columns are not spoken here")
    types = [_bind_type(reader, dialect.field_version) for _ in range(bind_count)]
    return Execute(cursor, sql, options, rows, types, _bind_row(reader, types))


def _reexecute(reader: Reader, dialect: Dialect, *, fetches: bool) -> Execute:
    cursor = reader.ub()
    rows = reader.ub()
    reader.ub()
    reader.ub()
    options = OPTION_EXECUTE | (OPTION_FETCH if fetches else 0)
    types = dialect.bind_types.get(cursor, ())
    return Execute(cursor, "", options, rows if fetches else 0, (), _bind_row(reader, types))


def _bind_type(reader: Reader, field_version: int) -> int:
    """Read one bind's description and keep its type: its sizes and character set do not matter to a lookup."""
    ora_type = reader.u8()
    reader.raw(3)
    reader.ub()
    if reader.ub():
        raise WireError("an array bind")
    reader.ub()
    if reader.ub():
        raise WireError("an object bind")
    reader.ub()
    reader.ub()
    reader.u8()
    reader.ub()
    if field_version >= SINCE_12_2:
        reader.ub()
    return ora_type


def _bind_row(reader: Reader, types: Sequence[int]) -> list[Bind]:
    if not types:
        return []
    marker = reader.u8()
    if marker != ROW_DATA:
        raise WireError(f"bind values behind a {marker}")
    return [Bind.decoded(ora_type, reader.chunk()) for ora_type in types]
