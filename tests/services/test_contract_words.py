"""Every state and acknowledgement has its word in every contract."""

from datetime import UTC, datetime

import pytest

from desktop.domain.message import Ack
from desktop.domain.session import Broken, Connected, Degraded, HumanReason, NeedsPerson, Session, SessionState, Status
from desktop.services.contract_words import ACK_NUMBERS, CONNECTION_WORDS, INSTANCE_ACKS, INSTANCE_WORDS, Beside, beside


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
        (Broken("no library"), Beside(reason="broken")),
    ],
)
def test_what_the_word_leaves_out_is_said_beside_it(status: Status, extras: Beside) -> None:
    session = Session(name="loja", status=status, since=datetime(2026, 1, 5, tzinfo=UTC))
    assert beside(session) == extras
