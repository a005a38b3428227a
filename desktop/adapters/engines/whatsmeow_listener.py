"""What whatsmeow tells by itself, as the worker's events.

Each with its facts: `code` text valid_for · `login` status detail expired · `online` phone name · `offline` reason ·
`logged_out` reason · `replaced` · `banned` reason seconds · `outdated` build · `refused` reason · `receipt` ids kind
chat at · `written` send message_id, just before a message goes to the line.
"""

import logging
from collections import deque
from re import Match
from re import compile as regex
from typing import Any, Final

from desktop.adapters.engines.whatsmeow_library import EventKind, Library, engine_build
from desktop.adapters.worker_child import Emit

_FIRST_CODE_LASTS: Final = 60.0
_CODE_LASTS: Final = 20.0
_OUTDATED: Final = "err-client-outdated"
_RAN_OUT: Final = "Ran out of QR codes"
# Attributes are sorted by name: what comes before and after the id differs from group to group.
_MESSAGE: Final = regex(r'<message (?:[^>]* )?id="([^"]+)"[^>]*>')
_TO_OWN_DEVICES: Final = 'category="peer"'
_NUMBER: Final = regex(r"\d{8,}")
_IDS_REMEMBERED: Final = 500
_LEVELS: Final = {"WARN": logging.WARNING, "ERROR": logging.ERROR}
_RECEIPTS: Final = frozenset({"delivered", "read"})

_log = logging.getLogger("whatsmeow")


class Outgoing:
    """The one message that is being sent."""

    def __init__(self, send: int, jid: str) -> None:
        self.send = send
        self.group = jid if jid.endswith("@g.us") else None
        self.message_id: str | None = None
        """Set once it goes to the line."""


class SessionListener:
    """Runs on the library's threads; whatsmeow waits until an event has been handed to the program's pipe."""

    def __init__(self, emit: Emit, library: Library) -> None:
        self.outgoing: Outgoing | None = None
        self._emit = emit
        self._library = library
        self._messages = library.messages
        self._own: frozenset[str] = frozenset()
        self._ids: deque[str] = deque(maxlen=_IDS_REMEMBERED)
        self._codes_shown = 0
        self._ran_out = False
        self._last_warning = ""

    def code(self, text: str) -> None:
        self._codes_shown += 1
        self._emit("code", text=text, valid_for=_FIRST_CODE_LASTS if self._codes_shown == 1 else _CODE_LASTS)

    def login(self, status: str) -> None:
        if status == _OUTDATED:
            self._emit("outdated", build=engine_build())
            return
        self._emit("login", status=status, detail=self._last_warning, expired=self._ran_out)

    def event(self, kind: EventKind, data: bytes) -> None:
        messages = self._messages
        match kind:
            case EventKind.LINKED_AS:
                self._own = _users(messages.Device.FromString(data))
            case EventKind.CONNECTED | EventKind.KEEPALIVE_RESTORED:
                device = self._library.linked_as()
                self._own = _users(device)
                self._emit("online", phone=device.JID.User, name=device.PushName or device.BussinessName)
            case EventKind.DISCONNECTED:
                self._emit("offline", reason="disconnected")
            case EventKind.KEEPALIVE_TIMEOUT:
                self._emit("offline", reason="no_answer")
            case EventKind.LOGGED_OUT:
                self._emit("logged_out", reason=_name(messages.LoggedOut.FromString(data), "Reason"))
            case EventKind.REPLACED:
                self._emit("replaced")
            case EventKind.OUTDATED:
                self._emit("outdated", build=engine_build())
            case EventKind.CONNECT_FAILURE:
                reason = _name(messages.ConnectFailure.FromString(data), "Reason")
                self._emit("refused", reason=reason or self._last_warning)
            case EventKind.BANNED:
                ban = messages.TemporaryBan.FromString(data)
                self._emit("banned", reason=_name(ban, "Code"), seconds=ban.Expire)
            case EventKind.RECEIPT:
                self._receipt(messages.Receipt.FromString(data))

    def log(self, entry: bytes) -> None:
        """These lines show traffic and codes: of all, only warnings about the connection and the store are kept."""
        line = self._messages.LogEntry.FromString(entry)
        if line.Name == "Client/Send":
            if self.outgoing is not None and line.Message.startswith("<message "):
                self._sending(self.outgoing, line.Message)
        elif line.Name == "Client/QRChannel":
            self._ran_out = self._ran_out or line.Message.startswith(_RAN_OUT)
        elif line.Name in ("Client", "Database") and line.Level in _LEVELS:
            self._last_warning = _NUMBER.sub(_shortened, line.Message)
            _log.log(_LEVELS[line.Level], "%s: %s", line.Name, self._last_warning)

    def _sending(self, outgoing: Outgoing, stanza: str) -> None:
        """Whatsmeow writes a stanza to its log, then to the line: the id is known before anybody has the message."""
        found = _MESSAGE.match(stanza)
        if found is None or outgoing.message_id is not None or _TO_OWN_DEVICES in found[0]:
            return
        if outgoing.group is not None and f'to="{outgoing.group}"' not in found[0]:
            return
        if found[1] in self._ids:  # an earlier message, sent again to a phone that could not read it
            return
        self._ids.append(found[1])
        outgoing.message_id = found[1]
        self._emit("written", send=outgoing.send, message_id=found[1])

    def _receipt(self, receipt: Any) -> None:
        source, kind = receipt.MessageSource, _name(receipt, "Type")
        # The owner's other devices confirm too, and prove nothing about the others.
        own = source.IsFromMe or source.Sender.User in self._own or source.SenderAlt.User in self._own
        if kind in _RECEIPTS and not own:
            chat = f"{source.Chat.User}@{source.Chat.Server}"
            self._emit("receipt", ids=list(receipt.MessageIDs), kind=kind, chat=chat, at=receipt.Timestamp)


def _shortened(number: Match[str]) -> str:
    """Enough of a telephone number or group to tell it from another, and no more: warnings end up in files."""
    return f"…{number[0][-4:]}"


def _users(device: Any) -> frozenset[str]:
    return frozenset(filter(None, (device.JID.User, device.LID.User)))


def _name(message: Any, field: str) -> str:
    """The name of an enum's value in small letters; empty where it is not set, as values the library is too old for."""
    if not message.HasField(field):
        return ""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    name: str = values[getattr(message, field)].name
    return name.lower()
