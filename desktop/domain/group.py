"""A WhatsApp group as it is now."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupInfo:
    jid: str
    subject: str
    members: int
