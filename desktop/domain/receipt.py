"""What the other side's phones confirm."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desktop.domain.send import SendState


class ReceiptKind(StrEnum):
    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One confirmation; it may come long after the send, even after a restart."""

    message_ids: tuple[str, ...]
    kind: ReceiptKind
    chat: str
    """The jid of the group or person."""
    at: datetime
    by: str = ""
    """The jid of whoever confirms, without its device; empty where it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How far the messages with these ids came at least."""

    message_ids: tuple[str, ...]
    state: SendState
    """SENT, DELIVERED or READ."""
    at: datetime
    member: str = ""
    """Whose phone says so; empty where that is not known, and then nobody is counted."""
