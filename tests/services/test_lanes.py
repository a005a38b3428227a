"""Each session works its own queue off; lanes come and go with the sessions, and nothing is left behind."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import Code, OutcomeUnknown, Rejected, Transient
from desktop.domain.events import ReceiptReceived, SessionChanged
from desktop.domain.message import Direction, Message, MessageKind
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.send import SendState
from desktop.domain.session import DEFAULT_SESSION, SessionState
from desktop.ports.engine import MessageReceived
from desktop.services.bus import Bus
from desktop.services.receipts import Receipts
from tests.doubles.engine import ACCOUNT, ScriptedEngine
from tests.harness.patience import PATIENCE
from tests.services.desk import BAKERY, MARKET, Desk, ask

SECOND = "filial"


async def second(desk: Desk) -> ScriptedEngine:
    """A second session that has its line."""
    await desk.sessions.add(SECOND)
    await desk.sessions.start(SECOND)
    return list(desk.engines.values())[-1]


async def test_a_new_session_sends_at_once_and_beside_the_first(desk: Desk) -> None:
    engine = await second(desk)
    desk.engine.hold = asyncio.Event()
    slow = asyncio.create_task(desk.sending.send_and_wait(ask(MARKET)))
    await desk.engine.took.wait()
    assert (await desk.sending.send_and_wait(ask(BAKERY, session=SECOND))).send.arrived
    assert len(engine.taken) == 1
    desk.engine.hold.set()
    assert (await slow).send.arrived


async def test_what_becomes_due_while_the_queue_is_read_is_not_forgotten(desk: Desk) -> None:
    desk.engine.outcomes = [Transient(Code.UPLOAD_FAILED, retry_after=60.0)]
    send = await desk.sending.enqueue(ask(background=True))
    await desk.engine.took.wait()
    # Two minutes pass between the question for what is due now and the one for what is due next.
    desk.outbox.before["next_queued"] = lambda: desk.clock.sleep(120)
    assert (await desk.reach(send, SendState.SENT)).attempts == 2


async def test_what_takes_longer_to_look_up_than_its_caller_waits_is_not_sent(desk: Desk) -> None:
    look_up = desk.preparing.company

    async def slowly(cnpj: Cnpj) -> Company:
        await desk.clock.sleep(desk.settings.door.wait_limit + 1)
        return await look_up(cnpj)

    desk.preparing.company = slowly  # type: ignore[method-assign]
    send = await desk.sending.enqueue(ask())
    assert (await desk.reach(send, SendState.EXPIRED)).error is Code.TIMED_OUT
    assert desk.engine.taken == []


@pytest.mark.parametrize("background", [True, False])
@pytest.mark.parametrize("renamed", [True, False])
async def test_what_comes_to_the_disk_when_its_session_has_just_gone_fails_and_says_so(
    desk: Desk, background: bool, renamed: bool
) -> None:
    await second(desk)
    go = desk.sessions.rename(SECOND, "matriz") if renamed else desk.sessions.remove(SECOND)
    desk.outbox.before["add"] = lambda: go
    send = await desk.sending.enqueue(ask(session=SECOND, background=background))
    assert (await desk.reach(send, SendState.FAILED)).error is Code.SESSION_NOT_FOUND


async def test_what_waits_for_a_session_that_is_removed_fails_and_says_so(desk: Desk) -> None:
    await second(desk)
    await desk.sessions.stop(SECOND)
    queued = await desk.sending.enqueue(ask(session=SECOND, background=True))
    late = await desk.sending.enqueue(ask(BAKERY, session=SECOND, background=True))
    put_off = late.moved(SendState.QUEUED, desk.clock.now(), not_before=desk.clock.now() + timedelta(hours=3))
    assert await desk.storage.outbox.save(put_off, expected=SendState.QUEUED) is not None
    await desk.sessions.remove(SECOND)
    for send in (queued, late):
        failed = await desk.reach(send, SendState.FAILED)
        assert failed.error is Code.SESSION_NOT_FOUND
    with pytest.raises(Rejected):
        await desk.sending.enqueue(ask(session=SECOND))


async def test_a_renamed_session_takes_its_queue_along(desk: Desk) -> None:
    await desk.sessions.stop(DEFAULT_SESSION)
    queued = await desk.sending.enqueue(ask(background=True))
    await desk.sessions.rename(DEFAULT_SESSION, "matriz")
    await desk.sessions.start("matriz")
    sent = await desk.reach(queued, SendState.SENT)
    assert sent.session == "matriz"


async def test_a_send_that_is_being_prepared_while_its_session_is_renamed_goes_out_once(desk: Desk) -> None:
    gathering, go_on = asyncio.Event(), asyncio.Event()
    find_groups = desk.engine.groups

    async def slowly() -> list[object]:
        gathering.set()
        await go_on.wait()
        return await find_groups()  # type: ignore[return-value]

    desk.engine.groups = slowly  # type: ignore[assignment, method-assign]
    send = await desk.sending.enqueue(ask(background=True))
    await gathering.wait()
    await desk.sessions.rename(DEFAULT_SESSION, "matriz")
    go_on.set()
    await desk.reach(send, SendState.SENT)
    assert len(desk.engine.taken) == 1


async def test_a_send_that_is_put_off_while_its_session_is_renamed_is_tried_again_under_the_new_name(
    desk: Desk,
) -> None:
    async def renamed_and_a_while_later() -> None:
        await desk.sessions.rename(DEFAULT_SESSION, "matriz")
        await desk.clock.sleep(60)

    desk.engine.outcomes = [Transient(Code.UPLOAD_FAILED)]
    desk.outbox.before["save"] = renamed_and_a_while_later
    send = await desk.sending.enqueue(ask(background=True))
    sent = await desk.reach(send, SendState.SENT)
    assert (sent.session, sent.attempts) == ("matriz", 2)


async def test_a_send_that_is_still_looked_up_while_its_session_is_renamed_goes_out_once(desk: Desk) -> None:
    wait_connected = desk.sessions.wait_connected

    async def overtaken(name: str, seconds: float) -> object:
        desk.sessions.wait_connected = wait_connected  # type: ignore[method-assign]
        await desk.sessions.rename(DEFAULT_SESSION, "matriz")
        return await wait_connected(name, seconds)

    desk.sessions.wait_connected = overtaken  # type: ignore[assignment, method-assign]
    send = await desk.sending.enqueue(ask(background=True))
    sent = await desk.reach(send, SendState.SENT)
    assert (sent.session, sent.attempts, len(desk.engine.taken)) == ("matriz", 1, 1)


@pytest.mark.parametrize("outcome", [None, OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack")])
async def test_what_a_removed_session_had_under_way_is_put_down(desk: Desk, outcome: OutcomeUnknown | None) -> None:
    engine = await second(desk)
    engine.outcomes = [outcome]
    engine.hold = asyncio.Event()
    engine.took.clear()
    gate = asyncio.Event()
    taken = engine.send

    async def held(*arguments: object, **named: object) -> object:
        gate.set()
        await asyncio.wait_for(engine.hold.wait(), PATIENCE) if engine.hold else None
        return await taken(*arguments, **named)  # type: ignore[arg-type]

    engine.send = held  # type: ignore[assignment, method-assign]
    send = await desk.sending.enqueue(ask(session=SECOND, background=True))
    await gate.wait()
    assert desk.pipeline.sending
    await desk.sessions.remove(SECOND)
    engine.hold.set()
    await desk.reach(send, SendState.UNKNOWN if outcome else SendState.SENT)


@pytest.mark.expects_error_log("the outbox cannot be used")
async def test_what_is_begun_again_after_a_full_disk_was_asked_for_once(desk: Desk) -> None:
    desk.outbox.failures["begin"] = 1
    assert (await desk.sending.send_and_wait(ask())).send.attempts == 1
    assert len(desk.engine.taken) == 1


async def test_somebody_who_waits_is_served_without_reading_the_queue(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask())
    await desk.rested()
    before = dict(desk.outbox.calls)
    for _ in range(3):
        await desk.sending.send_and_wait(ask(resend=True))
        await desk.rested()
    asked = {name: count - before.get(name, 0) for name, count in desk.outbox.calls.items()}
    assert {name: count for name, count in asked.items() if count} == {
        "add": 3,
        "begin": 3,
        "journal_id": 3,
        "save": 3,
    }


async def test_two_who_wait_at_once_are_both_served(desk: Desk) -> None:
    await desk.sending.send_and_wait(ask())
    arrivals = await asyncio.gather(
        *(desk.sending.send_and_wait(ask(cnpj, resend=True)) for cnpj in (MARKET, BAKERY, MARKET))
    )
    assert all(arrival.send.arrived for arrival in arrivals)
    assert len(desk.engine.taken) == 4


async def test_starts_of_more_than_a_day_ago_do_not_count(desk: Desk) -> None:
    desk.settings = replace(desk.settings, pace=replace(desk.settings.pace, daily_cap=1))
    await desk.sending.send_and_wait(ask())
    with pytest.raises(Rejected) as capped:
        await desk.sending.send_and_wait(ask(BAKERY))
    assert capped.value.code is Code.CAP_REACHED
    desk.clock.ahead += timedelta(days=1, seconds=1)
    desk.put_report(BAKERY)
    desk.settings = replace(desk.settings, report=replace(desk.settings.report, allow_old=True))
    assert (await desk.sending.send_and_wait(ask(BAKERY))).send.arrived


# What proves an arrival


def outgoing(message_id: str, direction: Direction = Direction.OUT) -> MessageReceived:
    message = Message(
        session=DEFAULT_SESSION,
        id=message_id,
        chat="g",
        sender="s",
        sender_name="",
        direction=direction,
        kind=MessageKind.IMAGE,
        text="",
        at=datetime.now(UTC),
    )
    return MessageReceived(message, backlog=True)


def no_acknowledgement(message_id: str) -> None:
    raise OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack")


async def unknown_send(desk: Desk) -> UUID:
    """One that went out, and no acknowledgement came; its message id is on disk."""
    desk.engine.before_answer = no_acknowledgement
    with pytest.raises(OutcomeUnknown) as unknown:
        await desk.sending.send_and_wait(ask())
    return UUID(str(unknown.value.facts["id"]))


async def test_a_later_history_settles_what_was_unknown(desk: Desk) -> None:
    asked_for = await unknown_send(desk)
    desk.engine.say(outgoing("3EB00001", Direction.IN))
    desk.engine.say(outgoing("3EB00001"))
    send = await desk.sending.get(asked_for)
    assert (await desk.reach(send, SendState.SENT)).error is None


async def test_my_own_other_device_is_nobody_in_the_group(desk: Desk) -> None:
    asked_for = await unknown_send(desk)
    mine = f"{ACCOUNT.phone}@s.whatsapp.net"
    for by in (mine, "77@lid", "77@lid", "78@lid"):
        receipt = Receipt(message_ids=("3EB00001",), kind=ReceiptKind.DELIVERED, chat="g", at=datetime.now(UTC), by=by)
        desk.engine.say(receipt)
    send = await desk.sending.get(asked_for)
    await desk.reach(send, SendState.DELIVERED)
    await desk.receipts.close(grace=PATIENCE)
    delivered = await desk.sending.get(send.id)
    assert (delivered.delivered_count, delivered.read_count) == (2, 0)


async def test_the_session_hears_whether_whatsapp_answers(desk: Desk) -> None:
    desk.engine.outcomes = [OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack")] * 5
    while desk.sessions.get(DEFAULT_SESSION).state is SessionState.CONNECTED:
        with pytest.raises((OutcomeUnknown, Transient)):
            await desk.sending.send_and_wait(ask(resend=True))
    assert desk.sessions.get(DEFAULT_SESSION).state is SessionState.DEGRADED
    desk.engine.outcomes = []
    await desk.sending.send_and_wait(ask(resend=True))
    assert desk.sessions.get(DEFAULT_SESSION).state is SessionState.CONNECTED


async def test_a_receipt_that_is_quicker_than_the_acknowledgement_speaks_for_the_line(desk: Desk) -> None:
    desk.settings = replace(desk.settings, engine=replace(desk.settings.engine, degraded_after=1))

    def delivered_and_nothing_else(message_id: str) -> None:
        desk.engine.before_answer = lambda _: None
        receipt = Receipt(message_ids=(message_id,), kind=ReceiptKind.DELIVERED, chat="g", at=datetime.now(UTC))
        desk.engine.say(receipt)
        no_acknowledgement(message_id)

    desk.engine.before_answer = delivered_and_nothing_else
    send = await desk.sending.enqueue(ask())
    desk.outbox.before["save"] = lambda: desk.reach(send, SendState.DELIVERED)
    assert (await desk.sending.outcome(send, within=PATIENCE)).send.state is SendState.DELIVERED
    # Another one, so that the first is over.
    await desk.sending.send_and_wait(ask(BAKERY))
    states = {event.session.state for event in desk.events if isinstance(event, SessionChanged)}
    assert SessionState.DEGRADED not in states


async def test_receipts_of_what_others_sent_are_no_news_and_old_ones_are_looked_up_again(desk: Desk) -> None:
    arrival = await desk.sending.send_and_wait(ask())
    bus = Bus()
    receipts = Receipts(outbox=desk.outbox, bus=bus, remembered=1)
    receipts.start()
    assert arrival.send.message_id is not None

    def tell(message_id: str, by: str) -> None:
        receipt = Receipt(message_ids=(message_id,), kind=ReceiptKind.DELIVERED, chat="g", at=datetime.now(UTC), by=by)
        bus.publish(ReceiptReceived(DEFAULT_SESSION, receipt))

    for by in ("77@lid", "78@lid", "79@lid"):
        tell(arrival.send.message_id, by)
        tell("3EB0FFFF", by)
    await desk.reach(arrival.send, SendState.SENT, SendState.DELIVERED)
    await receipts.close()
    assert (await desk.sending.get(arrival.send.id)).delivered_count == 3
