"""WhatsApp addresses: the wire types them, and the engine compares the types and not only the text."""

from __future__ import annotations

from dataclasses import dataclass, replace

PHONE = "s.whatsapp.net"
LID = "lid"
GROUP = "g.us"

DOMAINS = {0: PHONE, 1: LID}
"""The byte in a device address that says which of the two kinds of user it names."""


@dataclass(frozen=True, slots=True)
class Jid:
    """user[:device]@server; device 0 is the phone itself."""

    user: str
    server: str
    device: int = 0

    @classmethod
    def parse(cls, text: str) -> Jid:
        """Raises ValueError where there is no server part."""
        user, at, server = text.rpartition("@")
        if not server or (not at and "." not in server):
            raise ValueError(f"not a WhatsApp address: {text!r}")
        name, _, device = user.partition(":")
        return cls(name, server, int(device or 0))

    def __str__(self) -> str:
        device = f":{self.device}" if self.device else ""
        return f"{self.user}{device}@{self.server}" if self.user else self.server

    @property
    def bare(self) -> Jid:
        """The same user without a device."""
        return replace(self, device=0)

    @property
    def domain(self) -> int | None:
        """The byte that stands for the server in a device address; None where it has none."""
        return next((number for number, server in DOMAINS.items() if server == self.server), None)


SERVER = Jid("", PHONE)
