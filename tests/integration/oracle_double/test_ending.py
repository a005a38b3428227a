"""The double ends, whoever calls just then."""

import socket

from tests.doubles.oracle import OracleDouble

OFTEN = 30


def test_whoever_calls_in_the_moment_in_which_it_ends_is_hung_up_on() -> None:
    for calls in range(OFTEN):
        lines = []
        with OracleDouble() as oracle:
            lines += [socket.create_connection(("127.0.0.1", oracle.port), 20) for _ in range(1 + calls % 4)]
        for line in lines:
            with line:
                assert hung_up(line)


def hung_up(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True
