"""The double ends, whoever calls just then."""

import socket
import ssl
from pathlib import Path

from tests.doubles.oracle import Authority, OracleDouble

OFTEN = 30


def test_whoever_calls_in_the_moment_in_which_it_ends_is_hung_up_on() -> None:
    for calls in range(OFTEN):
        lines = []
        with OracleDouble() as oracle:
            lines += [socket.create_connection(("127.0.0.1", oracle.port), 20) for _ in range(1 + calls % 4)]
        for line in lines:
            with line:
                assert hung_up(line)


def test_whoever_is_in_the_middle_of_a_tls_handshake_or_farewell_is_hung_up_on(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    trusting = ssl.create_default_context(cafile=authority.wallet() / "ewallet.pem")
    with OracleDouble(tls=authority.server()) as oracle:
        address = "127.0.0.1", oracle.port
        silent = socket.create_connection(address, 20)
        greeted = trusting.wrap_socket(socket.create_connection(address, 20), server_hostname="localhost")
    with silent, greeted:
        assert hung_up(silent)
        assert hung_up(greeted)
        with socket.socket(fileno=greeted.detach()) as line_below:
            line_below.settimeout(20)
            assert hung_up(line_below), "a farewell of ours is waited for"


def hung_up(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True
