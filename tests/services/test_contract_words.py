"""Every state and acknowledgement has its word in every contract."""

from datetime import UTC, datetime

import pytest

from desktop.domain.message import Ack
from desktop.domain.session import Broken, Connected, Degraded, HumanReason, NeedsPerson, Session, SessionState, Status
from desktop.services.contract_words import (
    ACK_NUMBERS,
    CONNECTION_WORDS,
    INSTANCE_ACKS,
    INSTANCE_WORDS,
    Beside,
    beside,
    is_connected,
    sessions_of,
    tenant_of,
)


def test_no_state_is_without_a_word() -> None:
    assert set(CONNECTION_WORDS) == set(INSTANCE_WORDS) == set(SessionState)
    assert set(CONNECTION_WORDS.values()) == {"connecting", "qr", "connected", "disconnected"}


def test_acknowledgements_keep_their_numbers() -> None:
    assert [ACK_NUMBERS[ack] for ack in Ack] == [0, 1, 2, 3, 4, 5]
    assert INSTANCE_ACKS == {Ack.SERVER: 1, Ack.DELIVERED: 2, Ack.READ: 3, Ack.PLAYED: 3}


@pytest.mark.parametrize(
    ("status", "extras"),
    [
        (Connected(), Beside()),
        (Degraded(2), Beside(degraded=True)),
        (NeedsPerson(HumanReason.PASSKEY), Beside(reason="passkey")),
        (NeedsPerson(HumanReason.RESTRICTED), Beside(reason="restricted")),
        (Broken("no library"), Beside(reason="broken")),
    ],
)
def test_what_the_word_leaves_out_is_said_beside_it(status: Status, extras: Beside) -> None:
    session = Session(name="loja", status=status, since=datetime(2026, 1, 5, tzinfo=UTC))
    assert beside(session) == extras
    assert is_connected(session) is (extras.reason is None)


@pytest.mark.parametrize(
    ("session", "tenant"), [("empresa1", 1), ("7", 7), ("empresa", "empresa"), ("empresa1b", "empresa1b"), ("²", "²")]
)
def test_a_company_of_contract_c_is_called_by_its_number(session: str, tenant: object) -> None:
    assert tenant_of(session) == tenant


def test_a_number_stands_for_a_company_of_that_number() -> None:
    assert sessions_of("1") == ("empresa1", "1")
    assert sessions_of("empresa1") == ("empresa1",)
