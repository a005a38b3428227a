"""What every outbox promises of receipts, messages, batches and restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop.adapters.storage.opening import open_storage
from desktop.domain.content import Content
from desktop.domain.errors import Code, Rejected
from desktop.domain.history import HistoryFilter
from desktop.domain.send import (
    ON_ITS_WAY,
    TRANSITIONS,
    SendKind,
    SendState,
)
from desktop.ports.outbox import Began, Outbox
from desktop.runtime.clock import SystemClock
from tests.contract.outbox import MESSAGE, QUEUE_LIMIT, OutboxSteps, S, told
from tests.integration.storage.sends import MERCADO, at, make_send


class OutboxProofsContract(OutboxSteps):
    """Inherit it and give a fixture `outbox` that bounds its queue to QUEUE_LIMIT sends."""

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

    async def test_of_two_that_come_together_a_key_is_for_one_errand_as_well(self, outbox: Outbox) -> None:
        first, other = make_send(idempotency_key="a"), make_send(1, idempotency_key="a", cnpj=MERCADO)
        added, refused = await outbox.add_many([first, other])
        assert added == first
        assert isinstance(refused, Rejected)
        assert (refused.code, refused.facts) == (Code.KEY_REUSED, {"key": "a"})
        assert [send.id for send in await outbox.history(HistoryFilter())] == [first.id]

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


class TestSqliteOutboxProofs(OutboxProofsContract):
    @pytest.fixture
    async def outbox(self, tmp_path: Path) -> AsyncIterator[Outbox]:
        opened = await open_storage(tmp_path / "malote.db", clock=SystemClock(), queue_limit=QUEUE_LIMIT)
        yield opened.outbox
        await opened.close()
