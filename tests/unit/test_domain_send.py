"""A send's life, and what its table does not allow."""

import os
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code
from desktop.domain.send import SETTLED, TRANSITIONS, IllegalTransitionError, Origin, Send, SendState, new_send_id

NOW = datetime(2026, 11, 22, 18, 2, tzinfo=UTC)


def make(state: SendState = SendState.QUEUED) -> Send:
    return Send(
        id=uuid4(),
        cnpj=Cnpj("62567108000101"),
        session="principal",
        origin=Origin.ERP,
        created_at=NOW,
        start_by=NOW + timedelta(seconds=45),
        day=date(2026, 11, 22),
        state=state,
    )


@pytest.mark.parametrize("before", SendState)
@pytest.mark.parametrize("after", SendState)
def test_a_send_goes_only_where_its_table_leads(before: SendState, after: SendState) -> None:
    send = make(before)
    if after in TRANSITIONS[before]:
        assert send.moved(after, NOW).state is after
    else:
        with pytest.raises(IllegalTransitionError):
            send.moved(after, NOW)


def test_what_may_have_been_sent_is_never_queued_again() -> None:
    assert SendState.QUEUED not in TRANSITIONS[SendState.UNKNOWN]
    assert SendState.SENDING not in TRANSITIONS[SendState.UNKNOWN]


def test_every_step_keeps_its_time() -> None:
    read = make().moved(SendState.SENDING, NOW).moved(SendState.SENT, NOW).moved(SendState.READ, NOW)
    assert (read.sending_at, read.sent_at, read.delivered_at, read.read_at) == (NOW, NOW, None, NOW)
    assert make().moved(SendState.QUEUED, NOW, not_before=NOW).not_before == NOW


def test_arrived_and_settled_are_told_from_the_state() -> None:
    assert make(SendState.READ).arrived
    assert not make(SendState.UNKNOWN).arrived
    assert {state for state in SendState if make(state).settled} == SETTLED


def test_ids_sort_by_time_and_are_version_7() -> None:
    ids = [new_send_id(NOW + timedelta(milliseconds=n), os.urandom(10)) for n in range(50)]
    assert ids == sorted(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}


def test_an_error_tells_its_code_and_facts() -> None:
    assert str(AppError(Code.IMAGE_OLD, source="x")) == "imagem_antiga(source='x')"
