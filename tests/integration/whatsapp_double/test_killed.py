"""A program that is killed (-9) somewhere in a send, and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.whatsapp import POINTS, Point, WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.whatsapp_double.conftest import link
from tests.integration.whatsapp_double.engine import Engine

OF_A_SEND: tuple[Point, ...] = POINTS[POINTS.index("media-connection") :]
TAKEN: tuple[Point, ...] = POINTS[POINTS.index("message-received-before-ack") :]
"""At these points the server has the message; at the earlier ones nobody does."""


class Desk:
    """One computer whose program dies again and again: who comes back after one death is the next to die."""

    def __init__(self, double: WhatsAppDouble, store: Path) -> None:
        self.double, self._store = double, store
        self.engine = link(double, Engine(double, store))

    def start_again(self) -> Engine:
        self.engine.kill()
        self.engine = Engine(self.double, self._store)
        self.engine.wait("connected")
        return self.engine


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with WhatsAppDouble(few_prekeys=True) as double:
        desk = Desk(double, tmp_path_factory.mktemp("desk") / "desk.db")
        yield desk
        desk.engine.kill()


@pytest.mark.parametrize("point", OF_A_SEND)
def test_a_program_killed_anywhere_in_a_send_leaves_one_message_or_none(
    desk: Desk, picture: bytes, point: Point
) -> None:
    double = desk.double
    double.forget()
    group = double.add_group("Morte súbita")
    with double.hold_at(point) as hold:
        desk.engine.begin_image(group.jid, picture, "interrompida")
        hold.wait_reached(PATIENCE)
        desk.engine.kill()
        double.wait_for_event("disconnected", PATIENCE, paired=True)
    again = desk.start_again()
    if point in TAKEN:
        arrival = double.wait_for_arrival(PATIENCE)
        assert arrival.decrypted_by == dict.fromkeys(group.members, picture)
        if point != "read-receipts-sent":
            # What the program was not there to take is waiting for it. Read receipts that were already on the line may
            # have been acknowledged before the death, since whatsmeow does that first, and then do not come again.
            again.wait("receipt", ids=[arrival.message_id], type=4, sender=group.members[-1])
    assert len(double.received) == (point in TAKEN)
    assert again.count("qr") == 0


def test_after_such_a_death_the_next_message_is_read_as_ever(desk: Desk, picture: bytes) -> None:
    desk.double.forget()
    group = desk.double.add_group("Depois")
    with desk.double.hold_at("message-before-received") as hold:
        desk.engine.begin_image(group.jid, picture, "perdida")
        hold.wait_reached(PATIENCE)
        desk.engine.kill()
        desk.double.wait_for_event("disconnected", PATIENCE, paired=True)
    desk.start_again().send_image(group.jid, picture, "depois")
    arrival = desk.double.wait_for_arrival(PATIENCE)
    assert (arrival.caption, arrival.decrypted_by) == ("depois", dict.fromkeys(group.members, picture))
