"""The outbox and the history, which are one table: what is on disk is what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from desktop.domain.history import HistoryFilter as HistoryFilter
from desktop.domain.report import Report
from desktop.domain.send import Send, SendState


@dataclass(frozen=True, slots=True)
class Began:
    """The send is `sending` on disk: the engine may have it."""

    send: Send


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same report is already on its way or arrived; the send was cancelled in its favour."""

    send: Send
    earlier: Send


class Outbox(Protocol):
    """Every method is one transaction, on disk when it returns.

    Raises Transient(DATABASE_UNAVAILABLE) where the disk does not take it.
    """

    async def add(self, send: Send) -> Send:
        """Commit the intent. Where its idempotency key is known, the earlier send comes back and nothing is added.

        Raises Rejected(QUEUE_FULL) where too many are queued, Rejected(KEY_REUSED) where the key was used for
        another company or session.
        """
        ...

    async def next_queued(self, session: str, now: datetime) -> Send | None:
        """The next one to work on: queued, due, by priority and then age."""
        ...

    async def next_due(self, session: str, now: datetime) -> datetime | None:
        """The first moment after now at which a queued send becomes due or expires; None where there is none."""
        ...

    async def begin(self, send: Send, report: Report, at: datetime) -> Began | Duplicate | None:
        """In one transaction: look for the same company, day and picture on its way or arrived (unless `resend`),
        then store the prepared send as `sending` with its picture, or cancel it as a duplicate. None where it is not
        queued any more (cancelled meanwhile).
        """
        ...

    async def save(self, send: Send, *, expected: SendState) -> Send | None:
        """Replace the row if it is still in the expected state; None where it was changed meanwhile."""
        ...

    async def journal_id(self, send_id: UUID, message_id: str) -> None:
        """Keep the message id of a send that is under way."""
        ...

    async def advance(self, session: str, message_ids: Sequence[str], state: SendState, at: datetime) -> list[Send]:
        """Move the sends with these ids forward on a receipt; those already further stay. The changed ones."""
        ...

    async def recover(self, now: datetime) -> list[Send]:
        """At start-up: `sending` becomes `unknown`, queued ones past `start_by` expire. The changed ones."""
        ...

    async def get(self, send_id: UUID) -> Send | None: ...

    async def recent_starts(self, session: str, since: datetime) -> list[datetime]:
        """Times at which sends of this session were begun, oldest first."""
        ...

    async def history(self, query: HistoryFilter) -> list[Send]:
        """Newest first."""
        ...

    async def counts(self, session: str) -> Mapping[SendState, int]: ...
