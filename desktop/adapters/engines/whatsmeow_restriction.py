"""What is known of WhatsApp's restriction of a number; it outlives the worker that learnt of it.

WhatsApp announces that no new chats may be begun, and until when; groups may go on all the same. Only a refused send to
a group shows that they do not.
"""

from datetime import UTC, datetime

from desktop.domain.errors import AppError, NeedsHuman
from desktop.domain.session import HumanReason
from desktop.ports.clock import Clock
from desktop.ports.engine import Restricted


class Restriction:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: datetime | None = None
        self._refusing = False

    def announced(self, until: int) -> None:
        """Until a time in Unix seconds, 0 where none is told."""
        self._until = datetime.fromtimestamp(until, UTC) if until else None

    def lifted(self) -> bool:
        """WhatsApp says that it is over; whether sends had been refused."""
        refusing = self._refusing
        self.forget()
        return refusing

    def noted(self, error: AppError) -> tuple[Restricted, AppError] | None:
        """For a send that was refused because of it: what is to be told, and the error with the time of its end."""
        if not isinstance(error, NeedsHuman) or error.facts.get("reason") != HumanReason.RESTRICTED:
            return None
        self._refusing = True
        until = self._ends()
        facts = {**error.facts, "until": until.isoformat() if until else None}
        return Restricted(until), NeedsHuman(error.code, **facts)

    def standing(self) -> Restricted | None:
        """What is to be told of it once the session is online again; without an end only the next send can tell."""
        until = self._ends()
        return Restricted(until) if self._refusing and until else None

    def forget(self) -> None:
        """The number may write again, or is another one."""
        self._until, self._refusing = None, False

    def _ends(self) -> datetime | None:
        return self._until if self._until is not None and self._until > self._clock.now() else None
