"""Everything between a path and a database that can be used: privacy, damage, version, migrations."""

import logging
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from desktop.adapters.storage.database import converted_errors, is_damage, make_engine, suspicion
from desktop.domain.errors import Code, ConfigError

VERSIONS = ("0001", "0002", "0003", "0004", "0005")
"""The migrations there are, oldest first; told here so that alembic is loaded only where one has to run."""

_log = logging.getLogger(__name__)
_CHECKED_SENDS = 100_000
"""So many sends at most are looked through after an unclean end: a third of a second, longer from a cold disk."""
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

    SQLite meets most damage by itself (header, length, every page it uses), and looking through a big file takes many
    seconds. So a start after a clean end looks no further; after an unclean one, which leaves the write-ahead log
    behind, the outbox is looked through unless it is long; and where damage was met while running, everything is.
    """
    suspect = suspicion(path)
    log = _beside(path, "-wal")
    unclean = log.exists() and log.stat().st_size > 0
    # Read-only: a database of a newer program must not even get its log written back.
    location = quote(path.absolute().as_posix().removeprefix("/"))
    try:
        with closing(sqlite3.connect(f"file:///{location}?mode=ro", uri=True)) as connection:
            version = _version(connection)
            if suspect.exists():
                _check(connection, "PRAGMA quick_check")
            elif unclean and version in VERSIONS and _sends(connection) <= _CHECKED_SENDS:
                _check(connection, "PRAGMA quick_check(sends)")
                _check(connection, "PRAGMA quick_check(steps)")
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


def _sends(connection: sqlite3.Connection) -> int:
    # The last row's number; counting them would be half the check already.
    return int(connection.execute("SELECT coalesce(max(rowid), 0) FROM sends").fetchone()[0])


def _check(connection: sqlite3.Connection, statement: str) -> None:
    (verdict,) = connection.execute(statement).fetchone()
    if verdict != "ok":
        raise _DamagedError(str(verdict))


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
