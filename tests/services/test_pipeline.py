"""Working the outbox off: order, pace, retries, and what is put down when something breaks."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.domain.errors import AppError, Code, NeedsHuman, OutcomeUnknown, Rejected, Transient
from desktop.domain.events import Event, SendChanged
from desktop.domain.history import HistoryFilter
from desktop.domain.pacing import Pace
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.send import SendState
from desktop.domain.session import SessionState
from desktop.domain.settings import Door, EngineSettings, Settings
from desktop.ports.engine import WentOffline, WentOnline
from desktop.services.receipts import Receipts
from tests.doubles.engine import ACCOUNT
from tests.harness.patience import PATIENCE
from tests.services.desk import BAKERY, MARKET, WITHOUT_GROUP, Desk, ask, open_desk


async def test_somebody_waiting_goes_before_the_queue(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.put_report(MARKET)
        desk.put_report(BAKERY)
        desk.engine.hold = asyncio.Event()
        first = await desk.sending.enqueue(ask(BAKERY, background=True))
        await desk.reach(first, SendState.SENDING)
        queued = await desk.sending.enqueue(ask(BAKERY, background=True, resend=True))
        urgent = asyncio.create_task(desk.sending.send_and_wait(ask(MARKET)))
        await desk.queued(MARKET)
        desk.engine.hold.set()
        sent = (await urgent).send
        later = await desk.reach(queued, SendState.SENT)
        assert sent.sending_at is not None
        assert later.sending_at is not None
        assert sent.sending_at < later.sending_at


async def test_a_failed_upload_is_tried_again_and_arrives_once(desk: Desk) -> None:
    desk.engine.outcomes = [Transient(Code.UPLOAD_FAILED, retry_after=0.05)]
    # The time of the next try comes while the failure is put down.
    desk.outbox.before["save"] = lambda: desk.clock.sleep(2)
    arrival = await desk.sending.send_and_wait(ask())
    assert arrival.send.attempts == 2
    assert arrival.send.state is SendState.SENT


async def test_what_nobody_waits_for_is_tried_again_later_and_given_up_in_the_end(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.put_report(MARKET)
        desk.engine.outcomes = [Transient(Code.UPLOAD_FAILED) for _ in range(6)]

        def let_time_pass(event: Event) -> None:
            if isinstance(event, SendChanged) and event.send.not_before and event.send.state is SendState.QUEUED:
                desk.clock.ahead += event.send.not_before - desk.clock.now()
                desk.engine.say(WentOnline(ACCOUNT))

        desk.bus.subscribe(let_time_pass)
        send = await desk.sending.enqueue(ask(background=True))
        failed = await desk.reach(send, SendState.FAILED)
        assert (failed.attempts, failed.error) == (6, Code.UPLOAD_FAILED)


async def test_the_queue_waits_for_the_connection_and_then_goes_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.put_report(MARKET)
        send = await desk.sending.enqueue(ask(background=True))
        desk.engine.say(WentOffline("no internet"))
        assert (await desk.sending.get(send.id)).state is SendState.QUEUED
        desk.engine.say(WentOnline(ACCOUNT))
        await desk.reach(send, SendState.SENT)


async def test_whoever_waits_is_told_after_a_while_that_there_is_no_connection(tmp_path: Path) -> None:
    def impatient(settings: Settings) -> Settings:
        return replace(settings, engine=EngineSettings(connect_wait=0.1))

    async with open_desk(tmp_path, online=False, change=impatient) as desk:
        desk.put_report(MARKET)
        desk.engine.say(WentOffline("no internet"))
        with pytest.raises(Rejected) as failed:
            await desk.sending.send_and_wait(ask())
        assert failed.value.code is Code.NOT_CONNECTED


async def test_no_acknowledgement_in_time_is_an_unknown_outcome(desk: Desk) -> None:
    desk.settings = replace(desk.settings, engine=EngineSettings(ack_deadline=0.1))
    desk.engine.hold = asyncio.Event()
    with pytest.raises(OutcomeUnknown) as unknown:
        await desk.sending.send_and_wait(ask())
    assert (unknown.value.code, unknown.value.facts["reason"]) == (Code.OUTCOME_UNKNOWN, "no_ack")
    [kept] = await desk.sending.history(HistoryFilter())
    assert kept.state is SendState.UNKNOWN


@pytest.mark.expects_error_log("nobody foresaw")
async def test_a_bug_in_the_engine_leaves_the_outcome_unknown_and_the_queue_running(desk: Desk) -> None:
    desk.engine.outcomes = [ZeroDivisionError("bug")]
    with pytest.raises(OutcomeUnknown):
        await desk.sending.send_and_wait(ask())
    assert (await desk.sending.send_and_wait(ask(BAKERY))).send.arrived


@pytest.mark.expects_error_log("could not be prepared")
async def test_a_bug_before_the_engine_fails_the_send_and_nothing_else(desk: Desk) -> None:
    broken = replace(desk.settings.report, caption="{nada}")
    fine, desk.settings = desk.settings, replace(desk.settings, report=broken)
    with pytest.raises(Rejected) as failed:
        await desk.sending.send_and_wait(ask())
    assert failed.value.code is Code.INTERNAL
    desk.settings = fine
    assert (await desk.sending.send_and_wait(ask())).send.arrived


async def test_a_receipt_before_the_answer_is_not_lost(desk: Desk) -> None:
    now = datetime.now(UTC)

    def read_at_once(message_id: str) -> None:
        desk.engine.say(Receipt(message_ids=(message_id,), kind=ReceiptKind.READ, chat="g", at=now))

    desk.engine.before_answer = read_at_once
    arrival = await desk.sending.send_and_wait(ask())
    read = await desk.reach(arrival.send, SendState.READ)
    assert read.read_at is not None
    assert read.sent_at is not None


async def test_a_receipt_settles_what_was_unknown_by_its_message_id(desk: Desk) -> None:
    def time_out(message_id: str) -> None:
        # As the deadline does it; the deadline itself might come before the id is on a slow disk.
        raise TimeoutError

    desk.engine.before_answer = time_out
    with pytest.raises(OutcomeUnknown):
        await desk.sending.send_and_wait(ask())
    [unknown] = await desk.sending.history(HistoryFilter())
    assert (unknown.state, unknown.message_id) == (SendState.UNKNOWN, "3EB00001")
    receipt = Receipt(message_ids=("3EB00001",), kind=ReceiptKind.DELIVERED, chat="g", at=datetime.now(UTC))
    desk.engine.say(receipt)
    settled = await desk.reach(unknown, SendState.DELIVERED)
    assert settled.error is None


async def test_sends_keep_a_human_gap(desk: Desk) -> None:
    desk.settings = replace(desk.settings, pace=Pace(minimum_gap=0.4, jitter=0.0))
    first = (await desk.sending.send_and_wait(ask())).send
    second = (await desk.sending.send_and_wait(ask(BAKERY))).send
    assert first.sending_at is not None
    assert second.sending_at is not None
    assert second.sending_at - first.sending_at >= timedelta(seconds=0.4)


async def test_a_new_send_during_the_gap_does_not_lose_anything(desk: Desk) -> None:
    desk.settings = replace(desk.settings, pace=Pace(minimum_gap=0.3, jitter=0.0))
    await desk.sending.send_and_wait(ask())
    arrivals = await asyncio.gather(
        desk.sending.send_and_wait(ask(BAKERY)), desk.sending.send_and_wait(ask(resend=True))
    )
    assert all(not arrival.duplicate for arrival in arrivals)
    assert len(desk.engine.taken) == 3


async def test_the_hourly_cap_is_told_to_whoever_waits_and_kept_for_the_queue(desk: Desk) -> None:
    desk.settings = replace(desk.settings, pace=Pace(minimum_gap=0.0, jitter=0.0, hourly_cap=1))
    await desk.sending.send_and_wait(ask())
    with pytest.raises(Rejected) as capped:
        await desk.sending.send_and_wait(ask(BAKERY))
    assert capped.value.code is Code.CAP_REACHED
    queued = await desk.sending.enqueue(ask(BAKERY, background=True))
    assert (await desk.sending.get(queued.id)).state is SendState.QUEUED


async def test_what_was_cancelled_while_it_was_prepared_is_not_sent(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask())
    paced = asyncio.Event()

    def chance() -> float:
        """The last that is asked before the pause between two sends begins."""
        paced.set()
        return 0.0

    desk.clock.chance = chance  # type: ignore[method-assign]
    unhurried = desk.settings
    desk.settings = replace(desk.settings, pace=Pace(minimum_gap=3600.0, jitter=0.0))
    queued = await desk.sending.enqueue(ask(BAKERY, background=True))
    await paced.wait()
    await desk.sending.cancel(queued.id)
    desk.settings = unhurried
    await desk.sending.send_and_wait(ask(resend=True))
    assert [jid for jid, _ in desk.engine.taken].count("120363041234567891@g.us") == 0


async def test_yesterday_s_queue_expires(tmp_path: Path) -> None:
    async with open_desk(tmp_path, online=False) as desk:
        desk.put_report(MARKET)
        send = await desk.sending.enqueue(ask(background=True, idempotency_key="ontem"))
        desk.clock.ahead += timedelta(days=1)
        desk.engine.say(WentOnline(ACCOUNT))
        expired = await desk.reach(send, SendState.EXPIRED)
        assert expired.error is Code.TIMED_OUT
        assert expired.idempotency_key is None
        assert desk.engine.taken == []


async def test_a_restart_says_of_what_was_under_way_that_it_is_unknown(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.put_report(MARKET)
        desk.engine.hold = asyncio.Event()
        send = await desk.sending.enqueue(ask(background=True))
        await desk.reach(send, SendState.SENDING)
        await desk.engine.took.wait()
        assert desk.pipeline.sending
        desk.grace = 0.05
    async with open_desk(tmp_path) as desk:
        after = await desk.sending.get(send.id)
        assert (after.state, after.error) == (SendState.UNKNOWN, Code.OUTCOME_UNKNOWN)
        assert after.message_id == "3EB00001"
        with pytest.raises(OutcomeUnknown):
            await desk.sending.send_and_wait(ask())
        assert desk.engine.taken == []


async def test_closing_lets_the_one_under_way_finish(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(open_desk(tmp_path))
        desk.put_report(MARKET)
        desk.engine.hold = asyncio.Event()
        send = await desk.sending.enqueue(ask(background=True))
        await desk.reach(send, SendState.SENDING)
        closing = asyncio.create_task(desk.pipeline.close(grace=PATIENCE))
        desk.engine.hold.set()
        await closing
        assert (await desk.sending.get(send.id)).state is SendState.SENT
        assert not desk.pipeline.sending


async def test_a_person_s_errand_pauses_the_queue_but_answers_who_waits(desk: Desk) -> None:
    await desk.sessions.stop("principal")
    queued = await desk.sending.enqueue(ask(background=True))
    with pytest.raises(Rejected) as refused:
        await desk.sending.send_and_wait(ask(BAKERY))
    assert refused.value.code is Code.NOT_CONNECTED
    assert (await desk.sending.get(queued.id)).state is SendState.QUEUED
    await desk.sessions.start("principal")
    await desk.reach(queued, SendState.SENT)
    assert desk.sessions.get("principal").state is SessionState.CONNECTED


async def test_a_group_without_us_fails_with_its_own_code(desk: Desk) -> None:
    desk.engine.outcomes = [Rejected(Code.NOT_IN_GROUP), NeedsHuman(Code.NEEDS_HUMAN, reason="banned")]
    with pytest.raises(Rejected) as left:
        await desk.sending.send_and_wait(ask())
    assert left.value.code is Code.NOT_IN_GROUP
    with pytest.raises(Rejected) as banned:
        await desk.sending.send_and_wait(ask())
    assert banned.value.code is Code.NEEDS_HUMAN


async def test_a_company_without_group_fails_in_the_queue_too(desk: Desk) -> None:
    send = await desk.sending.enqueue(ask(WITHOUT_GROUP, background=True))
    failed = await desk.reach(send, SendState.FAILED)
    assert failed.error is Code.GROUP_NOT_REGISTERED


async def test_what_would_start_too_late_for_its_caller_is_not_sent(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask())
    desk.settings = replace(desk.settings, pace=Pace(minimum_gap=60.0, jitter=0.0), door=Door(wait_limit=0.3))
    with pytest.raises(AppError) as late:
        await desk.sending.send_and_wait(ask(BAKERY))
    assert late.value.code is Code.TIMED_OUT
    assert len(desk.engine.taken) == 1


@pytest.mark.expects_error_log("its lane stumbled")
async def test_a_bug_in_a_lane_does_not_silence_the_session(desk: Desk) -> None:
    async def bug() -> None:
        raise ZeroDivisionError

    desk.outbox.before["next_queued"] = bug
    send = await desk.sending.enqueue(ask(background=True))
    await desk.reach(send, SendState.SENT)
    assert "next_queued" not in desk.outbox.before


@pytest.mark.expects_error_log("too many receipts")
async def test_a_flood_of_receipts_is_bounded_and_only_its_news_reach_the_disk(desk: Desk) -> None:
    arrival = await desk.sending.send_and_wait(ask())
    assert arrival.send.message_id is not None
    delivered = Receipt(
        message_ids=(arrival.send.message_id,), kind=ReceiptKind.DELIVERED, chat="g", at=datetime.now(UTC)
    )
    for _ in range(20_001):
        desk.engine.say(delivered)
    await desk.reach(arrival.send, SendState.DELIVERED)
    await desk.receipts.close(grace=PATIENCE)
    assert desk.outbox.calls["advance"] == 1


async def test_closing_does_not_wait_for_ever_for_a_disk_that_hangs(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask())
    desk.outbox.before["advance"] = asyncio.Event().wait
    desk.engine.say(Receipt(message_ids=("x",), kind=ReceiptKind.READ, chat="g", at=datetime.now(UTC)))
    await asyncio.wait_for(desk.receipts.close(grace=0.05), PATIENCE)


@pytest.mark.expects_error_log("the outbox cannot be used")
async def test_a_full_disk_before_the_engine_begins_nothing_and_is_waited_out(desk: Desk) -> None:
    desk.outbox.failures["begin"] = 1
    assert (await desk.sending.send_and_wait(ask())).send.arrived
    assert len(desk.engine.taken) == 1


@pytest.mark.expects_error_log("cannot be put down")
async def test_a_full_disk_after_the_engine_does_not_forget_what_was_sent(desk: Desk) -> None:
    desk.outbox.failures["save"] = 2
    assert (await desk.sending.send_and_wait(ask())).send.arrived
    assert (await desk.sending.send_and_wait(ask())).duplicate
    assert len(desk.engine.taken) == 1


@pytest.mark.expects_error_log("could not be journalled")
async def test_a_message_id_that_could_not_be_journalled_is_kept_with_the_answer(desk: Desk) -> None:
    desk.outbox.failures["journal_id"] = 1
    assert (await desk.sending.send_and_wait(ask())).send.message_id == "3EB00001"


@pytest.mark.expects_error_log("could not be noted")
async def test_a_receipt_that_could_not_be_noted_stops_no_other(desk: Desk) -> None:
    arrival = await desk.sending.send_and_wait(ask())
    # Together, and then the first of them alone.
    desk.outbox.failures["advance"] = 2
    for kind in (ReceiptKind.DELIVERED, ReceiptKind.READ):
        desk.engine.say(Receipt(message_ids=("3EB00001",), kind=kind, chat="g", at=datetime.now(UTC)))
    read = await desk.reach(arrival.send, SendState.READ)
    assert read.delivered_at is None


@pytest.mark.expects_error_log("a receipt could not be noted")
async def test_a_receipt_that_nobody_foresaw_stops_no_other(desk: Desk) -> None:
    arrival = await desk.sending.send_and_wait(ask())

    async def stumble() -> None:
        desk.outbox.before["advance"] = stumble_again
        raise RuntimeError("together")

    async def stumble_again() -> None:
        raise RuntimeError("alone")

    desk.outbox.before["advance"] = stumble
    for kind in (ReceiptKind.DELIVERED, ReceiptKind.READ):
        desk.engine.say(Receipt(message_ids=("3EB00001",), kind=kind, chat="g", at=datetime.now(UTC)))
    assert (await desk.reach(arrival.send, SendState.READ)).delivered_at is None


async def test_what_is_cancelled_at_the_last_moment_is_not_sent(desk: Desk) -> None:
    send = await desk.sending.enqueue(ask(background=True))
    desk.outbox.before["begin"] = lambda: desk.sending.cancel(send.id)
    await desk.reach(send, SendState.CANCELLED)
    assert (await desk.sending.send_and_wait(ask(BAKERY))).send.arrived
    assert len(desk.engine.taken) == 1


async def test_closing_what_never_started_or_already_closed_does_nothing(desk: Desk) -> None:
    await desk.pipeline.close(grace=1.0)
    await desk.pipeline.close(grace=1.0)
    await Receipts(outbox=desk.storage.outbox, bus=desk.bus).close()
    queued = await desk.sending.enqueue(ask(background=True))
    assert (await desk.sending.get(queued.id)).state is SendState.QUEUED
    assert desk.engine.taken == []
