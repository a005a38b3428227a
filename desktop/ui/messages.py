"""What states and errors are called on the screen, and which picture and colour go with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from desktop.domain.errors import AppError, Code, Fact
from desktop.domain.send import Send, SendState
from desktop.domain.session import (
    Broken,
    Connected,
    Degraded,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    PairingCode,
    Qr,
    Session,
    Starting,
    Status,
    Stopped,
)
from desktop.domain.settings import Language
from desktop.runtime.session_wording import describe_session
from desktop.runtime.wording import Wording, describe
from desktop.ui.text import shown_phone, translate
from desktop.ui.theme import Tone


class TrayState(StrEnum):
    """One picture each."""

    STARTING = "starting"
    NEEDS_YOU = "needs_you"
    RESTRICTED = "restricted"
    OFFLINE = "offline"
    SENDING = "sending"
    SIMULATION = "simulation"
    OK = "ok"


_URGENCY = (
    TrayState.NEEDS_YOU,
    TrayState.RESTRICTED,
    TrayState.OFFLINE,
    TrayState.STARTING,
    TrayState.SENDING,
    TrayState.SIMULATION,
    TrayState.OK,
)
"""Of several sessions the first in this order is shown: what a person can mend comes before what only time mends."""


class Step(StrEnum):
    """What the one button of a session does."""

    NONE = "none"
    START = "start"
    RESTART = "restart"
    NEW_CODE = "new_code"
    """Ask WhatsApp for a new code to type on the phone."""
    ACCEPT = "accept"
    """Say that the other number is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWords:
    title: str
    text: str = ""
    button: str = ""
    """Empty where there is nothing to click."""
    step: Step
    tone: Tone
    tray: TrayState


def language() -> Language:
    """The language the program was started in, as its translation says."""
    return Language.PORTUGUESE if translate("Words", "language code") == "pt_BR" else Language.ENGLISH


def error_words(code: Code, facts: Mapping[str, Fact]) -> Wording:
    words = describe(code, facts, language())
    # An ERP compares some of the sentences letter for letter; on the screen they begin as sentences do.
    return Wording(words.text[:1].upper() + words.text[1:], words.action)


def words_of(error: AppError) -> Wording:
    return error_words(error.code, error.facts)


def session_words(session: Session) -> SessionWords:
    """The state of a session, and the one next thing to do about it."""
    words = describe_session(session, language())
    title = words.text.rstrip(".")
    match session.status:
        case NeedsPerson(reason=HumanReason.OTHER_ACCOUNT, detail=phone) if phone:
            title = title.replace(f"+{phone}", shown_phone(phone))
    tone, tray, step, button = _session_look(session.status)
    return SessionWords(title=title, text=words.action, button=button, step=step, tone=tone, tray=tray)


def worst_first(sessions: Sequence[Session]) -> list[Session]:
    """The sessions in the order in which they need somebody; last those that a person stopped, but for the default."""
    return sorted(sessions, key=lambda session: (_is_idle(session), _URGENCY.index(session_words(session).tray)))


def _is_idle(session: Session) -> bool:
    standard = session.profile is None or session.profile.default
    return isinstance(session.status, Stopped) and not standard


_Look = tuple[Tone, TrayState, Step, str]


def _session_look(status: Status) -> _Look:
    match status:
        case Starting():
            return Tone.BUSY, TrayState.STARTING, Step.NONE, ""
        case Qr() | PairingCode():
            return Tone.ATTENTION, TrayState.NEEDS_YOU, Step.NONE, ""
        case Connected():
            return Tone.OK, TrayState.OK, Step.NONE, ""
        case Degraded():
            return Tone.ATTENTION, TrayState.NEEDS_YOU, Step.RESTART, translate("Words", "&Connect again")
        case Disconnected():
            return Tone.QUIET, TrayState.OFFLINE, Step.NONE, ""
        case Stopped():
            return Tone.QUIET, TrayState.OFFLINE, Step.START, translate("Words", "&Connect")
        case LoggedOut():
            return Tone.ATTENTION, TrayState.NEEDS_YOU, Step.START, translate("Words", "&New QR code")
        case Broken():
            return Tone.DANGER, TrayState.NEEDS_YOU, Step.START, translate("Words", "Try &again")
        case NeedsPerson(reason=reason):
            return _person_look(reason)


def _person_look(reason: HumanReason) -> _Look:
    match reason:
        case HumanReason.QR_EXPIRED | HumanReason.PAIRING_REFUSED | HumanReason.PASSKEY:
            return Tone.ATTENTION, TrayState.NEEDS_YOU, Step.START, translate("Words", "&New QR code")
        case HumanReason.PAIRING_CODE_EXPIRED:
            return Tone.ATTENTION, TrayState.NEEDS_YOU, Step.NEW_CODE, translate("Words", "Ask for a &new code")
        case HumanReason.REPLACED:
            return Tone.ATTENTION, TrayState.NEEDS_YOU, Step.START, translate("Words", "&Connect")
        case HumanReason.CLIENT_OUTDATED:
            return Tone.ATTENTION, TrayState.NEEDS_YOU, Step.START, translate("Words", "Try &again")
        case HumanReason.OTHER_ACCOUNT:
            return Tone.ATTENTION, TrayState.NEEDS_YOU, Step.ACCEPT, translate("Words", "&Use this number")
        case HumanReason.BANNED | HumanReason.RESTRICTED:
            return Tone.DANGER, TrayState.RESTRICTED, Step.START, translate("Words", "Try &again")


@dataclass(frozen=True, slots=True)
class StateWords:
    label: str
    icon: str
    """Name of a drawing in resources/icons."""
    tone: Tone


def send_words(send: Send, *, undelivered: bool = False) -> StateWords:
    """A send's state in a few words, with its picture; `undelivered`: no phone has confirmed it for too long."""
    if send.duplicate_of is not None:
        return StateWords(translate("Words", "Already sent"), "copy", Tone.QUIET)
    match send.state:
        case SendState.QUEUED:
            return StateWords(translate("Words", "Waiting"), "clock", Tone.BUSY)
        case SendState.SENDING:
            return StateWords(translate("Words", "Sending"), "send", Tone.BUSY)
        case SendState.SENT if undelivered:
            return StateWords(translate("Words", "Sent"), "question", Tone.ATTENTION)
        case SendState.SENT:
            return StateWords(translate("Words", "Sent"), "check", Tone.OK)
        case SendState.DELIVERED:
            return StateWords(translate("Words", "Delivered"), "double-check", Tone.OK)
        case SendState.READ:
            return StateWords(translate("Words", "Read"), "double-check", Tone.OK)
        case SendState.FAILED:
            return StateWords(translate("Words", "Failed"), "error", Tone.DANGER)
        case SendState.UNKNOWN:
            return StateWords(translate("Words", "Not confirmed"), "question", Tone.ATTENTION)
        case SendState.CANCELLED:
            return StateWords(translate("Words", "Cancelled"), "cancel", Tone.QUIET)
        case SendState.EXPIRED:
            return StateWords(translate("Words", "Not sent in time"), "clock", Tone.DANGER)


def send_detail(send: Send, *, undelivered: bool = False) -> str:
    """Why a send is where it is, in one sentence; empty where its state says it all."""
    if undelivered:
        return translate("Words", "Delivery not confirmed: no phone has said that it has it.")
    if send.duplicate_of is not None:
        return translate("Words", "This report had already been sent today.")
    if send.error is None:
        return ""
    return error_words(send.error, send.facts).text
