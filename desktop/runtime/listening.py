"""Taking a port of this machine before anything heavy is imported."""

import socket
import sys

_BACKLOG = 128


def bind_loopback(port: int, *, tries: int = 50) -> socket.socket:
    """Listen on 127.0.0.1 at this port or the next free one; for 0, at any free one.

    Raises OSError where none of them is free.
    """
    for candidate in range(port, min(port + tries, 65536)):
        # Without the protocol asyncio leaves Nagle on, which costs 40 ms a request (facts/desktop.md).
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            _claim(listener)
            listener.bind(("127.0.0.1", candidate))
            # At once: two that are only bound may share a port, and an early caller waits instead of being refused.
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            continue
        listener.set_inheritable(False)
        return listener
    raise OSError(f"no free port from {port} to {port + tries - 1}")


def _claim(listener: socket.socket) -> None:
    if sys.platform == "win32":
        # There the option below would let another program take the port away from us.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        # Calls that ended a moment before a restart would hold the port for a minute, and the ERP knows only this one.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
