"""What states and errors are called on the screen, and which picture and colour go with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from desktop.domain.errors import AppError, Code, Fact
from desktop.domain.send import Send, SendState
from desktop.domain.session import (
    Broken,
    Connected,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    Qr,
    Session,
    Starting,
    Stopped,
)
from desktop.domain.settings import Language
from desktop.runtime.wording import Wording, describe
from desktop.ui.text import translate
from desktop.ui.theme import Tone


class TrayState(StrEnum):
    """One picture each; the most urgent one shows."""

    STARTING = "starting"
    NEEDS_YOU = "needs_you"
    RESTRICTED = "restricted"
    OFFLINE = "offline"
    SENDING = "sending"
    SIMULATION = "simulation"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWords:
    title: str
    text: str = ""
    button: str = ""
    """Starts the session; empty where there is nothing to click."""
    tone: Tone
    tray: TrayState


def language() -> Language:
    """The language the program was started in, as its translation says."""
    return Language.PORTUGUESE if translate("Words", "language code") == "pt_BR" else Language.ENGLISH


def error_words(code: Code, facts: Mapping[str, Fact]) -> Wording:
    return describe(code, facts, language())


def words_of(error: AppError) -> Wording:
    return describe(error.code, error.facts, language())


def session_words(session: Session) -> SessionWords:
    """The state of a session, and the one next thing to do about it."""
    status = session.status
    match status:
        case Starting():
            return SessionWords(
                title=translate("Words", "Connecting to WhatsApp…"),
                text=translate("Words", "This takes a few seconds."),
                tone=Tone.BUSY,
                tray=TrayState.STARTING,
            )
        case Qr():
            return SessionWords(
                title=translate("Words", "Scan the code with the phone"),
                text=translate("Words", "The phone that sends the reports has to be linked to this computer once."),
                tone=Tone.ATTENTION,
                tray=TrayState.NEEDS_YOU,
            )
        case Connected():
            return SessionWords(
                title=translate("Words", "WhatsApp is connected"),
                text=translate("Words", "Ready to send."),
                tone=Tone.OK,
                tray=TrayState.OK,
            )
        case Disconnected():
            return SessionWords(
                title=translate("Words", "No connection to WhatsApp"),
                text=translate("Words", "Malote keeps trying by itself. See whether the internet works."),
                tone=Tone.QUIET,
                tray=TrayState.OFFLINE,
            )
        case Stopped():
            return SessionWords(
                title=translate("Words", "WhatsApp is switched off here"),
                text=translate("Words", "The link with the phone is kept; nothing is sent until you connect."),
                button=translate("Words", "&Connect"),
                tone=Tone.QUIET,
                tray=TrayState.OFFLINE,
            )
        case LoggedOut(by_phone=by_phone):
            return SessionWords(
                title=translate("Words", "The phone is no longer linked"),
                text=translate("Words", "The link was removed on the phone. Scan a new code to send again.")
                if by_phone
                else translate("Words", "You removed the link. Scan a new code to send again."),
                button=translate("Words", "&Link a phone"),
                tone=Tone.ATTENTION,
                tray=TrayState.NEEDS_YOU,
            )
        case Broken():
            words = error_words(Code.ENGINE_BROKEN, {})
            return SessionWords(
                title=words.text,
                text=words.action,
                button=translate("Words", "Try &again"),
                tone=Tone.DANGER,
                tray=TrayState.NEEDS_YOU,
            )
        case NeedsPerson():
            return _person_words(status)


def _person_words(status: NeedsPerson) -> SessionWords:
    until = status.until.isoformat() if status.until else None
    words = error_words(Code.NEEDS_HUMAN, {"reason": status.reason.value, "until": until})
    restricted = status.reason is HumanReason.BANNED
    match status.reason:
        case HumanReason.QR_EXPIRED | HumanReason.PAIRING_REFUSED | HumanReason.PASSKEY:
            button = translate("Words", "&New QR code")
        case HumanReason.REPLACED:
            button = translate("Words", "&Connect here")
        case HumanReason.CLIENT_OUTDATED | HumanReason.BANNED:
            button = translate("Words", "Try &again")
    return SessionWords(
        title=words.text,
        text=words.action,
        button=button,
        tone=Tone.DANGER if restricted else Tone.ATTENTION,
        tray=TrayState.RESTRICTED if restricted else TrayState.NEEDS_YOU,
    )


@dataclass(frozen=True, slots=True)
class StateWords:
    label: str
    icon: str
    """Name of a drawing in resources/icons."""
    tone: Tone


def send_words(send: Send) -> StateWords:
    """A send's state in one or two words, with its picture."""
    if send.duplicate_of is not None:
        return StateWords(translate("Words", "Already sent"), "copy", Tone.QUIET)
    match send.state:
        case SendState.QUEUED:
            return StateWords(translate("Words", "Waiting"), "clock", Tone.BUSY)
        case SendState.SENDING:
            return StateWords(translate("Words", "Sending"), "send", Tone.BUSY)
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


def send_detail(send: Send) -> str:
    """Why a send is where it is, in one sentence; empty where its state says it all."""
    if send.duplicate_of is not None:
        return translate("Words", "This report had already been sent today.")
    if send.error is None:
        return ""
    return error_words(send.error, send.facts).text
