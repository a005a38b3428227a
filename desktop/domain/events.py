"""What the bus carries. The outbox is the truth; these are hints for whoever watches."""

from dataclasses import dataclass

from desktop.domain.group import GroupDoubt, GroupInfo
from desktop.domain.message import Message
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
class SessionRemoved:
    session: str


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """An engine has it; whether it is kept is the session's choice."""

    message: Message
    backlog: bool
    """True where it is old news, told at the login or after the link."""
    history: bool = False
    """True where it was told after the link, and was perhaps read long ago."""


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """What is remembered of the group may be wrong."""

    session: str
    jid: str


@dataclass(frozen=True, slots=True)
class MessageKept:
    """A message is on disk, new or with a greater acknowledgement."""

    message: Message
    new: bool
    backlog: bool
    """True where it is old news: nobody is notified of it."""


@dataclass(frozen=True, slots=True)
class MessagesLost:
    """Messages could not be kept."""

    total: int
    """Since the start; told at the first one and then now and again, not with each."""


@dataclass(frozen=True, slots=True)
class ChatNamed:
    """A kept chat is called otherwise than before."""

    session: str
    jid: str
    name: str


@dataclass(frozen=True, slots=True)
class GroupWarned:
    """A report went to a group that nobody confirmed."""

    company: str
    group: GroupInfo
    doubt: GroupDoubt


@dataclass(frozen=True, slots=True)
class WebhookTrouble:
    """A delivery was given up, or its address is told nothing any more: a person should look."""

    session: str


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Whoever uses settings reads them again."""


Event = (
    SendChanged
    | SessionChanged
    | SessionRemoved
    | ReceiptReceived
    | MessageArrived
    | GroupChanged
    | MessageKept
    | MessagesLost
    | ChatNamed
    | GroupWarned
    | WebhookTrouble
    | SettingsChanged
)
