"""Which login a server has refused, and when the same one may be sent again.

A dozen ERP calls with a wrong password would lock the account, which is often the ERP's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from desktop.adapters.directory.oracle_errors import Refusal
from desktop.domain.errors import Code, Fact, NeedsHuman
from desktop.domain.settings import OracleSource
from desktop.ports.secrets import Credentials

_MOST_REPEATS: Final = 2
"""By a person's own test; servers lock an account after ten wrong passwords, strict ones after three."""
_REPEAT_AFTER: Final = 30.0
_ASK_AGAIN_AFTER: Final = 60.0
"""Seconds for which a locked account or an expired password is taken to be so still."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a login goes to, and which secret it takes; another one means another login."""

    host: str
    port: int
    sid: str
    service_name: str
    secret: str
    tls: bool = False
    wallet: str = ""
    wallet_secret: str = ""
    match_name: bool = True
    client: str = field(default="", compare=False)
    """The folder of Oracle's client library, for a server that needs it; empty where none is known."""

    @classmethod
    def of(cls, source: OracleSource) -> "Address":
        return cls(
            host=source.host,
            port=source.port,
            sid="" if source.service_name else source.sid,
            service_name=source.service_name,
            secret=source.secret,
            tls=source.tls,
            wallet=source.wallet if source.tls else "",
            wallet_secret=source.wallet_secret,
            match_name=source.match_server_name,
            client=source.client_folder,
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.service_name or self.sid}"


@dataclass(slots=True)
class _Refused:
    address: Address
    user: str
    password: str = field(repr=False)
    facts: Mapping[str, Fact]
    at: float
    repeats: int = 0


class RefusedLogins:
    """Remembers the last refusal; times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._last: _Refused | None = None
        self.noted = 0
        """How many refusals there were in all."""

    @property
    def any(self) -> bool:
        return self._last is not None

    def note(self, address: Address, credentials: Credentials, facts: Mapping[str, Fact], now: float) -> None:
        last = self._matching(address, credentials)
        password = credentials.password.reveal()
        repeats = 0 if last is None else last.repeats + 1
        self.noted += 1
        self._last = _Refused(address, credentials.user, password, dict(facts), now, repeats)

    def forget(self) -> None:
        """A login worked."""
        self._last = None

    def refuse(self, address: Address, credentials: Credentials, now: float, *, by_person: bool) -> None:
        """Raise the server's earlier NeedsHuman(ORACLE_CREDENTIALS) again where it must not be asked yet."""
        last = self._matching(address, credentials)
        if last is None:
            return
        age = now - last.at
        if last.facts.get("reason") != Refusal.WRONG:
            may_ask = by_person or age >= _ASK_AGAIN_AFTER
        else:
            may_ask = by_person and age >= _REPEAT_AFTER and last.repeats < _MOST_REPEATS
        if not may_ask:
            raise NeedsHuman(Code.ORACLE_CREDENTIALS, **last.facts)

    def _matching(self, address: Address, credentials: Credentials) -> _Refused | None:
        last = self._last
        if last is None or (last.address, last.user) != (address, credentials.user):
            return None
        return last if last.password == credentials.password.reveal() else None
