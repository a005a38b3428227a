"""What the history shows of one send beyond its row: each step, and the picture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.adapters.storage.outbox import SqlOutbox, Step
from desktop.domain.content import Content
from desktop.domain.errors import Code
from desktop.domain.receipt import Proof
from desktop.domain.send import Send, SendKind, SendState
from desktop.ports.outbox import Began
from desktop.runtime.clock import SystemClock
from tests.integration.storage.sends import NOON, at, make_report, make_send, prepared

S = SendState


class HandClock(SystemClock):
    """Stands still until it is set."""

    time = NOON

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def opened(tmp_path: Path, clock: HandClock) -> AsyncIterator[OpenedStorage]:
    opened = await open_storage(tmp_path / "malote.db", clock=clock, keep_pictures=timedelta(days=7))
    yield opened
    await opened.close()


@pytest.fixture
def outbox(opened: OpenedStorage) -> SqlOutbox:
    return opened.outbox


async def begun(outbox: SqlOutbox, send: Send, content: bytes, when: datetime) -> Send:
    begun = await outbox.begin(prepared(send), make_report(content), when)
    assert isinstance(begun, Began)
    return begun.send


async def test_each_step_keeps_its_time_and_its_reason(outbox: SqlOutbox, clock: HandClock) -> None:
    send = await outbox.add(make_send())
    send = await begun(outbox, send, b"picture", at(1))
    clock.time = at(2)
    again = await outbox.save(send.moved(S.QUEUED, at(2), error=Code.UPLOAD_FAILED), expected=S.SENDING)
    assert again is not None
    send = await begun(outbox, again, b"picture", at(3))
    await outbox.journal_id(send.id, "3EB0")
    clock.time = at(4)
    await outbox.save(send.moved(S.UNKNOWN, at(4), error=Code.OUTCOME_UNKNOWN), expected=S.SENDING)
    await outbox.advance("principal", [Proof(message_ids=("3EB0",), state=S.READ, at=at(5))])
    assert await outbox.steps(send.id) == [
        Step(S.QUEUED, NOON, None),
        Step(S.SENDING, at(1), None),
        Step(S.QUEUED, at(2), Code.UPLOAD_FAILED),
        Step(S.SENDING, at(3), None),
        Step(S.UNKNOWN, at(4), Code.OUTCOME_UNKNOWN),
        Step(S.READ, at(5), None),
    ]


async def test_a_try_that_failed_before_sending_is_a_step_but_a_corrected_field_is_none(
    outbox: SqlOutbox, clock: HandClock
) -> None:
    send = await outbox.add(make_send())
    named = await outbox.save(replace(send, company_name="Padaria"), expected=S.QUEUED)
    assert named is not None
    clock.time = at(9)
    tried = replace(named, attempts=1, error=Code.ORACLE_UNAVAILABLE, not_before=at(20))
    assert await outbox.save(tried, expected=S.QUEUED) == tried
    assert await outbox.steps(send.id) == [
        Step(S.QUEUED, NOON, None),
        Step(S.QUEUED, at(9), Code.ORACLE_UNAVAILABLE),
    ]


async def test_what_is_given_back_unchanged_writes_nothing(outbox: SqlOutbox) -> None:
    send = await outbox.add(make_send())
    assert await outbox.save(send, expected=S.QUEUED) == send
    assert len(await outbox.steps(send.id)) == 1


async def test_the_picture_that_was_sent_can_be_shown(outbox: SqlOutbox) -> None:
    send = await begun(outbox, await outbox.add(make_send()), b"picture", at(1))
    assert send.report_sha256 is not None
    assert await outbox.content(send.report_sha256) == Content(
        content=b"picture",
        sha256=send.report_sha256,
        kind=SendKind.IMAGE,
        mimetype="image/jpeg",
        width=800,
        height=1200,
    )
    assert await outbox.content("0" * 64) is None


async def test_a_picture_older_than_wished_makes_room_unless_it_was_used_again(outbox: SqlOutbox) -> None:
    first = make_report(b"first")
    second = make_report(b"second")
    for report in (first, second):
        await begun(outbox, await outbox.add(make_send()), report.content, NOON)
    a_week_later = NOON + timedelta(days=7, seconds=1)
    for content in (second.content, b"third"):
        again = await outbox.add(make_send(1, resend=True))
        await begun(outbox, again, content, a_week_later)
    assert await outbox.content(first.sha256) is None
    assert await outbox.content(second.sha256) is not None
