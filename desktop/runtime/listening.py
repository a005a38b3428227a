"""Taking a port of this machine before anything heavy is imported."""

import socket


def bind_loopback(port: int, *, tries: int = 50) -> socket.socket:
    """Bind 127.0.0.1 on this port or the next free one.

    Raises OSError where none of them is free.
    """
    for candidate in range(port, min(port + tries, 65536)):
        # Without the protocol asyncio leaves Nagle on, which costs 40 ms a request (facts/desktop.md).
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.bind(("127.0.0.1", candidate))
        except OSError:
            listener.close()
            continue
        listener.set_inheritable(False)
        return listener
    raise OSError(f"no free port from {port} to {port + tries - 1}")
