"""A WhatsApp group as it is now, and which one a person said is a company's."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desktop.domain.cnpj import Cnpj


@dataclass(frozen=True, slots=True)
class GroupInfo:
    jid: str
    subject: str
    members: int
    admins_only: bool = False
    """An announcement group: only its administrators may write."""
    admin: bool = False
    """Whether the session's number is one of them."""
    community: str | None = None
    """The jid of the community it belongs to."""

    @property
    def writable(self) -> bool:
        """Whether the session's number may write to it."""
        return self.admin or not self.admins_only


class GroupPolicy(StrEnum):
    """What happens to a send whose group nobody confirmed, or that has changed since."""

    REFUSE = "refuse"
    """It is refused until a person says yes."""
    WARN = "warn"
    """It goes out, the person is told, and the group counts as confirmed."""
    ALLOW = "allow"
    """It goes out, and the group counts as confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedGroup:
    """A person's yes: this company's reports go to this group of this name."""

    cnpj: Cnpj
    jid: str
    subject: str
    confirmed_at: datetime


class GroupDoubt(StrEnum):
    """Why a person has to look before a report goes out."""

    FIRST = "first"
    """Never used by this company."""
    OTHER_GROUP = "other_group"
    """The directory names another group than the confirmed one."""
    RENAMED = "renamed"
    """The group has another subject now."""


def doubt_about(group: GroupInfo, confirmed: ConfirmedGroup | None) -> GroupDoubt | None:
    """What speaks against sending to a group without asking; None where it is the one that was confirmed."""
    if confirmed is None:
        return GroupDoubt.FIRST
    if confirmed.jid != group.jid:
        return GroupDoubt.OTHER_GROUP
    if confirmed.subject != group.subject:
        return GroupDoubt.RENAMED
    return None
