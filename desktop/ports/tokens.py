"""Signed tokens of the owner's own login service, in place of a key."""

from typing import Protocol

from desktop.domain.access import Access


class Tokens(Protocol):
    async def read(self, text: str) -> Access | None:
        """The rights that a token gives; None for whatever is no valid token of the configured issuer."""
        ...
