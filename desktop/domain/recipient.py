"""Where a message goes: a group, a person or a hidden identity (lid), as WhatsApp addresses them."""

from dataclasses import dataclass
from enum import StrEnum
from re import compile as regex

from desktop.domain.errors import Code, Rejected

# Groups made since 2021 have a plain number, older ones the creator's phone and a time; neither is ever reformatted.
_GROUP = regex(r"(?:\d{15,25}|\d{8,15}-\d{10})@g\.us")
_LID = regex(r"\d{1,20}@lid")
_PERSON = regex(r"(\d{8,15})@(?:c\.us|s\.whatsapp\.net)")
_PHONE_MASK = str.maketrans("", "", " ()-.+")


class RecipientKind(StrEnum):
    GROUP = "group"
    INDIVIDUAL = "individual"
    LID = "lid"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A chat's jid in WhatsApp's own form; whether the number exists is WhatsApp's to say."""

    jid: str
    kind: RecipientKind

    @classmethod
    def parse(cls, text: str) -> "Recipient":
        """Read a jid or a phone number (`5511999999999`, `+55 (11) 99999-9999`, `…@c.us`).

        Raises Rejected(RECIPIENT_INVALID) with the facts `reason` and `value`.
        """
        text = text.strip()
        if _GROUP.fullmatch(text):
            return cls(text, RecipientKind.GROUP)
        if _LID.fullmatch(text):
            return cls(text, RecipientKind.LID)
        if person := _PERSON.fullmatch(text):
            return cls(f"{person[1]}@s.whatsapp.net", RecipientKind.INDIVIDUAL)
        digits = text.translate(_PHONE_MASK)
        if digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15:
            return cls(f"{digits}@s.whatsapp.net", RecipientKind.INDIVIDUAL)
        reason = "empty" if not text else "unknown_server" if "@" in text else "not_a_number"
        raise Rejected(Code.RECIPIENT_INVALID, reason=reason, value=text[:60])

    @classmethod
    def group(cls, text: str) -> "Recipient":
        """Read a group's jid as a directory holds it.

        Raises Rejected(GROUP_INVALID) with the fact `value` for anything that is no group.
        """
        text = text.strip()
        if not _GROUP.fullmatch(text):
            raise Rejected(Code.GROUP_INVALID, value=text[:60])
        return cls(text, RecipientKind.GROUP)
