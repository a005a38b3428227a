"""The outbox on SQL."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from desktop.adapters.storage import contents, statements
from desktop.adapters.storage.database import Database
from desktop.adapters.storage.history import page
from desktop.adapters.storage.proofs import advance as put_down
from desktop.adapters.storage.rows import Name, add_step, begin, insert, journal, name_of, read, read_one, settle, write
from desktop.domain.content import Content
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.history import HistoryFilter
from desktop.domain.receipt import Proof
from desktop.domain.report import Report
from desktop.domain.send import TRANSITIONS, IllegalTransitionError, Send, SendKind, SendState
from desktop.ports.clock import Clock
from desktop.ports.outbox import Began, Duplicate

_AT_ONCE = 500
"""Sends added by one transaction: more would keep a report that somebody waits for."""
_REMEMBERED_NAMES = 20_000
Arriving = tuple[Send, asyncio.Future[Send]]
"""A send, and whoever waits until it is on disk."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a send, by this program's clock."""

    state: SendState
    at: datetime
    error: Code | None
    """Why it came to this state, or why it is tried again."""


class SqlOutbox:
    """Implements ports.Outbox; every method is one transaction."""

    def __init__(self, database: Database, *, clock: Clock, queue_limit: int, keep_pictures: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._queue_limit = queue_limit
        self._contents = contents.ContentStore(keep_pictures)
        self._room = 0
        """So many can be added at least before the queue has to be counted: what leaves it only makes more room."""
        self._arriving: list[Arriving] = []
        self._adding: asyncio.Task[None] | None = None
        self._names: set[Name] = set()
        """Names known to be on disk; added to after their transaction only."""

    async def add(self, send: Send, content: Content | None = None) -> Send:
        if content is None:
            answer: asyncio.Future[Send] = asyncio.get_running_loop().create_future()
            self._arriving.append((send, answer))
            if self._adding is None:
                self._adding = asyncio.create_task(self._add_arriving(), name="outbox")
            return await answer

        def work(connection: Connection) -> Send:
            earlier = self._earlier(connection, send)
            if earlier is not None:
                return earlier
            self._take_room(connection)
            insert(connection, [send], self._names)
            self._contents.keep(connection, content, send.created_at)
            return send

        added = await self._database.write(work)
        self._remember_name(added)
        return added

    async def _add_arriving(self) -> None:
        """What arrives while a transaction is under way shares the next one: the disk is waited for once for all."""
        while self._arriving:
            batch, self._arriving = self._arriving[:_AT_ONCE], self._arriving[_AT_ONCE:]
            try:
                await self._add_batch(batch)
            except Exception as error:
                # One that cannot be kept takes no other with it.
                for one in batch:
                    await self._add_alone(one, error if len(batch) == 1 else None)
        self._adding = None

    async def _add_alone(self, arriving: Arriving, known: Exception | None) -> None:
        try:
            if known is not None:
                raise known
            await self._add_batch([arriving])
        except Exception as error:
            if not arriving[1].done():
                arriving[1].set_exception(error)

    async def _add_batch(self, batch: Sequence[Arriving]) -> None:
        answers = await self.add_many([send for send, _ in batch])
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Send):
                self._remember_name(answer)
            if waiting.done():
                continue  # whoever waited was cancelled
            if isinstance(answer, Send):
                waiting.set_result(answer)
            else:
                waiting.set_exception(answer)

    async def add_many(self, sends: Sequence[Send]) -> list[Send | AppError]:
        def work(some: Sequence[Send], connection: Connection) -> list[Send | AppError]:
            answers: list[Send | AppError] = []
            new: list[Send] = []
            keys: dict[str, Send] = {}
            for send in some:
                try:
                    earlier = _same(keys.get(send.idempotency_key or ""), send) or self._earlier(connection, send)
                    if earlier is None:
                        self._take_room(connection, beside=len(new))
                        new.append(send)
                        if send.idempotency_key is not None:
                            keys[send.idempotency_key] = send
                    answers.append(earlier or send)
                except Rejected as refusal:
                    answers.append(refusal)
            if new:
                insert(connection, new, self._names)
            return answers

        answers: list[Send | AppError] = []
        for start in range(0, len(sends), _AT_ONCE):
            try:
                answers += await self._database.write(partial(work, sends[start : start + _AT_ONCE]))
            except AppError as error:
                if start == 0:
                    raise
                # The others are on disk, so whoever asked has to be told of them.
                return answers + [error] * (len(sends) - start)
        return answers

    async def next_queued(self, session: str, now: datetime) -> Send | None:
        return await self._database.read(partial(read_one, query=statements.NEXT_QUEUED, session=session, now=now))

    async def next_due(self, session: str, now: datetime) -> datetime | None:
        def work(connection: Connection) -> datetime | None:
            earliest = [
                connection.execute(query, {"session": session, "now": now}).scalar_one()
                for query in (statements.NEXT_RETRY, statements.NEXT_EXPIRY)
            ]
            return min((time for time in earliest if time is not None), default=None)

        return await self._database.read(work)

    async def begin(self, send: Send, report: Report | None, at: datetime) -> Began | Duplicate | None:
        prepared = replace(send, state=SendState.QUEUED, error=None, facts={})
        if report is not None:
            prepared = replace(prepared, report_sha256=report.sha256, report_source=report.source)
        begun = prepared.moved(SendState.SENDING, at)

        def work(connection: Connection) -> Began | Duplicate | None:
            if not begin(connection, begun, self._names):
                return None
            earlier = _same_report(connection, prepared)
            if earlier is not None:
                cancelled = prepared.moved(SendState.CANCELLED, at, duplicate_of=earlier.id)
                write(connection, [(begun, cancelled)], at)
                return Duplicate(cancelled, earlier)
            add_step(connection, begun, at)
            if report is not None:
                self._contents.keep(connection, report, at)
            return Began(begun)

        answer = await self._database.write(work)
        if answer is not None:
            self._remember_name(answer.send)
        return answer

    async def save(self, send: Send, *, expected: SendState) -> Send | None:
        """What is on disk afterwards comes back: a message id that was journalled meanwhile is kept, and a new name of
        the session.

        Raises IllegalTransitionError where the table does not lead from the expected state to the send's.
        """
        if send.state is not expected and send.state not in TRANSITIONS[expected]:
            raise IllegalTransitionError(f"send {send.id}: {expected} → {send.state}")
        now = self._clock.now()

        def settle_engine(connection: Connection) -> Send | None:
            found = settle(connection, send)
            if found is None:
                return None
            add_step(connection, send, now)
            message_id, session = found
            return replace(send, message_id=message_id, session=session)

        def work(connection: Connection) -> Send | None:
            current = read_one(connection, statements.LOCKED, id=send.id)
            if current is None or current.state is not expected:
                return None
            saved = replace(send, message_id=send.message_id or current.message_id, session=current.session)
            write(connection, [(current, saved)], now)
            return saved

        quick = expected is SendState.SENDING and send.state is not expected
        return await self._database.write(settle_engine if quick else work)

    async def journal_id(self, send_id: UUID, message_id: str) -> None:
        await self._database.write(partial(journal, send_id=send_id, message_id=message_id))

    async def advance(self, session: str, proofs: Sequence[Proof]) -> list[Send]:
        return await self._database.write(partial(put_down, session=session, proofs=proofs))

    async def recover(self, now: datetime) -> list[Send]:
        def work(connection: Connection) -> list[Send]:
            interrupted = read(connection, statements.INTERRUPTED)
            late = read(connection, statements.LATE, now=now)
            moved = [
                send.moved(SendState.UNKNOWN, now, error=Code.OUTCOME_UNKNOWN, facts={"reason": "engine_died"})
                for send in interrupted
            ]
            moved += [send.expired(now) for send in late]
            write(connection, zip(interrupted + late, moved, strict=True), now)
            return moved

        return await self._database.write(work)

    async def get(self, send_id: UUID) -> Send | None:
        return await self._database.read(partial(read_one, query=statements.BY_ID, id=send_id))

    async def recent_starts(self, session: str, since: datetime) -> list[datetime]:
        def work(connection: Connection) -> list[datetime]:
            found = connection.execute(statements.RECENT_STARTS, {"session": session, "since": since})
            return [at for at in found.scalars() if at is not None]

        return await self._database.read(work)

    async def history(self, query: HistoryFilter) -> list[Send]:
        return await self._database.read(partial(read, query=page(query)))

    async def counts(self, session: str) -> Mapping[SendState, int]:
        def work(connection: Connection) -> dict[SendState, int]:
            return dict(connection.execute(statements.COUNTS, {"session": session}).all())

        return await self._database.read(work)

    async def rename_session(self, old: str, new: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(statements.RENAME_SESSION, {"old": old, "new": new})

        await self._database.write(work)

    async def steps(self, send_id: UUID) -> list[Step]:
        """What happened to a send, in order."""

        def work(connection: Connection) -> list[Step]:
            return [Step(*row) for row in connection.execute(statements.STEPS, {"id": send_id})]

        return await self._database.read(work)

    async def content(self, sha256: str) -> Content | None:
        return await self._database.read(partial(contents.find, sha256=sha256))

    def _earlier(self, connection: Connection, send: Send) -> Send | None:
        if send.idempotency_key is None:
            return None
        return _same(read_one(connection, statements.BY_KEY, key=send.idempotency_key), send)

    def _take_room(self, connection: Connection, *, beside: int = 0) -> None:
        """`beside` are those that the same transaction adds as well."""
        if self._room <= 0:
            self._room = self._queue_limit - connection.execute(statements.QUEUE_LENGTH).scalar_one() - beside
        if self._room <= 0:
            raise Rejected(Code.QUEUE_FULL, limit=self._queue_limit)
        self._room -= 1

    def _remember_name(self, send: Send) -> None:
        name = name_of(send)
        if name is not None:
            if len(self._names) >= _REMEMBERED_NAMES:
                self._names = set()
            self._names.add(name)


def _same(earlier: Send | None, send: Send) -> Send | None:
    """The send that the key was used for first; raises Rejected(KEY_REUSED) where that is another errand."""
    if earlier is not None and _errand(earlier) != _errand(send):
        raise Rejected(Code.KEY_REUSED, key=send.idempotency_key)
    return earlier


def _errand(send: Send) -> tuple[object, ...]:
    """What a key stands for: with another errand it must not be used again."""
    return (send.cnpj, send.session, send.kind, send.addressee)


def _same_report(connection: Connection, send: Send) -> Send | None:
    """The send that carries the same picture to the same company today; rather one that arrived than one that may."""
    if send.resend or send.kind is not SendKind.REPORT:
        return None
    found = read(
        connection,
        statements.SAME_REPORT,
        own=send.id,
        cnpj=send.cnpj,
        day=send.day,
        sha256=send.report_sha256,
        simulated=send.simulated,
    )
    return max(found, key=lambda earlier: (earlier.arrived, earlier.id), default=None)
