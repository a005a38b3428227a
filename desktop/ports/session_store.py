"""Which sessions exist and what of them holds over restarts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from desktop.domain.session import Account, NeedsPerson, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    profile: Profile
    store: str
    """The name under which its engine keeps the link; it stays when the session is renamed."""
    account: Account | None = None
    has_link: bool = False
    simulated: bool = False
    """True where account, link and hold are the simulator's: nothing that WhatsApp knows of."""
    hold: NeedsPerson | None = None
    """What a restart does not end: replaced, banned or restricted."""
    last_heartbeat: datetime | None = None


class SessionStore(Protocol):
    """Every method is one transaction, on disk when it returns. Raises Transient(DATABASE_UNAVAILABLE)."""

    async def all(self) -> list[SessionRecord]:
        """Oldest first."""
        ...

    async def save(self, records: Sequence[SessionRecord]) -> None:
        """Put each in the place of what was kept under its profile's id."""
        ...

    async def remove(self, session_id: UUID) -> None: ...


class ForgottenWithSession(Protocol):
    """Something that goes when its session is removed."""

    async def forget_session(self, session: str) -> None:
        """Doing it twice changes nothing. Raises Transient(DATABASE_UNAVAILABLE)."""
        ...


class NamedBySession(Protocol):
    """Something that is kept under the names of sessions."""

    async def rename_session(self, old: str, new: str) -> None:
        """What was the one's is the other's; doing it twice changes nothing. Raises Transient(DATABASE_UNAVAILABLE)."""
        ...
