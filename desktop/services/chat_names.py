"""What groups are called, asked of WhatsApp when one first writes and when one changes."""

import asyncio
import logging
from collections import defaultdict

from desktop.domain.errors import AppError, Rejected
from desktop.domain.events import ChatNamed, Event, GroupChanged, MessageKept, SessionChanged, SessionRemoved
from desktop.domain.message import ChatKind
from desktop.domain.session import SessionState
from desktop.ports.messages import Messages
from desktop.services.bus import Bus
from desktop.services.groups import Groups

logger = logging.getLogger(__name__)


class ChatNames:
    """What was learnt stays on disk: a group is looked up again only where it changed."""

    def __init__(self, *, messages: Messages, groups: Groups, bus: Bus) -> None:
        self._messages = messages
        self._groups = groups
        self._bus = bus
        self._waiting: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        """By session and group, whether it is known to have changed."""
        self._asked: set[tuple[str, str]] = set()
        self._online: set[str] = set()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._bus.subscribe(self._hear)
        self._task = asyncio.create_task(self._work(), name="chat names")

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _hear(self, event: Event) -> None:
        match event:
            case MessageKept(message, new=True) if message.chat_kind is ChatKind.GROUP:
                if (message.session, message.chat) in self._asked:
                    return
                self._asked.add((message.session, message.chat))
                self._waiting[message.session].setdefault(message.chat, False)
            case GroupChanged(session, jid):
                self._waiting[session][jid] = True
            case SessionChanged(session) if session.state is SessionState.CONNECTED:
                self._online.add(session.name)
            case SessionRemoved(name):
                self._asked = {known for known in self._asked if known[0] != name}
                return
            case _:
                return
        self._news.set()

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            for session in {*self._waiting, *self._online}:
                wanted, connected = self._waiting.pop(session, {}), session in self._online
                # Taken now: a connection that comes while the groups of this one are named is another one.
                self._online.discard(session)
                try:
                    if connected:
                        for jid in await self._messages.unnamed_groups(session):
                            wanted.setdefault(jid, False)
                    await self._name(session, wanted)
                except AppError as error:
                    self._wait_again(session, wanted, connected=connected)
                    logger.info("groups of session %s cannot be named yet: %s", session, error)
                except Exception:
                    self._wait_again(session, wanted, connected=connected)
                    logger.exception("groups of session %s cannot be named", session)

    def _wait_again(self, session: str, wanted: dict[str, bool], *, connected: bool) -> None:
        """Until the session's next connection or its next new group."""
        for jid, changed in wanted.items():
            self._waiting[session][jid] = changed or self._waiting[session].get(jid, False)
        if connected:
            self._online.add(session)

    async def _name(self, session: str, wanted: dict[str, bool]) -> None:
        for jid, changed in wanted.items():
            try:
                await self._name_one(session, jid, changed=changed)
            except Rejected as error:
                logger.info("group %s of session %s keeps its old name: %s", jid, session, error)
            except AppError:
                raise
            except Exception:
                # The others behind it are none the worse for it.
                logger.exception("group %s of session %s cannot be named", jid, session)

    async def _name_one(self, session: str, jid: str, *, changed: bool) -> None:
        chat = await self._messages.chat(session, jid)
        if chat is None or (chat.name and not changed):
            return
        group = await self._groups.info(session, jid)
        await self._messages.name_chat(session, jid, group.subject)
        self._bus.publish(ChatNamed(session, jid, group.subject))
