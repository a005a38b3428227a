"""What contracts B to E call the states of a session and how far a message came: one table for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from desktop.domain.message import Ack
from desktop.domain.session import Broken, Degraded, NeedsPerson, Session, SessionState

_S = SessionState
ConnectionWord = Literal["connecting", "qr", "connected", "disconnected"]

CONNECTION_WORDS: Mapping[SessionState, ConnectionWord] = {
    _S.STARTING: "connecting",
    _S.QR: "qr",
    _S.PAIRING_CODE: "qr",
    _S.NEEDS_HUMAN: "disconnected",
    _S.CONNECTED: "connected",
    _S.DEGRADED: "connected",
    _S.DISCONNECTED: "disconnected",
    _S.STOPPED: "disconnected",
    _S.LOGGED_OUT: "disconnected",
    _S.BROKEN: "disconnected",
}
"""Contracts B, C and D."""


def is_connected(session: Session) -> bool:
    """Whether contracts B, C and D call it connected: one that may send nothing is not, though it has its line."""
    return CONNECTION_WORDS[session.state] == "connected"


InstanceWord = Literal["INITIALIZING", "SCAN_QR_CODE", "CONNECTED", "DEGRADED", "DISCONNECTED", "INVALID"]

INSTANCE_WORDS: Mapping[SessionState, InstanceWord] = {
    _S.STARTING: "INITIALIZING",
    _S.QR: "SCAN_QR_CODE",
    _S.PAIRING_CODE: "SCAN_QR_CODE",
    _S.NEEDS_HUMAN: "INVALID",
    _S.CONNECTED: "CONNECTED",
    _S.DEGRADED: "DEGRADED",
    _S.DISCONNECTED: "DISCONNECTED",
    _S.STOPPED: "DISCONNECTED",
    _S.LOGGED_OUT: "DISCONNECTED",
    _S.BROKEN: "INVALID",
}
"""Contract E."""

ACK_NUMBERS: Mapping[Ack, int] = {ack: ack.value for ack in Ack}
"""Contracts B and D: 0 error, 1 pending, 2 server, 3 device, 4 read, 5 played."""

INSTANCE_ACKS: Mapping[Ack, int] = {Ack.SERVER: 1, Ack.DELIVERED: 2, Ack.READ: 3, Ack.PLAYED: 3}
"""Contract E: 1 sent, 2 delivered, 3 read; it tells nothing of the others."""


_TENANT = "empresa"


def tenant_of(session: str) -> int | str:
    """What contract C calls a session's company: 1 for `empresa1` or `1`, else the session's own name."""
    number = session.removeprefix(_TENANT)
    return int(number) if number.isdecimal() and number.isascii() else session


def sessions_of(tenant: str) -> tuple[str, ...]:
    """The names that contract C's word for a company may stand for, the likeliest first."""
    return (_TENANT + tenant, tenant) if tenant.isdecimal() else (tenant,)


@dataclass(frozen=True, slots=True)
class Beside:
    """What a contract's word for a state leaves out; None where there is nothing to say."""

    degraded: Literal[True] | None = None
    reason: str | None = None
    """Why a person is needed."""


def beside(session: Session) -> Beside:
    """What is shown beside the word for a session's state."""
    match session.status:
        case Degraded():
            return Beside(degraded=True)
        case NeedsPerson(reason=reason):
            return Beside(reason=reason.value)
        case Broken():
            return Beside(reason="broken")
        case _:
            return Beside()
