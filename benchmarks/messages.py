"""How quick the lists of kept messages are once there are a million of them."""

import asyncio
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks.report import Section, verdict
from desktop.domain.message import ChatKind, Cursor, Media, Message, MessageKind
from tests.integration.storage.letters import SHOP, in_group, received
from tests.integration.storage.sends import at
from tests.services.counter import Counter, open_counter

MESSAGES = 1_000_000
IN_A_CHAT = 100
"""On average."""
BUSY = 0.2
"""The part of all messages that is in one chat."""
GOAL = 20.0
BURST = 500
_BUSY_CHAT = "120363041234567890@g.us"
_APART = 7
"""Seconds between two messages: all of them are younger than the time for which messages are kept."""
_TEXT = "Bom dia, segue o relatório de vendas da loja, por favor confirme o pedido até amanhã cedo. " * 3
_BARE_PAGE = (
    "SELECT * FROM messages WHERE chat = (SELECT number FROM chats WHERE jid = ?) AND (at, id) < (?, '')"
    " ORDER BY at DESC, id DESC LIMIT 50"
)

Ask = Callable[[random.Random], Awaitable[object]]


def measure(*, quick: bool) -> Section:
    return asyncio.run(_measured(MESSAGES // 10 if quick else MESSAGES, runs=100 if quick else 500))


async def _measured(count: int, *, runs: int) -> Section:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ids = await _fill(folder, count)
        # Opened anew: what was written is in the file itself then, and can leave the system's cache.
        async with open_counter(folder) as counter:
            chance = random.Random(1)
            chats = [
                Cursor(chat.last_message_at, chat.jid)
                for chat in await counter.storage.messages.chats(SHOP, limit=count)
            ]
            rows = [
                await _row(title, ask, folder / "malote.db", chance, runs)
                for title, ask in _listings(counter, ids, chats[:-100], count).items()
            ]
            bare = _bare(folder / "malote.db", count, chance, runs)
            kept = [await _kept(counter, chance, count, number) for number in range(20)]
    return Section(
        title="Lists of kept messages",
        how=(
            f"{count:,} messages in {count // IN_A_CHAT:,} chats, one of them with a fifth of all; each list "
            f"{runs} times at random places, 50 entries, asked of the service. Warm: the system has read the file "
            "before; cold: it is told to forget the file before every page. The bare page is the busy chat's deep page "
            "by `sqlite3` alone, on the same thread. A burst is one transaction, on disk when it is told."
        ),
        columns=("", "warm p50", "warm p95", "cold p50", "cold p95", "goal"),
        rows=[
            *rows,
            ("bare page, deep", *_quantiles(bare), "", "", ""),
            (f"keep a burst of {BURST}", *_quantiles(kept), "", "", ""),
        ],
    )


def _listings(counter: Counter, ids: Sequence[str], chats: Sequence[Cursor], count: int) -> dict[str, Ask]:
    inbox = counter.inbox

    def somewhere(chance: random.Random) -> Cursor:
        return Cursor(at(-_APART * chance.randrange(count - 1_000)), "")

    return {
        "chats, first page": lambda chance: inbox.chats(SHOP),
        "chats, deep": lambda chance: inbox.chats(SHOP, before=chance.choice(chats)),
        "groups, deep": lambda chance: inbox.chats(SHOP, kind=ChatKind.GROUP, before=chance.choice(chats)),
        "a chat's messages, first page": lambda chance: inbox.messages(SHOP, _chat(chance, count)),
        "busy chat, first page": lambda chance: inbox.messages(SHOP, _BUSY_CHAT),
        "busy chat, deep": lambda chance: inbox.messages(SHOP, _BUSY_CHAT, before=somewhere(chance)),
        "one message": lambda chance: inbox.message(SHOP, chance.choice(ids)),
    }


async def _row(title: str, ask: Ask, path: Path, chance: random.Random, runs: int) -> tuple[str, ...]:
    warm, cold = [], []
    for _ in range(runs):
        warm.append(await _time(ask, chance))
    for _ in range(runs // 5):
        _forget(path)
        cold.append(await _time(ask, chance))
    worst = max(_p95(warm), _p95(cold))
    return (title, *_quantiles(warm), *_quantiles(cold), verdict(round(worst, 1), GOAL, "ms"))


async def _time(ask: Ask, chance: random.Random) -> float:
    began = time.perf_counter()
    found = await ask(chance)
    taken = (time.perf_counter() - began) * 1e3
    assert found, "a list was asked for where it has nothing"
    return taken


def _bare(path: Path, count: int, chance: random.Random, runs: int) -> list[float]:
    found = []
    with closing(sqlite3.connect(path)) as connection:
        for _ in range(runs):
            before = int(at(-_APART * chance.randrange(count)).timestamp() * 1e6)
            began = time.perf_counter()
            connection.execute(_BARE_PAGE, (_BUSY_CHAT, before)).fetchall()
            found.append((time.perf_counter() - began) * 1e3)
    return found


async def _kept(counter: Counter, chance: random.Random, count: int, turn: int) -> float:
    burst = [_message(chance, count + turn * BURST + number, count) for number in range(BURST)]
    began = time.perf_counter()
    await counter.storage.messages.keep(burst, unread=True)
    return (time.perf_counter() - began) * 1e3


async def _fill(folder: Path, count: int) -> list[str]:
    """Make the database; the messages' ids."""
    chance = random.Random(0)
    ids: list[str] = []
    async with open_counter(folder) as counter:
        for start in range(0, count, 5_000):
            burst = [_message(chance, number, count) for number in range(start, start + 5_000)]
            await counter.storage.messages.keep(burst, unread=True)
            ids += [message.id for message in burst]
    return ids


def _message(chance: random.Random, number: int, count: int) -> Message:
    busy = chance.random() < BUSY
    chat = _BUSY_CHAT if busy else _chat(chance, count)
    text = _TEXT[: chance.randrange(2, len(_TEXT))]
    message = in_group if chat.endswith("@g.us") else received
    made = message(f"3EB0{chance.randbytes(9).hex().upper()}", -_APART * (count - number), chat=chat, text=text)
    if chance.random() > 0.1:
        return made
    media = Media(mimetype="image/jpeg", size=80_000, width=1080, height=1350, ticket=chance.randbytes(200))
    return replace(made, kind=MessageKind.IMAGE, media=media)


def _chat(chance: random.Random, count: int) -> str:
    number = chance.randrange(count // IN_A_CHAT)
    return f"12036304{number:010}@g.us" if number % 4 == 0 else f"55119{number:08}@s.whatsapp.net"


def _forget(path: Path) -> None:
    """Have the system drop what it remembers of the file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def _quantiles(values: Sequence[float]) -> tuple[str, str]:
    return f"{statistics.median(values):.1f} ms", f"{_p95(values):.1f} ms"
