"""Waiting for what becomes of a session."""

import asyncio
from collections.abc import Callable

from desktop.domain.session import Session
from desktop.services.sessions import Sessions
from tests.harness.patience import PATIENCE


async def session_once(
    sessions: Sessions, name: str, holds: Callable[[Session], object], *, within: float = PATIENCE
) -> Session:
    """The session as soon as it is as it should be; raises TimeoutError after so many seconds."""
    async with asyncio.timeout(within):
        while True:
            # Read before the session: what changes after that is another version.
            version = sessions.version(name)
            if holds(session := sessions.get(name)):
                return session
            await sessions.wait_beyond(name, version, within)
