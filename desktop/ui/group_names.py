"""What the groups of sends are called, as far as they were confirmed for their companies."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from desktop.domain.send import Send
from desktop.ui.bridge import Bridge
from desktop.ui.text import shown_chat


class GroupNames(QObject):
    learnt = Signal()
    """Some group's name is known now."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._subjects: dict[str, str] = {}
        """By jid."""

    def of(self, send: Send) -> str:
        """Where a send goes, as short as it can be told; empty where that is not known yet."""
        jid = send.recipient or send.addressee or ""
        return self._subjects.get(jid) or shown_chat(jid)

    def learn(self, sends: Iterable[Send]) -> None:
        """Ask for the groups of these that have no name yet."""
        companies = {
            send.cnpj for send in sends if send.cnpj and send.recipient and send.recipient not in self._subjects
        }
        if not companies:
            return
        groups = self._bridge.services.groups

        async def look() -> dict[str, str]:
            found = [await groups.confirmed(company) for company in companies]
            return {group.jid: group.subject for group in found if group is not None}

        # Where the database does not answer, the jids stay.
        self._bridge.call(look, self._note)

    def _note(self, found: dict[str, str]) -> None:
        if not found.items() <= self._subjects.items():
            self._subjects.update(found)
            self.learnt.emit()
