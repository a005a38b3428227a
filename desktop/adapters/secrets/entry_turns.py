"""A secret that is read, changed and kept anew is changed by one program at a time: no keyring compares before it
writes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from desktop.domain.errors import Code, Transient

_LOOKED_AT_EVERY: Final = 0.05
"""Seconds."""


def entry_turns(path: Path, *, patience: float = 25.0) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Each call gives one turn, by a lock on the file, which stays there; the system drops it with the process.

    A turn raises Transient(KEYRING_UNAVAILABLE), with reason `busy` where another program has had its own for so many
    seconds: longer than a keyring may take twice.
    """

    @asynccontextmanager
    async def turn() -> AsyncIterator[None]:
        # Loaded by who changes a secret only.
        from filelock import FileLock, Timeout

        lock = FileLock(path, timeout=0)
        try:
            async with asyncio.timeout(patience):
                while True:
                    try:
                        lock.acquire()
                        break
                    except Timeout:
                        # No system tells when a file is unlocked.
                        await asyncio.sleep(_LOOKED_AT_EVERY)
        except TimeoutError as exc:
            raise Transient(Code.KEYRING_UNAVAILABLE, reason="busy") from exc
        except OSError as exc:
            raise Transient(Code.KEYRING_UNAVAILABLE, detail=str(exc)) from exc
        try:
            yield
        finally:
            lock.release()

    return turn
