"""Asking a listener without a password: what each kind of answer, and each kind of silence, is called."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from desktop.adapters.directory.oracle_probe import Outcome, Probe, probe
from tests.doubles.oracle import OracleDouble

TIMEOUT = 30.0
SHORT = 0.3


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble() as double:
        yield double


def ask(oracle: OracleDouble, *, sid: str = "xe", service_name: str = "", timeout: float = TIMEOUT) -> Probe:
    return probe("127.0.0.1", oracle.port, sid=sid, service_name=service_name, timeout=timeout)


@contextmanager
def something_else(greeting: bytes, *, closes: bool = False) -> Iterator[int]:
    """A server that is no Oracle: it says its greeting, and then waits for the caller to leave, or hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with closing(line), suppress(ConnectionResetError):  # the caller may leave with our words unread
                line.recv(65536)
                line.sendall(greeting)
                while not closes and line.recv(65536):
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(TIMEOUT)
        assert not thread.is_alive()


def test_a_listener_that_accepts_tells_its_version_and_no_login_is_tried(oracle: OracleDouble) -> None:
    for answer in (ask(oracle, sid="XE"), ask(oracle, service_name="xepdb1")):
        assert (answer.outcome, answer.tns_version, answer.suits_thin_mode) == (Outcome.ACCEPTED, 318, True)
    assert oracle.logins.attempts == 0


def test_an_old_server_and_one_that_demands_encryption_do_not_suit_thin_mode(oracle: OracleDouble) -> None:
    oracle.config.tns_version = 314
    assert ask(oracle) == Probe(outcome=Outcome.ACCEPTED, tns_version=314)
    oracle.config.tns_version = 318
    oracle.config.encryption_required = True
    answer = ask(oracle)
    assert (answer.outcome, answer.encryption_required, answer.suits_thin_mode) == (Outcome.ACCEPTED, True, False)


@pytest.mark.parametrize(
    ("sid", "service_name", "ora"),
    [("outro", "", "ORA-12505"), ("", "outro", "ORA-12514"), ("x" * 300, "", "ORA-12505"), ("", "", "ORA-12505")],
)
def test_a_refusal_has_its_number(oracle: OracleDouble, sid: str, service_name: str, ora: str) -> None:
    assert ask(oracle, sid=sid, service_name=service_name) == Probe(outcome=Outcome.REFUSED, ora=ora)


def test_a_listener_that_asks_again_or_sends_elsewhere_is_followed(oracle: OracleDouble) -> None:
    oracle.config.resend_first = True
    oracle.config.redirect_first = True
    assert ask(oracle).outcome is Outcome.ACCEPTED


def test_silence_is_told_in_time_and_a_hang_up_at_once(oracle: OracleDouble) -> None:
    oracle.fault("connect", "deaf", times=1)
    assert ask(oracle, timeout=SHORT).outcome is Outcome.SILENT
    oracle.fault("connect", "drop", times=1)
    assert ask(oracle).outcome is Outcome.CLOSED
    oracle.fault("connect", "reset", times=1)
    assert ask(oracle).outcome is Outcome.CLOSED


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_another_server_on_the_port_is_no_oracle(greeting: bytes) -> None:
    with something_else(greeting) as port:
        answer = probe("127.0.0.1", port, sid="xe", service_name="", timeout=TIMEOUT)
    assert answer.outcome is Outcome.NOT_ORACLE


def test_half_an_answer_is_a_hang_up() -> None:
    with something_else(b"\0\x20\0\0\x02\0\0\0\x01", closes=True) as port:
        answer = probe("127.0.0.1", port, sid="xe", service_name="", timeout=TIMEOUT)
    assert answer.outcome is Outcome.CLOSED


def test_a_redirect_to_nowhere_ends() -> None:
    with something_else(b"\0\x0d\0\0\x05\0\0\0\0\x03(X)") as port:
        answer = probe("127.0.0.1", port, sid="xe", service_name="", timeout=TIMEOUT)
    assert answer.outcome is Outcome.NOT_ORACLE


def test_no_connection_at_all_is_the_networks_own_error(oracle: OracleDouble) -> None:
    with socket.socket() as taken:  # so that nobody else listens there meanwhile
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            probe("127.0.0.1", taken.getsockname()[1], sid="xe", service_name="", timeout=TIMEOUT)
    with pytest.raises(socket.gaierror):
        probe("nao-existe.invalid", 1521, sid="xe", service_name="", timeout=TIMEOUT)


@pytest.mark.parametrize("name", ["x)(CONNECT_DATA=", "a b", "a=b"])
def test_a_name_cannot_change_the_descriptor(oracle: OracleDouble, name: str) -> None:
    with pytest.raises(socket.gaierror):
        ask(oracle, sid=name)
    assert oracle.connects == 0
