"""Logging in to the double as to a server: what works, and each way of being turned away, by the driver's own words."""

from __future__ import annotations

import oracledb
import pytest

from tests.doubles.oracle import Account, OracleDouble, VerifierKind
from tests.integration.oracle_double.conftest import Connect, RunDriver


def refusal(connect: Connect, **params: str) -> str:
    """The driver's codes, from the error down to its root."""
    with pytest.raises(oracledb.Error) as caught, connect(**params):
        pass
    cause = caught.value.__cause__
    codes = [caught.value.args[0].full_code]
    if isinstance(cause, oracledb.Error):
        codes.append(cause.args[0].full_code)
    return " ".join(codes)


@pytest.mark.parametrize("verifier", ["12c", "11g"])
def test_logs_in_with_either_verifier(oracle: OracleDouble, connect: Connect, verifier: VerifierKind) -> None:
    oracle.config.verifier = verifier
    with connect() as connection:
        connection.ping()
    assert (oracle.logins.attempts, oracle.logins.accepted, oracle.logins.refused) == (1, 1, 0)


@pytest.mark.parametrize("target", [{"sid": "XE"}, {"sid": "xe"}, {"service_name": "xepdb1"}])
def test_is_found_by_sid_and_by_service_name(connect: Connect, target: dict[str, str]) -> None:
    with connect(**target) as connection:
        connection.ping()


def test_takes_a_descriptor_too_long_for_the_connect_packet(connect: Connect) -> None:
    with connect(program="x" * 300) as connection:
        connection.ping()


@pytest.mark.parametrize("password", ["", "é ü 密码", "p" * 15, "p" * 16, "p" * 200])
@pytest.mark.parametrize("verifier", ["12c", "11g"])
def test_any_password_is_checked_exactly(
    oracle: OracleDouble, connect: Connect, verifier: VerifierKind, password: str
) -> None:
    oracle.config.verifier = verifier
    oracle.config.password = password or "x"
    with connect(password=password or "x") as connection:
        connection.ping()
    assert refusal(connect, password=(password or "x") + "!") == "ORA-01017"


@pytest.mark.parametrize("verifier", ["12c", "11g"])
def test_a_wrong_password_is_told_and_counted(oracle: OracleDouble, connect: Connect, verifier: VerifierKind) -> None:
    oracle.config.verifier = verifier
    assert refusal(connect, password="errado") == "ORA-01017"
    assert (oracle.logins.attempts, oracle.logins.refused) == (1, 1)


def test_an_unknown_user_looks_like_a_wrong_password(connect: Connect) -> None:
    assert refusal(connect, user="ninguem") == "ORA-01017"


def test_ten_wrong_passwords_in_a_row_lock_the_account(oracle: OracleDouble, connect: Connect) -> None:
    for _ in range(9):
        assert refusal(connect, password="errado") == "ORA-01017"
    with connect():
        pass
    for _ in range(10):
        assert refusal(connect, password="errado") == "ORA-01017"
    assert refusal(connect) == "ORA-28000"
    assert oracle.config.account == "locked"


@pytest.mark.parametrize(
    ("account", "code"), [("locked", "ORA-28000"), ("expired", "ORA-28001"), ("no_session", "ORA-01045")]
)
def test_an_account_that_may_not_log_in_is_told_why(
    oracle: OracleDouble, connect: Connect, account: Account, code: str
) -> None:
    oracle.config.account = account
    assert refusal(connect) == code


def test_unknown_targets_and_refusals_come_wrapped(oracle: OracleDouble, connect: Connect) -> None:
    assert refusal(connect, sid="outro") == "DPY-6005 DPY-6003"
    assert refusal(connect, service_name="outro") == "DPY-6005 DPY-6001"
    oracle.config.refuse_with = 12519
    assert refusal(connect) == "DPY-6005 DPY-6000"
    assert oracle.logins.attempts == 0


def test_old_servers_encryption_and_old_passwords_need_thick_mode(oracle: OracleDouble, connect: Connect) -> None:
    oracle.config.tns_version = 314
    assert refusal(connect) == "DPY-6005 DPY-3010"
    oracle.config.tns_version = 318
    oracle.config.encryption_required = True
    assert refusal(connect) == "DPY-6005 DPY-3001"
    oracle.config.encryption_required = False
    oracle.config.verifier = "10g"
    assert refusal(connect) == "DPY-3015"


@pytest.mark.parametrize("tns_version", [315, 317, 318, 319])
def test_speaks_every_tns_version_the_driver_takes(oracle: OracleDouble, connect: Connect, tns_version: int) -> None:
    oracle.config.tns_version = tns_version
    with connect() as connection:
        connection.ping()


def test_a_listener_that_asks_again_or_sends_elsewhere_is_followed(oracle: OracleDouble, run_driver: RunDriver) -> None:
    oracle.config.resend_first = True
    oracle.config.redirect_first = True
    assert run_driver("ping") == ["ok"]


def test_a_server_that_is_starting_says_so(oracle: OracleDouble, run_driver: RunDriver) -> None:
    oracle.fault("auth", 1033)
    assert run_driver() == ["ORA-01033"]
