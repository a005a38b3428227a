"""Two thousand pictures by several sessions through every trouble there is: none lost, none twice, nothing grows."""

import asyncio
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.desk import linked_world
from benchmarks.report import Section
from benchmarks.soak_office import COMPANIES, MEMBERS, SESSIONS, Office, Sample
from benchmarks.soak_orders import Order, Orders
from benchmarks.soak_tally import Tally, tally
from benchmarks.soak_trouble import Trouble
from desktop.adapters.storage.opening import open_storage
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Send
from desktop.runtime.clock import SystemClock
from desktop.runtime.paths import Home
from tests.doubles.whatsapp import WhatsAppDouble

IMAGES = 2_000
SEED = 20261122
TROUBLES = 120
DEATHS = 5
"""Of the whole program."""
CALLERS = 6
GROWTH = 1.1
"""What is held at the end may be so many times what was held in the second quarter."""
_LOOKS_IN = 10.0
"""Seconds without progress after which a person looks whether a session waits for them."""
_STUCK = 30
_PAGE = 500
_FEW_SAMPLES = 40
_BUG = re.compile(r'"level": "(error|critical)"| (ERROR|CRITICAL) |Traceback \(most recent call last\)')


def measure(*, quick: bool, seed: int = SEED) -> Section:
    images, troubles, deaths = (100, 26, 2) if quick else (IMAGES, TROUBLES, DEATHS)
    rng = random.Random(seed)
    began = time.monotonic()
    with linked_world() as world:
        office = Office(world)
        office.settle()
        orders = Orders(office, rng, seed)
        orders.make(images)
        trouble = Trouble(office, rng)
        samples = _live_through(office, orders, trouble, trouble.plan(images, troubles, deaths))
        _come_to_rest(office, orders)
        history = asyncio.run(_history(Home(world.home)))
        found = tally(orders.all, history, world.whatsapp.received, MEMBERS)
        bugs = [line for path in Home(world.home).log.parent.iterdir() for line in _bugs(path)]
        took = time.monotonic() - began
    for line in (*bugs, *found.wrong, *found.unknown_arrived, *found.unknown_not_arrived):
        print(line, file=sys.stderr, flush=True)
    return Section(
        title="Soak: nothing lost, nothing twice",
        how=(
            f"{images} different pictures by {SESSIONS} sessions with {COMPANIES} companies each, through the ERP door "
            f"of the headless program ({_listed(orders.counts, ('espera', 'fila', 'lote'))}), {CALLERS} callers that "
            f"ask again with their key until they know, while it befalls: {_listed(trouble.done)}. Counted at the "
            f"{MEMBERS} members of each group, who decrypt what they get. Seed {seed}; {took:.0f} s."
        ),
        columns=("", "measured", "goal"),
        rows=[*_outcome(found, images, office), ("bugs in the program's log", *_counted(bugs)), *_growth(samples)],
    )


def _live_through(office: Office, orders: Orders, trouble: Trouble, plan: Sequence[tuple[int, str]]) -> list[Sample]:
    """Everything is asked for, while the plan comes true; then everybody knows what became of theirs."""
    samples: list[Sample] = []
    began = time.monotonic()
    with _callers() as pool:
        calls = [pool.submit(orders.place, order) for order in orders.all]
        for mark, kind in plan:
            _wait_for_messages(office, mark, calls)
            print(f"{time.monotonic() - began:6.1f} s, {office.taken()} messages: {kind}", file=sys.stderr, flush=True)
            trouble.befall(kind)
            office.care()
            if (sample := office.sample()) is not None:
                samples.append(sample)
        trouble.end()
        _wait_for_all(office, calls)
        asked: list[Order] = [order for order in orders.all if not order.closed]
        _wait_for_all(office, [pool.submit(orders.follow, order) for order in asked])
    office.wait_for_sessions()
    if (sample := office.sample()) is not None:
        samples.append(sample)
    return samples


@contextmanager
def _callers() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(CALLERS, "erp")
    try:
        yield pool
    finally:
        # Where it went wrong, nobody asks for the rest.
        pool.shutdown(cancel_futures=True)


def _wait_for_messages(office: Office, mark: int, calls: Sequence[Future[None]]) -> None:
    for _ in range(_STUCK):
        # What was refused is asked for again only at the end.
        if office.taken() >= mark or all(call.done() for call in calls):
            return
        try:
            office.whatsapp.wait_for(lambda: office.taken() >= mark, _LOOKS_IN)
        except TimeoutError:
            office.care()
    raise AssertionError(f"only {office.taken()} messages came, not {mark}: {office.sessions()}")


def _wait_for_all(office: Office, calls: Sequence[Future[None]]) -> None:
    for call in calls:
        for _ in range(_STUCK):
            try:
                call.result(_LOOKS_IN)
                break
            except TimeoutError:
                office.care()
        else:
            raise AssertionError(f"a caller never heard what became of a picture: {office.sessions()}")


def _come_to_rest(office: Office, orders: Orders) -> None:
    """Every receipt is with the program, and the program has put it down and ended."""
    double = office.whatsapp
    double.wait_for(lambda: _nothing_waits(double), 60, "all receipts taken")
    office.close()


def _nothing_waits(double: WhatsAppDouble) -> bool:
    return not any(companion.waiting for account in double.world.accounts for companion in account.companions.values())


async def _history(home: Home) -> list[Send]:
    storage = await open_storage(home.database, clock=SystemClock())
    try:
        sends: list[Send] = []
        while page := await storage.outbox.history(HistoryFilter(before=sends[-1].id if sends else None, limit=_PAGE)):
            sends += page
        return sends
    finally:
        await storage.close()


def _bugs(log: Path) -> list[str]:
    return [line for line in log.read_text("utf-8").splitlines() if _BUG.search(line)]


def _outcome(found: Tally, images: int, office: Office) -> list[tuple[str, ...]]:
    return [
        ("**lost**", str(len(found.lost)), _none(found.lost)),
        ("**duplicated**", str(len(found.duplicated)), _none(found.duplicated)),
        ("told otherwise than it was (sent, but not read; failed, but read)", *_counted(found.not_as_told)),
        ("in a wrong group, or unreadable", *_counted(found.strange)),
        ("arrived", f"{found.arrived} of {images}", ""),
        ("«não confirmado», had arrived", str(len(found.unknown_arrived)), ""),
        ("«não confirmado», had not arrived", str(len(found.unknown_not_arrived)), ""),
        ("refused with a reason", f"{found.refused.total()} {_listed(found.refused)}".strip(), ""),
        ("messages that the engine sent again with their id", str(found.resent), ""),
        ("sessions that a person had to start again", _listed(office.person_acted) or "0", ""),
    ]


def _growth(samples: Sequence[Sample]) -> list[tuple[str, ...]]:
    """Of the life that lasted longest: its second quarter and its last."""
    lives = {sample.life for sample in samples}
    longest = max(([s for s in samples if s.life == life] for life in lives), key=len)
    if len(longest) < _FEW_SAMPLES:
        return [("samples of one life", str(len(longest)), "too few to tell growth")]
    quarter = len(longest) // 4
    second, last = longest[quarter : 2 * quarter], longest[-quarter:]
    span = f"{longest[0].taken} to {longest[-1].taken} messages, {len(longest)} samples"
    return [
        _grown(f"private memory, main process ({span})", [s.main for s in second], [s.main for s in last], "MB"),
        _grown("private memory, all workers", [s.workers for s in second], [s.workers for s in last], "MB"),
        _grown("file descriptors, main process", [s.descriptors for s in second], [s.descriptors for s in last], ""),
    ]


def _grown(name: str, second: Sequence[float], last: Sequence[float], unit: str) -> tuple[str, ...]:
    before, after = statistics.median(second), statistics.median(last)
    kept = "kept" if after <= before * GROWTH else "**missed**"
    return (name, f"2nd quarter {before:.1f} {unit}, last {after:.1f} {unit}".strip(), f"≤ {GROWTH:g} ×: {kept}")


def _counted(wrong: Sequence[str]) -> tuple[str, str]:
    return str(len(wrong)), _none(wrong)


def _none(wrong: Sequence[str]) -> str:
    return f"0: {'**missed**' if wrong else 'kept'}"


def _listed(counts: "dict[str, int]", names: Sequence[str] | None = None) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in (sorted(counts) if names is None else names))
