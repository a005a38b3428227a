"""What an engine's news, and a state, mean for a session."""

from datetime import datetime, timedelta
from typing import assert_never

from desktop.domain.errors import AppError, Code, NeedsHuman
from desktop.domain.session import (
    Broken,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    OfflineCause,
    PairingCode,
    Qr,
    SessionState,
    Status,
    Stopped,
)
from desktop.ports import engine as port

CONNECTING = frozenset({SessionState.STARTING, SessionState.DISCONNECTED})
"""It may connect by itself."""
SENDS = frozenset({SessionState.CONNECTED, SessionState.DEGRADED})
UNDER_WAY = CONNECTING | SENDS | {SessionState.QR, SessionState.PAIRING_CODE}
"""Its engine runs and is left to it."""
_NOT_LINKED = frozenset({HumanReason.QR_EXPIRED, HumanReason.PAIRING_CODE_EXPIRED, HumanReason.PAIRING_REFUSED})

OfflineNews = (
    port.QrShown
    | port.QrExpired
    | port.PairingCodeShown
    | port.PairingCodeExpired
    | port.PairingRefused
    | port.PasskeyAsked
    | port.ClientOutdated
    | port.Banned
    | port.WentOffline
    | port.Unlinked
    | port.Replaced
    | port.Restarting
    | port.Failed
)
"""News after which the session has no line."""


def status_after(event: OfflineNews, now: datetime) -> Status:
    match event:
        case port.QrShown():
            return Qr(event.text, now + timedelta(seconds=event.valid_for))
        case port.QrExpired():
            return NeedsPerson(HumanReason.QR_EXPIRED)
        case port.PairingCodeShown():
            return PairingCode(event.code, event.phone, now + timedelta(seconds=event.valid_for))
        case port.PairingCodeExpired():
            return NeedsPerson(HumanReason.PAIRING_CODE_EXPIRED)
        case port.PairingRefused():
            return NeedsPerson(HumanReason.PAIRING_REFUSED, detail=event.detail)
        case port.PasskeyAsked():
            return NeedsPerson(HumanReason.PASSKEY)
        case port.ClientOutdated():
            return NeedsPerson(HumanReason.CLIENT_OUTDATED, detail=event.build)
        case port.Banned():
            return NeedsPerson(HumanReason.BANNED, until=event.until, detail=event.detail)
        case port.Replaced():
            return NeedsPerson(HumanReason.REPLACED)
        case port.WentOffline():
            return Disconnected(event.detail, event.cause)
        case port.Restarting():
            return Disconnected(event.detail, OfflineCause.RESTARTING)
        case port.Unlinked():
            return LoggedOut(event.cause)
        case port.Failed():
            return Broken(event.detail)
        case _:
            assert_never(event)


def refusal(status: Status) -> AppError | None:
    """NeedsHuman (NOT_PAIRED, NEEDS_HUMAN, ENGINE_BROKEN or NOT_CONNECTED) where only a person can connect it."""
    state = status.state.value
    match status:
        case NeedsPerson(reason=reason, until=until) if reason not in _NOT_LINKED:
            end = until.isoformat() if until else None
            return NeedsHuman(Code.NEEDS_HUMAN, reason=reason.value, until=end)
        case Qr() | PairingCode() | LoggedOut() | NeedsPerson():
            return NeedsHuman(Code.NOT_PAIRED, state=state)
        case Broken():
            return NeedsHuman(Code.ENGINE_BROKEN, detail=status.detail)
        case Stopped():
            return NeedsHuman(Code.NOT_CONNECTED, state=state)
        case _:
            return None
