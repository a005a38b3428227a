"""A linked WhatsApp number and the one state it is in; each state carries only what belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from desktop.domain.send import IllegalTransitionError

DEFAULT_SESSION = "principal"


class SessionState(StrEnum):
    STARTING = "starting"
    QR = "qr"
    NEEDS_HUMAN = "needs_human"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    STOPPED = "stopped"
    LOGGED_OUT = "logged_out"
    BROKEN = "broken"


_S = SessionState
TRANSITIONS: Mapping[SessionState, frozenset[SessionState]] = {
    _S.STARTING: frozenset(
        {_S.QR, _S.NEEDS_HUMAN, _S.CONNECTED, _S.DISCONNECTED, _S.STOPPED, _S.LOGGED_OUT, _S.BROKEN}
    ),
    _S.QR: frozenset({_S.QR, _S.STARTING, _S.NEEDS_HUMAN, _S.CONNECTED, _S.DISCONNECTED, _S.STOPPED, _S.BROKEN}),
    _S.NEEDS_HUMAN: frozenset({_S.STARTING, _S.STOPPED, _S.CONNECTED, _S.LOGGED_OUT}),
    _S.CONNECTED: frozenset({_S.NEEDS_HUMAN, _S.DISCONNECTED, _S.STARTING, _S.STOPPED, _S.LOGGED_OUT, _S.BROKEN}),
    _S.DISCONNECTED: frozenset(
        {_S.DISCONNECTED, _S.STARTING, _S.QR, _S.NEEDS_HUMAN, _S.CONNECTED, _S.STOPPED, _S.LOGGED_OUT, _S.BROKEN}
    ),
    _S.STOPPED: frozenset({_S.STARTING}),
    _S.LOGGED_OUT: frozenset({_S.STARTING, _S.STOPPED}),
    _S.BROKEN: frozenset({_S.STARTING, _S.STOPPED}),
}


class HumanReason(StrEnum):
    """Why a session waits for a person."""

    QR_EXPIRED = "qr_expired"
    """Nobody scanned; a new QR is made only when a person asks."""
    PASSKEY = "passkey"
    CLIENT_OUTDATED = "client_outdated"
    BANNED = "banned"
    REPLACED = "replaced"
    """Another computer took over the same link: never fight back."""
    PAIRING_REFUSED = "pairing_refused"


@dataclass(frozen=True, slots=True)
class Starting:
    state: ClassVar = SessionState.STARTING


@dataclass(frozen=True, slots=True)
class Qr:
    """Scan me: the newest code only."""

    text: str
    expires_at: datetime
    state: ClassVar = SessionState.QR


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    reason: HumanReason
    until: datetime | None = None
    """When a ban ends, where WhatsApp said so."""
    detail: str = ""
    """A build date, or what the engine said."""
    state: ClassVar = SessionState.NEEDS_HUMAN


@dataclass(frozen=True, slots=True)
class Connected:
    state: ClassVar = SessionState.CONNECTED


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Trying again by itself."""

    detail: str = ""
    restarting: bool = False
    """True where its worker ended and is begun anew: no fault of the line."""
    state: ClassVar = SessionState.DISCONNECTED


@dataclass(frozen=True, slots=True)
class Stopped:
    state: ClassVar = SessionState.STOPPED


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The link is gone; only a new QR helps."""

    by_phone: bool
    """True where it was removed on the phone or by WhatsApp, False where it was done here."""
    state: ClassVar = SessionState.LOGGED_OUT


@dataclass(frozen=True, slots=True)
class Broken:
    """Its worker process cannot run."""

    detail: str
    state: ClassVar = SessionState.BROKEN


Status = Starting | Qr | NeedsPerson | Connected | Disconnected | Stopped | LoggedOut | Broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The WhatsApp account a session is linked to."""

    phone: str
    """Digits with country code, no plus."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    name: str
    status: Status
    since: datetime
    """When it came into this state."""
    account: Account | None = None
    """None until it was linked once, and after a logout."""
    simulated: bool = False

    @property
    def state(self) -> SessionState:
        return self.status.state

    def moved(self, status: Status, at: datetime) -> "Session":
        """A copy with the new status; repeating the same one changes nothing.

        Raises IllegalTransitionError where the table does not lead there.
        """
        if status == self.status:
            return self
        if status.state not in TRANSITIONS[self.state]:
            raise IllegalTransitionError(f"session {self.name}: {self.state} → {status.state}")
        account = None if isinstance(status, LoggedOut) else self.account
        since = self.since if status.state == self.state else at
        return Session(name=self.name, status=status, since=since, account=account, simulated=self.simulated)

    def linked(self, account: Account) -> "Session":
        """A copy that knows its account."""
        return Session(name=self.name, status=self.status, since=self.since, account=account, simulated=self.simulated)
