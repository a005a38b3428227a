"""How many files and sockets this process may have open."""

import sys

_ENOUGH = 8_192
"""Thousands of watchers; more would only let a mistake go further."""


def raise_limit() -> None:
    """Let this process open as many as the system allows it; a login shell's usual limit of 1,024 is for few callers.

    Windows has no such limit.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
