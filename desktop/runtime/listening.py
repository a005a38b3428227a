"""Taking ports of this machine before anything heavy is imported, and by what names others find it."""

import socket
import sys

_BACKLOG = 128
_ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses that nobody has: what this machine would send to them goes out by its own address for the network."""


def bind(address: str, port: int, *, tries: int = 50) -> socket.socket:
    """Listen at this port or the next free one; for 0, at any free one.

    Raises OSError where none of them is free, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for candidate in range(port, min(port + tries, 65536)):
        # Without the protocol asyncio leaves Nagle on, which costs 40 ms a request (facts/desktop.md).
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            _claim(listener)
            listener.bind((address, candidate))
            # At once: two that are only bound may share a port, and an early caller waits instead of being refused.
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            continue
        listener.set_inheritable(False)
        return listener
    raise OSError(f"no free port from {port} to {port + tries - 1}")


def machine_name() -> str:
    """What the local network calls this machine."""
    return socket.gethostname().lower()


def machine_addresses() -> list[str]:
    """The addresses by which it speaks to others at this moment; none where it has no network."""
    found: list[str] = []
    for elsewhere, family in _ELSEWHERE:
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            try:
                # Nothing is sent: for this kind of socket, it only chooses the way.
                line.connect((elsewhere, 9))
            except OSError:
                continue
            found.append(line.getsockname()[0])
    return found


def _claim(listener: socket.socket) -> None:
    if sys.platform == "win32":
        # There the option below would let another program take the port away from us.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        # Calls that ended a moment before a restart would hold the port for a minute, and the ERP knows only this one.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
