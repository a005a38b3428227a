"""How a worker's life can end, and what the worker's words mean for the link and the line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from desktop.domain.session import OfflineCause, UnlinkCause
from desktop.ports.engine import Banned, ClientOutdated, EngineNews, Failed, PairingRefused, Replaced, Unlinked

_DAMAGED: Final = ("file is not a database", "malformed")
_LINE_GONE: Final = ("websocket not connected", "websocket disconnected", "info query timed out")
_UNREACHABLE: Final = "failed to dial"
_TURNED_AWAY: Final = ("turned_away", "service_unavailable", "internal_server_error", "Got 503", "Got 500")
_UNLINKED: Final = {
    # 403: WhatsApp's own web client calls it locked; seen after bans and after a change of phones.
    "main_device_gone": UnlinkCause.PHONE_GONE,
    # 406: WhatsApp's own web client calls it banned.
    "unknown_logout": UnlinkCause.POLICY,
}


@dataclass(frozen=True, slots=True)
class Over:
    """The engine stops: a person must act."""

    event: EngineNews
    forget: bool = False
    """The link is gone, and so is the worth of its keys."""


@dataclass(frozen=True, slots=True)
class Lost:
    """No way to WhatsApp; the next life may find one."""

    detail: str
    slow: bool = False
    """WhatsApp itself turned the session away: not to be asked again and again."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """The store cannot be read."""

    detail: str


@dataclass(frozen=True, slots=True)
class Died:
    error: Exception


End = Over | Lost | Damaged | Died


def end_by(event: str, facts: Mapping[str, Any], *, linking: bool, now: datetime) -> End:
    """The end that a worker's event is; `linking`: it came between the scan and the first login."""
    match event:
        case "logged_out" if linking:
            return Over(PairingRefused(facts["reason"]), forget=True)
        case "logged_out":
            cause = _UNLINKED.get(facts["reason"], UnlinkCause.PHONE)
            return Over(Unlinked(facts["reason"], cause), forget=True)
        case "replaced":
            return Over(Replaced())
        case "outdated":
            return Over(ClientOutdated(facts["build"]))
        case "banned":
            until = now + timedelta(seconds=facts["seconds"]) if facts["seconds"] else None
            return Over(Banned(until, facts["reason"]))
        case "refused":
            return Lost(facts["reason"], slow=True)
        case "closed" if any(text in facts["detail"] for text in _DAMAGED):
            return Damaged(facts["detail"])
        case "closed" if "database" in facts["detail"]:
            return Over(Failed(facts["detail"]))
        case "closed":
            return Lost(facts["detail"])
        case _:
            return Died(ValueError(f"the worker tells of {event!r}"))


def no_letters(detail: str) -> End:
    """What follows where WhatsApp gave no letters to type; `detail` is whatsmeow's."""
    if any(text in detail for text in _LINE_GONE):
        return Lost(detail)
    return Over(PairingRefused(detail))


def offline_cause(detail: str) -> OfflineCause:
    """Why there is no line, as far as whatsmeow's words tell it."""
    if _UNREACHABLE in detail:
        return OfflineCause.NO_INTERNET
    if any(text in detail for text in _TURNED_AWAY):
        return OfflineCause.WHATSAPP
    return OfflineCause.LINE
