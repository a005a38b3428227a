"""Everything between a path and a database that can be used: privacy, damage, version, migrations."""

import logging
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import monotonic
from urllib.parse import quote

from desktop.adapters.storage.database import converted_errors, is_damage, make_engine, suspicion
from desktop.domain.errors import Code, ConfigError

VERSIONS = ("0001",)
"""The migrations there are, oldest first; told here so that alembic is loaded only where one has to run."""

_log = logging.getLogger(__name__)
_CHECK_SECONDS = 1.0
"""How long a start after an unclean end may look for damage."""
_FRESH = ""


class _DamagedError(Exception):
    """The file is no database of ours, or not any more."""


def prepare(path: Path, now: datetime) -> Path | None:
    """Make the database at the path ready; returns where a damaged one was put, None where there was none.

    Raises ConfigError(DATABASE_NEWER) with the facts `path` and `version`, Transient(DATABASE_UNAVAILABLE).
    """
    aside = None
    with converted_errors(path):
        _make_private(path)
        try:
            version = _examine(path)
        except _DamagedError as damage:
            aside = _set_aside(path, now)
            _log.warning("the database was damaged (%s) and is now %s", damage, aside)
            _make_private(path)
            version = _FRESH
        if version == _FRESH or version in VERSIONS[:-1]:
            _migrate(path)
        elif version != VERSIONS[-1]:
            raise ConfigError(Code.DATABASE_NEWER, path=str(path), version=version)
    return aside


def _make_private(path: Path) -> None:
    # SQLite gives the files it makes beside a database the database's own permissions.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if os.name == "posix":
        path.chmod(0o600)


def _examine(path: Path) -> str:
    """The version of the database, `_FRESH` where nothing is in it; raises _DamagedError.

    Reading all of a big database takes many seconds, so a start after a clean end trusts what SQLite checks anyway
    (header, length, every page it meets). A write-ahead log left behind means that the last run did not end cleanly:
    then as much is looked at as one second allows. Where damage was met while running, all of it is.
    """
    suspect = suspicion(path)
    unclean = _beside(path, "-wal").exists()
    # Read-only: a database of a newer program must not even get its log written back.
    location = quote(path.absolute().as_posix().removeprefix("/"))
    try:
        with closing(sqlite3.connect(f"file:///{location}?mode=ro", uri=True)) as connection:
            version = _version(connection)
            if suspect.exists():
                _check(connection, None)
            elif unclean:
                _check(connection, _CHECK_SECONDS)
    except sqlite3.DatabaseError as exc:
        if not is_damage(exc):
            raise
        raise _DamagedError(str(exc)) from exc
    suspect.unlink(missing_ok=True)
    return version


def _version(connection: sqlite3.Connection) -> str:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return _FRESH
    if "alembic_version" not in tables:
        raise _DamagedError("it is another program's database")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise _DamagedError("it has no version")
    return str(row[0])


def _check(connection: sqlite3.Connection, seconds: float | None) -> None:
    if seconds is not None:
        deadline = monotonic() + seconds
        connection.set_progress_handler(lambda: monotonic() > deadline, 10_000)
    try:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        _log.info("the database was checked in part only: its size is more than a start has time for")
    else:
        if verdict != "ok":
            raise _DamagedError(str(verdict))
    finally:
        connection.set_progress_handler(None, 0)


def _set_aside(path: Path, now: datetime) -> Path:
    name = f"{path.name}.corrompido-{now.astimezone():%Y%m%d-%H%M%S}"
    aside = path.with_name(name)
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{name}-{count}")
    # The database last: should the power go in between, what is left is still found damaged and never taken for new.
    for suffix in ("-wal", "-shm", ""):
        if _beside(path, suffix).exists():
            _beside(path, suffix).rename(_beside(aside, suffix))
    suspicion(path).unlink(missing_ok=True)
    return aside


def _migrate(path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    # A configuration file's syntax, in which a percent sign has a meaning.
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    # Migrations rebuild tables, which other tables refer to: SQLite's own advice is to switch the checks off.
    engine = make_engine(path, begin="BEGIN IMMEDIATE", foreign_keys=False)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
