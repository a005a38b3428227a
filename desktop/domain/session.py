"""A linked WhatsApp number and the one state it is in; each state carries only what belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from re import compile as regex
from typing import ClassVar
from unicodedata import normalize
from uuid import UUID

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected
from desktop.domain.send import IllegalTransitionError

DEFAULT_SESSION = "principal"
MOST_SESSIONS = 50
BUILD_OLD_AFTER = timedelta(days=60)
"""WhatsApp stops taking an engine some months after its build."""
# Letters of any language. No sign that a path, an address or a log line understands otherwise, and no lone dots.
_NAME = regex(r"[^\W_](?:[\w .-]{0,58}[\w.-])?")


def session_name(text: str) -> str:
    """A name as it is kept; raises Rejected(SESSION_NAME_INVALID) with the fact `name`."""
    name = normalize("NFC", text.strip(" "))
    if not _NAME.fullmatch(name):
        raise Rejected(Code.SESSION_NAME_INVALID, name=text[:60])
    return name


class SessionState(StrEnum):
    STARTING = "starting"
    QR = "qr"
    PAIRING_CODE = "pairing_code"
    NEEDS_HUMAN = "needs_human"
    CONNECTED = "connected"
    DEGRADED = "degraded"
    """Connected, but sends are not being acknowledged."""
    DISCONNECTED = "disconnected"
    STOPPED = "stopped"
    LOGGED_OUT = "logged_out"
    BROKEN = "broken"


_S = SessionState
_LINKING = frozenset({_S.QR, _S.PAIRING_CODE})
_ENDS = frozenset({_S.NEEDS_HUMAN, _S.STOPPED, _S.LOGGED_OUT, _S.BROKEN})
TRANSITIONS: Mapping[SessionState, frozenset[SessionState]] = {
    _S.STARTING: _LINKING | _ENDS | {_S.CONNECTED, _S.DISCONNECTED},
    _S.QR: _LINKING | {_S.STARTING, _S.NEEDS_HUMAN, _S.CONNECTED, _S.DISCONNECTED, _S.STOPPED, _S.BROKEN},
    _S.PAIRING_CODE: _LINKING | {_S.STARTING, _S.NEEDS_HUMAN, _S.CONNECTED, _S.DISCONNECTED, _S.STOPPED, _S.BROKEN},
    _S.NEEDS_HUMAN: _ENDS | {_S.STARTING, _S.CONNECTED, _S.DEGRADED, _S.DISCONNECTED},
    _S.CONNECTED: _ENDS | {_S.DEGRADED, _S.DISCONNECTED, _S.STARTING},
    _S.DEGRADED: _ENDS | {_S.DEGRADED, _S.CONNECTED, _S.DISCONNECTED, _S.STARTING},
    _S.DISCONNECTED: _LINKING | _ENDS | {_S.DISCONNECTED, _S.STARTING, _S.CONNECTED},
    _S.STOPPED: frozenset({_S.STARTING}),
    _S.LOGGED_OUT: frozenset({_S.LOGGED_OUT, _S.STARTING, _S.STOPPED}),
    _S.BROKEN: frozenset({_S.BROKEN, _S.STARTING, _S.STOPPED}),
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
    PAIRING_CODE_EXPIRED = "pairing_code_expired"
    """Nobody typed it; a new one is made only when a person asks."""
    RESTRICTED = "restricted"
    """WhatsApp lets the number receive but not send (463)."""
    OTHER_ACCOUNT = "other_account"
    """Another number was linked than the one the session had: a person says whether that was meant."""


class OfflineCause(StrEnum):
    """Why a session has no line; it tries again by itself."""

    LINE = "line"
    """The line dropped."""
    NO_INTERNET = "no_internet"
    """WhatsApp's servers cannot be reached at all."""
    WHATSAPP = "whatsapp"
    """WhatsApp itself turns everybody away for now (503)."""
    RESTARTING = "restarting"
    """Its worker ended and is begun anew: no fault of the line."""


class UnlinkCause(StrEnum):
    """Who ended the link; only a new one helps."""

    HERE = "here"
    PHONE = "phone"
    """Removed on the phone, or WhatsApp does not say by whom."""
    PHONE_GONE = "phone_gone"
    """The phone's own account is not there any more, or was away for too long."""
    POLICY = "policy"
    """WhatsApp removed it."""
    DAMAGED = "damaged"
    """Its keys on this computer could not be read any more."""


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
class PairingCode:
    """Type me on the phone of that number."""

    code: str
    """As WhatsApp shows it, `SEB3-FM77`."""
    phone: str
    """Digits with country code."""
    expires_at: datetime
    state: ClassVar = SessionState.PAIRING_CODE


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    reason: HumanReason
    until: datetime | None = None
    """When a ban or restriction ends, where WhatsApp said so."""
    detail: str = ""
    """A build date, another account's phone, or what the engine said."""
    state: ClassVar = SessionState.NEEDS_HUMAN


@dataclass(frozen=True, slots=True)
class Connected:
    state: ClassVar = SessionState.CONNECTED


@dataclass(frozen=True, slots=True)
class Degraded:
    """Sends go out and no acknowledgement comes back."""

    unacknowledged: int
    """How many in a row."""
    state: ClassVar = SessionState.DEGRADED


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Trying again by itself."""

    detail: str = ""
    cause: OfflineCause = OfflineCause.LINE
    state: ClassVar = SessionState.DISCONNECTED


@dataclass(frozen=True, slots=True)
class Stopped:
    state: ClassVar = SessionState.STOPPED


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The link is gone; only a new QR helps."""

    cause: UnlinkCause
    state: ClassVar = SessionState.LOGGED_OUT


@dataclass(frozen=True, slots=True)
class Broken:
    """Its worker process cannot run."""

    detail: str
    state: ClassVar = SessionState.BROKEN


Status = Starting | Qr | PairingCode | NeedsPerson | Connected | Degraded | Disconnected | Stopped | LoggedOut | Broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The WhatsApp account a session is linked to."""

    phone: str
    """Digits with country code, no plus."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a person decided about a session; it outlives every restart."""

    id: UUID
    name: str
    """Unique; shown everywhere and used in calls."""
    created_at: datetime
    company: Cnpj | None = None
    """The company whose sends it carries; None: those of all companies without a session of their own."""
    default: bool = False
    """True for the one that is taken where none is named."""
    wanted: bool = True
    """False once a person stopped it, until they start it again."""
    keeps_messages: bool = False
    """Whether received messages are kept."""
    tenant: str = ""
    """Whose it is in the words of the program that made it: the company's id in contracts B and D."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    name: str
    status: Status
    since: datetime
    """When it came into this state."""
    account: Account | None = None
    """The last one it was linked to; None where it never was, and after a logout here."""
    simulated: bool = False
    profile: Profile | None = None
    has_link: bool = False
    """Whether its engine holds a link that WhatsApp has not ended."""
    last_heartbeat: datetime | None = None
    """When its engine was last seen alive and linked."""
    engine_build: date | None = None
    """The day its engine was built; None where it is not known."""

    @property
    def state(self) -> SessionState:
        return self.status.state

    @property
    def online(self) -> bool:
        """Whether its engine has its line, also where nothing may be sent over it for now."""
        match self.status:
            case Connected() | Degraded() | NeedsPerson(reason=HumanReason.RESTRICTED | HumanReason.OTHER_ACCOUNT):
                return True
            case _:
                return False

    def engine_old(self, today: date) -> bool:
        """Whether its engine may soon be too old for WhatsApp."""
        return self.engine_build is not None and today - self.engine_build > BUILD_OLD_AFTER

    def moved(self, status: Status, at: datetime) -> "Session":
        """A copy with the new status; repeating the same one changes nothing.

        Raises IllegalTransitionError where the table does not lead there.
        """
        if status == self.status:
            return self
        if status.state not in TRANSITIONS[self.state]:
            raise IllegalTransitionError(f"session {self.name}: {self.state} → {status.state}")
        # An unlinked one remembers whose it was, so that another number is noticed.
        account = None if status == LoggedOut(UnlinkCause.HERE) else self.account
        has_link = self.has_link and not isinstance(status, LoggedOut | Qr | PairingCode)
        since = self.since if status.state == self.state else at
        return replace(self, status=status, since=since, account=account, has_link=has_link)

    def linked(self, account: Account) -> "Session":
        """A copy that knows its account."""
        return replace(self, account=account, has_link=True)
