"""Where a password is looked for, in this order: what the administrator gives from outside, then the OS keyring.

From outside first, because it was named on purpose, and because a server's keyring may only answer at its deadline.
There is no third place: nothing is ever kept in a file.
"""

import asyncio

from desktop.adapters.secrets.outside import OutsideSecrets
from desktop.domain.errors import Code, Rejected
from desktop.domain.secret import Credentials
from desktop.ports.secrets import Secrets


class OrderedSecrets:
    """Implements ports.secrets.Secrets."""

    def __init__(self, outside: OutsideSecrets, keyring: Secrets) -> None:
        self._outside = outside
        self._keyring = keyring

    async def credentials(self, name: str) -> Credentials | None:
        found = await asyncio.to_thread(self._outside.credentials, name)
        return found if found is not None else await self._keyring.credentials(name)

    async def keep_credentials(self, name: str, credentials: Credentials) -> None:
        """Rejected(SETTING_INVALID) with reason `from_outside` where what is kept would never be read."""
        if self._outside.gives(name):
            raise Rejected(Code.SETTING_INVALID, name="password", reason="from_outside")
        await self._keyring.keep_credentials(name, credentials)

    async def forget_credentials(self, name: str) -> None:
        await self._keyring.forget_credentials(name)
