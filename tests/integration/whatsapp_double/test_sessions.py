"""What happens to a linked program between its logins."""

from __future__ import annotations

import pytest

from tests.doubles.whatsapp import ScanRefusedError, WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.integration.whatsapp_double.conftest import Start, link
from tests.integration.whatsapp_double.engine import Engine

FORBIDDEN = 403
LOGGED_OUT, MAIN_DEVICE_GONE = 2, 4
"""The engine's own numbers of the reasons, which are not the wire's."""


def test_a_killed_program_comes_back_without_a_code(double: WhatsAppDouble, engine: Engine, start: Start) -> None:
    engine.kill()
    again = start()
    again.wait("connected")
    assert again.count("qr") == 0
    assert [companion.logins for companion in double.account().companions.values()] == [2]


def test_a_broken_line_is_mended_by_the_program(double: WhatsAppDouble, engine: Engine) -> None:
    double.drop_connection()
    engine.wait("disconnected")
    engine.wait("connected", nth=2)


def test_a_server_that_restarts_is_waited_for(double: WhatsAppDouble, engine: Engine) -> None:
    double.restart_notice()
    engine.wait("connected", nth=2)


def test_a_program_whose_server_is_down_says_so_and_finds_it_later(
    double: WhatsAppDouble, engine: Engine, start: Start
) -> None:
    engine.kill()
    double.refuse_connections()
    failed = start()
    assert "failed to dial" in failed.wait("connect-error")["error"]
    double.accept_connections()
    start().wait("connected")


def test_a_device_removed_on_the_phone_is_logged_out_at_once(
    double: WhatsAppDouble, engine: Engine, start: Start
) -> None:
    double.remove_device()
    assert engine.wait("logged-out")["on_connect"] is False
    assert not double.account().companions


def test_a_device_removed_while_off_learns_it_at_login(double: WhatsAppDouble, engine: Engine, start: Start) -> None:
    engine.kill()
    double.remove_device()
    start().wait("logged-out", on_connect=True, reason=LOGGED_OUT)


def test_an_account_that_whatsapp_locked_is_logged_out(double: WhatsAppDouble, engine: Engine, start: Start) -> None:
    engine.kill()
    double.fail_login(FORBIDDEN)
    start().wait("logged-out", on_connect=True, reason=MAIN_DEVICE_GONE)


def test_a_session_opened_elsewhere_is_not_fought_for(double: WhatsAppDouble, engine: Engine) -> None:
    double.replace()
    engine.wait("replaced")
    double.wait_for_event("disconnected", PATIENCE, paired=True)
    assert engine.count("connected") == 1


def test_a_second_login_of_the_same_computer_replaces_the_first(
    double: WhatsAppDouble, engine: Engine, start: Start
) -> None:
    start().wait("connected")
    engine.wait("replaced")


def test_a_version_that_is_too_old_is_told_after_the_linking_too(
    double: WhatsAppDouble, engine: Engine, start: Start
) -> None:
    double.outdate()
    double.drop_connection()
    engine.wait("outdated")
    engine.kill()
    double.allow_login()
    start().wait("connected")


def test_a_banned_account_learns_for_how_long(double: WhatsAppDouble, engine: Engine) -> None:
    double.ban(3600)
    banned = engine.wait("banned")
    assert 3590 <= banned["expire"] <= 3600 * 10**9
    assert engine.count("logged-out") == 0


def test_a_ban_that_ran_out_lets_the_program_in(double: WhatsAppDouble, engine: Engine, start: Start) -> None:
    engine.kill()
    double.ban(0.001)
    start().wait("connected")


def test_two_failed_logins_are_survived(double: WhatsAppDouble, engine: Engine) -> None:
    double.fail_login(503, times=2)
    double.drop_connection()
    engine.wait("connected", nth=2)
    assert sum(event.kind == "login-refused" for event in double.log) == 2


def test_a_program_that_logs_out_is_unlinked(double: WhatsAppDouble, engine: Engine, start: Start) -> None:
    engine.call("log_out")
    double.wait_for_event("logged-out", PATIENCE)
    assert not double.account().companions
    engine.kill()
    fresh = link(double, start())
    assert fresh.count("connected") == 1


def test_an_old_code_is_refused_after_the_linking(double: WhatsAppDouble, engine: Engine) -> None:
    with pytest.raises(ScanRefusedError):
        double.scan(engine.wait("qr")["text"])
