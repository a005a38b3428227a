"""Which sessions there are, by name, and what a person decided about them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from desktop.domain.errors import Code, Rejected
from desktop.domain.session import Profile, session_name
from desktop.ports.session_store import SessionStore
from desktop.services.running_session import RunningSession


class Roster:
    """Oldest first. Whoever changes names, the default or the number of sessions takes turns with others that do."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._running: dict[str, RunningSession] = {}

    def __iter__(self) -> Iterator[RunningSession]:
        return iter(list(self._running.values()))

    def __len__(self) -> int:
        return len(self._running)

    def find(self, name: str) -> RunningSession:
        """Raises Rejected(SESSION_NOT_FOUND)."""
        running = self._running.get(name)
        if running is None:
            raise Rejected(Code.SESSION_NOT_FOUND, name=name)
        return running

    def look_up(self, name: str) -> RunningSession | None:
        return self._running.get(name)

    def default(self) -> RunningSession:
        """Raises Rejected(SESSION_NOT_FOUND) where there is none at all."""
        for running in self:
            if running.profile.default:
                return running
        raise Rejected(Code.SESSION_NOT_FOUND)

    def free_name(self, text: str, *, beside: RunningSession | None = None) -> str:
        """The name as it is kept. Raises Rejected(SESSION_NAME_INVALID | SESSION_EXISTS)."""
        name = session_name(text)
        for running in self:
            # Names that differ by capitals only are one to a person.
            if running is not beside and running.profile.name.casefold() == name.casefold():
                raise Rejected(Code.SESSION_EXISTS, name=running.profile.name)
        return name

    def put(self, running: RunningSession) -> RunningSession:
        self._running[running.profile.name] = running
        return running

    def drop(self, running: RunningSession) -> None:
        del self._running[running.profile.name]

    async def rename(self, running: RunningSession, name: str) -> None:
        """The caller holds its `changing`."""
        await self._describe([running], lambda profile: replace(profile, name=name))
        self._running = {one.profile.name: one for one in self}

    async def change(self, running: RunningSession, change: Callable[[Profile], Profile]) -> None:
        """Keep and tell what a person decided."""
        async with running.turn():
            await self._describe([running], change)
        running.publish()

    async def make_default(self, chosen: RunningSession) -> None:
        changed = [one for one in self if one.profile.default is not (one is chosen)]
        async with AsyncExitStack() as held:
            for running in changed:
                await held.enter_async_context(running.changing)
            await self._describe(changed, lambda profile: replace(profile, default=not profile.default))
        for running in changed:
            running.publish()

    async def _describe(self, sessions: Sequence[RunningSession], change: Callable[[Profile], Profile]) -> None:
        """All of them or none. The caller holds their `changing`."""
        if not sessions:
            return
        async with AsyncExitStack() as held:
            for running in sessions:
                await held.enter_async_context(running.keeping)
            records = [replace(one.record(), profile=change(one.profile)) for one in sessions]
            await self._store.save(records)
            for running, record in zip(sessions, records, strict=True):
                running.take_over(record)
