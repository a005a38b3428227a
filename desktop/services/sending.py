"""The outbox's front: asking for a send, waiting for it, cancelling it, looking back."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Protocol
from uuid import UUID

from desktop.domain.cnpj import Cnpj
from desktop.domain.content import Content, File, FileAt
from desktop.domain.errors import AppError, Code, OutcomeUnknown, Rejected, Transient
from desktop.domain.events import Event, SendChanged
from desktop.domain.history import HistoryFilter
from desktop.domain.recipient import Recipient
from desktop.domain.send import ARRIVED, Origin, Priority, Send, SendKind, SendState, new_send_id
from desktop.domain.settings import Settings
from desktop.ports.clock import Clock
from desktop.ports.files import Files
from desktop.ports.outbox import Outbox
from desktop.services.bus import Bus
from desktop.services.sessions import Sessions

_LONGEST_TEXT = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """A company's report."""

    cnpj: Cnpj
    origin: Origin
    session: str | None = None
    """None: the company's own, or the default one."""
    caption: str | None = None
    path: str | None = None
    url: str | None = None
    resend: bool = False
    idempotency_key: str | None = None
    background: bool = False
    """Nobody waits: it may start until its day is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A text or a file for a chat."""

    session: str
    to: Recipient
    content: str | File | FileAt
    caption: str = ""
    """Under a file; not used for a text."""
    origin: Origin = Origin.API
    idempotency_key: str | None = None
    background: bool = False
    """Nobody waits: it may start until its day is over."""


@dataclass(frozen=True, slots=True)
class Arrival:
    send: Send
    """The send that WhatsApp acknowledged."""
    duplicate: bool
    """True where it was an earlier one, and nothing was sent for this request."""


class Foresight(Protocol):
    """Looks up what a send needs while it is still being put on disk; nothing of it goes out before that."""

    def foresee(self, send: Send) -> None:
        """It is being put on disk now: either its SendChanged follows, or `forget`."""

    def forget(self, send: Send) -> None: ...


class Sending:
    def __init__(
        self,
        *,
        outbox: Outbox,
        sessions: Sessions,
        files: Files,
        bus: Bus,
        clock: Clock,
        settings: Callable[[], Settings],
        foresight: Foresight,
    ) -> None:
        self._outbox = outbox
        self._sessions = sessions
        self._files = files
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._foresight = foresight
        self._waiters: dict[UUID, list[asyncio.Future[Send]]] = {}
        self._fresh: set[UUID] = set()
        """Sends that were added here and of which no end was told yet: their end cannot have been missed."""
        bus.subscribe(self._wake_waiters)

    async def enqueue(self, request: SendRequest) -> Send:
        """Put the intent on disk; with a known idempotency key the send made for it before comes back.

        Raises Rejected(QUEUE_FULL | KEY_REUSED | SESSION_NOT_FOUND), Transient(DATABASE_UNAVAILABLE).
        """
        return await self._add(self._report(request))

    async def enqueue_many(self, requests: Sequence[SendRequest]) -> list[Send | AppError]:
        """As enqueue for each, in few transactions; what it gives or raises for each, in the given order."""
        sends: list[Send | AppError] = []
        for request in requests:
            try:
                sends.append(self._report(request))
            except AppError as error:
                sends.append(error)
        added = iter(await self._outbox.add_many([send for send in sends if isinstance(send, Send)]))
        answers = [next(added) if isinstance(send, Send) else send for send in sends]
        for asked, answer in zip(sends, answers, strict=True):
            if isinstance(asked, Send) and answer == asked:
                self._bus.publish(SendChanged(asked))
        return answers

    async def enqueue_message(self, request: MessageRequest) -> Send:
        """As enqueue, for a text or a file, which is kept from here on. Raises Rejected(CONTENT_INVALID), too."""
        session = self._sessions.get(request.session).name
        send = replace(self._blank(request), session=session, addressee=request.to.jid)
        if isinstance(request.content, str):
            _check_text(request.content)
            return await self._add(replace(send, kind=SendKind.TEXT, caption=request.content))
        given = request.content if isinstance(request.content, File) else await self._files.fetch(request.content)
        content = await self._files.look_at(given)
        send = replace(
            send,
            kind=content.kind,
            caption=request.caption,
            filename=content.filename,
            mimetype=content.mimetype,
            report_sha256=content.sha256,
        )
        return await self._add(send, content)

    async def send_and_wait(self, request: SendRequest) -> Arrival:
        """Enqueue and wait for the outcome, at most until the request's wait limit.

        Raises the AppError the send ended with; Transient (TIMED_OUT, or what kept it from starting) where it could not
        start in time; OutcomeUnknown(TIMED_OUT) where it is under way. Each has the fact `id`.
        """
        return await self.outcome(await self.enqueue(request), within=self._settings().door.wait_limit)

    async def outcome(self, send: Send, *, within: float) -> Arrival:
        """Wait so many seconds for what becomes of a send; answers and raises like send_and_wait."""
        asked_for = send.id
        try:
            async with asyncio.timeout(within):
                send = await self._settled(send)
                while send.duplicate_of is not None:
                    send = await self._settled(await self.get(send.duplicate_of))
        except TimeoutError:
            send = await self._given_up(send)
        if send.arrived:
            return Arrival(send, duplicate=send.id != asked_for)
        raise error_of(send)

    async def cancel(self, send_id: UUID) -> Send:
        """Cancel a send that has not started.

        Raises Rejected(SEND_NOT_FOUND) or Rejected(SEND_NOT_CANCELLABLE) with the fact `state`.
        """
        send = await self.get(send_id)
        cancelled = await self._cancel(send, Code.SEND_CANCELLED) if send.state is SendState.QUEUED else None
        if cancelled is None:
            raise Rejected(Code.SEND_NOT_CANCELLABLE, id=str(send_id), state=(await self.get(send_id)).state.value)
        return cancelled

    async def get(self, send_id: UUID) -> Send:
        """Raises Rejected(SEND_NOT_FOUND)."""
        send = await self._outbox.get(send_id)
        if send is None:
            raise Rejected(Code.SEND_NOT_FOUND, id=str(send_id))
        return send

    async def history(self, query: HistoryFilter) -> list[Send]:
        """Newest first."""
        return await self._outbox.history(query)

    async def arrived_today(self, cnpj: Cnpj) -> Send | None:
        """The last send of this company that arrived today, for «já enviado hoje às 18:02».

        What the simulator took counts for the simulator alone, as it does where a report is sent again.
        """
        today = self._clock.now().astimezone().date()
        simulated = self._sessions.session_for(cnpj).simulated
        sends = await self._outbox.history(HistoryFilter(cnpj=cnpj, day=today, states=ARRIVED))
        return next((send for send in sends if send.simulated is simulated), None)

    def undelivered(self, send: Send) -> bool:
        """True where WhatsApp has had it for longer than the owner's limit and no phone has confirmed it."""
        limit = timedelta(hours=self._settings().engine.undelivered_after_hours)
        return send.undelivered(self._clock.now(), limit)

    def _report(self, request: SendRequest) -> Send:
        if request.session is None:
            session = self._sessions.session_for(request.cnpj).name
        else:
            session = self._sessions.get(request.session).name
        return replace(
            self._blank(request),
            cnpj=request.cnpj,
            session=session,
            caption=request.caption,
            path=request.path,
            url=request.url,
            resend=request.resend,
        )

    def _blank(self, request: SendRequest | MessageRequest) -> Send:
        now = self._clock.now()
        day = now.astimezone().date()
        if request.background:
            start_by = datetime.combine(day + timedelta(days=1), time()).astimezone()
        else:
            start_by = now + timedelta(seconds=self._settings().door.wait_limit)
        return Send(
            id=new_send_id(now, self._clock.entropy(10)),
            cnpj=None,
            session="",
            origin=request.origin,
            created_at=now,
            start_by=start_by,
            day=day,
            priority=Priority.BACKGROUND if request.background else Priority.WAITED_FOR,
            idempotency_key=request.idempotency_key,
        )

    async def _add(self, send: Send, content: Content | None = None) -> Send:
        # Known as fresh before it is on disk, so that not even the quickest end is missed.
        if send.priority is Priority.WAITED_FOR:
            self._fresh.add(send.id)
            self._foresight.foresee(send)
        try:
            added = await self._outbox.add(send, content)
        except BaseException:
            self._not_queued(send)
            raise
        if added.id == send.id:
            self._bus.publish(SendChanged(added))
        else:
            self._not_queued(send)
        return added

    def _not_queued(self, send: Send) -> None:
        self._fresh.discard(send.id)
        self._foresight.forget(send)

    async def _settled(self, send: Send) -> Send:
        future: asyncio.Future[Send] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(send.id, [])
        waiters.append(future)
        try:
            # Read after the waiter stands, so that no change falls between the two. Of a fresh one nothing can be on
            # disk that will not be told: what is committed is published on this loop.
            if send.id not in self._fresh and (current := await self.get(send.id)).settled:
                return current
            return await future
        finally:
            waiters.remove(future)
            if not waiters:
                self._waiters.pop(send.id, None)

    def _wake_waiters(self, event: Event) -> None:
        if isinstance(event, SendChanged) and event.send.settled:
            self._fresh.discard(event.send.id)
            for future in self._waiters.get(event.send.id, ()):
                if not future.done():
                    future.set_result(event.send)

    async def _given_up(self, send: Send) -> Send:
        """The send as it settled at the last moment; one that has not begun is cancelled, unless it is the queue's own.

        Raises OutcomeUnknown(TIMED_OUT) with the fact `queued` or `started` where it goes on, OUTCOME_UNKNOWN where the
        disk does not say.
        """
        try:
            current = await self.get(send.id)
            if current.state is SendState.QUEUED and current.priority is Priority.WAITED_FOR:
                why = current.error or Code.TIMED_OUT
                # The key is released: nothing was started, so the caller may try again with it.
                current = await self._cancel(replace(current, idempotency_key=None), why) or await self.get(send.id)
        except Transient as error:
            # It may be under way: «try again» would be the wrong thing to say.
            raise OutcomeUnknown(Code.OUTCOME_UNKNOWN, id=str(send.id)) from error
        if current.settled and current.duplicate_of is None:
            return current
        queued = current.state is SendState.QUEUED
        raise OutcomeUnknown(Code.TIMED_OUT, id=str(send.id), queued=queued, started=not queued)

    async def _cancel(self, send: Send, why: Code) -> Send | None:
        cancelled = send.moved(SendState.CANCELLED, self._clock.now(), error=why)
        saved = await self._outbox.save(cancelled, expected=SendState.QUEUED)
        if saved is not None:
            self._bus.publish(SendChanged(saved))
        return saved


def error_of(send: Send) -> AppError:
    """The error a settled send ended with, with the facts its sentence needs."""
    code = send.error or Code.INTERNAL
    facts = {**send.facts, "id": str(send.id)}
    if send.state is SendState.UNKNOWN:
        return OutcomeUnknown(code, **facts)
    if send.state is SendState.EXPIRED or (send.state is SendState.CANCELLED and code is not Code.SEND_CANCELLED):
        return Transient(code, retry_after=None, **facts)
    return Rejected(code, **facts)


def _check_text(text: str) -> None:
    if not text.strip():
        raise Rejected(Code.CONTENT_INVALID, reason="empty")
    if len(text) > _LONGEST_TEXT:
        raise Rejected(Code.CONTENT_INVALID, reason="too_long", most=_LONGEST_TEXT)
