"""What goes wrong on the way to a database, as the real driver lives through it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable

import oracledb
import pytest

from tests.doubles.oracle import Kind, OracleDouble, Point
from tests.integration.oracle_double.conftest import Connect, RunDriver

StartDriver = Callable[..., subprocess.Popen[str]]
STEP: dict[Point, str] = {"execute": "list", "rows": "list", "fetch": "list", "ping": "ping", "describe": "describe"}


@pytest.mark.parametrize("kind", ["drop", "reset"])
@pytest.mark.parametrize("point", STEP)
def test_a_dropped_connection_stays_dropped(
    oracle: OracleDouble, run_driver: RunDriver, point: Point, kind: Kind
) -> None:
    oracle.fault(point, kind, times=1)
    first, second = run_driver(STEP[point], "ping")
    assert first.split()[0] == "DPY-4011"
    assert second == "DPY-1001"


@pytest.mark.parametrize("point", STEP)
def test_a_stalled_call_times_out_and_the_connection_survives(
    oracle: OracleDouble, run_driver: RunDriver, point: Point
) -> None:
    oracle.fault(point, "stall", times=1)
    assert run_driver(STEP[point], "list") == ["DPY-4024", "ok 3"]


@pytest.mark.parametrize("point", STEP)
def test_a_deaf_server_costs_the_connection(oracle: OracleDouble, run_driver: RunDriver, point: Point) -> None:
    oracle.fault(point, "deaf", times=1)
    assert run_driver(STEP[point], "ping") == ["DPY-4011", "DPY-1001"]


@pytest.mark.parametrize("point", ["execute", "rows", "fetch"])
def test_a_stalled_call_can_be_cancelled(oracle: OracleDouble, start_driver: StartDriver, point: Point) -> None:
    oracle.fault(point, "stall", times=1)
    child = start_driver("cancel", "ping")
    oracle.wait_fault(point)
    assert child.communicate("now\n", timeout=30)[0].splitlines() == ["ORA-01013", "ok"]


@pytest.mark.parametrize("kind", ["drop", "reset"])
def test_a_login_that_is_dropped_is_told_from_a_refusal(
    oracle: OracleDouble, run_driver: RunDriver, kind: Kind
) -> None:
    oracle.fault("connect", kind, times=1)
    assert run_driver()[0].split()[:2] == ["DPY-6005", "DPY-4011"]
    oracle.fault("auth", kind, times=1)
    assert run_driver()[0].split()[0] == "DPY-4011"
    assert oracle.logins.attempts == 1


@pytest.mark.parametrize("kind", ["drop", "reset"])
@pytest.mark.parametrize("point", ["negotiate", "proof"])
def test_a_login_may_break_off_at_each_of_its_answers(
    oracle: OracleDouble, run_driver: RunDriver, point: Point, kind: Kind
) -> None:
    oracle.fault(point, kind, times=1)
    assert "DPY-4011" in run_driver()[0].split()
    assert run_driver("ping") == ["ok"]


def test_a_refusal_may_come_at_either_half_of_the_login(oracle: OracleDouble, run_driver: RunDriver) -> None:
    points: list[Point] = ["auth", "proof"]
    for point in points:
        oracle.fault(point, 1035, times=1)
        assert run_driver() == ["ORA-01035"]


def test_a_session_that_cannot_end_in_order_is_over_all_the_same(oracle: OracleDouble, connect: Connect) -> None:
    oracle.fault("end", "drop", times=1)
    with connect() as connection, pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        connection.rollback()


@pytest.mark.parametrize("kind", ["stall", "deaf"])
@pytest.mark.parametrize("point", ["connect", "negotiate", "auth", "proof"])
def test_a_silent_server_holds_the_login_for_as_long_as_it_likes(
    oracle: OracleDouble, start_driver: StartDriver, point: Point, kind: Kind
) -> None:
    oracle.fault(point, kind)
    child = start_driver("list")
    oracle.wait_fault(point)
    assert child.poll() is None
    oracle.clear_faults()
    assert child.communicate(timeout=30)[0].splitlines() == ["ok 3"]


def test_an_idle_connection_that_was_cut_is_noticed_at_the_next_call(oracle: OracleDouble, connect: Connect) -> None:
    with connect() as connection:
        connection.ping()
        oracle.hang_up()
        assert connection.is_healthy()  # the driver does not look at the socket until it is used
        with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
            connection.ping()
        assert not connection.is_healthy()


def test_a_session_killed_by_the_administrator_is_a_lost_connection(
    oracle: OracleDouble, run_driver: RunDriver
) -> None:
    oracle.fault("execute", 28, times=1)
    assert run_driver("list", "ping") == ["DPY-4011", "DPY-1001"]


def test_a_fault_happens_as_often_as_it_was_ordered(oracle: OracleDouble, run_driver: RunDriver) -> None:
    oracle.fault("execute", 1555, times=2)
    assert run_driver("list", "list", "list") == ["ORA-01555", "ORA-01555", "ok 3"]


def test_a_fault_that_does_not_exist_is_refused(oracle: OracleDouble) -> None:
    with pytest.raises(ValueError, match="no fault"):
        oracle.fault("rows", 1555)
    with pytest.raises(TimeoutError):
        oracle.wait_fault("rows", timeout=0.0)


def exchange(oracle: OracleDouble, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", oracle.port), 30) as raw:
        raw.sendall(sent)
        return raw.recv(1)


def test_what_the_double_does_not_speak_is_never_passed_over() -> None:
    oracle = OracleDouble()
    with pytest.raises(RuntimeError, match="does not speak"), oracle:
        assert exchange(oracle, b"\0\x0a\0\0\x63\0\0\0hi") == b""


def test_a_taken_port_is_told(oracle: OracleDouble) -> None:
    with pytest.raises(OSError, match="address already in use"), OracleDouble(port=oracle.port):
        pass
