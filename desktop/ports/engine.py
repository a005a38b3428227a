"""A WhatsApp session's engine: one instance per session."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from desktop.domain.group import GroupInfo as GroupInfo
from desktop.domain.receipt import Receipt
from desktop.domain.report import ImageFormat
from desktop.domain.session import Account


@dataclass(frozen=True, slots=True)
class QrShown:
    text: str
    valid_for: float
    """Seconds until the next one."""


@dataclass(frozen=True, slots=True)
class QrExpired:
    """Nobody scanned any of them; the engine has stopped."""


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
class WentOnline:
    account: Account


@dataclass(frozen=True, slots=True)
class WentOffline:
    """The engine tries again by itself."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Logged out by the phone or by WhatsApp."""

    detail: str


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


EngineNews = (
    QrShown
    | QrExpired
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
EngineEvent = EngineNews | Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingImage:
    content: bytes
    format: ImageFormat
    width: int
    height: int
    caption: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    message_id: str
    at: datetime
    """WhatsApp's own time of the acknowledgement."""


class Engine(Protocol):
    """Methods raise AppErrors only. Events come on the service loop, in order."""

    @property
    def simulated(self) -> bool:
        """True where no WhatsApp is involved."""
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

    async def send_image(self, jid: str, image: OutgoingImage, *, on_id: Callable[[str], None]) -> SentMessage:
        """Send and return once WhatsApp's server has acknowledged; `on_id` gets the message id as soon as it is known.

        Raises Transient (nothing was sent: NOT_CONNECTED, UPLOAD_FAILED), Rejected (NOT_IN_GROUP, SEND_REFUSED with
        `number`), NeedsHuman or OutcomeUnknown (no acknowledgement, or the worker died meanwhile).
        """
        ...

    async def send_text(self, jid: str, text: str, *, on_id: Callable[[str], None]) -> SentMessage:
        """Like send_image."""
        ...

    async def groups(self) -> list[GroupInfo]:
        """The groups the number belongs to."""
        ...

    async def group(self, jid: str) -> GroupInfo:
        """One group as it is now; raises Rejected(NOT_IN_GROUP) where the number cannot see it."""
        ...


EngineFactory = Callable[[str, Callable[[EngineEvent], None]], Engine]
"""Makes the engine of the session of that name; the callable gets its events."""
