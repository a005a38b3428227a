"""Works the outbox off: a lane for each session, which come and go with the sessions."""

import asyncio
import logging
from collections.abc import Callable

from desktop.domain.events import Event, SendChanged, SessionChanged, SessionRemoved
from desktop.domain.send import Send, SendState
from desktop.domain.settings import Settings
from desktop.ports.clock import Clock
from desktop.ports.outbox import Outbox
from desktop.services.bus import Bus
from desktop.services.delivery import Delivery
from desktop.services.groups import Groups
from desktop.services.lane import Lane
from desktop.services.loading import Loading
from desktop.services.preparing import Preparing
from desktop.services.sessions import Sessions

logger = logging.getLogger(__name__)


class Pipeline:
    def __init__(
        self,
        *,
        outbox: Outbox,
        sessions: Sessions,
        preparing: Preparing,
        groups: Groups,
        bus: Bus,
        clock: Clock,
        settings: Callable[[], Settings],
    ) -> None:
        self._outbox = outbox
        self._sessions = sessions
        self._loading = Loading(preparing=preparing, groups=groups, outbox=outbox)
        self._delivery = Delivery(outbox=outbox, sessions=sessions, bus=bus, clock=clock, settings=settings)
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._lanes: dict[str, Lane] = {}
        self._ending: set[Lane] = set()
        """Lanes of sessions that are gone, which still see to what they left."""

    async def recover(self) -> list[Send]:
        """At start-up, before `start`: say of every send that was under way that its outcome is unknown."""
        changed = await self._outbox.recover(self._clock.now())
        for send in changed:
            logger.warning("send %s was interrupted: now %s", send.id, send.state)
            self._bus.publish(SendChanged(send))
        return changed

    def start(self) -> None:
        """Begin to work off the outbox of every session there is, and of those that come."""
        self._unsubscribe = self._bus.subscribe(self._hear)
        for session in self._sessions.all():
            self._lanes[session.name] = self._lane(session.name)

    def foresee(self, send: Send) -> None:
        """Implements sending.Foresight."""
        if send.session in self._lanes:
            self._lanes[send.session].foresee(send)

    def forget(self, send: Send) -> None:
        """Implements sending.Foresight."""
        if send.session in self._lanes:
            self._lanes[send.session].forget(send)

    async def close(self, grace: float) -> None:
        """Let what is under way finish for so many seconds, then stop; what is left stays on disk as it is."""
        lanes = [*self._lanes.values(), *self._ending]
        if not lanes:
            return
        self._unsubscribe()
        for lane in lanes:
            lane.close()
        _, late = await asyncio.wait([lane.task for lane in lanes], timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*(lane.task for lane in lanes), return_exceptions=True)
        self._lanes.clear()
        self._ending.clear()

    @property
    def sending(self) -> bool:
        """True while an engine has a message in its hands."""
        return any(lane.busy for lane in (*self._lanes.values(), *self._ending))

    def _hear(self, event: Event) -> None:
        match event:
            case SendChanged(send) if send.state is SendState.QUEUED and send.session in self._lanes:
                self._lanes[send.session].offer(send)
            case SendChanged(send) if send.state is SendState.QUEUED:
                # Its session went, or got another name, while it was put on disk.
                self._end(self._lane(send.session))
            case SessionChanged(session) if session.name in self._lanes:
                self._lanes[session.name].wake()
            case SessionChanged(session) if any(session.name == each.name for each in self._sessions.all()):
                self._lanes[session.name] = self._lane(session.name)
            case SessionRemoved(name) if name in self._lanes:
                self._end(self._lanes.pop(name))
            case _:
                return

    def _end(self, lane: Lane) -> None:
        self._ending.add(lane)
        lane.task.add_done_callback(lambda _: self._ending.discard(lane))
        lane.end()

    def _lane(self, session: str) -> Lane:
        return Lane(
            session,
            outbox=self._outbox,
            sessions=self._sessions,
            loading=self._loading,
            delivery=self._delivery,
            clock=self._clock,
            settings=self._settings,
        )
