"""A send is looked up while it is put on disk; nothing of it goes out before it is there."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import AppError, Code, Rejected, Transient
from desktop.domain.send import SendState
from desktop.domain.session import DEFAULT_SESSION
from tests.harness.patience import PATIENCE
from tests.services.desk import BAKERY, MARKET, Desk, ask, open_desk

UNKNOWN = Cnpj("33000167000101")


class Lookups:
    """Stands before the desk's directory: counts what is looked up, and holds it back where the test says so."""

    def __init__(self, desk: Desk, hold: asyncio.Event | None = None) -> None:
        self._find = desk.preparing.company
        self.hold = hold
        self.begun = asyncio.Event()
        self.count = 0
        self.given_up = asyncio.Event()
        desk.preparing.company = self.company  # type: ignore[method-assign]

    async def company(self, cnpj: Cnpj) -> Company:
        self.count += 1
        self.begun.set()
        try:
            if self.hold is not None:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.given_up.set()
            raise
        return await self._find(cnpj)


def once_looked_up(lookups: Lookups, then: Callable[[], None] = lambda: None) -> Callable[[], Awaitable[None]]:
    async def wait() -> None:
        await asyncio.wait_for(lookups.begun.wait(), PATIENCE)
        then()

    return wait


async def test_the_company_is_looked_up_while_the_send_is_put_on_disk_and_the_engine_hears_of_it_after(
    desk: Desk,
) -> None:
    await desk.rested()
    lookups = Lookups(desk)
    taken = len(desk.engine.taken)

    def nothing_went_out() -> None:
        assert len(desk.engine.taken) == taken

    desk.outbox.before["add"] = once_looked_up(lookups, nothing_went_out)
    assert (await desk.sending.send_and_wait(ask())).send.arrived
    assert (lookups.count, len(desk.engine.taken)) == (1, taken + 1)


async def test_a_company_that_was_looked_up_early_and_is_unknown_fails_as_ever(desk: Desk) -> None:
    await desk.rested()
    lookups = Lookups(desk)
    desk.outbox.before["add"] = once_looked_up(lookups)
    with pytest.raises(Rejected) as refused:
        await desk.sending.send_and_wait(ask(UNKNOWN))
    assert refused.value.code is Code.COMPANY_NOT_FOUND
    failed = await desk.sending.get(UUID(str(refused.value.facts["id"])))
    assert (failed.state, failed.attempts) == (SendState.FAILED, 1)


async def test_a_session_without_a_link_is_told_first_whatever_was_looked_up(desk: Desk) -> None:
    await desk.sessions.stop(DEFAULT_SESSION)
    await desk.rested()
    lookups = Lookups(desk)
    desk.outbox.before["add"] = once_looked_up(lookups)
    with pytest.raises(AppError) as refused:
        await desk.sending.send_and_wait(ask(UNKNOWN))
    assert refused.value.code is Code.NOT_CONNECTED


async def test_a_send_that_does_not_come_to_the_disk_is_let_go_and_the_next_one_goes_out(desk: Desk) -> None:
    await desk.rested()
    lookups = Lookups(desk, hold=asyncio.Event())

    async def lock() -> None:
        await once_looked_up(lookups)()
        raise Rejected(Code.QUEUE_FULL)

    desk.outbox.before["add"] = lock
    with pytest.raises(Rejected):
        await desk.sending.send_and_wait(ask())
    await asyncio.wait_for(lookups.given_up.wait(), PATIENCE)
    lookups.hold = None
    assert (await desk.sending.send_and_wait(ask())).send.arrived


async def test_a_known_key_lets_the_second_lookup_go(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask(idempotency_key="venda-1"))
    await desk.rested()
    lookups = Lookups(desk, hold=asyncio.Event())
    desk.outbox.before["add"] = once_looked_up(lookups)
    again = await desk.sending.send_and_wait(ask(idempotency_key="venda-1"))
    assert not again.duplicate
    await asyncio.wait_for(lookups.given_up.wait(), PATIENCE)
    assert len(desk.engine.taken) == 1


async def test_of_two_that_come_at_once_both_go_out(desk: Desk) -> None:
    await desk.rested()
    first, second = await asyncio.gather(
        desk.sending.send_and_wait(ask(MARKET)), desk.sending.send_and_wait(ask(BAKERY, resend=True))
    )
    assert [first.send.arrived, second.send.arrived] == [True, True]


async def test_one_that_came_too_late_to_the_disk_expires(desk: Desk) -> None:
    await desk.rested()
    lookups = Lookups(desk)

    async def slowly() -> None:
        await once_looked_up(lookups)()
        await desk.clock.sleep(3600)

    desk.outbox.before["add"] = slowly
    send = await desk.sending.enqueue(ask())
    assert (await desk.reach(send, SendState.EXPIRED)).error is Code.TIMED_OUT


async def test_closing_lets_a_lookup_go(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.put_report(MARKET)
        desk.put_report(BAKERY)
        await desk.rested()
        lookups = Lookups(desk, hold=asyncio.Event())
        come = asyncio.Event()
        desk.outbox.before["add"] = come.wait
        asking = asyncio.create_task(desk.sending.enqueue(ask()))
        await asyncio.wait_for(lookups.begun.wait(), PATIENCE)
        await desk.pipeline.close(1.0)
        await asyncio.wait_for(lookups.given_up.wait(), PATIENCE)
        come.set()
        assert (await asking).state is SendState.QUEUED
        # And nobody looks anything up any more.
        desk.outbox.failures["add"] = 1
        with pytest.raises(Transient):
            await desk.sending.enqueue(ask(BAKERY, resend=True))
        assert lookups.count == 1
