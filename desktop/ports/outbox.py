"""The outbox and the history, which are one table: what is on disk is what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from desktop.domain.content import Content
from desktop.domain.errors import AppError
from desktop.domain.history import HistoryFilter as HistoryFilter
from desktop.domain.receipt import Proof
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

    async def add(self, send: Send, content: Content | None = None) -> Send:
        """Commit the intent, with the file that goes out where it is not a report.

        Where its idempotency key is known, the earlier send comes back and nothing is added. Raises
        Rejected(QUEUE_FULL) where too many are queued, Rejected(KEY_REUSED) where the key was used for another company,
        chat or session.
        """
        ...

    async def add_many(self, sends: Sequence[Send]) -> list[Send | AppError]:
        """Commit many intents at once; for each what `add` gives or raises, in the given order."""
        ...

    async def next_queued(self, session: str, now: datetime) -> Send | None:
        """The next one to work on: queued, due, by priority and then age."""
        ...

    async def next_due(self, session: str, now: datetime) -> datetime | None:
        """The first moment after now at which a queued send becomes due or expires; None where there is none."""
        ...

    async def begin(self, send: Send, report: Report | None, at: datetime) -> Began | Duplicate | None:
        """In one transaction: look for the same company, day and picture on its way or arrived (unless `resend`),
        then store the prepared send as `sending` with its picture, or cancel it as a duplicate. None where it is not
        queued any more (cancelled meanwhile).

        `report` is None for what is no report: its content was kept when it was added, and it is never a duplicate.
        """
        ...

    async def save(self, send: Send, *, expected: SendState) -> Send | None:
        """Replace the row if it is still in the expected state; None where it was changed meanwhile."""
        ...

    async def journal_id(self, send_id: UUID, message_id: str) -> None:
        """Keep the message id of a send that is under way."""
        ...

    async def advance(self, session: str, proofs: Sequence[Proof]) -> list[Send]:
        """Move sends forward and count who has them; those already further keep their state.

        Each change of a state comes back, in order; of a send that was only counted, how it stands at last.
        """
        ...

    async def recover(self, now: datetime) -> list[Send]:
        """At start-up: `sending` becomes `unknown`, queued ones past `start_by` expire. The changed ones."""
        ...

    async def get(self, send_id: UUID) -> Send | None: ...

    async def content(self, sha256: str) -> Content | None:
        """A picture or file; None where it is too old to be still there."""
        ...

    async def recent_starts(self, session: str, since: datetime) -> list[datetime]:
        """Times at which sends of this session were begun, oldest first."""
        ...

    async def history(self, query: HistoryFilter) -> list[Send]:
        """Newest first."""
        ...

    async def counts(self, session: str) -> Mapping[SendState, int]: ...

    async def rename_session(self, old: str, new: str) -> None:
        """Every send of the one is the other's from now on, also those that are under way."""
        ...
