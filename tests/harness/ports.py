"""Ports for what must be told beforehand which one to take."""

import secrets
import socket

_FIRST, _LAST = 20_000, 31_999
"""Below those that a system gives to whoever asks for any (from 32768 on, or 49152)."""


def quiet_port() -> int:
    """A free port that stays so until somebody asks for this very one; the 50 after it are quiet, too."""
    while True:
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
