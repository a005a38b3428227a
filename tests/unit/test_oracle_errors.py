"""Every Oracle failure that is known by its code, and those that are not."""

from __future__ import annotations

import errno
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import oracledb
import pytest
from oracledb import errors as driver

from desktop.adapters.directory.oracle_errors import (
    DEAD_SESSION,
    KNOWN,
    Reason,
    Refusal,
    app_error,
    classify,
    code_of,
    root_of,
)
from desktop.domain.errors import AppError, Code, Fact, NeedsHuman, Transient
from desktop.domain.settings import Language
from desktop.runtime.wording import describe


def server_error(number: int, text: str = "o servidor disse algo") -> oracledb.Error:
    """As the driver raises what a server answered."""
    error = driver._Error(f"ORA-{number:05}: {text}", code=number)
    return error.exc_type(error)


def driver_error(number: int, **facts: Any) -> oracledb.Error:
    """As the driver raises what it found out itself."""
    error = driver._create_err(number, **facts)
    return error.exc_type(error)


def client_error(number: int, text: str = "the library said something") -> oracledb.Error:
    """As the driver raises what is wrong with Oracle's client library."""
    error = driver._Error(f"DPI-{number}: {text}")
    return error.exc_type(error)


def while_connecting(cause: Exception) -> oracledb.Error:
    error = driver_error(driver.ERR_CONNECTION_FAILED, connection_id="abc==")
    error.__cause__ = cause
    return error


def untrusted(verify_code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = verify_code, "in TLS's words"
    return error


CASES: list[tuple[Exception, Code, str, str]] = [
    (server_error(1017), Code.ORACLE_CREDENTIALS, Refusal.WRONG, "ORA-01017"),
    (server_error(1005), Code.ORACLE_CREDENTIALS, Refusal.MISSING, "DPY-4001"),
    (server_error(28000), Code.ORACLE_CREDENTIALS, Refusal.LOCKED, "ORA-28000"),
    (server_error(28001), Code.ORACLE_CREDENTIALS, Refusal.EXPIRED, "ORA-28001"),
    (driver_error(driver.ERR_NO_CREDENTIALS), Code.ORACLE_CREDENTIALS, Refusal.MISSING, "DPY-4001"),
    (driver_error(3010), Code.ORACLE_UNAVAILABLE, Reason.SERVER_TOO_OLD, "DPY-3010"),
    (driver_error(3015, verifier_type=0x939), Code.ORACLE_UNAVAILABLE, Reason.VERIFIER_10G, "DPY-3015"),
    (
        driver_error(3001, feature="Native Network Encryption and Data Integrity", driver_type="thick"),
        Code.ORACLE_UNAVAILABLE,
        Reason.ENCRYPTION_REQUIRED,
        "DPY-3001",
    ),
    (driver_error(3001, feature="bequeath", driver_type="thick"), Code.ORACLE_UNAVAILABLE, Reason.OTHER, "DPY-3001"),
    (driver_error(3016), Code.ORACLE_UNAVAILABLE, Reason.OTHER, "DPY-3016"),
    (driver_error(6000, error_code="12519"), Code.ORACLE_UNAVAILABLE, Reason.BUSY, "ORA-12519"),
    (driver_error(6000, error_code="12528"), Code.ORACLE_UNAVAILABLE, Reason.STARTING, "ORA-12528"),
    (driver_error(6000, error_code="1153"), Code.ORACLE_UNAVAILABLE, Reason.OTHER, "ORA-01153"),
    (
        driver_error(6001, service_name="X", host="h", port=1),
        Code.ORACLE_UNAVAILABLE,
        Reason.SERVICE_UNKNOWN,
        "ORA-12514",
    ),
    (driver_error(6003, sid="X", host="h", port=1), Code.ORACLE_UNAVAILABLE, Reason.SID_UNKNOWN, "ORA-12505"),
    (driver_error(4011), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-4011"),
    (driver_error(4033), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-4033"),
    (driver_error(1001), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-1001"),
    (driver_error(4024, timeout=500), Code.ORACLE_UNAVAILABLE, Reason.TIMEOUT, "DPY-4024"),
    (server_error(1013), Code.ORACLE_UNAVAILABLE, Reason.TIMEOUT, "ORA-01013"),
    # the driver itself turns these into "the connection was closed"
    (server_error(28), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-4011"),
    (server_error(1012), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-4011"),
    (server_error(1089), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-4011"),
    (server_error(3113), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-4011"),
    (server_error(1033), Code.ORACLE_UNAVAILABLE, Reason.STARTING, "ORA-01033"),
    (server_error(1034), Code.ORACLE_UNAVAILABLE, Reason.STARTING, "ORA-01034"),
    (server_error(27101), Code.ORACLE_UNAVAILABLE, Reason.STARTING, "ORA-27101"),
    (server_error(2391), Code.ORACLE_UNAVAILABLE, Reason.BUSY, "ORA-02391"),
    (server_error(942), Code.ORACLE_UNAVAILABLE, Reason.TABLE_NOT_FOUND, "ORA-00942"),
    (server_error(4043), Code.ORACLE_UNAVAILABLE, Reason.TABLE_NOT_FOUND, "ORA-04043"),
    (server_error(904), Code.ORACLE_UNAVAILABLE, Reason.COLUMN_NOT_FOUND, "ORA-00904"),
    (server_error(1031), Code.ORACLE_UNAVAILABLE, Reason.NO_RIGHTS, "ORA-01031"),
    (server_error(41900), Code.ORACLE_UNAVAILABLE, Reason.NO_RIGHTS, "ORA-41900"),
    (server_error(4063), Code.ORACLE_UNAVAILABLE, Reason.VIEW_BROKEN, "ORA-04063"),
    (server_error(1045), Code.ORACLE_UNAVAILABLE, Reason.NO_SESSION_RIGHT, "ORA-01045"),
    (server_error(1722), Code.ORACLE_UNAVAILABLE, Reason.OTHER, "ORA-01722"),
    (client_error(1047), Code.ORACLE_UNAVAILABLE, Reason.CLIENT_BROKEN, "DPI-1047"),
    (client_error(1067, "call timeout of 500 ms exceeded"), Code.ORACLE_UNAVAILABLE, Reason.TIMEOUT, "DPY-4024"),
    (client_error(1080), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-4011"),
    (client_error(1010), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, "DPY-1001"),
    # what the network itself says has no code of the driver's
    (socket.gaierror(-2, "Name or service not known"), Code.ORACLE_UNAVAILABLE, Reason.HOST_NOT_FOUND, ""),
    (UnicodeError("label too long"), Code.ORACLE_UNAVAILABLE, Reason.HOST_NOT_FOUND, ""),
    (ConnectionRefusedError(111, "Connection refused"), Code.ORACLE_UNAVAILABLE, Reason.REFUSED, ""),
    (TimeoutError("timed out"), Code.ORACLE_UNAVAILABLE, Reason.SILENT, ""),
    (OSError(errno.EHOSTUNREACH, "No route to host"), Code.ORACLE_UNAVAILABLE, Reason.SILENT, ""),
    (OSError(errno.ENETUNREACH, "Network is unreachable"), Code.ORACLE_UNAVAILABLE, Reason.SILENT, ""),
    (ConnectionResetError(104, "Connection reset by peer"), Code.ORACLE_UNAVAILABLE, Reason.DROPPED, ""),
    (untrusted(20), Code.ORACLE_UNAVAILABLE, Reason.CERTIFICATE, ""),
    (untrusted(62), Code.ORACLE_UNAVAILABLE, Reason.CERTIFICATE_NAME, ""),
    (untrusted(64), Code.ORACLE_UNAVAILABLE, Reason.CERTIFICATE_NAME, ""),
    (ssl.SSLEOFError(8, "EOF occurred"), Code.ORACLE_UNAVAILABLE, Reason.TLS_FAILED, ""),
    (server_error(29024), Code.ORACLE_UNAVAILABLE, Reason.CERTIFICATE, "ORA-29024"),
    (driver_error(2018, name="ewallet.pem"), Code.ORACLE_UNAVAILABLE, Reason.WALLET_MISSING, "DPY-2018"),
    (server_error(28353), Code.ORACLE_UNAVAILABLE, Reason.WALLET_UNREADABLE, "ORA-28353"),
    (OSError(errno.EMFILE, "Too many open files"), Code.ORACLE_UNAVAILABLE, Reason.OTHER, ""),
]


@pytest.mark.parametrize(("error", "code", "reason", "ora"), CASES, ids=lambda case: str(case)[:40])
def test_each_failure_has_its_code_and_reason(error: Exception, code: Code, reason: str, ora: str) -> None:
    for raised, own in ((error, code_of(error)), (while_connecting(error), "DPY-6005")):
        found, facts = classify(raised)
        assert (found, facts["reason"], facts.get("ora", "")) == (code, reason, ora)
        assert facts.get("driver_code", "") == own
        assert ("detail" in facts) == (reason == Reason.OTHER or isinstance(error, ssl.SSLError))


@pytest.mark.parametrize("known", KNOWN)
def test_every_code_of_the_table_is_reached_as_the_driver_raises_it(known: str) -> None:
    prefix, number = known.split("-")
    raisers: dict[str, Callable[[int], oracledb.Error]]
    raisers = {"ORA": server_error, "DPY": driver_error, "DPI": client_error}
    raised = raisers[prefix](int(number))
    meaning = KNOWN[known]
    code, facts = classify(raised)
    assert code is (Code.ORACLE_CREDENTIALS if isinstance(meaning, Refusal) else Code.ORACLE_UNAVAILABLE)
    # a few are what the driver calls a lost connection, whatever the server called them
    assert facts["reason"] == (Reason.DROPPED if code_of(raised) == "DPY-4011" else meaning)


ELSEWHERE = {Reason.DUPLICATE, Reason.TABLE_EMPTY, Reason.CERTIFICATE_WANTED, Reason.TLS_EXPECTED}
"""What no error says, but the rows or the listener's answer to the probe."""
CLIENT = {Reason.CLIENT_TOO_NEW}


def test_every_reason_is_given_to_something() -> None:
    given = {classify(error)[1]["reason"] for error, *_ in CASES}
    assert given == {reason.value for reason in (*Reason, *Refusal)} - {reason.value for reason in ELSEWHERE | CLIENT}


@pytest.mark.parametrize("reason", [*Reason, *Refusal])
def test_every_reason_has_a_sentence_and_an_action_of_its_own(reason: Reason | Refusal) -> None:
    code = Code.ORACLE_CREDENTIALS if isinstance(reason, Refusal) else Code.ORACLE_UNAVAILABLE
    for language in Language:
        words, general = (describe(code, facts, language) for facts in ({"reason": reason.value}, {}))
        assert words.action
        assert words.text != general.text or reason is Refusal.WRONG


def test_an_unknown_failure_is_shown_whole_but_without_the_drivers_link() -> None:
    _, facts = classify(server_error(1555, 'snapshot too old: rollback segment "X"\nORA-02063: preceding line'))
    assert facts["detail"] == 'ORA-01555: snapshot too old: rollback segment "X"\nORA-02063: preceding line'
    _, facts = classify(OSError())
    assert facts["detail"] == "OSError"


@pytest.mark.parametrize(
    ("message", "column"),
    [
        ('"CNPJ": invalid identifier', "CNPJ"),
        ('"D"."GRUPO": invalid identifier', "D.GRUPO"),
        ("invalid identifier", None),
    ],
)
def test_the_missing_column_is_named(message: str, column: Fact) -> None:
    _, facts = classify(server_error(904, message))
    assert facts.get("column") == column


def test_the_root_is_looked_for_under_the_connect_error_only() -> None:
    reset = ConnectionResetError(104, "Connection reset by peer")
    lost = driver_error(4011)
    lost.__cause__ = reset
    assert root_of(lost) is lost
    assert root_of(while_connecting(lost)) is lost
    assert root_of(while_connecting(while_connecting(reset))) is reset
    alone = driver_error(6005, connection_id="x")
    assert root_of(alone) is alone
    assert classify(alone)[1]["reason"] == Reason.OTHER


def test_what_the_driver_calls_a_dead_session_is_what_may_be_tried_again() -> None:
    for code in DEAD_SESSION:
        assert KNOWN[code] is Reason.DROPPED


def test_the_parent_can_read_the_table_without_loading_the_driver() -> None:
    program = "import sys, desktop.adapters.directory.oracle_errors; print('oracledb' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("code", "facts", "kind"),
    [
        (Code.ORACLE_CREDENTIALS, {"reason": "wrong"}, NeedsHuman),
        (Code.ORACLE_UNAVAILABLE, {"reason": "table_not_found", "table": "X"}, NeedsHuman),
        (Code.ORACLE_UNAVAILABLE, {"reason": "server_too_old"}, NeedsHuman),
        (Code.ORACLE_UNAVAILABLE, {"reason": "dropped"}, Transient),
        # a listener knows no service for a while when its database restarts
        (Code.ORACLE_UNAVAILABLE, {"reason": "service_unknown"}, Transient),
        (Code.ORACLE_UNAVAILABLE, {"reason": "other", "detail": "x"}, Transient),
    ],
)
def test_only_what_a_person_must_mend_waits_for_one(code: Code, facts: dict[str, object], kind: type[AppError]) -> None:
    error = app_error(code.value, facts | {"nothing": None})
    assert (type(error), error.code, error.facts) == (kind, code, facts)
