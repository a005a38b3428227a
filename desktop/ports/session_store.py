"""Which sessions exist and whether they shall run, over restarts."""

from dataclasses import dataclass
from typing import Protocol

from desktop.domain.session import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    name: str
    account: Account | None
    wanted: bool
    """False where a person stopped it: it is not restored at start."""


class SessionStore(Protocol):
    async def all(self) -> list[SessionRecord]: ...

    async def save(self, record: SessionRecord) -> None: ...
