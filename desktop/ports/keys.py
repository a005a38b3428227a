"""Keys of programs that may call the local API, kept hashed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    name: str
    digest: str
    """SHA-256 of the key, hexadecimal: a key has 256 random bits, so no slow hash is needed."""
    created_at: datetime
    last_used_at: datetime | None = None


class Keys(Protocol):
    async def add(self, key: ApiKey) -> None:
        """A key of the same name is replaced."""
        ...

    async def all(self) -> list[ApiKey]: ...

    async def remove(self, name: str) -> bool: ...

    async def used(self, name: str, at: datetime) -> None: ...
