"""What whatsmeow tells by itself, as the worker's events.

Each with its facts: `code` text valid_for · `pairing_code` code valid_for · `pairing_failed` detail · `login` status
detail expired · `online` phone name · `offline` reason · `logged_out` reason · `replaced` · `banned` reason seconds ·
`restricted` active until · `outdated` build · `refused` reason · `receipt` ids kind chat at by · `group_changed` jid ·
`written` send message_id, before a message goes to the line · `message` as whatsmeow_incoming makes it, backlog
history.
"""

import logging
import threading
import time
from collections import deque
from re import Match
from re import compile as regex
from typing import Any, Final

from desktop.adapters.engines.whatsmeow_incoming import Incoming, plain
from desktop.adapters.engines.whatsmeow_library import EventKind, Library, engine_build
from desktop.adapters.worker_child import Emit

_FIRST_CODE_LASTS: Final = 60.0
_CODE_LASTS: Final = 20.0
_ALL_CODES_LAST: Final = _FIRST_CODE_LASTS + 5 * _CODE_LASTS
"""When they have run out, WhatsApp ends the line, and what was asked for on it."""
_OUTDATED: Final = "err-client-outdated"
_RAN_OUT: Final = "Ran out of QR codes"
# Attributes are sorted by name: what comes before and after the id differs from group to group.
_MESSAGE: Final = regex(r'<message (?:[^>]* )?id="([^"]+)"[^>]*>')
# To the owner's own devices; and once more to one phone that could not read an earlier message.
_NOT_TO_ALL: Final = regex(r' (?:category="peer"|participant="|device_fanout=")')
_NUMBER: Final = regex(r"\d{8,}")
_IDS_REMEMBERED: Final = 500
_TURNED_AWAY: Final = regex(r"Got 50[03]\b")
_NOT_BACK: Final = "Error reconnecting"
# Whatsmeow understands this notification, the library does not pass it on.
_RESTRICTION: Final = "xwa2_notify_account_reachout_timelock"
_RESTRICTED: Final = regex(r'"is_active"\s*:\s*true')
_RESTRICTED_UNTIL: Final = regex(r'"time_enforcement_ends"\s*:\s*"?(\d+)')
_LEVELS: Final = {"WARN": logging.WARNING, "ERROR": logging.ERROR}
_RECEIPTS: Final = frozenset({"delivered", "read"})

_log = logging.getLogger("whatsmeow")


class Outgoing:
    """The one message that is being sent."""

    def __init__(self, send: int, jid: str) -> None:
        self.send = send
        self.group = jid if jid.endswith("@g.us") else None
        self.message_id: str | None = None
        """Set once it is ready for the line."""
        self.released = threading.Event()
        """It may go to the line: the program has its id on disk."""


class SessionListener:
    """Runs on the library's threads; whatsmeow waits until an event has been handed to the program's pipe."""

    def __init__(self, emit: Emit, library: Library) -> None:
        self.outgoing: Outgoing | None = None
        self._emit = emit
        self._library = library
        self._messages = library.messages
        self._incoming = Incoming(library)
        self._own: frozenset[str] = frozenset()
        self._caught_up = False
        """Whether what waited for the login has come: what comes now is new."""
        self._ids: deque[str] = deque(maxlen=_IDS_REMEMBERED)
        self.pairing_phone = ""
        """Digits of the phone that is to link this computer by letters; empty: by the codes."""
        self.release_wait = 0.0
        """Seconds that a message waits for its release."""
        self._codes_shown = 0
        self._turned_away = False
        self._ran_out = False
        self._last_warning = ""

    def code(self, text: str) -> None:
        self._codes_shown += 1
        if self.pairing_phone:
            if self._codes_shown == 1:
                self._ask_for_letters()
            return
        self._emit("code", text=text, valid_for=_FIRST_CODE_LASTS if self._codes_shown == 1 else _CODE_LASTS)

    def login(self, status: str) -> None:
        if status == _OUTDATED:
            self._emit("outdated", build=_build())
            return
        self._emit("login", status=status, detail=self._last_warning, expired=self._ran_out)

    def event(self, kind: EventKind, data: bytes) -> None:
        messages = self._messages
        match kind:
            case EventKind.LINKED_AS:
                self._linked_as(messages.Device.FromString(data))
            case EventKind.CONNECTED | EventKind.KEEPALIVE_RESTORED:
                device = self._library.linked_as()
                self._linked_as(device)
                self._turned_away = False
                self._caught_up = self._caught_up or kind is EventKind.KEEPALIVE_RESTORED
                self._emit("online", phone=device.JID.User, name=device.PushName or device.BussinessName)
            case EventKind.DISCONNECTED:
                self._caught_up = False
                self._emit("offline", reason="turned_away" if self._turned_away else "disconnected")
            case EventKind.KEEPALIVE_TIMEOUT:
                self._caught_up = False
                self._emit("offline", reason="no_answer")
            case EventKind.LOGGED_OUT:
                self._emit("logged_out", reason=_name(messages.LoggedOut.FromString(data), "Reason"))
            case EventKind.REPLACED:
                self._emit("replaced")
            case EventKind.OUTDATED:
                self._emit("outdated", build=_build())
            case EventKind.CONNECT_FAILURE:
                reason = _name(messages.ConnectFailure.FromString(data), "Reason")
                self._emit("refused", reason=reason or self._last_warning)
            case EventKind.BANNED:
                ban = messages.TemporaryBan.FromString(data)
                self._emit("banned", reason=_name(ban, "Code"), seconds=ban.Expire)
            case EventKind.CAUGHT_UP:
                self._caught_up = True
            case EventKind.RECEIPT:
                self._receipt(messages.Receipt.FromString(data))
            case EventKind.MESSAGE:
                facts = self._incoming.message(messages.Message.FromString(data))
                if facts is not None:
                    self._emit("message", backlog=not self._caught_up, history=False, **facts)
            case EventKind.HISTORY:
                for facts in self._incoming.history(messages.HistorySync.FromString(data).Data):
                    self._emit("message", backlog=True, history=True, **facts)
            case EventKind.JOINED_GROUP:
                self._emit("group_changed", jid=plain(messages.JoinedGroup.FromString(data).GroupInfo.JID))
            case EventKind.GROUP_CHANGED:
                self._emit("group_changed", jid=plain(messages.GroupInfoEvent.FromString(data).JID))

    def log(self, entry: bytes) -> None:
        """These lines show traffic and codes: of all, only warnings about the connection and the store are kept."""
        line = self._messages.LogEntry.FromString(entry)
        if line.Name == "Client/Send":
            outgoing = self.outgoing  # looked at once: the thread that sends takes it away when its send ends
            if outgoing is not None and line.Message.startswith("<message "):
                self._sending(outgoing, line.Message)
        elif line.Name == "Client/QRChannel":
            self._ran_out = self._ran_out or line.Message.startswith(_RAN_OUT)
        elif line.Name == "Client/Recv":
            if _RESTRICTION in line.Message:
                until = _RESTRICTED_UNTIL.search(line.Message)
                active = _RESTRICTED.search(line.Message) is not None
                self._emit("restricted", active=active, until=int(until[1]) if until else 0)
        elif line.Name in ("Client", "Database") and line.Level in _LEVELS:
            self._last_warning = _NUMBER.sub(_shortened, line.Message)
            _log.log(_LEVELS[line.Level], "%s: %s", line.Name, self._last_warning)
            self._turned_away = self._turned_away or _TURNED_AWAY.match(line.Message) is not None
            if line.Message.startswith(_NOT_BACK):
                self._emit("offline", reason=self._last_warning)

    def _linked_as(self, device: Any) -> None:
        self._own = _users(device)
        self._incoming.linked_as(device)

    def _ask_for_letters(self) -> None:
        """The codes are made all the same, and wait for nobody."""
        began = time.monotonic()
        answer = self._library.pair_by_phone(self.pairing_phone)
        if answer.Error:
            self._emit("pairing_failed", detail=answer.Error)
        else:
            self._emit("pairing_code", code=answer.Code, valid_for=_ALL_CODES_LAST - (time.monotonic() - began))

    def _sending(self, outgoing: Outgoing, stanza: str) -> None:
        """Whatsmeow writes a stanza to its log, then to the line, and waits in between until this returns."""
        found = _MESSAGE.match(stanza)
        if found is None or outgoing.message_id is not None or _NOT_TO_ALL.search(found[0]):
            return
        if outgoing.group is not None and f'to="{outgoing.group}"' not in found[0]:
            return
        if found[1] in self._ids:  # an earlier message, sent again to a phone that could not read it
            return
        self._ids.append(found[1])
        outgoing.message_id = found[1]
        self._emit("written", send=outgoing.send, message_id=found[1])
        if not outgoing.released.wait(self.release_wait):
            _log.warning("a message goes out before its id is known to be on disk")

    def _receipt(self, receipt: Any) -> None:
        source, kind = receipt.MessageSource, _name(receipt, "Type")
        # The owner's other devices confirm too, and prove nothing about the others.
        own = source.IsFromMe or source.Sender.User in self._own or source.SenderAlt.User in self._own
        if kind in _RECEIPTS and not own:
            by = self._incoming.person(plain(source.Sender), plain(source.SenderAlt))
            chat = plain(source.Chat) if source.IsGroup else by
            self._emit("receipt", ids=list(receipt.MessageIDs), kind=kind, chat=chat, at=receipt.Timestamp, by=by)


def _shortened(number: Match[str]) -> str:
    """Enough of a telephone number or group to tell it from another, and no more: warnings end up in files."""
    return f"…{number[0][-4:]}"


def _build() -> str:
    """ISO 8601; empty where it is not known."""
    day = engine_build()
    return "" if day is None else day.isoformat()


def _users(device: Any) -> frozenset[str]:
    return frozenset(filter(None, (device.JID.User, device.LID.User)))


def _name(message: Any, field: str) -> str:
    """The name of an enum's value in small letters; empty where it is not set, as values the library is too old for."""
    if not message.HasField(field):
        return ""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    name: str = values[getattr(message, field)].name
    return name.lower()
