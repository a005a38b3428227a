"""News for other programs: what waits on disk, and the way out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from desktop.domain.webhook import Delivery, Webhook


class Webhooks(Protocol):
    """Every method is one transaction, on disk when it returns. Raises Transient(DATABASE_UNAVAILABLE)."""

    async def targets(self) -> list[Webhook]: ...

    async def save(self, webhook: Webhook) -> None:
        """In place of the session's earlier one."""
        ...

    async def forget_session(self, session: str) -> None:
        """Its deliveries are dropped with it."""
        ...

    async def rename_session(self, old: str, new: str) -> None: ...

    async def first_waiting(self, session: str) -> Delivery | None:
        """The oldest that was neither taken nor given up, due or not: nothing overtakes it."""
        ...

    async def taken(self, delivery_id: UUID) -> None:
        """The other side has it: nothing of it is kept."""
        ...

    async def failed(self, delivery: Delivery) -> None:
        """Keep its attempts, error and next time, or that it was given up."""
        ...

    async def dead(self, limit: int, sessions: Collection[str] | None) -> list[Delivery]:
        """Those given up of these sessions, of all where it is None; newest first."""
        ...

    async def one_dead(self, delivery_id: UUID) -> Delivery | None: ...

    async def revive(self, delivery_id: UUID) -> Delivery | None:
        """Let one that was given up wait again, from its first try; None where there is none."""
        ...

    async def purge(self, dead_before: datetime) -> None:
        """Drop what was given up before that."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    status: int
    retry_after: float | None
    """Seconds, where the other side asked for them."""


class WebhookLine(Protocol):
    async def check(self, url: str) -> None:
        """Raise Rejected(WEBHOOK_REFUSED) as `post` would, Transient(WEBHOOK_FAILED) where the name is not known."""
        ...

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
        """Deliver once, within a deadline, following nothing.

        Raises Rejected(WEBHOOK_REFUSED) for an address that is no HTTP one or lies on a network that the owner has not
        allowed, Transient(WEBHOOK_FAILED); both with the fact `reason`.
        """
        ...

    async def close(self) -> None: ...
