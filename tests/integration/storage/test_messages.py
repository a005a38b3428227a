"""Kept messages in a database as it is used: long, killed, and moved up from the version before."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.domain.message import Ack, ChatKind, Cursor, Message, MessageKind
from desktop.runtime.clock import SystemClock
from tests.integration.storage.keeper import BURST, CHATS, numbered
from tests.integration.storage.letters import SHOP, in_group, picture, received, written
from tests.integration.storage.sends import at

ROWS = 100_000
BUSY = "120363041234567890@g.us"


def one_of_many(number: int) -> Message:
    """A fifth is in one busy group; every tenth is the owner's, every seventh a picture."""
    if number % 5 == 0:
        return in_group(f"{number:06}", number)
    chat = f"55119{number % 2_000:08}@s.whatsapp.net"
    if number % 10 == 1:
        return written(f"{number:06}", number, chat=chat)
    if number % 7 == 1:
        return picture(f"{number:06}", number, chat=chat)
    return received(f"{number:06}", number, chat=chat)


async def fill(path: Path) -> None:
    opened = await open_storage(path, clock=SystemClock())
    for start in range(0, ROWS, 5_000):
        burst = [one_of_many(number) for number in range(start, start + 5_000)]
        assert len(await opened.messages.keep(burst, unread=True)) == 5_000
    await opened.close()


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 100,000 messages, which no test may change."""
    path = tmp_path_factory.mktemp("long") / "malote.db"
    asyncio.run(fill(path))
    return path


@pytest.fixture
async def opened(long_history: Path) -> AsyncIterator[OpenedStorage]:
    opened = await open_storage(long_history, clock=SystemClock())
    yield opened
    await opened.close()


@contextmanager
def watched() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is run meanwhile, with its values."""
    statements: list[tuple[str, Any]] = []

    def remember(_: object, __: object, statement: str, values: Any, ___: object, many: bool) -> None:
        statements.append((statement, values[0] if many else values))

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", remember)


async def plan_of(path: Path, asked: Awaitable[object]) -> str:
    """How SQLite finds what was asked for."""
    with watched() as statements:
        await asked
    with closing(sqlite3.connect(path)) as connection:
        steps = [
            step
            for statement, values in statements
            if not statement.startswith(("BEGIN", "INSERT INTO messages"))
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert steps
    return "\n".join(steps)


async def test_every_listing_is_read_from_an_index_and_in_its_order(opened: OpenedStorage, long_history: Path) -> None:
    messages = opened.messages
    middle = Cursor(at(ROWS // 2), "")
    listings: dict[str, list[Awaitable[object]]] = {
        "chats_by_time": [messages.chats(SHOP), messages.chats(SHOP, before=middle)],
        "chats_by_kind": [
            messages.chats(SHOP, kind=ChatKind.INDIVIDUAL),
            messages.chats(SHOP, kind=ChatKind.GROUP, before=middle),
            messages.unnamed_groups(SHOP),
        ],
        "SEARCH messages USING PRIMARY KEY (chat=": [
            messages.messages(SHOP, BUSY),
            messages.messages(SHOP, BUSY, before=middle),
        ],
        "messages_by_id": [
            messages.message(SHOP, "000005"),
            messages.advance(SHOP, ["000011", "000021"], Ack.SERVER),
            messages.keep([one_of_many(5), one_of_many(6)], unread=True),
        ],
        "messages_by_age": [messages.purge({MessageKind.TEXT: at(-1), MessageKind.IMAGE: at(-1)})],
        "chats_by_jid": [
            messages.chat(SHOP, BUSY),
            messages.mark_read(SHOP, "nobody"),
            messages.name_chat(SHOP, "nobody", "x"),
        ],
    }
    for index, asked in listings.items():
        for question in asked:
            plan = await plan_of(long_history, question)
            assert index in plan
            assert "SCAN messages" not in plan
            assert "SCAN chats" not in plan
            assert "TEMP B-TREE" not in plan


async def test_a_deep_page_reads_no_more_than_the_first_one(opened: OpenedStorage) -> None:
    """Counted in SQLite's own steps, which no busy machine changes."""
    deep = Cursor(at(1_000), "")

    async def steps(asked: Awaitable[object]) -> int:
        count = Counter[str]()

        def watch(connection: sqlite3.Connection, *_: object) -> None:
            connection.set_progress_handler(lambda: count.update(["step"]), 1)

        event.listen(Engine, "checkout", watch)
        try:
            await asked
        finally:
            event.remove(Engine, "checkout", watch)
        return count["step"]

    first = await steps(opened.messages.messages(SHOP, BUSY))
    assert 0 < await steps(opened.messages.messages(SHOP, BUSY, before=deep)) < 2 * first
    first = await steps(opened.messages.chats(SHOP))
    assert 0 < await steps(opened.messages.chats(SHOP, before=Cursor(at(ROWS - 1_500), ""))) < 2 * first


def killed_after(path: Path, lines: int) -> int:
    """Let a program keep messages until it said so often that they are kept, kill it; the last number it told."""
    argv = [sys.executable, "-m", "tests.integration.storage.keeper", str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            said = [child.stdout.readline() for _ in range(lines + 1)]
            child.kill()
            said += child.stdout.readlines()
        finally:
            child.kill()
    assert said[0] == "ready\n"
    whole = [line for line in said[1:] if line.endswith("\n")]
    return int(whole[-1].split()[1])


async def test_a_kill_loses_no_message_that_was_said_to_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "malote.db"
    for _ in range(4):
        last = killed_after(path, random.randrange(1, 20))
        opened = await open_storage(path, clock=SystemClock())
        assert opened.set_aside is None
        chats = await opened.messages.chats(SHOP)
        found = []
        for chat in chats:
            kept = await opened.messages.messages(SHOP, chat.jid, limit=1_000_000)
            assert (chat.last_message_id, chat.unread) == (kept[0].id, len(kept))
            found += kept
        await opened.close()
        # A burst is there whole or not at all, told or not.
        assert len(chats) == CHATS
        assert len(found) % BURST == 0
        assert len(found) > last
        assert sorted(found, key=lambda message: message.id) == [numbered(number) for number in range(len(found))]


async def test_what_was_forgotten_halfway_is_dropped_at_the_next_purge(tmp_path: Path) -> None:
    path = tmp_path / "malote.db"
    opened = await open_storage(path, clock=SystemClock())
    await opened.messages.keep([received(f"{number:04}") for number in range(1_500)], unread=True)
    await opened.close()
    with closing(sqlite3.connect(path)) as connection:
        # As a power cut leaves it right after the first of the steps.
        connection.execute("UPDATE mailboxes SET session = NULL")
        connection.commit()
    opened = await open_storage(path, clock=SystemClock())
    dropped = [await opened.messages.purge({}) for _ in range(3)]
    await opened.close()
    assert dropped[0] >= 1_000
    assert dropped[2] == 0
    with closing(sqlite3.connect(path)) as connection:
        left = "SELECT (SELECT count(*) FROM mailboxes), (SELECT count(*) FROM chats), (SELECT count(*) FROM messages)"
        assert connection.execute(left).fetchone() == (0, 0, 0)
