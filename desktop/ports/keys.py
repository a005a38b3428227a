"""Keys of programs that may call the local API, kept hashed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from desktop.domain.access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    access: Access
    digest: str
    """SHA-256 of the key, hexadecimal: a key has 256 random bits, so no slow hash is needed."""
    created_at: datetime
    last_used_at: datetime | None = None

    @property
    def name(self) -> str:
        return self.access.name


class Keys(Protocol):
    async def add(self, key: ApiKey) -> bool:
        """False, and nothing is kept, where there is a key of this name."""
        ...

    async def all(self) -> list[ApiKey]: ...

    async def remove(self, name: str) -> bool: ...

    async def restrict(self, keys: Sequence[ApiKey]) -> None:
        """Keep to which sessions each of them is restricted now, all in one transaction."""
        ...

    async def used(self, name: str, at: datetime) -> None: ...
