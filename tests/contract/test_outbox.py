"""What every outbox promises, whatever database it stands on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pytest

from desktop.adapters.storage.opening import open_storage
from desktop.domain.errors import Code, Rejected
from desktop.domain.history import HistoryFilter
from desktop.domain.send import (
    ON_ITS_WAY,
    TRANSITIONS,
    IllegalTransitionError,
    Origin,
    Priority,
    Send,
    SendState,
)
from desktop.ports.outbox import Began, Duplicate, Outbox
from desktop.runtime.clock import SystemClock
from tests.contract.outbox import MESSAGE, QUEUE_LIMIT, OutboxSteps, S, told
from tests.integration.storage.sends import MERCADO, NOON, PADARIA, at, make_report, make_send, prepared


class OutboxContract(OutboxSteps):
    """Inherit it and give a fixture `outbox` that bounds its queue to QUEUE_LIMIT sends."""

    # What goes in comes out

    async def test_every_field_comes_back_as_it_was_given(self, outbox: Outbox) -> None:
        send = make_send(
            origin=Origin.WINDOW,
            priority=Priority.BACKGROUND,
            idempotency_key="pedido-1",
            caption="Olá, {empresa} ☕",
            path=r"C:\relatorios\ç.jpg",
            url="http://servidor/r.jpg",
            resend=True,
            not_before=at(3).astimezone(timezone(timedelta(hours=-3))),
            attempts=2,
            company_name="Padaria São José",
            recipient="120363041234567890@g.us",
            report_sha256="ab" * 32,
            report_source="C:\\",
            message_id=MESSAGE,
            duplicate_of=uuid4(),
            error=Code.IMAGE_OLD,
            facts={"modified_at": "ontem", "size": 3, "ratio": 0.5, "ok": True, "none": None},
            simulated=True,
            sending_at=at(4),
            sent_at=at(5),
            delivered_at=at(6),
            read_at=at(7),
            finished_at=at(8) + timedelta(microseconds=1),
        )
        await outbox.add(send)
        found = await outbox.get(send.id)
        assert found == send
        assert found.created_at.tzinfo is UTC
        assert isinstance(found.priority, Priority)

    async def test_a_send_nobody_made_is_not_found(self, outbox: Outbox) -> None:
        assert await outbox.get(uuid4()) is None

    # Asking twice

    async def test_the_same_key_gives_the_first_send_back(self, outbox: Outbox) -> None:
        first = await outbox.add(make_send(idempotency_key="pedido-1"))
        second = make_send(1, idempotency_key="pedido-1", caption="outra")
        assert await outbox.add(second) == first
        assert await outbox.get(second.id) is None

    async def test_the_same_key_gives_the_first_send_back_even_when_the_queue_is_full(self, outbox: Outbox) -> None:
        first = await outbox.add(make_send(idempotency_key="pedido-1"))
        for second in range(1, QUEUE_LIMIT):
            await outbox.add(make_send(second))
        assert await outbox.add(make_send(9, idempotency_key="pedido-1")) == first

    @pytest.mark.parametrize("other", [{"cnpj": MERCADO}, {"session": "filial"}])
    async def test_a_key_used_for_something_else_is_refused(self, outbox: Outbox, other: dict[str, object]) -> None:
        await outbox.add(make_send(idempotency_key="pedido-1"))
        with pytest.raises(Rejected) as refused:
            await outbox.add(make_send(1, idempotency_key="pedido-1", **other))
        assert refused.value.code is Code.KEY_REUSED

    async def test_a_released_key_may_be_used_again(self, outbox: Outbox) -> None:
        first = await outbox.add(make_send(idempotency_key="pedido-1"))
        cancelled = replace(first, idempotency_key=None).moved(S.CANCELLED, at(1), error=Code.TIMED_OUT)
        assert await outbox.save(cancelled, expected=S.QUEUED) == cancelled
        second = make_send(2, idempotency_key="pedido-1")
        assert await outbox.add(second) == second

    async def test_asking_many_times_at_once_with_one_key_makes_one_send(self, outbox: Outbox) -> None:
        asked = [make_send(n, idempotency_key="pedido-1") for n in range(10)]
        answers = await asyncio.gather(*(outbox.add(send) for send in asked))
        assert len({answer.id for answer in answers}) == 1
        assert len(await outbox.history(HistoryFilter())) == 1

    async def test_the_queue_is_bounded(self, outbox: Outbox) -> None:
        sends = [await outbox.add(make_send(n, cnpj=MERCADO)) for n in range(QUEUE_LIMIT)]
        with pytest.raises(Rejected) as refused:
            await outbox.add(make_send(99))
        assert refused.value.code is Code.QUEUE_FULL
        await outbox.save(sends[0].moved(S.CANCELLED, at(1)), expected=S.QUEUED)
        await outbox.add(make_send(99))

    # Whose turn it is

    async def test_the_waited_for_go_first_and_then_the_oldest(self, outbox: Outbox) -> None:
        background = await outbox.add(make_send(0, priority=Priority.BACKGROUND))
        older = await outbox.add(make_send(1))
        younger = await outbox.add(make_send(2))
        order = []
        while (send := await outbox.next_queued("principal", at(5))) is not None:
            order.append(send.id)
            await outbox.save(send.moved(S.CANCELLED, at(5)), expected=S.QUEUED)
        assert order == [older.id, younger.id, background.id]

    async def test_a_send_that_waits_for_its_retry_is_passed_over_until_then(self, outbox: Outbox) -> None:
        waiting = await outbox.add(make_send(0, not_before=at(10)))
        ready = await outbox.add(make_send(1))
        assert await outbox.next_queued("principal", at(9)) == ready
        assert await outbox.next_queued("principal", at(10)) == waiting

    async def test_each_session_has_its_own_queue(self, outbox: Outbox) -> None:
        await outbox.add(make_send(session="filial"))
        assert await outbox.next_queued("principal", at(1)) is None
        assert await outbox.next_due("principal", at(1)) is None

    async def test_the_next_moment_is_a_retry_or_an_expiry_whichever_comes_first(self, outbox: Outbox) -> None:
        assert await outbox.next_due("principal", NOON) is None
        await outbox.add(make_send(0, start_by=at(100)))
        assert await outbox.next_due("principal", NOON) == at(100)
        await outbox.add(make_send(1, not_before=at(30), start_by=at(200)))
        assert await outbox.next_due("principal", NOON) == at(30)
        assert await outbox.next_due("principal", at(30)) == at(100)
        assert await outbox.next_due("principal", at(100)) == at(200)
        assert await outbox.next_due("principal", at(200)) is None

    # Beginning

    async def test_a_begun_send_is_on_disk_with_what_was_prepared(self, outbox: Outbox) -> None:
        send = await self.begun(outbox, make_send(error=Code.UPLOAD_FAILED, facts={"try": 1}))
        assert send.state is S.SENDING
        assert send.sending_at == at(1)
        assert send.company_name == "Padaria São José"
        assert (send.report_sha256, send.report_source) == (make_report().sha256, make_report().source)
        assert (send.error, send.facts) == (None, {})
        assert await outbox.get(send.id) == send

    @pytest.mark.parametrize("state", sorted(ON_ITS_WAY))
    async def test_the_same_report_is_not_sent_twice_on_one_day(self, outbox: Outbox, state: SendState) -> None:
        earlier = await self.brought_to(outbox, make_send(), state)
        later = await outbox.add(make_send(60))
        answer = await outbox.begin(prepared(later), make_report(), at(61))
        assert isinstance(answer, Duplicate)
        assert answer.earlier == await outbox.get(earlier.id)
        assert answer.send.state is S.CANCELLED
        assert answer.send.duplicate_of == earlier.id
        assert answer.send.finished_at == at(61)
        assert await outbox.get(later.id) == answer.send

    @pytest.mark.parametrize("state", sorted(set(SendState) - ON_ITS_WAY))
    async def test_a_send_that_never_left_is_no_duplicate(self, outbox: Outbox, state: SendState) -> None:
        await self.brought_to(outbox, make_send(), state)
        later = await outbox.add(make_send(60))
        assert isinstance(await outbox.begin(prepared(later), make_report(), at(61)), Began)

    @pytest.mark.parametrize(
        "other",
        [{"cnpj": MERCADO}, {"day": NOON.date() + timedelta(days=1)}, {"resend": True}, {"simulated": True}],
        ids=lambda other: next(iter(other)),
    )
    async def test_another_report_or_a_wanted_resend_goes_out(self, outbox: Outbox, other: dict[str, object]) -> None:
        await self.brought_to(outbox, make_send(), S.SENT)
        later = await outbox.add(make_send(60, **other))
        assert isinstance(await outbox.begin(prepared(later), make_report(), at(61)), Began)

    async def test_another_picture_goes_out(self, outbox: Outbox) -> None:
        await self.brought_to(outbox, make_send(), S.SENT)
        later = await outbox.add(make_send(60))
        assert isinstance(await outbox.begin(prepared(later), make_report(b"another"), at(61)), Began)

    async def test_of_several_earlier_ones_the_one_that_arrived_is_named(self, outbox: Outbox) -> None:
        arrived = await self.brought_to(outbox, make_send(), S.SENT)
        unknown = await self.brought_to(outbox, make_send(10, resend=True), S.UNKNOWN)
        later = await outbox.add(make_send(60))
        answer = await outbox.begin(prepared(later), make_report(), at(61))
        assert isinstance(answer, Duplicate)
        assert unknown.id > arrived.id
        assert answer.earlier.id == arrived.id

    async def test_one_of_many_at_once_begins(self, outbox: Outbox) -> None:
        sends = [await outbox.add(make_send(n)) for n in range(QUEUE_LIMIT)]
        answers = await asyncio.gather(*(outbox.begin(prepared(send), make_report(), at(9)) for send in sends))
        assert [type(answer) for answer in answers] == [Began, *[Duplicate] * (QUEUE_LIMIT - 1)]

    @pytest.mark.parametrize("state", sorted(set(SendState) - {S.QUEUED}))
    async def test_what_is_not_queued_any_more_does_not_begin(self, outbox: Outbox, state: SendState) -> None:
        send = make_send(resend=True)
        await self.brought_to(outbox, send, state)
        found = await outbox.get(send.id)
        assert await outbox.begin(prepared(send), make_report(), at(3)) is None
        assert await outbox.get(send.id) == found

    async def test_what_was_never_added_does_not_begin(self, outbox: Outbox) -> None:
        assert await outbox.begin(prepared(make_send()), make_report(), at(1)) is None

    # Going on

    async def test_a_change_is_kept_only_where_the_send_still_stands_where_it_was_seen(self, outbox: Outbox) -> None:
        send = await outbox.add(make_send())
        cancelled = await outbox.save(send.moved(S.CANCELLED, at(1)), expected=S.QUEUED)
        assert cancelled is not None
        assert await outbox.save(send.moved(S.FAILED, at(2)), expected=S.QUEUED) is None
        assert await outbox.get(send.id) == cancelled
        assert await outbox.save(make_send(), expected=S.QUEUED) is None

    @pytest.mark.parametrize("state", sorted(SendState))
    async def test_no_way_leads_where_the_table_does_not(self, outbox: Outbox, state: SendState) -> None:
        send = await outbox.add(make_send())
        for forbidden in set(SendState) - TRANSITIONS[state] - {state}:
            with pytest.raises(IllegalTransitionError):
                await outbox.save(replace(send, state=forbidden), expected=state)
        assert await outbox.get(send.id) == send

    async def test_a_retry_is_queued_again_with_its_reason(self, outbox: Outbox) -> None:
        send = await self.begun(outbox, make_send())
        again = send.moved(S.QUEUED, at(2), not_before=at(30), error=Code.UPLOAD_FAILED, facts={"status": 500})
        assert await outbox.save(again, expected=S.SENDING) == again
        assert await outbox.next_queued("principal", at(30)) == again

    async def test_the_message_id_is_known_even_if_nobody_saw_the_outcome(self, outbox: Outbox) -> None:
        send = await self.begun(outbox, make_send())
        await outbox.journal_id(send.id, MESSAGE)
        found = await outbox.get(send.id)
        assert found == replace(send, message_id=MESSAGE)

    async def test_an_outcome_without_message_id_does_not_wipe_the_known_one(self, outbox: Outbox) -> None:
        send = await self.begun(outbox, make_send())
        await outbox.journal_id(send.id, MESSAGE)
        saved = await outbox.save(send.moved(S.UNKNOWN, at(9), error=Code.OUTCOME_UNKNOWN), expected=S.SENDING)
        assert saved is not None
        assert saved.message_id == MESSAGE
        assert await outbox.get(send.id) == saved

    # Looking back

    async def test_starts_of_a_session_come_oldest_first(self, outbox: Outbox) -> None:
        for second in (0, 10, 20):
            send = await outbox.add(make_send(second, cnpj=MERCADO))
            await outbox.begin(prepared(send), make_report(bytes([second])), at(second))
        other = await outbox.add(make_send(30, session="filial"))
        await outbox.begin(prepared(other), make_report(), at(30))
        assert await outbox.recent_starts("principal", at(10)) == [at(10), at(20)]

    async def test_a_renamed_session_keeps_what_it_sent_and_what_it_shall_send(self, outbox: Outbox) -> None:
        sent = await self.brought_to(outbox, make_send(), S.SENT)
        queued = await outbox.add(make_send(1))
        other = await outbox.add(make_send(2, session="filial"))
        await outbox.rename_session("principal", "matriz")
        assert await outbox.next_queued("matriz", at(9)) == replace(queued, session="matriz")
        assert await outbox.next_queued("principal", at(9)) is None
        (moved,) = await outbox.advance("matriz", [told(S.READ, at(9), MESSAGE)])
        assert moved.id == sent.id
        assert await outbox.get(other.id) == other

    @pytest.mark.parametrize("outcome", [S.QUEUED, S.SENT, S.UNKNOWN])
    async def test_what_becomes_of_a_send_is_told_under_the_name_its_session_has_by_then(
        self, outbox: Outbox, outcome: SendState
    ) -> None:
        send = await self.begun(outbox, make_send())
        await outbox.rename_session("principal", "matriz")
        saved = await outbox.save(send.moved(outcome, at(9)), expected=S.SENDING)
        assert saved is not None
        assert saved.session == "matriz"
        assert await outbox.get(send.id) == saved

    async def test_counts_are_by_state_and_session(self, outbox: Outbox) -> None:
        assert await outbox.counts("principal") == {}
        await self.brought_to(outbox, make_send(), S.SENT)
        await outbox.add(make_send(1))
        await outbox.add(make_send(2))
        await outbox.add(make_send(3, session="filial"))
        assert await outbox.counts("principal") == {S.SENT: 1, S.QUEUED: 2}

    async def test_history_is_paged_newest_first(self, outbox: Outbox) -> None:
        made = [await outbox.add(make_send(n)) for n in range(QUEUE_LIMIT)]
        first = await outbox.history(HistoryFilter(limit=3))
        rest = await outbox.history(HistoryFilter(limit=3, before=first[-1].id))
        assert first + rest == made[::-1]

    async def test_history_is_filtered(self, outbox: Outbox) -> None:
        tomorrow = NOON.date() + timedelta(days=1)
        sent = await self.brought_to(outbox, make_send(), S.SENT)
        failed = await self.brought_to(outbox, make_send(1, cnpj=MERCADO), S.FAILED)
        queued = await outbox.add(make_send(2, cnpj=MERCADO, day=tomorrow))
        elsewhere = await outbox.add(make_send(3, session="filial", day=tomorrow))

        async def found(**conditions: object) -> list[Send]:
            return await outbox.history(HistoryFilter(**conditions))  # type: ignore[arg-type]

        assert [send.id for send in await found(cnpj=MERCADO)] == [queued.id, failed.id]
        assert await found(day=tomorrow) == [elsewhere, queued]
        assert await found(sessions=frozenset({"filial", "matriz"})) == [elsewhere]
        assert [send.id for send in await found(states=frozenset({S.SENT, S.FAILED}))] == [failed.id, sent.id]
        assert await found(cnpj=PADARIA, day=tomorrow, sessions=frozenset({"principal"})) == []
        assert [send.id for send in await found(cnpj=MERCADO, before=queued.id)] == [failed.id]

    @pytest.mark.parametrize(
        "text",
        ["padaria", "SÃO", "sao jose", "  José ", "62567108", "62.567.108/0001-01", "108/0001"],
    )
    async def test_history_is_searched_by_name_or_cnpj_as_people_type(self, outbox: Outbox, text: str) -> None:
        wanted = await self.brought_to(outbox, make_send(), S.SENT)
        await outbox.add(make_send(1, cnpj=MERCADO, company_name="Mercado 100% Bom_Preço"))
        assert [send.id for send in await outbox.history(HistoryFilter(text=text))] == [wanted.id]

    @pytest.mark.parametrize(("text", "hits"), [("100%", 1), ("m_preco", 1), ("%", 1), ("_", 1), ("x%", 0), ("", 2)])
    async def test_signs_of_the_database_mean_only_themselves(self, outbox: Outbox, text: str, hits: int) -> None:
        await self.brought_to(outbox, make_send(), S.SENT)
        await outbox.add(make_send(1, cnpj=MERCADO, company_name="Mercado 100% Bom_Preço"))
        assert len(await outbox.history(HistoryFilter(text=text))) == hits


class TestSqliteOutbox(OutboxContract):
    @pytest.fixture
    async def outbox(self, tmp_path: Path) -> AsyncIterator[Outbox]:
        opened = await open_storage(tmp_path / "malote.db", clock=SystemClock(), queue_limit=QUEUE_LIMIT)
        yield opened.outbox
        await opened.close()
