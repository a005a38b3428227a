"""What the disk does to us comes out as one error with its detail; our own mistakes come out as they are."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from desktop.adapters.storage.database import Database, converted_errors, driver_of, suspicion
from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.domain.errors import Code, Transient
from desktop.runtime.clock import SystemClock
from tests.integration.storage.sends import make_report, make_send, prepared

THE_DISK = {"PERM", "BUSY", "LOCKED", "READONLY", "INTERRUPT", "IOERR", "CORRUPT", "FULL", "CANTOPEN", "PROTOCOL"} | {
    "NOLFS",
    "AUTH",
    "NOTADB",
}
# NOMEM reaches Python as MemoryError.
OURSELVES = {
    "ERROR",
    "INTERNAL",
    "ABORT",
    "NOMEM",
    "NOTFOUND",
    "EMPTY",
    "SCHEMA",
    "TOOBIG",
    "CONSTRAINT",
    "MISMATCH",
} | {
    "MISUSE",
    "FORMAT",
    "RANGE",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "malote.db"


def sqlite_error(name: str, code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    error.sqlite_errorname = name
    return error


def test_every_code_there_is_has_its_place() -> None:
    assert not THE_DISK & OURSELVES
    assert {getattr(sqlite3, f"SQLITE_{name}") for name in THE_DISK | OURSELVES} == set(range(1, 27))


@pytest.mark.parametrize("name", sorted(THE_DISK | OURSELVES))
@pytest.mark.parametrize("detail", [0, 3 << 8], ids=["plain", "with more detail"])
@pytest.mark.parametrize("wrapped", [False, True], ids=["from the driver", "through SQLAlchemy"])
def test_every_code_is_converted_or_let_through(path: Path, name: str, detail: int, wrapped: bool) -> None:
    error: Exception = sqlite_error(f"SQLITE_{name}", getattr(sqlite3, f"SQLITE_{name}") | detail)
    if wrapped:
        error = OperationalError("SELECT 1", {}, error)
    with pytest.raises(Transient if name in THE_DISK else type(error)) as raised, converted_errors(path):
        raise error
    if isinstance(raised.value, Transient):
        assert raised.value.code is Code.DATABASE_UNAVAILABLE
        assert raised.value.facts == {"detail": f"SQLITE_{name}: what SQLite says"}
    assert suspicion(path).exists() == (name in ("CORRUPT", "NOTADB"))


def test_the_systems_own_errors_are_converted_too(path: Path) -> None:
    with pytest.raises(Transient) as raised, converted_errors(path):
        (path / "below a file that is not there").touch()
    assert "No such file" in str(raised.value.facts["detail"])


def locked_by_another(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other, closing(sqlite3.connect(path, timeout=0)) as us:
        other.execute("BEGIN EXCLUSIVE")
        us.execute("CREATE TABLE t (a)")


def full(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")


def read_only(path: Path) -> None:
    sqlite3.connect(path).close()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("CREATE TABLE t (a)")


def a_folder(path: Path) -> None:
    path.mkdir()
    sqlite3.connect(path)


def no_database(path: Path) -> None:
    path.write_bytes(b"something else" * 1000)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM t")


@pytest.mark.parametrize("happening", [locked_by_another, full, read_only, a_folder, no_database])
def test_what_really_happens_is_converted(path: Path, happening: Callable[[Path], None]) -> None:
    with pytest.raises(Transient) as raised, converted_errors(path):
        happening(path)
    assert str(raised.value.facts["detail"]).startswith("SQLITE_")


@pytest.mark.parametrize("mistake", ["SELEKT 1", "SELECT * FROM nowhere", "INSERT INTO t VALUES (1), (1)"])
async def test_our_own_mistakes_are_not_taken_for_the_disks(path: Path, mistake: str) -> None:
    database = Database(path)
    await database.write(lambda connection: connection.execute(text("CREATE TABLE t (a PRIMARY KEY)")))
    with pytest.raises(DBAPIError) as raised:
        await database.write(lambda connection: connection.execute(text(mistake)))
    assert isinstance(raised.value, OperationalError | IntegrityError)
    await database.close()


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    resource = pytest.importorskip("resource", reason="the limit is a POSIX one")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_when_the_disk_takes_no_more_nothing_is_half_done_and_all_goes_on_when_there_is_room(path: Path) -> None:
    opened = await open_storage(path, clock=SystemClock())
    send = await opened.outbox.add(make_send())
    picture = make_report(bytes(1_000_000))
    with no_room_beyond(500_000), pytest.raises(Transient) as failure:
        await opened.outbox.begin(prepared(send), picture, send.created_at)
    assert failure.value.code is Code.DATABASE_UNAVAILABLE
    assert await opened.outbox.get(send.id) == send
    assert await opened.outbox.content(picture.sha256) is None
    assert await opened.outbox.begin(prepared(send), picture, send.created_at) is not None
    assert await opened.outbox.content(picture.sha256) is not None
    await opened.close()


async def test_a_file_locked_by_another_program_is_given_up_after_a_while(path: Path) -> None:
    database = Database(path, patience=0.05)
    await database.write(lambda connection: connection.execute(text("CREATE TABLE t (a)")))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient) as failure:
            await database.write(lambda connection: connection.execute(text("INSERT INTO t VALUES (1)")))
        assert "SQLITE_BUSY" in str(failure.value.facts["detail"])
        other.execute("ROLLBACK")
    await database.write(lambda connection: connection.execute(text("INSERT INTO t VALUES (1)")))
    await database.close()


@dataclass
class Locked:
    """A storage whose file another program has locked."""

    opened: OpenedStorage
    other: sqlite3.Connection
    waits: Event
    """Set once a write has come to the lock."""

    def let_go(self) -> None:
        self.other.execute("ROLLBACK")
        self.other.close()


@pytest.fixture
async def locked(path: Path) -> Locked:
    opened = await open_storage(path, clock=SystemClock())
    waits = Event()

    def watch(connection: Connection) -> None:
        driver = driver_of(connection)
        driver.execute("PRAGMA busy_timeout = 60000")
        driver.set_trace_callback(lambda statement: waits.set() if statement.startswith("BEGIN") else None)

    await opened.database.write(watch)  # the connection is kept for the writes that follow
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return Locked(opened, other, waits)


async def test_the_loop_goes_on_and_reading_too_while_a_write_waits_for_the_lock(locked: Locked) -> None:
    opened = locked.opened
    send = make_send()
    adding = asyncio.create_task(opened.outbox.add(send))
    assert await asyncio.to_thread(locked.waits.wait, 30.0)
    for _ in range(10):
        assert await opened.outbox.get(send.id) is None
    assert not adding.done()
    locked.let_go()
    assert await adding == send
    assert await opened.outbox.get(send.id) == send
    await opened.close()


async def test_a_write_whose_caller_went_away_is_done_whole(locked: Locked) -> None:
    opened = locked.opened
    send = make_send()
    begun: list[str] = []
    adding = asyncio.create_task(opened.outbox.add(send))
    assert await asyncio.to_thread(locked.waits.wait, 30.0)
    after = asyncio.create_task(opened.database.write(lambda connection: begun.append("after")))
    await asyncio.sleep(0)  # one turn of the loop: it is asked for
    for task in (adding, after):
        task.cancel()
    await asyncio.gather(adding, after, return_exceptions=True)
    locked.let_go()
    await opened.keys.all()
    await opened.database.write(lambda connection: None)
    assert await opened.outbox.get(send.id) == send
    assert begun == []  # cancelled before its turn came
    await opened.close()


async def test_whoever_comes_once_the_end_has_begun_is_told_that_it_has(path: Path) -> None:
    database, began, go_on = Database(path), Event(), Event()

    def long(connection: Connection) -> None:
        began.set()
        go_on.wait()

    def nothing(connection: Connection) -> None:
        driver_of(connection)

    reading = asyncio.create_task(database.read(long))
    await asyncio.to_thread(began.wait)
    ending = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    late = await asyncio.gather(database.read(nothing), database.write(nothing), return_exceptions=True)
    go_on.set()
    await asyncio.gather(reading, ending)
    later = await asyncio.gather(database.read(nothing), database.write(nothing), return_exceptions=True)
    assert [getattr(answer, "code", None) for answer in (*late, *later)] == [Code.NOT_RUNNING] * 4
    assert [file.name for file in path.parent.iterdir()] == [path.name]
