"""A WhatsApp session's engine: one instance per session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from desktop.domain.group import GroupInfo as GroupInfo
from desktop.domain.message import Media, Message
from desktop.domain.receipt import Receipt
from desktop.domain.report import ImageFormat
from desktop.domain.session import Account, OfflineCause, UnlinkCause


@dataclass(frozen=True, slots=True)
class QrShown:
    text: str
    valid_for: float
    """Seconds until the next one."""


@dataclass(frozen=True, slots=True)
class QrExpired:
    """Nobody scanned any of them; the engine has stopped."""


@dataclass(frozen=True, slots=True)
class PairingCodeShown:
    code: str
    """As WhatsApp shows it, `SEB3-FM77`."""
    phone: str
    valid_for: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class PairingCodeExpired:
    """Nobody typed it; the engine has stopped."""


@dataclass(frozen=True, slots=True)
class PairingRefused:
    detail: str


@dataclass(frozen=True, slots=True)
class PasskeyAsked:
    pass


@dataclass(frozen=True, slots=True)
class ClientOutdated:
    build: str
    """Date of the engine's build, ISO 8601; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Banned:
    until: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class Restricted:
    """WhatsApp lets the number receive but not send; the engine stays connected."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class WentOnline:
    account: Account


@dataclass(frozen=True, slots=True)
class WentOffline:
    """The engine tries again by itself."""

    detail: str
    cause: OfflineCause = OfflineCause.LINE


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Logged out by the phone or by WhatsApp."""

    detail: str
    cause: UnlinkCause = UnlinkCause.PHONE


@dataclass(frozen=True, slots=True)
class Replaced:
    pass


@dataclass(frozen=True, slots=True)
class Restarting:
    """Its worker died and is started again by itself."""

    detail: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Its worker cannot run; it has stopped trying."""

    detail: str


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message of somebody else's, or one that the owner wrote on the phone or another computer."""

    message: Message
    backlog: bool = False
    """True where it is of the history that the phone sends after the link, or waited for the login: nobody is notified
    of it.
    """
    history: bool = False
    """True where it is of that history, and was perhaps read long ago."""


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """Subject, members or settings are not what they were; ask anew before trusting what is remembered."""

    jid: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The worker answered, and says that it is linked and has its line."""

    at: datetime


EngineNews = (
    QrShown
    | QrExpired
    | PairingCodeShown
    | PairingCodeExpired
    | Restricted
    | PairingRefused
    | PasskeyAsked
    | ClientOutdated
    | Banned
    | WentOnline
    | WentOffline
    | Unlinked
    | Replaced
    | Restarting
    | Failed
)
"""What changes the state of a session."""
EngineEvent = EngineNews | Receipt | MessageReceived | GroupChanged | Heartbeat


@dataclass(frozen=True, slots=True)
class OutgoingText:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingImage:
    """A whole picture; the engine makes of it what WhatsApp takes."""

    content: bytes
    format: ImageFormat
    width: int
    height: int
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingDocument:
    content: bytes
    filename: str
    mimetype: str
    caption: str


Outgoing = OutgoingText | OutgoingImage | OutgoingDocument


@dataclass(frozen=True, slots=True)
class SentMessage:
    message_id: str
    at: datetime
    """WhatsApp's own time of the acknowledgement."""


GoAhead = Callable[[], Awaitable[bool]]
"""Asked once before WhatsApp has anything of a message but its file; False calls the message off. It raises nothing."""
OnId = Callable[[str], Awaitable[object] | None]
"""Takes a message's id before anybody has the message. Of what it returns the end is waited for, for a moment: so the
id is on disk before the message is on the line, whatever happens to the program then. How it ends is the caller's
matter.
"""


async def at_once() -> bool:
    """The GoAhead of a message that depends on nothing."""
    return True


class Engine(Protocol):
    """Methods raise AppErrors only. Events come on the service loop, in order."""

    @property
    def simulated(self) -> bool:
        """True where no WhatsApp is involved."""
        ...

    @property
    def build(self) -> date | None:
        """The day of the build; WhatsApp stops taking one some months later. None where it does not age, or is not
        known.
        """
        ...

    async def start(self) -> None:
        """Connect, or show a QR where the session is not linked; returns at once, events tell the rest."""
        ...

    async def stop(self) -> None:
        """End the connection and keep the link."""
        ...

    async def logout(self) -> None:
        """Remove the link; afterwards the engine is stopped."""
        ...

    async def forget(self) -> None:
        """Drop the link's keys on this computer, where WhatsApp cannot be told; the engine is stopped."""
        ...

    async def link_by_phone(self, phone: str) -> None:
        """As start, with a pairing code for the phone of that number (digits) in place of QR codes; events tell the
        rest.
        """
        ...

    async def send(self, jid: str, content: Outgoing, *, on_id: OnId, go_ahead: GoAhead = at_once) -> SentMessage:
        """Send and return once WhatsApp's server has acknowledged; `on_id` gets the message id before it goes out.

        Raises Transient (nothing was sent: NOT_CONNECTED, UPLOAD_FAILED), Rejected (NOT_IN_GROUP, GROUP_ADMINS_ONLY,
        SEND_REFUSED with `number`, SEND_CANCELLED without the go-ahead), NeedsHuman or OutcomeUnknown (no
        acknowledgement, or the worker died meanwhile).
        """
        ...

    async def find_account(self, phone: str) -> str | None:
        """The jid that WhatsApp knows for a phone number (digits); None where nobody has it.

        WhatsApp answers, no rule: the Brazilian ninth digit differs by account.
        """
        ...

    async def download(self, media: Media, *, max_bytes: int) -> bytes:
        """A received message's file. Raises Rejected(MEDIA_TOO_LARGE | MEDIA_GONE), Transient."""
        ...

    async def groups(self) -> list[GroupInfo]:
        """The groups the number belongs to."""
        ...

    async def group(self, jid: str) -> GroupInfo:
        """One group as it is now; raises Rejected(NOT_IN_GROUP) where the number cannot see it."""
        ...


EngineFactory = Callable[[str, Callable[[EngineEvent], None]], Engine]
"""Makes the engine that keeps its link under that name (SessionRecord.store); the callable gets its events.

The session's own name, which may change, is none of the engine's business: the service writes it into messages.
"""
