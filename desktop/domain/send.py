"""One report or message on its way to one chat: the row of the outbox and of the history."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Fact


class SendState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    """The engine may have it: from here on nothing is sent again without knowing."""
    SENT = "sent"
    """Acknowledged by WhatsApp's server."""
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It may have been sent; receipts or a person will tell."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Its time to start passed while it was queued."""


_S = SendState
TRANSITIONS: Mapping[SendState, frozenset[SendState]] = {
    # QUEUED again: a transient failure before the engine had it, with a later not_before.
    _S.QUEUED: frozenset({_S.QUEUED, _S.SENDING, _S.FAILED, _S.CANCELLED, _S.EXPIRED}),
    # QUEUED from SENDING: only where the engine proves that nothing was sent (a failed upload).
    _S.SENDING: frozenset({_S.QUEUED, _S.SENT, _S.DELIVERED, _S.READ, _S.FAILED, _S.UNKNOWN}),
    _S.SENT: frozenset({_S.DELIVERED, _S.READ}),
    _S.DELIVERED: frozenset({_S.READ}),
    _S.UNKNOWN: frozenset({_S.SENT, _S.DELIVERED, _S.READ, _S.FAILED}),
    _S.READ: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
}

ON_ITS_WAY = frozenset({_S.SENDING, _S.SENT, _S.DELIVERED, _S.READ, _S.UNKNOWN})
"""States in which the same report must not be sent a second time."""
ARRIVED = frozenset({_S.SENT, _S.DELIVERED, _S.READ})
SETTLED = frozenset({_S.SENT, _S.DELIVERED, _S.READ, _S.FAILED, _S.UNKNOWN, _S.CANCELLED, _S.EXPIRED})
"""States in which whoever waits for the send has an answer."""


class IllegalTransitionError(ValueError):
    """A bug: a send or session was asked to go where its table does not lead."""


class SendKind(StrEnum):
    REPORT = "report"
    """The day's picture of a company; company, day and picture make it one and the same."""
    IMAGE = "image"
    DOCUMENT = "document"
    TEXT = "text"


class Origin(StrEnum):
    ERP = "erp"
    WINDOW = "window"
    COMMAND_LINE = "cli"
    API = "api"
    """A program that talks to one of the server contracts."""


class Priority(IntEnum):
    """Lower goes first: somebody is waiting for it."""

    WAITED_FOR = 0
    BACKGROUND = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """What was asked, where it stands, and every time that matters. All datetimes are aware."""

    id: UUID
    """UUIDv7: ids sort by the time they were made."""
    cnpj: Cnpj | None
    """None where it goes to a chat and no company is involved."""
    session: str
    """Name of the session that sends it."""
    origin: Origin
    created_at: datetime
    start_by: datetime
    """Past this it is not started any more: an answer already went out, or its day is over."""
    day: date
    """The local day whose report this is."""
    priority: Priority = Priority.WAITED_FOR
    state: SendState = SendState.QUEUED
    kind: SendKind = SendKind.REPORT
    addressee: str | None = None
    """The jid that the caller named; None for a report, whose group the directory names."""
    idempotency_key: str | None = None
    caption: str | None = None
    """None takes the configured template; set to what was sent once it is known. Of a TEXT it is the text."""
    filename: str = ""
    """What a document is called at the other end."""
    mimetype: str = ""
    path: str | None = None
    """A file named by the caller in place of the template's."""
    url: str | None = None
    resend: bool = False
    """Send it although the same report already went out today."""
    not_before: datetime | None = None
    attempts: int = 0
    # Known once it was prepared
    company_name: str = ""
    recipient: str | None = None
    """The jid it goes to, as WhatsApp knows it."""
    report_sha256: str | None = None
    """Hexadecimal digest of the picture or file."""
    report_source: str | None = None
    # Known once the engine had it
    message_id: str | None = None
    duplicate_of: UUID | None = None
    """The earlier send of the same report, because of which this one was cancelled."""
    error: Code | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the error's sentence needs."""
    simulated: bool = False
    """True where no WhatsApp was involved; shown as SIMULAÇÃO everywhere."""
    sending_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_count: int = 0
    """How many people's phones have it, as far as their receipts tell who they are."""
    read_count: int = 0
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    finished_at: datetime | None = None
    """When it failed, became unknown, was cancelled or expired."""

    def moved(self, state: SendState, at: datetime, **changes: object) -> "Send":
        """A copy in the new state with its time set.

        Raises IllegalTransitionError where the table does not lead there.
        """
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransitionError(f"send {self.id}: {self.state} → {state}")
        if state in ARRIVED and self.sent_at is None:
            # A receipt may come before the acknowledgement; it proves both.
            changes.setdefault("sent_at", at)
        column = _TIME_OF.get(state)
        if column is not None and column not in changes:
            changes[column] = at
        return replace(self, state=state, **changes)  # type: ignore[arg-type]

    def expired(self, at: datetime) -> "Send":
        """A copy whose time to start has passed, with what kept it from starting.

        Nothing was started, so its key may be used again.
        """
        return self.moved(SendState.EXPIRED, at, error=self.error or Code.TIMED_OUT, idempotency_key=None)

    @property
    def arrived(self) -> bool:
        """True once WhatsApp's server acknowledged it."""
        return self.state in ARRIVED

    @property
    def settled(self) -> bool:
        return self.state in SETTLED

    @property
    def label(self) -> str:
        """Whom a person reads that it is for: the company, its masked CNPJ, or the chat."""
        return self.company_name or (self.cnpj.masked if self.cnpj else "") or self.recipient or self.addressee or ""

    def undelivered(self, now: datetime, limit: timedelta) -> bool:
        """True where WhatsApp has had it for longer than the limit and no phone has confirmed it."""
        return (
            self.state is SendState.SENT
            and not self.simulated
            and self.sent_at is not None
            and self.sent_at + limit <= now
        )


_TIME_OF = {
    _S.SENDING: "sending_at",
    _S.SENT: "sent_at",
    _S.DELIVERED: "delivered_at",
    _S.READ: "read_at",
    _S.FAILED: "finished_at",
    _S.UNKNOWN: "finished_at",
    _S.CANCELLED: "finished_at",
    _S.EXPIRED: "finished_at",
}


def new_send_id(at: datetime, entropy: bytes) -> UUID:
    """Make a UUIDv7 (RFC 9562, 5.7) from a time and ten random bytes; the standard library has none before 3.14."""
    milliseconds = int(at.timestamp() * 1000)
    value = milliseconds << 80 | int.from_bytes(entropy[:10])
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
