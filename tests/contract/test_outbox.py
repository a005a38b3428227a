"""What every outbox promises, whatever database it stands on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from desktop.adapters.storage.opening import open_storage
from desktop.domain.content import Content
from desktop.domain.errors import Code, Rejected
from desktop.domain.history import HistoryFilter
from desktop.domain.receipt import Proof
from desktop.domain.send import (
    ON_ITS_WAY,
    TRANSITIONS,
    IllegalTransitionError,
    Origin,
    Priority,
    Send,
    SendKind,
    SendState,
)
from desktop.ports.outbox import Began, Duplicate, Outbox
from desktop.runtime.clock import SystemClock
from tests.integration.storage.sends import MERCADO, NOON, PADARIA, at, make_report, make_send, prepared

QUEUE_LIMIT = 5
MESSAGE = "3EB0C0FFEE"
S = SendState


def told(state: SendState, when: datetime, *message_ids: str, member: str = "") -> Proof:
    return Proof(message_ids=message_ids, state=state, at=when, member=member)


class OutboxContract:
    """Inherit it and give a fixture `outbox` that bounds its queue to QUEUE_LIMIT sends."""

    async def begun(self, outbox: Outbox, send: Send) -> Send:
        await outbox.add(send)
        begun = await outbox.begin(prepared(send), make_report(), at(1))
        assert isinstance(begun, Began)
        return begun.send

    async def brought_to(self, outbox: Outbox, send: Send, state: SendState) -> Send:
        """Lead a new send to a state by the ways that the program takes."""
        if state is S.QUEUED:
            return await outbox.add(send)
        if state in (S.CANCELLED, S.EXPIRED):
            await outbox.add(send)
            found = await outbox.save(send.moved(state, at(2)), expected=S.QUEUED)
        else:
            found = await self.begun(outbox, send)
            await outbox.journal_id(send.id, MESSAGE)
            if state is not S.SENDING:
                found = await outbox.save(found.moved(state, at(2)), expected=S.SENDING)
        assert found is not None
        return found

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

    # Receipts

    @pytest.mark.parametrize(
        ("state", "receipt"),
        [
            (before, after)
            for after in (S.DELIVERED, S.READ)
            for before in sorted(ON_ITS_WAY)
            if after in TRANSITIONS[before]
        ],
    )
    async def test_a_receipt_moves_the_send_forward(self, outbox: Outbox, state: SendState, receipt: SendState) -> None:
        send = await self.brought_to(outbox, make_send(), state)
        (moved,) = await outbox.advance("principal", [told(receipt, at(20), MESSAGE)])
        assert moved.id == send.id
        assert moved.state is receipt
        assert (moved.delivered_at if receipt is S.DELIVERED else moved.read_at) == at(20)
        assert await outbox.get(send.id) == moved

    @pytest.mark.parametrize("state", [S.DELIVERED, S.READ, S.FAILED])
    async def test_a_late_receipt_changes_nothing(self, outbox: Outbox, state: SendState) -> None:
        send = await self.brought_to(outbox, make_send(), state)
        before = await outbox.get(send.id)
        assert await outbox.advance("principal", [told(S.DELIVERED, at(20), MESSAGE)]) == []
        assert await outbox.get(send.id) == before

    async def test_a_receipt_settles_what_was_unknown(self, outbox: Outbox) -> None:
        send = await self.begun(outbox, make_send())
        await outbox.journal_id(send.id, MESSAGE)
        unknown = send.moved(S.UNKNOWN, at(2), error=Code.OUTCOME_UNKNOWN, facts={"reason": "no_ack"})
        await outbox.save(unknown, expected=S.SENDING)
        (moved,) = await outbox.advance("principal", [told(S.DELIVERED, at(20), MESSAGE)])
        assert (moved.error, moved.facts, moved.finished_at) == (None, {}, None)

    async def test_the_outcome_comes_after_the_receipt(self, outbox: Outbox) -> None:
        send = await self.begun(outbox, make_send())
        await outbox.journal_id(send.id, MESSAGE)
        (read,) = await outbox.advance("principal", [told(S.READ, at(2), MESSAGE)])
        assert await outbox.save(send.moved(S.SENT, at(3), message_id=MESSAGE), expected=S.SENDING) is None
        assert await outbox.get(send.id) == read

    async def test_message_ids_belong_to_their_session(self, outbox: Outbox) -> None:
        send = await self.brought_to(outbox, make_send(), S.SENT)
        assert await outbox.advance("filial", [told(S.READ, at(9), MESSAGE)]) == []
        assert await outbox.advance("principal", [told(S.READ, at(9))]) == []
        (moved,) = await outbox.advance("principal", [told(S.READ, at(9), "3EB0OTHER", MESSAGE)])
        assert moved.id == send.id

    async def test_each_person_counts_once_and_whoever_read_it_has_it(self, outbox: Outbox) -> None:
        send = await self.brought_to(outbox, make_send(), S.SENT)
        ana, bia = "5511911110000@s.whatsapp.net", "77@lid"
        changed = await outbox.advance(
            "principal",
            [
                told(S.DELIVERED, at(3), MESSAGE, member=ana),
                told(S.DELIVERED, at(4), MESSAGE, member=ana),
                told(S.READ, at(5), MESSAGE, member=bia),
            ],
        )
        assert [(each.state, each.delivered_count, each.read_count) for each in changed] == [
            (S.DELIVERED, 1, 0),
            (S.READ, 2, 1),
        ]
        (counted,) = await outbox.advance("principal", [told(S.READ, at(9), MESSAGE, member=ana)])
        assert (counted.state, counted.delivered_count, counted.read_count, counted.read_at) == (S.READ, 2, 2, at(5))
        assert await outbox.get(send.id) == counted
        assert await outbox.advance("principal", [told(S.READ, at(9), MESSAGE, member=ana)]) == []

    async def test_what_the_server_has_settles_only_what_was_not_known(self, outbox: Outbox) -> None:
        unknown = await self.brought_to(outbox, make_send(), S.UNKNOWN)
        (settled,) = await outbox.advance("principal", [told(S.SENT, at(9), MESSAGE, member="somebody@lid")])
        assert (settled.id, settled.state, settled.delivered_count) == (unknown.id, S.SENT, 0)
        assert await outbox.advance("principal", [told(S.SENT, at(9), MESSAGE)]) == []

    # Messages and files

    async def test_a_file_is_kept_from_the_beginning_and_never_taken_for_a_report(self, outbox: Outbox) -> None:
        content = Content(content=b"%PDF-1.7", sha256="cd" * 32, kind=SendKind.DOCUMENT, mimetype="application/pdf")
        chat: dict[str, Any] = {"cnpj": None, "kind": SendKind.DOCUMENT, "addressee": "5511999999999@s.whatsapp.net"}
        for second in (0, 1):
            send = make_send(second, **chat, filename="nota.pdf", report_sha256=content.sha256)
            assert await outbox.add(send, content) == send
            answer = await outbox.begin(replace(send, recipient=send.addressee), None, at(2))
            assert isinstance(answer, Began)
            assert answer.send.report_sha256 == content.sha256
        assert await outbox.content(content.sha256) == content
        assert await outbox.content("00") is None

    async def test_a_key_used_for_another_chat_is_refused(self, outbox: Outbox) -> None:
        chat: dict[str, Any] = {"cnpj": None, "kind": SendKind.TEXT, "caption": "oi", "idempotency_key": "1"}
        first = await outbox.add(make_send(**chat, addressee="5511999999999@s.whatsapp.net"))
        assert await outbox.add(make_send(1, **chat, addressee="5511999999999@s.whatsapp.net")) == first
        with pytest.raises(Rejected) as refused:
            await outbox.add(make_send(1, **chat, addressee="5511999999998@s.whatsapp.net"))
        assert refused.value.code is Code.KEY_REUSED

    async def test_what_went_to_a_chat_is_found_by_its_number(self, outbox: Outbox) -> None:
        number: dict[str, Any] = {"cnpj": None, "kind": SendKind.TEXT, "addressee": "5511999999999@s.whatsapp.net"}
        send = await outbox.add(make_send(**number))
        await outbox.add(make_send(1))
        for text in ("5511999999999", "+55 (11) 99999-9999", "5511999999999@s.whatsapp.net"):
            assert [found.id for found in await outbox.history(HistoryFilter(text=text))] == [send.id]

    # Many at once

    async def test_many_are_added_at_once_and_each_has_its_own_answer(self, outbox: Outbox) -> None:
        known = await outbox.add(make_send(idempotency_key="a"))
        sends = [
            make_send(1, idempotency_key="a"),
            make_send(2, idempotency_key="b"),
            make_send(3, idempotency_key="b"),
            make_send(4, idempotency_key="a", cnpj=MERCADO),
            *(make_send(second) for second in range(5, 9)),
        ]
        first, second, third, other, *rest = await outbox.add_many(sends)
        assert (first, second, third) == (known, sends[1], sends[1])
        assert isinstance(other, Rejected)
        assert other.code is Code.KEY_REUSED
        assert rest[:3] == sends[4:7]
        assert isinstance(rest[3], Rejected)
        assert rest[3].code is Code.QUEUE_FULL
        assert len(await outbox.history(HistoryFilter())) == QUEUE_LIMIT
        assert await outbox.add_many([]) == []

    # Starting again

    async def test_after_a_crash_what_was_under_way_is_unknown_and_what_is_late_has_expired(
        self, outbox: Outbox
    ) -> None:
        under_way = await self.begun(outbox, make_send())
        late = await outbox.add(make_send(1, cnpj=MERCADO, start_by=at(30), idempotency_key="pedido-1"))
        in_time = await outbox.add(make_send(2, start_by=at(31)))
        changed = {send.id: send for send in await outbox.recover(at(30))}
        assert changed.keys() == {under_way.id, late.id}
        interrupted = {"error": Code.OUTCOME_UNKNOWN, "facts": {"reason": "engine_died"}}
        assert changed[under_way.id] == under_way.moved(S.UNKNOWN, at(30), **interrupted)
        assert changed[late.id].state is S.EXPIRED
        assert changed[late.id].error is Code.TIMED_OUT
        assert changed[late.id].finished_at == at(30)
        for send in (*changed.values(), in_time):
            assert await outbox.get(send.id) == send
        assert await outbox.recover(at(30)) == []
        retried = make_send(31, cnpj=MERCADO, idempotency_key="pedido-1")
        assert await outbox.add(retried) == retried

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

        async def found(**conditions: object) -> list[Send]:
            return await outbox.history(HistoryFilter(**conditions))  # type: ignore[arg-type]

        assert [send.id for send in await found(cnpj=MERCADO)] == [queued.id, failed.id]
        assert await found(day=tomorrow) == [queued]
        assert [send.id for send in await found(states=frozenset({S.SENT, S.FAILED}))] == [failed.id, sent.id]
        assert await found(cnpj=PADARIA, day=tomorrow) == []
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
