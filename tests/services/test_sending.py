"""No double send, no lost send, and exactly one clear answer for whoever asks."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code, NeedsHuman, OutcomeUnknown, Rejected, Transient
from desktop.domain.events import SendChanged
from desktop.domain.history import HistoryFilter
from desktop.domain.send import Send, SendState
from desktop.domain.settings import Door
from desktop.ports.engine import QrShown
from desktop.services.sending import error_of
from tests.harness.patience import PATIENCE
from tests.services.desk import BAKERY, GROUP, MARKET, WITHOUT_GROUP, WITHOUT_REPORT, Desk, ask, open_desk


async def kept_from_starting(desk: Desk) -> Send:
    """A send whose upload failed, and which is in the queue again for a minute."""
    desk.engine.outcomes = [Transient(Code.UPLOAD_FAILED, retry_after=60.0, detail="503")]
    send = await desk.sending.enqueue(ask())
    await desk.reach(send, SendState.SENDING)
    return await desk.reach(send, SendState.QUEUED)


async def test_the_report_arrives_in_its_group_with_the_caption(desk: Desk) -> None:
    picture = desk.put_report(MARKET, "teal")
    arrival = await desk.sending.send_and_wait(ask())
    assert arrival.send.state is SendState.SENT
    assert not arrival.duplicate
    [(jid, image)] = desk.engine.taken
    assert jid == GROUP
    assert image.content == picture
    assert image.caption == "Relatório do dia"
    kept = await desk.sending.get(arrival.send.id)
    assert (kept.recipient, kept.company_name, kept.message_id) == (GROUP, "Mercado São João", "3EB00001")


async def test_the_same_report_asked_for_twice_goes_out_once(desk: Desk) -> None:
    first = await desk.sending.send_and_wait(ask())
    second = await desk.sending.send_and_wait(ask())
    assert second.duplicate
    assert second.send.id == first.send.id
    assert len(desk.engine.taken) == 1


async def test_two_impatient_clicks_at_once_go_out_once(desk: Desk) -> None:
    arrivals = await asyncio.gather(*(desk.sending.send_and_wait(ask()) for _ in range(5)))
    assert len(desk.engine.taken) == 1
    assert sorted(arrival.duplicate for arrival in arrivals) == [False, True, True, True, True]


async def test_a_new_picture_on_the_same_day_is_a_new_report(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask())
    desk.put_report(MARKET, "crimson")
    assert not (await desk.sending.send_and_wait(ask())).duplicate
    assert len(desk.engine.taken) == 2


async def test_sending_again_on_purpose_sends_again(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask())
    assert not (await desk.sending.send_and_wait(ask(resend=True))).duplicate
    assert len(desk.engine.taken) == 2


async def test_the_same_key_gets_the_same_answer(desk: Desk) -> None:
    first = await desk.sending.send_and_wait(ask(idempotency_key="venda-1"))
    again = await desk.sending.send_and_wait(ask(idempotency_key="venda-1"))
    assert again == first
    assert len(desk.engine.taken) == 1


async def test_a_second_call_with_the_key_waits_for_the_first(desk: Desk) -> None:
    desk.engine.hold = asyncio.Event()
    first = asyncio.create_task(desk.sending.send_and_wait(ask(idempotency_key="venda-1")))
    await desk.engine.took.wait()
    second = asyncio.create_task(desk.sending.send_and_wait(ask(idempotency_key="venda-1")))
    desk.engine.hold.set()
    assert await second == await first
    assert len(desk.engine.taken) == 1


async def test_a_key_of_another_company_is_refused(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask(idempotency_key="venda-1"))
    with pytest.raises(Rejected) as refused:
        await desk.sending.send_and_wait(ask(BAKERY, idempotency_key="venda-1"))
    assert refused.value.code is Code.KEY_REUSED


@pytest.mark.parametrize(
    ("cnpj", "code"),
    [(WITHOUT_GROUP, Code.GROUP_NOT_REGISTERED), (WITHOUT_REPORT, Code.IMAGE_NOT_FOUND)],
)
async def test_what_cannot_be_sent_is_told_and_kept_in_the_history(desk: Desk, cnpj: Cnpj, code: Code) -> None:
    with pytest.raises(AppError) as failed:
        await desk.sending.send_and_wait(ask(cnpj))
    assert failed.value.code is code
    [kept] = await desk.sending.history(HistoryFilter())
    assert (kept.state, kept.error, str(kept.id)) == (SendState.FAILED, code, failed.value.facts["id"])
    assert kept.company_name in {"Loja Sem Grupo", "Livraria Página Um"}
    assert desk.engine.taken == []


async def test_an_unknown_outcome_is_told_and_blocks_a_blind_repeat(desk: Desk) -> None:
    desk.engine.outcomes = [OutcomeUnknown(Code.OUTCOME_UNKNOWN)]
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as unknown:
            await desk.sending.send_and_wait(ask())
        assert unknown.value.code is Code.OUTCOME_UNKNOWN
    assert len(desk.engine.taken) == 1


async def test_a_session_that_does_not_exist_is_refused_before_anything_is_kept(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        await desk.sending.enqueue(ask(session="outra"))
    assert refused.value.code is Code.SESSION_NOT_FOUND
    assert await desk.sending.history(HistoryFilter()) == []


async def test_what_could_not_start_in_time_is_cancelled_and_its_key_released(desk: Desk) -> None:
    desk.engine.hold = asyncio.Event()
    busy = await desk.sending.enqueue(ask(BAKERY))
    await desk.engine.took.wait()
    late = await desk.sending.enqueue(ask(idempotency_key="venda-1"))
    with pytest.raises(Transient) as refused:
        await desk.sending.outcome(late, within=0.05)
    assert (refused.value.code, refused.value.facts["id"]) == (Code.TIMED_OUT, str(late.id))
    assert (await desk.sending.get(late.id)).state is SendState.CANCELLED
    with pytest.raises(OutcomeUnknown) as under_way:
        await desk.sending.outcome(busy, within=0.05)
    assert under_way.value.facts["started"] is True
    desk.engine.hold.set()
    assert not (await desk.sending.send_and_wait(ask(idempotency_key="venda-1"))).duplicate


async def test_waiting_for_what_others_put_in_the_queue_does_not_cancel_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.put_report(MARKET)
        queued = await desk.sending.enqueue(ask(background=True, idempotency_key="lote-1"))
        desk.settings = replace(desk.settings, door=Door(wait_limit=0.1))
        with pytest.raises(OutcomeUnknown) as waiting:
            await desk.sending.send_and_wait(ask(idempotency_key="lote-1"))
        assert (waiting.value.facts["started"], waiting.value.facts["queued"]) == (False, True)
        assert (await desk.sending.get(queued.id)).state is SendState.QUEUED


async def test_what_waits_in_the_queue_can_be_cancelled_and_what_was_sent_cannot(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.put_report(MARKET)
        queued = await desk.sending.enqueue(ask(background=True))
        cancelled = await desk.sending.cancel(queued.id)
        assert (cancelled.state, cancelled.error) == (SendState.CANCELLED, Code.SEND_CANCELLED)
        with pytest.raises(Rejected) as refused:
            await desk.sending.cancel(queued.id)
        assert refused.value.code is Code.SEND_NOT_CANCELLABLE
        assert error_of(cancelled).code is Code.SEND_CANCELLED


async def test_a_disk_that_is_full_in_the_middle_of_many_refuses_the_rest_alone(desk: Desk) -> None:
    await desk.sessions.stop("principal")
    database = desk.storage.database
    write: Callable[..., Awaitable[Any]] = database.write

    async def full(work: object) -> None:
        raise Transient(Code.DATABASE_UNAVAILABLE, detail="disk full")

    async def once(work: object) -> object:
        database.write = full  # type: ignore[method-assign, assignment]
        return await write(work)

    database.write = once  # type: ignore[method-assign, assignment]
    answers = await desk.sending.enqueue_many([ask(background=True)] * 501)
    with pytest.raises(Transient):
        await desk.sending.enqueue_many([ask(background=True)])
    database.write = write  # type: ignore[method-assign, assignment]
    told = [event.send for event in desk.events if isinstance(event, SendChanged)]
    assert answers[:500] == told
    assert isinstance(answers[500], Transient)
    assert len(await desk.sending.history(HistoryFilter(limit=600))) == 500


async def test_an_id_nobody_gave_out_is_not_found(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        await desk.sending.get(uuid4())
    assert refused.value.code is Code.SEND_NOT_FOUND


async def test_today_s_arrival_is_known_and_yesterday_s_is_not(desk: Desk) -> None:
    assert await desk.sending.arrived_today(MARKET) is None
    arrival = await desk.sending.send_and_wait(ask())
    assert await desk.sending.arrived_today(MARKET) == await desk.sending.get(arrival.send.id)
    desk.clock.ahead += timedelta(days=1)
    assert await desk.sending.arrived_today(MARKET) is None


async def test_what_only_the_simulator_took_has_not_arrived_today(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as simulating:
        simulating.setattr(desk.engine, "simulated", True)
        assert (await desk.sending.send_and_wait(ask())).send.simulated
    assert await desk.sending.arrived_today(MARKET) is None
    arrival = await desk.sending.send_and_wait(ask())
    assert not arrival.duplicate
    assert await desk.sending.arrived_today(MARKET) == await desk.sending.get(arrival.send.id)


async def test_a_clerk_without_a_linked_phone_is_told_at_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.put_report(MARKET)
        desk.engine.say(QrShown("https://wa.me/settings/linked_devices#x", 60.0))
        with pytest.raises(Rejected) as refused:
            await desk.sending.send_and_wait(ask())
        assert refused.value.code is Code.NOT_PAIRED
        with pytest.raises(NeedsHuman):
            desk.sessions.require_link("principal")


async def test_what_kept_a_send_from_starting_is_told_when_the_wait_is_over(desk: Desk) -> None:
    send = await kept_from_starting(desk)
    with pytest.raises(Transient) as late:
        await desk.sending.outcome(send, within=0.05)
    assert (late.value.code, late.value.facts["detail"]) == (Code.UPLOAD_FAILED, "503")
    cancelled = await desk.sending.get(send.id)
    assert (cancelled.state, cancelled.error) == (SendState.CANCELLED, Code.UPLOAD_FAILED)
    assert str(cancelled.id) == late.value.facts["id"]


async def test_what_kept_a_send_from_starting_is_told_when_its_time_is_over(desk: Desk) -> None:
    send = await kept_from_starting(desk)
    waiting = asyncio.create_task(desk.sending.outcome(send, within=PATIENCE))
    desk.clock.ahead += timedelta(minutes=2)
    await desk.sending.send_and_wait(ask(BAKERY))
    with pytest.raises(Transient) as late:
        await waiting
    assert (late.value.code, late.value.facts["detail"]) == (Code.UPLOAD_FAILED, "503")
    expired = await desk.sending.get(send.id)
    assert (expired.state, expired.error) == (SendState.EXPIRED, Code.UPLOAD_FAILED)


@pytest.mark.parametrize("call", ["get", "save"])
async def test_a_disk_that_fails_when_the_wait_is_over_leaves_the_outcome_open(desk: Desk, call: str) -> None:
    send = await kept_from_starting(desk)
    desk.outbox.failures[call] = 1
    with pytest.raises(OutcomeUnknown) as open_outcome:
        await desk.sending.outcome(send, within=0.05)
    assert (open_outcome.value.code, open_outcome.value.facts["id"]) == (Code.OUTCOME_UNKNOWN, str(send.id))


async def test_an_end_between_the_deadline_and_the_cancelling_is_told_as_it_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.put_report(MARKET)
        send = await desk.sending.enqueue(ask())
        desk.outbox.before["save"] = lambda: desk.storage.outbox.save(
            send.moved(SendState.FAILED, desk.clock.now(), error=Code.IMAGE_OLD), expected=SendState.QUEUED
        )
        with pytest.raises(Rejected) as failed:
            await desk.sending.outcome(send, within=0.05)
        assert failed.value.code is Code.IMAGE_OLD


async def test_a_beginning_between_the_deadline_and_the_cancelling_is_never_called_cancelled(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.put_report(MARKET)
        send = await desk.sending.enqueue(ask())
        desk.outbox.before["save"] = lambda: desk.storage.outbox.save(
            send.moved(SendState.SENDING, desk.clock.now()), expected=SendState.QUEUED
        )
        with pytest.raises(OutcomeUnknown) as under_way:
            await desk.sending.outcome(send, within=0.05)
        assert (under_way.value.facts["started"], under_way.value.facts["queued"]) == (True, False)


async def test_a_caller_who_has_gone_is_not_told(desk: Desk) -> None:
    desk.engine.hold = asyncio.Event()
    send = await desk.sending.enqueue(ask())
    gone = asyncio.create_task(desk.sending.outcome(send, within=PATIENCE))
    sending = await desk.reach(send, SendState.SENDING)
    gone.cancel()
    desk.bus.publish(SendChanged(sending.moved(SendState.SENT, desk.clock.now())))
    with pytest.raises(asyncio.CancelledError):
        await gone
    desk.engine.hold.set()
