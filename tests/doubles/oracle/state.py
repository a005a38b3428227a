"""What all sessions of one double share: how it is set up, and what it has seen."""

import threading
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .catalogue import Catalogue
from .faults import Faults
from .values import Bind, Value
from .verifiers import VerifierKind

Account: TypeAlias = Literal["open", "locked", "expired", "no_session"]


@dataclass(slots=True)
class Config:
    """The server as an administrator would set it up; a test may change it at any time, new connections follow."""

    user: str
    password: str
    service: str
    sid: str
    verifier: VerifierKind = "12c"
    account: Account = "open"
    lock_after: int | None = 10
    """Consecutive wrong passwords that lock the account (Oracle's default profile); None: never."""
    tns_version: int = 318
    """What the listener announces: 314 is 11.2, which the thin driver refuses; 315 is 12.1."""
    field_version: int = 12
    """7 is 12.1, 8 is 12.2, 11 is 18c, 12 is 19c, 16 is 21c."""
    encryption_required: bool = False
    refuse_with: int | None = None
    """A TNS error for every CONNECT, such as 12519 for a server that has no process left."""
    resend_first: bool = False
    """Ask for the CONNECT once more before answering it, as some listeners do."""
    redirect_first: bool = False
    """Send the client to this same port once, as a shared-server or cluster listener does."""
    sdu: int = 8192


@dataclass(frozen=True, slots=True)
class Statement:
    """One execute (or, `described_only`, a parse without one) as it arrived."""

    sql: str
    binds: tuple[Value, ...]
    bind_types: tuple[int, ...]
    described_only: bool = False


@dataclass(frozen=True, slots=True)
class Logins:
    attempts: int = 0
    """Passwords that were asked for, whatever came of it."""
    accepted: int = 0
    refused: int = 0


@dataclass(slots=True)
class State:
    """Read by the test's thread and written by the double's: everything goes through the lock."""

    config: Config
    catalogue: Catalogue
    faults: Faults = field(default_factory=Faults)
    misunderstood: list[str] = field(default_factory=list)
    """What a client sent that the double does not speak: a gap in the double, or a bug in the client."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _attempts: int = 0
    _accepted: int = 0
    _refused: int = 0
    _in_a_row: int = 0
    _connects: int = 0
    _statements: list[Statement] = field(default_factory=list)

    def note_connect(self) -> None:
        with self._lock:
            self._connects += 1

    def note_attempt(self) -> None:
        with self._lock:
            self._attempts += 1

    def note_login(self, *, accepted: bool, wrong_password: bool = False) -> None:
        with self._lock:
            self._accepted += accepted
            self._refused += not accepted
            self._in_a_row = self._in_a_row + 1 if wrong_password else 0
            if self.config.lock_after is not None and self._in_a_row >= self.config.lock_after:
                self.config.account = "locked"

    def note_statement(self, sql: str, binds: tuple[Bind, ...], *, described_only: bool) -> None:
        values = tuple(bind.value for bind in binds)
        types = tuple(bind.ora_type for bind in binds)
        with self._lock:
            self._statements.append(Statement(sql, values, types, described_only))

    @property
    def connects(self) -> int:
        with self._lock:
            return self._connects

    @property
    def logins(self) -> Logins:
        with self._lock:
            return Logins(self._attempts, self._accepted, self._refused)

    @property
    def statements(self) -> tuple[Statement, ...]:
        with self._lock:
            return tuple(self._statements)
