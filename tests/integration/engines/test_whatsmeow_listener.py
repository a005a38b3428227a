"""What the worker makes of whatsmeow's own words, with neonize's messages but without its library."""

from __future__ import annotations

import logging
import sys
from datetime import date
from typing import Any

import pytest

from desktop.adapters.engines.whatsmeow_library import EventKind, engine_build, library_file
from desktop.adapters.engines.whatsmeow_listener import Outgoing, SessionListener

GROUP, OTHER = "120363000000000001@g.us", "120363000000000002@g.us"


class Messages:
    """Stands where the library would: a linked device, and the protobuf modules."""

    def __init__(self) -> None:
        import Neonize_pb2  # type: ignore[import-not-found]

        self.messages: Any = Neonize_pb2

    def linked_as(self) -> Any:
        jid, lid = self.jid("5511999990000", "s.whatsapp.net"), self.jid("900", "lid")
        return self.messages.Device(JID=jid, LID=lid, Platform="", BussinessName="Loja", PushName="", Initialized=True)

    def phone_of(self, lid: str) -> str:
        """The store knows one of them."""
        return "5511888880000@s.whatsapp.net" if lid == "700@lid" else ""

    def jid(self, user: str, server: str) -> Any:
        return self.messages.JID(User=user, Server=server, RawAgent=0, Device=0, Integrator=0, IsEmpty=False)


class Heard:
    def __init__(self) -> None:
        self.library = Messages()
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.listener = SessionListener(self._emit, self.library)  # type: ignore[arg-type]

    def _emit(self, event: str, /, **facts: object) -> None:
        self.told.append((event, facts))

    def log(self, name: str, message: str, level: str = "DEBUG") -> None:
        entry = self.library.messages.LogEntry(Name=name, Message=message, Level=level)
        self.listener.log(entry.SerializeToString())

    def sends(self, number: int, jid: str) -> None:
        """A message to that chat is with whatsmeow, and its id need not be waited for."""
        self.listener.outgoing = Outgoing(number, jid)
        self.listener.outgoing.released.set()

    def message(self, chat: str, sender: str, *, from_me: bool = False, at: int = 1_800_000_000_000) -> None:
        """A text comes in."""
        messages, jid = self.library.messages, self.library.jid
        source = messages.MessageSource(
            Chat=jid(*chat.split("@")),
            Sender=jid(*sender.split("@")),
            SenderAlt=jid("", ""),
            RecipientAlt=jid("", ""),
            IsFromMe=from_me,
            IsGroup=chat.endswith(("@g.us", "@broadcast")),
        )
        event = messages.Message(Info=messages.MessageInfo(MessageSource=source, ID="3A", Timestamp=at, Pushname="Ana"))
        event.Message.conversation = "Oi"
        self.listener.event(EventKind.MESSAGE, event.SerializePartialToString())

    def receipt(self, kind: str | None, sender: tuple[str, str], *, from_me: bool = False, alt: str = "") -> None:
        messages, jid = self.library.messages, self.library.jid
        source = messages.MessageSource(
            Chat=jid(*GROUP.split("@")),
            Sender=jid(*sender),
            SenderAlt=jid(alt, "s.whatsapp.net"),
            RecipientAlt=jid("", ""),
            BroadcastListOwner=jid("", ""),
            IsFromMe=from_me,
            IsGroup=True,
        )
        receipt = messages.Receipt(MessageSource=source, MessageIDs=["3EB0"], Timestamp=1_800_000_000)
        if kind is not None:
            receipt.Type = messages.Receipt.ReceiptType.Value(kind)
        self.listener.event(EventKind.RECEIPT, receipt.SerializePartialToString())


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    monkeypatch.setattr(sys, "path", [*sys.path, str(library_file().parent / "proto")])
    heard = Heard()
    heard.listener.event(EventKind.LINKED_AS, heard.library.linked_as().SerializeToString())
    return heard


@pytest.mark.parametrize(("kind", "told"), [("DELIVERED", "delivered"), ("READ", "read")])
def test_a_members_receipt_is_told(heard: Heard, kind: str, told: str) -> None:
    heard.receipt(kind, ("700", "lid"), alt="5511888880000")
    by = "5511888880000@s.whatsapp.net"
    facts = {"ids": ["3EB0"], "kind": told, "chat": GROUP, "at": 1_800_000_000, "by": by}
    assert heard.told == [("receipt", facts)]


def test_receipts_of_the_owners_own_devices_prove_nothing(heard: Heard) -> None:
    heard.receipt("DELIVERED", ("5511999990000", "s.whatsapp.net"))
    heard.receipt("READ", ("900", "lid"))
    heard.receipt("READ", ("700", "lid"), alt="5511999990000")
    heard.receipt("DELIVERED", ("700", "lid"), from_me=True)
    assert heard.told == []


@pytest.mark.parametrize(
    "kind", ["SENDER", "RETRY", "READ_SELF", "PLAYED", "SERVER_ERROR", "INACTIVE", "PEER_MSG", None]
)
def test_receipts_that_confirm_nothing_are_passed_over(heard: Heard, kind: str | None) -> None:
    heard.receipt(kind, ("700", "lid"))
    assert heard.told == []


@pytest.mark.parametrize(("lid", "known"), [("700", "5511888880000@s.whatsapp.net"), ("701", "701@lid")])
def test_a_hidden_id_becomes_the_number_that_the_store_knows(heard: Heard, lid: str, known: str) -> None:
    heard.receipt("READ", (lid, "lid"))
    heard.message(GROUP, f"{lid}@lid")
    heard.message(f"{lid}@lid", f"{lid}@lid")
    (_, receipt), (_, in_group), (_, alone) = heard.told
    assert receipt["by"] == in_group["sender"] == alone["sender"] == alone["chat"] == known
    assert in_group["chat"] == GROUP


@pytest.mark.parametrize("chat", ["status@broadcast", "120363000000000009@newsletter"])
def test_what_is_said_to_everybody_is_no_message(heard: Heard, chat: str) -> None:
    heard.message(chat, "5511888880000@s.whatsapp.net")
    assert heard.told == []


def test_what_came_by_a_list_of_recipients_is_the_writers_chat(heard: Heard) -> None:
    heard.message("1600000000@broadcast", "5511888880000@s.whatsapp.net")
    heard.message("1600000001@broadcast", "5511999990000@s.whatsapp.net", from_me=True)
    assert [facts["chat"] for _, facts in heard.told] == ["5511888880000@s.whatsapp.net"]


def test_a_time_that_no_calendar_has_is_none(heard: Heard) -> None:
    heard.message(GROUP, "5511888880000@s.whatsapp.net", at=2**62)
    assert [facts["at"] for _, facts in heard.told] == [0]


def test_messages_are_old_news_until_what_waited_has_come(heard: Heard) -> None:
    def backlog() -> bool:
        heard.told.clear()
        heard.message(GROUP, "5511888880000@s.whatsapp.net")
        return bool(heard.told[0][1]["backlog"])

    assert backlog()
    heard.listener.event(EventKind.CONNECTED, b"")
    assert backlog()
    heard.listener.event(EventKind.CAUGHT_UP, b"")
    assert not backlog()
    heard.listener.event(EventKind.DISCONNECTED, b"")
    heard.listener.event(EventKind.CONNECTED, b"")
    assert backlog()
    heard.listener.event(EventKind.CAUGHT_UP, b"")
    # The same line, which only did not answer for a while, brings no old news.
    heard.listener.event(EventKind.KEEPALIVE_TIMEOUT, b"")
    assert backlog()
    heard.listener.event(EventKind.KEEPALIVE_RESTORED, b"")
    assert not backlog()


def test_the_account_goes_by_its_business_name_until_it_tells_another(heard: Heard) -> None:
    heard.listener.event(EventKind.CONNECTED, b"")
    assert heard.told == [("online", {"phone": "5511999990000", "name": "Loja"})]


def test_a_server_that_answers_no_ping_is_no_line_until_it_does_again(heard: Heard) -> None:
    heard.listener.event(EventKind.KEEPALIVE_TIMEOUT, b"")
    heard.listener.event(EventKind.KEEPALIVE_RESTORED, b"")
    assert [event for event, _ in heard.told] == ["offline", "online"]


def test_a_ban_without_a_known_reason_has_none(heard: Heard) -> None:
    heard.listener.event(EventKind.BANNED, heard.library.messages.TemporaryBan(Expire=60).SerializePartialToString())
    assert heard.told == [("banned", {"reason": "", "seconds": 60})]


def test_turned_away_for_a_reason_that_whatsmeow_does_not_know_its_warning_is_told(heard: Heard) -> None:
    heard.log("Client", "Unknown connect failure: 499", "WARN")
    heard.listener.event(EventKind.CONNECT_FAILURE, b"")
    assert heard.told == [("refused", {"reason": "Unknown connect failure: 499"})]


@pytest.mark.parametrize(
    ("jid", "stanza"),
    [
        (GROUP, f'<message addressing_mode="lid" id="3EB0A" phash="2:x" to="{GROUP}" type="media"><enc/></message>'),
        (GROUP, f'<message id="3EB0A" phash="2:x" to="{GROUP}" type="media"/>'),
        ("5511888880000@s.whatsapp.net", '<message id="3EB0A" to="700@lid" type="text"><participants/></message>'),
    ],
)
def test_the_id_is_read_from_every_form_of_message(heard: Heard, jid: str, stanza: str) -> None:
    heard.sends(7, jid)
    heard.log("Client/Send", stanza)
    assert heard.told == [("written", {"send": 7, "message_id": "3EB0A"})]


def test_other_stanzas_lend_no_id(heard: Heard) -> None:
    heard.log("Client/Send", f'<message id="3EB01" to="{GROUP}" type="media"/>')  # nothing is being sent
    heard.sends(7, GROUP)
    heard.log("Client/Send", '<iq id="1" to="s.whatsapp.net" type="get" xmlns="usync"><message id="3EB02"/></iq>')
    heard.log("Client/Send", '<message category="peer" id="3EB03" to="5511999990000@s.whatsapp.net" type="text"/>')
    heard.log("Client/Send", f'<message id="3EB04" to="{OTHER}" type="media"/>')
    # Earlier messages, even those of a worker that has ended, to a phone that asks for them.
    heard.log("Client/Send", f'<message id="3EB06" participant="700@lid" t="1" to="{GROUP}" type="text"/>')
    heard.log("Client/Send", '<message device_fanout="false" id="3EB07" t="1" to="700@lid" type="text"/>')
    heard.log("Client/Recv", f'<message id="3EB05" to="{GROUP}" type="media"/>')
    assert heard.told == []


def test_a_message_sent_again_is_not_the_one_being_sent(heard: Heard) -> None:
    for send, sent in ((1, ["3EB0A"]), (2, ["3EB0A", "3EB0B"])):
        heard.sends(send, GROUP)
        for message_id in sent:
            heard.log("Client/Send", f'<message id="{message_id}" to="{GROUP}" type="text"/>')
    assert [(facts["send"], facts["message_id"]) for _, facts in heard.told] == [(1, "3EB0A"), (2, "3EB0B")]


def test_warnings_keep_no_telephone_number(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        heard.log("Client", "Failed to handle 5511999990000:3@s.whatsapp.net", "WARN")
        heard.log("Client/Recv", "<message from='5511888887777'/>", "WARN")
        heard.log("Client", "Successfully paired 5511999990000", "INFO")
    assert caplog.messages == ["Client: Failed to handle …0000:3@s.whatsapp.net"]


def test_the_build_is_the_day_of_the_whatsmeow_in_the_library() -> None:
    assert engine_build() == date(2026, 9, 21)


def test_a_message_that_goes_out_as_another_send_ends_is_no_failure(heard: Heard) -> None:
    class Ending(SessionListener):
        """The send ends on its own thread, between two looks at it."""

        looks = 0

        @property
        def outgoing(self) -> Outgoing | None:
            self.looks += 1
            return released(7) if self.looks == 1 else None

        @outgoing.setter
        def outgoing(self, value: Outgoing | None) -> None:
            assert value is None

    def released(number: int) -> Outgoing:
        outgoing = Outgoing(number, GROUP)
        outgoing.released.set()
        return outgoing

    heard.listener = Ending(heard._emit, heard.library)  # type: ignore[arg-type]
    heard.log("Client/Send", f'<message id="3EB0A" to="{GROUP}" type="text"/>')
    assert heard.told == [("written", {"send": 7, "message_id": "3EB0A"})]
