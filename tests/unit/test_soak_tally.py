"""The soak's count sees what it is there to see."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from benchmarks.soak_office import Client
from benchmarks.soak_orders import Order
from benchmarks.soak_tally import Tally, tally
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code
from desktop.domain.send import Origin, Send, SendState
from tests.doubles.whatsapp import Arrival, Group
from tests.doubles.whatsapp.arrivals import Content

NOW = datetime(2026, 1, 5, 18, tzinfo=UTC)
GROUP = Group("120363000000000001@g.us", "Vendas", "lid", [], 0)
CLIENT = Client("62567108000101", GROUP, "principal", False, Path("relatorios"))
MEMBERS = ("1@lid", "2@lid")


def order(number: int = 0) -> Order:
    return Order(number, CLIENT, f"foto {number}".encode(), {}, [f"soak-{number}"], last={"status": "enviado"})


def send(state: SendState = SendState.READ, message_id: str | None = "A", number: int = 0) -> Send:
    return Send(
        id=UUID(int=number + 1),
        cnpj=Cnpj(CLIENT.cnpj),
        session="principal",
        origin=Origin.ERP,
        created_at=NOW,
        start_by=NOW,
        day=date(2026, 1, 5),
        state=state,
        idempotency_key="soak-0",
        message_id=message_id,
    )


def arrival(message_id: str = "A", data: bytes = b"foto 0", members: tuple[str, ...] = MEMBERS) -> Arrival:
    read = {member: Content("image", data=data) for member in members}
    return Arrival(message_id, "5511988887777", GROUP.jid, by_member=read, complete=True)


def counted(sends: list[Send], arrivals: list[Arrival]) -> Tally:
    return tally([order()], sends, arrivals, len(MEMBERS))


def test_a_picture_that_all_could_read_arrived() -> None:
    found = counted([send()], [arrival()])
    assert (found.arrived, found.wrong) == (1, [])


@pytest.mark.parametrize("state", [SendState.QUEUED, SendState.SENDING])
def test_one_that_was_accepted_and_never_settled_is_lost(state: SendState) -> None:
    assert len(counted([send(state, None)], []).lost) == 1


def test_one_that_the_history_does_not_know_is_lost() -> None:
    assert len(counted([], []).lost) == 1


def test_one_that_is_called_sent_and_that_nobody_or_not_everybody_got_is_told() -> None:
    assert len(counted([send()], []).not_as_told) == 1
    assert len(counted([send()], [arrival(members=MEMBERS[:1])]).not_as_told) == 1


def test_one_that_is_called_failed_and_was_read_is_told() -> None:
    assert len(counted([replace(send(SendState.FAILED), error=Code.SEND_REFUSED)], [arrival()]).not_as_told) == 1


def test_one_that_came_in_two_messages_is_duplicated_and_one_stanza_again_is_not() -> None:
    assert len(counted([send()], [arrival(), arrival("B")]).duplicated) == 1
    again = arrival()
    again.stanzas = 2
    found = counted([send()], [again])
    assert (found.duplicated, found.resent) == ([], 1)


def test_one_in_another_group_or_that_nobody_ordered_is_strange() -> None:
    elsewhere = arrival()
    elsewhere.chat = "120363000000000002@g.us"
    assert len(counted([send()], [elsewhere]).strange) == len(MEMBERS)
    assert len(counted([send()], [arrival(), arrival("B", b"outra")]).strange) == len(MEMBERS)


def test_what_nobody_can_confirm_is_counted_by_what_was_true() -> None:
    unknown = send(SendState.UNKNOWN)
    assert [len(found.unknown_arrived) for found in (counted([unknown], [arrival()]), counted([unknown], []))] == [1, 0]
    found = counted([unknown], [])
    assert (len(found.unknown_not_arrived), found.wrong, found.refused.total()) == (1, [], 0)


def test_what_was_refused_is_told_by_its_reason() -> None:
    refused = order()
    refused.last = {"status": "erro", "codigo": "envio_recusado"}
    found = tally([refused], [send(SendState.FAILED, None)], [], len(MEMBERS))
    assert (dict(found.refused), found.wrong) == ({"envio_recusado": 1}, [])
