"""The SQLite file as two kinds of transactions, and the one edge where its errors become ours."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from desktop.domain.errors import AppError, Code, Transient

T = TypeVar("T")
_log = logging.getLogger(__name__)
_READERS = 2
"""So that the pipeline's next read does not stand behind somebody's search in a long history."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNAVAILABLE = _DAMAGED | {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_AUTH,
}


def suspicion(path: Path) -> Path:
    """The marker beside a database in which damage was met while running: the next start looks at all of it."""
    return path.with_name(path.name + ".suspeito")


def is_damage(error: sqlite3.Error) -> bool:
    """True where SQLite says that the file's content is wrong, not that it cannot be reached."""
    return _primary_code(error) in _DAMAGED


@contextmanager
def converted_errors(path: Path) -> Iterator[None]:
    """Turn what the disk does to us into Transient(DATABASE_UNAVAILABLE) with the fact `detail`.

    Errors that only a wrong statement or a broken constraint can cause pass through: they are bugs.
    """
    try:
        yield
    except (sqlite3.Error, DBAPIError, OSError) as exc:
        cause = exc.orig if isinstance(exc, DBAPIError) else exc
        if isinstance(cause, OSError):
            raise Transient(Code.DATABASE_UNAVAILABLE, detail=str(cause)) from exc
        if not isinstance(cause, sqlite3.Error) or _primary_code(cause) not in _UNAVAILABLE:
            raise
        if is_damage(cause):
            _remember_damage(path)
        raise Transient(Code.DATABASE_UNAVAILABLE, detail=f"{cause.sqlite_errorname}: {cause}") from exc


def make_engine(
    path: Path,
    *,
    begin: str | None,
    connections: int = 1,
    foreign_keys: bool = True,
    patience: float = 5.0,
    durable: bool = True,
) -> Engine:
    """An engine whose every transaction starts with `begin` (None: with nothing), on disk at commit even if the power
    goes.

    `patience` is in seconds, for a file that another program has locked. What is not `durable` may be lost or damaged
    by a power cut, and does not wait for the disk.
    """
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        # None: the driver starts no transactions of its own, which would be neither immediate nor hold DDL.
        connect_args={"isolation_level": None, "timeout": patience},
        pool_size=connections,
        max_overflow=0,
    )

    def prepare(connection: PoolProxiedConnection, _: ConnectionPoolEntry) -> None:
        safety = f"synchronous={'FULL' if durable else 'OFF'}"
        for pragma in ("journal_mode=WAL", safety, f"foreign_keys={'ON' if foreign_keys else 'OFF'}"):
            connection.execute(f"PRAGMA {pragma}")

    def start(connection: Connection) -> None:
        if begin is not None:
            connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


class Database:
    """One thread writes, in the order in which it was asked; others read what is committed.

    Whoever asks once its end has begun is told AppError(NOT_RUNNING): a page that was reading, a late request.
    """

    def __init__(self, path: Path, *, patience: float = 5.0, durable: bool = True) -> None:
        self._path = path
        self._ending = False
        self._writer_connection: Connection | None = None
        """Kept between transactions, by the writing thread alone; None until it is needed, and after an error."""
        self._writing = make_engine(path, begin=None, patience=patience, durable=durable)
        self._reading = make_engine(path, begin="BEGIN", connections=_READERS, patience=patience, durable=durable)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="storage-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="storage-read")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run the work as one transaction; it is on disk when this returns.

        A caller cancelled meanwhile leaves it either done whole or not begun.
        """
        self._refuse_the_late()
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run the work on one snapshot of everything committed so far."""
        self._refuse_the_late()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def close(self) -> None:
        """Finish what was asked for and close the file; its write-ahead log is gone afterwards."""
        self._ending = True
        await asyncio.get_running_loop().run_in_executor(self._writer, self._end)
        self._writer.shutdown()

    def _refuse_the_late(self) -> None:
        # A write behind the end would open the file once more, and leave its log behind.
        if self._ending:
            raise AppError(Code.NOT_RUNNING)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with converted_errors(self._path), self._reading.begin() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], T]) -> T:
        with converted_errors(self._path):
            connection, self._writer_connection = self._writer_connection or self._open_writer(), None
            try:
                driver = driver_of(connection)
                # Immediate: taking the lock is the first step, so that a busy file fails before anything was decided.
                driver.execute("BEGIN IMMEDIATE")
                result = work(connection)
                driver.execute("COMMIT")
            except BaseException:
                # Whatever is wrong with it, the next transaction begins on a fresh one.
                connection.close()
                raise
            self._writer_connection = connection
            return result

    def _open_writer(self) -> Connection:
        """A connection in whose one long transaction, as SQLAlchemy sees it, the file's own transactions follow each
        other: SQLAlchemy's cost more than most of what is written, and whoever sends waits for three.
        """
        connection = self._writing.connect()
        connection.begin()
        return connection

    def _end(self) -> None:
        # A connection that is still read from would outlive the end of its pool, and keep the log.
        self._readers.shutdown()
        self._reading.dispose()
        if self._writer_connection is not None:
            self._writer_connection.close()
        self._writing.dispose()


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own end of a connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _primary_code(error: sqlite3.Error) -> int:
    # The upper bits only say more about the same thing; errors of the driver itself have no code at all.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & 0xFF


def _remember_damage(path: Path) -> None:
    try:
        suspicion(path).touch()
    except OSError:
        _log.warning("cannot leave the mark that makes the next start check %s", path, exc_info=True)
