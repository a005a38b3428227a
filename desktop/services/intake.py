"""What engines tell of messages, put on disk in bursts: one transaction for whatever piled up during the last one."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from desktop.domain.errors import Transient
from desktop.domain.events import MessageKept, MessagesLost
from desktop.domain.message import Ack, Message
from desktop.ports.clock import Clock
from desktop.ports.messages import Messages
from desktop.services.bus import Bus
from desktop.services.webhook_news import Teller

logger = logging.getLogger(__name__)

_AT_ONCE = 500
_PAUSE = 1.0

Acks = dict[tuple[str, Ack], dict[str, None]]
"""By session and acknowledgement, the ids of the messages that came so far."""


@dataclass(frozen=True, slots=True)
class Arrived:
    message: Message
    backlog: bool
    history: bool


class Intake:
    """Takes messages without ever making an engine wait, for as long as there is room for them."""

    def __init__(
        self,
        *,
        messages: Messages,
        bus: Bus,
        clock: Clock,
        keeps: Callable[[str], bool],
        teller: Teller,
        room: int = 50_000,
    ) -> None:
        self._messages = messages
        self._bus = bus
        self._clock = clock
        self._keeps = keeps
        self._teller = teller
        self._room = room
        self._arrived: deque[Arrived] = deque()
        self._acks: Acks = {}
        self._leaving: deque[tuple[str, str | None]] = deque()
        """Names that sessions do not bear any more, each with the new one; None where there is none."""
        self._renamed: dict[str, str] = {}
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._overflowing = False
        self.lost = 0
        """How many messages since the start could not be kept."""
        self._lost_told = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name="intake")

    async def close(self, grace: float) -> None:
        """Keep what has come so far, for at most so many seconds, then stop."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
        except TimeoutError:
            logger.error("%d messages could not be kept in time", len(self._arrived))
            self.lost += len(self._arrived)
        self._task.cancel()

    async def settled(self) -> None:
        """Return once everything that came so far is on disk, however long the disk takes."""
        await self._idle.wait()

    def take(self, message: Message, *, backlog: bool = False, history: bool = False) -> None:
        """Keep a message where its session keeps any; where there is no room for it, it is counted as lost."""
        if not self._keeps(message.session):
            return
        if len(self._arrived) >= self._room:
            self.lost += 1
            if not self._overflowing:
                self._overflowing = True
                logger.error("messages come in faster than they can be kept: from now on, some are lost")
                self._tell_losses()
            return
        if self._overflowing:
            self._overflowing = False
            logger.error("there is room for messages again; %d were lost since the start", self.lost)
        self._arrived.append(Arrived(message, backlog, history))
        self._wake()

    def confirm(self, session: str, message_ids: Iterable[str], ack: Ack) -> None:
        """Note how far messages of the session came; a thousand members' receipts for one message are one."""
        if self._keeps(session):
            self._acks.setdefault((session, ack), {}).update(dict.fromkeys(message_ids))
            self._wake()

    def renamed(self, old: str, new: str) -> None:
        """What waits under the old name is kept under the new one, as is what was kept while the name changed."""
        self._renamed = {name: new if now == old else now for name, now in self._renamed.items()} | {old: new}
        self._renamed.pop(new, None)
        self._leaving.append((old, new))
        self._wake()

    def forgotten(self, session: str) -> None:
        """Drop what was kept of it while it was being removed."""
        self._leaving.append((session, None))
        self._wake()

    def _wake(self) -> None:
        self._idle.clear()
        self._news.set()

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            batch = [self._arrived.popleft() for _ in range(min(_AT_ONCE, len(self._arrived)))]
            acks: Acks = {}
            if not self._arrived:
                # Not before the last of the messages, which they may be about.
                acks, self._acks = self._acks, acks
                self._news.clear()
            await self._commit(batch, acks)
            self._tell_losses()
            if not self._news.is_set():
                self._idle.set()

    async def _commit(self, batch: Sequence[Arrived], acks: Acks) -> None:
        """Put it on disk, however long the disk refuses; one that can never be kept takes no other with it."""
        while True:
            try:
                await self._take_leave()
                await self._keep(batch)
                await self._advance(acks)
                return
            except Transient as error:
                logger.error("%d messages cannot be kept yet: %s", len(batch), error)
                self._tell_losses()
                await self._clock.sleep(_PAUSE)
            except Exception:
                if len(batch) <= 1:
                    logger.exception("a message cannot be kept")
                    self.lost += len(batch)
                    return
                for one in batch:
                    await self._commit([one], {})
                batch = []

    def _tell_losses(self) -> None:
        if self.lost != self._lost_told:
            self._lost_told = self.lost
            self._bus.publish(MessagesLost(self.lost))

    async def _take_leave(self) -> None:
        while self._leaving:
            old, new = self._leaving[0]
            if new is None:
                await self._messages.forget_session(old)
            else:
                await self._messages.rename_session(old, new)
            self._leaving.popleft()

    async def _keep(self, batch: Sequence[Arrived]) -> None:
        for (backlog, history), run in groupby(batch, key=lambda arrived: (arrived.backlog, arrived.history)):
            # Asked once more: the session may be gone, or keep nothing any more.
            named = [replace(one.message, session=self._now(one.message.session)) for one in run]
            come = [message for message in named if self._keeps(message.session)]
            if not come:
                continue
            tell = None if history else self._teller(new=True)
            added = await self._messages.keep(come, unread=not history, tell=tell)
            for message in added:
                self._bus.publish(MessageKept(message, new=True, backlog=backlog))
            await self._advance(_told_again(come, added))

    async def _advance(self, acks: Acks) -> None:
        for (session, ack), ids in acks.items():
            tell = self._teller(new=False)
            for message in await self._messages.advance(self._now(session), list(ids), ack, tell=tell):
                self._bus.publish(MessageKept(message, new=False, backlog=False))

    def _now(self, session: str) -> str:
        """The name that a session has by now."""
        return session if self._keeps(session) else self._renamed.get(session, session)


def _told_again(come: Sequence[Message], added: Sequence[Message]) -> Acks:
    """The acknowledgements of what was known before."""
    fresh = {(message.session, message.id): message.ack for message in added}
    acks: defaultdict[tuple[str, Ack], dict[str, None]] = defaultdict(dict)
    for message in come:
        if message.ack > fresh.get((message.session, message.id), Ack.SERVER):
            acks[message.session, message.ack][message.id] = None
    return acks
