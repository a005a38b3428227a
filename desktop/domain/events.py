"""What the bus carries. The outbox is the truth; these are hints for whoever watches."""

from dataclasses import dataclass

from desktop.domain.receipt import Receipt
from desktop.domain.send import Send
from desktop.domain.session import Session


@dataclass(frozen=True, slots=True)
class SendChanged:
    send: Send


@dataclass(frozen=True, slots=True)
class SessionChanged:
    session: Session


@dataclass(frozen=True, slots=True)
class ReceiptReceived:
    session: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Whoever uses settings reads them again."""


Event = SendChanged | SessionChanged | ReceiptReceived | SettingsChanged
