"""What only time shows: codes that follow each other and run out, and the sign of life every half minute.

The programs of these tests start with the first test of this folder (see `patience`), so that the others' time counts.
"""

from __future__ import annotations

from tests.integration.whatsapp_double.conftest import Patience


def test_a_code_that_nobody_scans_is_followed_by_another_until_they_run_out(patience: Patience) -> None:
    engine = patience.unlinked
    engine.wait("qr", 60, nth=2)
    engine.wait("login", 60, status="timeout")
    codes = [event["text"] for event in engine.events if event["event"] == "qr"]
    assert len(set(codes)) == len(codes) == 2


def test_an_idle_program_gives_a_sign_of_life(patience: Patience) -> None:
    patience.double.wait_for_event("query", 60, xmlns="w:p")
    assert patience.linked.count("disconnected") == 0
