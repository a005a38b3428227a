"""From a path to a database that can be used, whatever lies there."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from desktop.adapters.storage import preparing
from desktop.adapters.storage.database import suspicion
from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.adapters.storage.tables import metadata
from desktop.domain.errors import Code, ConfigError, Transient
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Send
from desktop.runtime.clock import SystemClock
from tests.harness.patience import PATIENCE
from tests.integration.storage.sends import NOON, make_send

PAGE = 4096


class StoppedClock(SystemClock):
    def now(self) -> datetime:
        return NOON


async def opened_at(path: Path) -> OpenedStorage:
    return await open_storage(path, clock=StoppedClock())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "malote.db"


@pytest.fixture
async def kept(path: Path) -> Send:
    """A send in a database that was closed cleanly."""
    opened = await opened_at(path)
    send = await opened.outbox.add(make_send())
    await opened.close()
    return send


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def left_by_a_crash(path: Path) -> None:
    """Leave a write-ahead log behind, as a process does that is killed."""
    program = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1])\n"
        "connection.execute('PRAGMA wal_autocheckpoint = 0')\n"
        "connection.execute('UPDATE sends SET attempts = attempts + 1')\n"
        "connection.commit()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    assert path.with_name("malote.db-wal").stat().st_size > 0


def damage(path: Path, table: str) -> None:
    """Overwrite the page where the table's rows begin."""
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(b"\x5a" * PAGE)


async def test_the_first_start_makes_a_database_that_only_the_user_can_read(path: Path) -> None:
    opened = await opened_at(path)
    await opened.outbox.add(make_send())
    files = list(path.parent.iterdir())
    assert {file.name for file in files} >= {"malote.db", "malote.db-wal"}
    if os.name == "posix":
        assert mode_of(path.parent) == 0o700
        assert {mode_of(file) for file in files} == {0o600}
    await opened.close()


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's files private by their folder")
async def test_a_database_that_others_could_read_is_made_private(path: Path, kept: Send) -> None:
    os.chmod(path, 0o644)
    await (await opened_at(path)).close()
    assert mode_of(path) == 0o600


async def test_what_was_kept_is_there_at_the_next_start(path: Path, kept: Send) -> None:
    opened = await opened_at(path)
    assert await opened.outbox.get(kept.id) == kept
    assert opened.set_aside is None
    await opened.close()
    assert [file.name for file in path.parent.iterdir()] == ["malote.db"]


async def test_closing_waits_for_who_still_reads_and_leaves_nothing_behind(path: Path, kept: Send) -> None:
    opened = await opened_at(path)
    await opened.outbox.add(make_send())
    reads, end = threading.Event(), threading.Event()

    def work(connection: Connection) -> int:
        connection.exec_driver_sql("SELECT * FROM sends").fetchone()
        reads.set()
        end.wait(PATIENCE)
        return int(connection.exec_driver_sql("SELECT count(*) FROM sends").scalar_one())

    reading = asyncio.create_task(opened.database.read(work))
    assert await asyncio.to_thread(reads.wait, PATIENCE)
    closing = asyncio.create_task(opened.close())
    with pytest.raises(TimeoutError):  # the loop goes on meanwhile
        await asyncio.wait_for(asyncio.shield(closing), 0.05)
    end.set()
    assert await reading == 2
    await closing
    assert [file.name for file in path.parent.iterdir()] == ["malote.db"]


async def test_what_a_crash_left_in_the_log_is_there_at_the_next_start(path: Path, kept: Send) -> None:
    left_by_a_crash(path)
    opened = await opened_at(path)
    found = await opened.outbox.get(kept.id)
    assert found is not None
    assert found.attempts == kept.attempts + 1
    assert opened.set_aside is None
    await opened.close()


async def test_every_commit_is_on_disk_even_if_the_power_goes(path: Path) -> None:
    opened = await opened_at(path)

    def pragmas(connection: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}

    full = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    assert await opened.database.write(pragmas) == full
    assert await opened.database.read(pragmas) == full
    await opened.close()


async def test_a_path_may_hold_any_sign(tmp_path: Path) -> None:
    opened = await opened_at(tmp_path / "João & cia 100% #1?mode=ro" / "malote.db")
    await opened.outbox.add(make_send())
    await opened.close()
    await (await opened_at(tmp_path / "João & cia 100% #1?mode=ro" / "malote.db")).close()


def test_only_the_first_start_loads_the_migration_tool(path: Path) -> None:
    program = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from desktop.adapters.storage.opening import open_storage\nfrom desktop.runtime.clock import SystemClock\n"
        "async def main():\n    await (await open_storage(Path(sys.argv[1]), clock=SystemClock())).close()\n"
        "asyncio.run(main())\nprint('alembic' in sys.modules)\n"
    )
    argv = [sys.executable, "-c", program, str(path)]
    assert [subprocess.check_output(argv, text=True) for _ in range(2)] == ["True\n", "False\n"]


async def test_the_migrations_lead_to_the_tables_that_the_program_uses(path: Path, tmp_path: Path) -> None:
    await (await opened_at(path)).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    metadata.create_all(engine)
    engine.dispose()

    def schema(database: Path) -> dict[str, list[tuple[object, ...]]]:
        with closing(sqlite3.connect(database)) as connection:
            shapes = connection.execute(
                "SELECT m.name, m.type, m.sql, i.* FROM sqlite_master m, pragma_table_xinfo(m.name) i "
                "WHERE m.type = 'table' AND m.name <> 'alembic_version'"
            ).fetchall()
            indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'").fetchall()
            keys = connection.execute(
                "SELECT m.name, f.* FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
            ).fetchall()
        return {
            "columns": sorted((row[0], "WITHOUT ROWID" in row[2], *row[3:]) for row in shapes),
            "indexes": sorted(row for row in indexes if "alembic" not in row[0]),
            "foreign keys": sorted(keys),
        }

    assert schema(path) == schema(tmp_path / "declared.db")


def test_the_versions_told_are_the_migrations_there_are() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(preparing.__file__).with_name("migrations")))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(script.revision for script in scripts)[::-1] == preparing.VERSIONS


@pytest.mark.parametrize("crashed", [False, True], ids=["closed cleanly", "left by a crash"])
async def test_a_database_of_a_newer_program_is_refused_and_left_as_it_is(
    path: Path, kept: Send, crashed: bool
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    if crashed:
        left_by_a_crash(path)
    # The -shm file is SQLite's memory shared by the processes that look at the database; it holds no content.
    files = [file for file in path.parent.iterdir() if not file.name.endswith("-shm")]
    before = {file: file.read_bytes() for file in files}
    with pytest.raises(ConfigError) as refused:
        await opened_at(path)
    assert refused.value.code is Code.DATABASE_NEWER
    assert refused.value.facts == {"path": str(path), "version": "9999"}
    assert {file: file.read_bytes() for file in files} == before


@pytest.mark.parametrize(
    "content",
    [b"this is no database at all" * 1000, bytes(3 * PAGE), b"SQLite format 3\x00" + b"\xff" * PAGE],
    ids=["something else", "zeros after a power cut", "a broken header"],
)
async def test_what_is_no_database_is_set_aside_and_a_fresh_one_made(path: Path, content: bytes) -> None:
    put(path, content)
    opened = await opened_at(path)
    assert opened.set_aside == path.with_name(f"malote.db.corrompido-{NOON.astimezone():%Y%m%d-%H%M%S}")
    assert opened.set_aside.read_bytes() == content
    assert await opened.outbox.history(HistoryFilter()) == []
    await opened.outbox.add(make_send())
    await opened.close()


async def test_a_database_cut_short_is_set_aside(path: Path, kept: Send) -> None:
    cut_in_half(path)
    opened = await opened_at(path)
    assert opened.set_aside is not None
    await opened.close()


async def test_another_programs_database_is_set_aside_too(path: Path) -> None:
    put(path, b"")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (name)")
    opened = await opened_at(path)
    assert opened.set_aside is not None
    with closing(sqlite3.connect(opened.set_aside)) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (0,)
    await opened.close()


@pytest.mark.parametrize("where", ["steps", "sends_by_day"])
async def test_damage_behind_a_crash_is_found_and_the_log_goes_along(path: Path, kept: Send, where: str) -> None:
    damage(path, where)
    left_by_a_crash(path)
    log = path.with_name("malote.db-wal").read_bytes()
    opened = await opened_at(path)
    assert opened.set_aside is not None
    assert opened.set_aside.with_name(opened.set_aside.name + "-wal").read_bytes() == log
    assert await opened.outbox.history(HistoryFilter()) == []
    await opened.close()


async def test_damage_met_while_running_is_looked_for_at_the_next_start(path: Path, kept: Send) -> None:
    damage(path, "names")
    opened = await opened_at(path)
    assert opened.set_aside is None
    with pytest.raises(Transient) as failure:
        await opened.outbox.history(HistoryFilter(text="padaria"))
    assert failure.value.code is Code.DATABASE_UNAVAILABLE
    await opened.close()
    opened = await opened_at(path)
    assert opened.set_aside is not None
    await opened.close()
    assert not suspicion(path).exists()


async def test_a_suspicion_that_proves_false_is_forgotten(path: Path, kept: Send) -> None:
    suspicion(path).touch()
    opened = await opened_at(path)
    assert opened.set_aside is None
    assert await opened.outbox.get(kept.id) == kept
    await opened.close()
    assert not suspicion(path).exists()


async def test_one_set_aside_never_replaces_another(path: Path) -> None:
    aside = []
    for content in (b"first" * 1000, b"second" * 1000):
        put(path, content)
        opened = await opened_at(path)
        await opened.close()
        assert opened.set_aside is not None
        aside.append(opened.set_aside)
    assert [file.read_bytes()[:5] for file in aside] == [b"first", b"secon"]


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file stands here")
    with pytest.raises(Transient) as failure:
        await opened_at(tmp_path / "home" / "malote.db")
    assert failure.value.code is Code.DATABASE_UNAVAILABLE
    assert failure.value.facts["detail"]
