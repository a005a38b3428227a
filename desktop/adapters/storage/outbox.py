"""The outbox on SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from desktop.adapters.storage import statements
from desktop.adapters.storage.database import Database
from desktop.adapters.storage.history import page
from desktop.adapters.storage.rows import insert, read, read_one, write
from desktop.domain.errors import Code, Rejected
from desktop.domain.history import HistoryFilter
from desktop.domain.report import ImageFormat, Report
from desktop.domain.send import TRANSITIONS, IllegalTransitionError, Send, SendState
from desktop.ports.clock import Clock
from desktop.ports.outbox import Began, Duplicate


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a send, by this program's clock."""

    state: SendState
    at: datetime
    error: Code | None
    """Why it came to this state, or why it is tried again."""


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    format: ImageFormat
    width: int
    height: int


class SqlOutbox:
    """Implements ports.Outbox; every method is one transaction."""

    def __init__(self, database: Database, *, clock: Clock, queue_limit: int, keep_pictures: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._queue_limit = queue_limit
        self._keep_pictures = keep_pictures

    async def add(self, send: Send) -> Send:
        def work(connection: Connection) -> Send:
            if send.idempotency_key is not None:
                earlier = read_one(connection, statements.BY_KEY, key=send.idempotency_key)
                if earlier is not None:
                    if (earlier.cnpj, earlier.session) != (send.cnpj, send.session):
                        raise Rejected(Code.KEY_REUSED, key=send.idempotency_key)
                    return earlier
            if connection.execute(statements.QUEUE_LENGTH).scalar_one() >= self._queue_limit:
                raise Rejected(Code.QUEUE_FULL, limit=self._queue_limit)
            insert(connection, send)
            return send

        return await self._database.write(work)

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

    async def begin(self, send: Send, report: Report, at: datetime) -> Began | Duplicate | None:
        def work(connection: Connection) -> Began | Duplicate | None:
            current = read_one(connection, statements.LOCKED, id=send.id)
            if current is None or current.state is not SendState.QUEUED:
                return None
            prepared = replace(
                send,
                state=current.state,
                report_sha256=report.sha256,
                report_source=report.source,
                error=None,
                facts={},
            )
            earlier = None if send.resend else _same_report(connection, prepared)
            if earlier is not None:
                cancelled = prepared.moved(SendState.CANCELLED, at, duplicate_of=earlier.id)
                write(connection, [(current, cancelled)], at)
                return Duplicate(cancelled, earlier)
            begun = prepared.moved(SendState.SENDING, at)
            write(connection, [(current, begun)], at)
            self._keep_picture(connection, report, at)
            return Began(begun)

        return await self._database.write(work)

    async def save(self, send: Send, *, expected: SendState) -> Send | None:
        """What is on disk afterwards comes back: a message id that was journalled meanwhile is kept.

        Raises IllegalTransitionError where the table does not lead from the expected state to the send's.
        """
        if send.state is not expected and send.state not in TRANSITIONS[expected]:
            raise IllegalTransitionError(f"send {send.id}: {expected} → {send.state}")

        def work(connection: Connection) -> Send | None:
            current = read_one(connection, statements.LOCKED, id=send.id)
            if current is None or current.state is not expected:
                return None
            saved = replace(send, message_id=send.message_id or current.message_id)
            write(connection, [(current, saved)], self._clock.now())
            return saved

        return await self._database.write(work)

    async def journal_id(self, send_id: UUID, message_id: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(statements.SET_MESSAGE_ID, {"row": send_id, "message": message_id})

        await self._database.write(work)

    async def advance(self, session: str, message_ids: Sequence[str], state: SendState, at: datetime) -> list[Send]:
        behind = [earlier for earlier, following in TRANSITIONS.items() if state in following]

        def work(connection: Connection) -> list[Send]:
            found = read(connection, statements.BEHIND, messages=message_ids, session=session, states=behind)
            # It arrived: what was said about it while nobody knew no longer holds.
            moved = [send.moved(state, at, error=None, facts={}, finished_at=None) for send in found]
            write(connection, zip(found, moved, strict=True), at)
            return moved

        return await self._database.write(work)

    async def recover(self, now: datetime) -> list[Send]:
        def work(connection: Connection) -> list[Send]:
            interrupted = read(connection, statements.INTERRUPTED)
            late = read(connection, statements.LATE, now=now)
            moved = [
                send.moved(SendState.UNKNOWN, now, error=Code.OUTCOME_UNKNOWN, facts={"reason": "engine_died"})
                for send in interrupted
            ]
            # Nothing of these was started, so their keys may be used again.
            moved += [
                send.moved(SendState.EXPIRED, now, error=Code.TIMED_OUT, facts={}, idempotency_key=None)
                for send in late
            ]
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

    async def steps(self, send_id: UUID) -> list[Step]:
        """What happened to a send, in order."""

        def work(connection: Connection) -> list[Step]:
            return [Step(*row) for row in connection.execute(statements.STEPS, {"id": send_id})]

        return await self._database.read(work)

    async def picture(self, sha256: str) -> Picture | None:
        """The picture of a send, or None where it was too old to be kept."""

        def work(connection: Connection) -> Picture | None:
            row = connection.execute(statements.PICTURE, {"sha256": sha256}).first()
            return None if row is None else Picture(*row)

        return await self._database.read(work)

    def _keep_picture(self, connection: Connection, report: Report, at: datetime) -> None:
        used = connection.execute(statements.USE_PICTURE, {"known": report.sha256, "now": at})
        if used.rowcount == 0:
            picture = {
                "sha256": report.sha256,
                "format": report.format,
                "width": report.width,
                "height": report.height,
                "used_at": at,
                "content": report.content,
            }
            connection.execute(statements.ADD_PICTURE, picture)
        connection.execute(statements.DROP_PICTURES, {"before": at - self._keep_pictures})


def _same_report(connection: Connection, send: Send) -> Send | None:
    """The send that carries the same picture to the same company today; rather one that arrived than one that may."""
    found = read(
        connection,
        statements.SAME_REPORT,
        cnpj=send.cnpj,
        day=send.day,
        sha256=send.report_sha256,
        simulated=send.simulated,
    )
    return max(found, key=lambda earlier: (earlier.arrived, earlier.id), default=None)
