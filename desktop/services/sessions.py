"""The WhatsApp sessions: which there are, and by which of them a company's messages go."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.events import Event, SessionRemoved, SettingsChanged
from desktop.domain.group import GroupInfo
from desktop.domain.recipient import Recipient, RecipientKind
from desktop.domain.session import DEFAULT_SESSION, MOST_SESSIONS, Profile, Session
from desktop.domain.settings import Settings
from desktop.ports.clock import Clock
from desktop.ports.engine import Engine, EngineFactory
from desktop.ports.messages import Messages
from desktop.ports.outbox import Outbox
from desktop.ports.session_store import ForgottenWithSession, NamedBySession, SessionRecord, SessionStore
from desktop.services.bus import Bus
from desktop.services.running_session import RunningSession
from desktop.services.session_roster import Roster
from desktop.services.session_states import CONNECTING, SENDS, refusal

logger = logging.getLogger(__name__)


class Sessions:
    """Public methods raise Rejected(SESSION_NOT_FOUND) for a name that is not there."""

    def __init__(
        self,
        *,
        engines: EngineFactory,
        store: SessionStore,
        outbox: Outbox,
        messages: Messages,
        bus: Bus,
        clock: Clock,
        settings: Callable[[], Settings],
    ) -> None:
        self._engines = engines
        self._store = store
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._roster = Roster(store)
        self._settled_before: list[Callable[[], Awaitable[None]]] = []
        self._carried_along: list[NamedBySession] = [outbox, messages]
        self._forgotten_along: list[ForgottenWithSession] = [messages]
        self._registry = asyncio.Lock()
        """Held while names, the default or the number of sessions change."""

    async def restore(self) -> None:
        """Bring back the sessions of the last run; on the first run, the default one.

        A session that a person stopped stays stopped, one that another computer took over waits for a person.
        """
        records = await self._store.all()
        if not records:
            records = [SessionRecord(profile=self._profile(DEFAULT_SESSION, wanted=True), store=DEFAULT_SESSION)]
            await self._store.save(records)
        for record in records:
            self._roster.put(self._make(record))
        self._bus.subscribe(self._follow)
        for running in self._roster:
            await running.resume()

    def settle_before_rename(self, settle: Callable[[], Awaitable[None]]) -> None:
        """Whatever was heard under a session's name and is not put down yet is put down before it is renamed."""
        self._settled_before.append(settle)

    def carry_along(self, keeper: NamedBySession) -> None:
        """Whatever else is kept under a session's name follows when it is renamed."""
        self._carried_along.append(keeper)

    def forget_along(self, keeper: ForgottenWithSession) -> None:
        """Whatever else is kept of a session goes with it."""
        self._forgotten_along.append(keeper)

    def all(self) -> list[Session]:
        """Oldest first."""
        return [running.session for running in self._roster]

    def get(self, name: str) -> Session:
        return self._roster.find(name).session

    def by_id(self, session_id: UUID) -> Session:
        """Raises Rejected(SESSION_NOT_FOUND)."""
        for session in self.all():
            if session.profile is not None and session.profile.id == session_id:
                return session
        raise Rejected(Code.SESSION_NOT_FOUND, id=str(session_id))

    def default(self) -> Session:
        """The session that is taken where none is named; raises Rejected(SESSION_NOT_FOUND) where there is none."""
        return self._roster.default().session

    def session_for(self, cnpj: Cnpj) -> Session:
        """The company's own session, rather one that has its line; the default one where it has none.

        Raises Rejected(SESSION_NOT_FOUND) where there is no session at all.
        """
        own = [running.session for running in self._roster if running.profile.company == cnpj]
        return min(own, key=lambda session: not session.online) if own else self.default()

    def engine(self, name: str) -> Engine:
        """The session's engine if it can take a send now.

        Raises what `require_link` raises, or Transient(NOT_CONNECTED) where it is not connected.
        """
        return _engine_of(self._roster.find(name))

    def receiving(self, name: str) -> Engine:
        """The session's engine while it has its line, also where nothing may be sent over it for now.

        Raises what `engine` raises where it has none.
        """
        running = self._roster.find(name)
        return running.engine if running.session.online else _engine_of(running)

    def require_link(self, name: str) -> None:
        """Raise NeedsHuman (NOT_PAIRED, NEEDS_HUMAN, ENGINE_BROKEN or NOT_CONNECTED) where only a person can connect
        the session.
        """
        error = refusal(self._roster.find(name).session.status)
        if error is not None:
            raise error

    async def wait_connected(self, name: str, seconds: float) -> Engine:
        """Wait for a session that connects by itself; returns its engine.

        Raises what `engine` raises: at once where a person is needed, else after so many seconds.
        """
        running = self._roster.find(name)
        try:
            async with asyncio.timeout(seconds):
                while running.session.state in CONNECTING:
                    await running.changed.wait()
        except TimeoutError:
            logger.info("session %s did not connect within %.0f s", name, seconds)
        return _engine_of(running)

    def version(self, name: str) -> int:
        """Grows with every change of the session, as long as the program runs."""
        return self._roster.find(name).version

    async def wait_beyond(self, name: str, version: int, seconds: float) -> None:
        """Return once the session has another version than this one or is removed, or after so many seconds."""
        running = self._roster.find(name)
        try:
            async with asyncio.timeout(seconds):
                while running.version == version:
                    await running.changed.wait()
        except TimeoutError:
            logger.debug("session %s did not change within %.0f s", name, seconds)

    async def add(
        self,
        name: str,
        company: Cnpj | None = None,
        *,
        keeps_messages: bool = False,
        tenant: str = "",
        furnish: Callable[[Session], Awaitable[None]] | None = None,
    ) -> Session:
        """A new session, stopped until it is started or linked.

        `furnish` puts down what belongs to it before anybody renames or removes it; where that fails, nothing is left.
        Raises Rejected (SESSION_EXISTS, SESSION_NAME_INVALID, TOO_MANY_SESSIONS), and what `furnish` raises.
        """
        async with self._registry:
            name = self._roster.free_name(name)
            if len(self._roster) >= MOST_SESSIONS:
                raise Rejected(Code.TOO_MANY_SESSIONS, most=MOST_SESSIONS)
            profile = self._profile(name, company=company, keeps_messages=keeps_messages, tenant=tenant)
            record = SessionRecord(profile=profile, store=str(profile.id))
            await self._store.save([record])
            running = self._roster.put(self._make(record))
            if furnish is not None:
                try:
                    await furnish(running.session)
                except BaseException:
                    await self._remove(running)
                    raise
        running.publish()
        return running.session

    async def rename(self, name: str, new: str) -> Session:
        """Give it another name; its link, sends and messages follow. Raises what `add` raises."""
        async with self._registry:
            running = self._roster.find(name)
            new = self._roster.free_name(new, beside=running)
            if new == name:
                return running.session
            async with running.changing, running.silence():
                for settle in self._settled_before:
                    await settle()
                # The session itself last: a rename that breaks off is healed by asking for it again.
                for keeper in self._carried_along:
                    await keeper.rename_session(name, new)
                await self._roster.rename(running, new)
                running.publish()
                self._bus.publish(SessionRemoved(name))
        return running.session

    async def remove(self, name: str) -> None:
        """End and forget it with its messages, also on WhatsApp's side where it has its line; the history stays.

        Where it was the default, the oldest one left becomes it.
        """
        async with self._registry:
            await self._remove(self._roster.find(name))

    async def set_default(self, name: str) -> Session:
        async with self._registry:
            chosen = self._roster.find(name)
            await self._roster.make_default(chosen)
        return chosen.session

    async def set_company(self, name: str, company: Cnpj | None) -> Session:
        """Let it carry one company's sends, or (None) those of all that have none of their own."""
        running = self._roster.find(name)
        await self._roster.change(running, lambda profile: replace(profile, company=company))
        return running.session

    async def set_keeps_messages(self, name: str, keeps: bool) -> Session:
        """From now on; what was kept until then stays for its time."""
        running = self._roster.find(name)
        await self._roster.change(running, lambda profile: replace(profile, keeps_messages=keeps))
        return running.session

    async def start(self, name: str) -> None:
        """Connect, or show a QR where it is not linked; where WhatsApp had restricted it, try again.

        Starting what runs changes nothing.
        """
        await self._roster.find(name).start()

    async def stop(self, name: str) -> None:
        """Disconnect and keep the link; it stays stopped over restarts."""
        await self._roster.find(name).stop()

    async def restart(self, name: str) -> None:
        """End its engine and begin it anew, also where it was stopped."""
        await self._roster.find(name).restart()

    async def link(self, name: str, *, replace: bool = False) -> None:
        """Show a QR for a new link. Raises Rejected(SESSION_LINKED, phone) where it has one and `replace` is False."""
        await self._roster.find(name).link(None, replacing=replace)

    async def link_by_phone(self, name: str, phone: str, *, replace: bool = False) -> None:
        """As `link`, with a code to type on the phone of that number, written in any way.

        Raises Rejected(RECIPIENT_INVALID), too.
        """
        recipient = Recipient.parse(phone)
        if recipient.kind is not RecipientKind.INDIVIDUAL:
            raise Rejected(Code.RECIPIENT_INVALID, reason="not_a_number", value=phone[:60])
        await self._roster.find(name).link(recipient.jid.partition("@")[0], replacing=replace)

    async def logout(self, name: str) -> None:
        """Remove the link on WhatsApp's side and here; raises Transient(NOT_CONNECTED) where it has no line."""
        await self._roster.find(name).logout()

    async def accept_account(self, name: str) -> None:
        """Yes, the other number that was linked is meant; nothing changes where there is no other one."""
        await self._roster.find(name).accept()

    async def clear_all(self, *, logout: bool = False) -> None:
        """End every connection (and link) and begin afresh; what a person stopped stays stopped."""
        async with self._registry:
            await asyncio.gather(*(running.clear(logout=logout) for running in self._roster))

    def acknowledged(self, name: str) -> None:
        """WhatsApp's server acknowledged a send of the session, which may be gone meanwhile."""
        if running := self._roster.look_up(name):
            running.acknowledged()

    def unacknowledged(self, name: str) -> None:
        """A send of the session, which may be gone meanwhile, went out and got no acknowledgement in time."""
        if running := self._roster.look_up(name):
            running.unacknowledged()

    async def group(self, name: str, jid: str) -> GroupInfo:
        """A group as the session's number sees it now; raises what `engine` and Engine.group raise."""
        return await self.engine(name).group(jid)

    async def close(self) -> None:
        """Stop every engine at the program's end; what a person wanted stays as it was."""
        await asyncio.gather(*(running.close() for running in self._roster))

    async def _remove(self, running: RunningSession) -> None:
        """The caller holds the registry."""
        name = running.profile.name
        async with running.changing:
            await running.end()
            for keeper in self._forgotten_along:
                await keeper.forget_session(name)
            async with running.keeping:
                await self._store.remove(running.profile.id)
                running.removed = True
            self._roster.drop(running)
            running.publish()
        self._bus.publish(SessionRemoved(name))
        if running.profile.default and len(self._roster):
            await self._roster.make_default(next(iter(self._roster)))

    def _make(self, record: SessionRecord) -> RunningSession:
        return RunningSession(
            record,
            engines=self._engines,
            store=self._store,
            bus=self._bus,
            clock=self._clock,
            settings=self._settings,
        )

    def _profile(
        self,
        name: str,
        *,
        company: Cnpj | None = None,
        wanted: bool = False,
        keeps_messages: bool = False,
        tenant: str = "",
    ) -> Profile:
        return Profile(
            id=UUID(bytes=self._clock.entropy(16), version=4),
            name=name,
            created_at=self._clock.now(),
            company=company,
            default=not len(self._roster),
            wanted=wanted,
            keeps_messages=keeps_messages,
            tenant=tenant,
        )

    def _follow(self, event: Event) -> None:
        if isinstance(event, SettingsChanged):
            for running in self._roster:
                running.follow()


def _engine_of(running: RunningSession) -> Engine:
    status = running.session.status
    error = refusal(status)
    if error is not None:
        raise error
    if status.state not in SENDS:
        raise Transient(Code.NOT_CONNECTED, state=status.state.value)
    return running.engine
