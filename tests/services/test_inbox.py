"""Received messages: kept, listed, fetched, named, and dropped when they are old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.events import ChatNamed, SendChanged
from desktop.domain.group import GroupInfo
from desktop.domain.message import Ack, ChatKind, Cursor, Direction, Media, MessageKind
from desktop.domain.receipt import ReceiptKind
from desktop.domain.send import SendKind, SendState
from desktop.domain.settings import MessageSettings
from desktop.ports.engine import GroupChanged, Restricted, WentOffline, WentOnline
from desktop.services.inbox import LONGEST_PAGE
from tests.doubles.engine import ACCOUNT
from tests.harness.patience import PATIENCE
from tests.integration.storage.letters import ANA, GROUP, OWN, SHOP, in_group, picture, received, written
from tests.integration.storage.sends import at, make_send
from tests.services.counter import DESK, Counter, GroupEngine, open_counter

OTHER_GROUP = "120363041234567891@g.us"
FILE = b"\xff\xd8\xff\xe0 picture"


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_counter(tmp_path) as opened:
        yield opened


async def looked_for_groups(counter: Counter) -> GroupEngine:
    """The shop's engine, once both sessions' groups without names were looked for at their first connection."""
    async with asyncio.timeout(PATIENCE):
        await counter.messages.past("unnamed_groups", 1)
    return counter.engine()


async def test_a_message_is_on_disk_before_anybody_is_told_of_it(counter: Counter) -> None:
    counter.arrives(received("1"), received("2", 1))
    counter.arrives(received("3", -60), backlog=True, history=True)
    await counter.inbox.settled()
    assert [(event.message.id, event.new, event.backlog) for event in counter.kept] == [
        ("1", True, False),
        ("2", True, False),
        ("3", True, True),
    ]
    assert await counter.inbox.messages(SHOP, ANA) == [received("2", 1), received("1"), received("3", -60)]
    assert (await counter.inbox.chat(SHOP, ANA)).unread == 2
    assert await counter.inbox.message(SHOP, "3") == received("3", -60)


async def test_what_came_while_the_line_was_down_is_not_read_yet_the_phone_s_history_is(counter: Counter) -> None:
    counter.arrives(received("long ago", -600), backlog=True, history=True)
    counter.arrives(received("at night", 1), backlog=True)
    await counter.inbox.settled()
    assert (await counter.inbox.chat(SHOP, ANA)).unread == 1
    assert [event.backlog for event in counter.kept] == [True, True]


async def test_a_message_that_comes_twice_is_told_once(counter: Counter) -> None:
    counter.arrives(received("1"), received("1"))
    await counter.inbox.settled()
    counter.arrives(received("1"))
    await counter.inbox.settled()
    assert counter.texts() == ["Olá 1"]


async def test_the_desk_s_own_session_keeps_nothing(counter: Counter) -> None:
    counter.arrives(received("1"), session=DESK)
    counter.confirms(ReceiptKind.READ, "1", session=DESK)
    counter.bus.publish(SendChanged(make_send(session=DESK, state=SendState.SENT, message_id="2", recipient=GROUP)))
    await counter.inbox.settled()
    assert await counter.inbox.chats(DESK) == []
    assert counter.kept == []


async def test_what_piles_up_goes_to_disk_at_once(counter: Counter) -> None:
    counter.messages.hold["keep"] = asyncio.Event()
    counter.arrives(received("first"))
    await counter.messages.held.wait()
    counter.arrives(*(received(f"{number:04}", number) for number in range(1_200)))
    counter.messages.hold.pop("keep").set()
    await counter.inbox.settled()
    assert len(counter.kept) == 1_201
    assert counter.messages.calls["keep"] == 4


async def test_pages_lead_through_chats_and_messages(counter: Counter) -> None:
    counter.arrives(*(received(f"{number}", number) for number in range(5)), in_group("g", 9))
    await counter.inbox.settled()
    [newest] = await counter.inbox.chats(SHOP, limit=1)
    assert newest.jid == GROUP
    [older] = await counter.inbox.chats(SHOP, before=Cursor(newest.last_message_at, newest.jid))
    assert older.jid == ANA
    assert [chat.jid for chat in await counter.inbox.chats(SHOP, kind=ChatKind.INDIVIDUAL)] == [ANA]
    page = await counter.inbox.messages(SHOP, ANA, limit=2)
    rest = await counter.inbox.messages(SHOP, ANA, before=Cursor(page[-1].at, page[-1].id), limit=10_000)
    assert [message.id for message in page + rest] == ["4", "3", "2", "1", "0"]
    assert len(await counter.inbox.messages(SHOP, ANA, limit=0)) == 1


async def test_a_page_is_never_longer_than_the_longest(counter: Counter) -> None:
    counter.arrives(*(received(f"{number:04}", number) for number in range(LONGEST_PAGE + 20)))
    await counter.inbox.settled()
    assert len(await counter.inbox.messages(SHOP, ANA, limit=100_000)) == LONGEST_PAGE


async def test_what_is_not_there_is_said_by_name(counter: Counter) -> None:
    inbox = counter.inbox
    for asked, code in (
        (inbox.chats("nobody"), Code.SESSION_NOT_FOUND),
        (inbox.messages("nobody", ANA), Code.SESSION_NOT_FOUND),
        (inbox.message("nobody", "1"), Code.SESSION_NOT_FOUND),
        (inbox.messages(SHOP, ANA), Code.CHAT_NOT_FOUND),
        (inbox.mark_read(SHOP, ANA), Code.CHAT_NOT_FOUND),
        (inbox.message(SHOP, "1"), Code.MESSAGE_NOT_FOUND),
        (inbox.media(SHOP, "1"), Code.MESSAGE_NOT_FOUND),
    ):
        with pytest.raises(Rejected) as refused:
            await asked
        assert refused.value.code is code


async def test_a_chat_is_read_when_somebody_says_so(counter: Counter) -> None:
    counter.arrives(received("1"))
    await counter.inbox.settled()
    await counter.inbox.mark_read(SHOP, ANA)
    assert (await counter.inbox.chat(SHOP, ANA)).unread == 0
    # The page past the last one is empty, not an unknown chat.
    assert await counter.inbox.messages(SHOP, ANA, before=Cursor(at(0), "1")) == []


# What the session's own messages came to


async def test_receipts_move_the_owner_s_messages_on(counter: Counter) -> None:
    counter.arrives(written("1"), written("2", 1), received("3", 2))
    counter.confirms(ReceiptKind.DELIVERED, "1", "2", "3")
    for _ in range(1_000):
        counter.confirms(ReceiptKind.READ, "1")
    await counter.inbox.settled()
    assert [(event.message.id, event.message.ack) for event in counter.kept if not event.new] == [
        ("1", Ack.DELIVERED),
        ("2", Ack.DELIVERED),
        ("1", Ack.READ),
    ]
    assert counter.messages.calls["advance"] == 2
    assert (await counter.inbox.message(SHOP, "1")).ack is Ack.READ


@pytest.mark.parametrize(
    ("kind", "expected", "media"),
    [
        (SendKind.REPORT, MessageKind.IMAGE, None),
        (SendKind.IMAGE, MessageKind.IMAGE, None),
        (SendKind.TEXT, MessageKind.TEXT, None),
        (SendKind.DOCUMENT, MessageKind.DOCUMENT, Media(mimetype="application/pdf", size=0, filename="nota.pdf")),
    ],
)
async def test_what_the_program_sent_is_part_of_the_chat(
    counter: Counter, kind: SendKind, expected: MessageKind, media: Media | None
) -> None:
    send = make_send(session=SHOP, kind=kind, recipient=GROUP, caption="Bom dia", state=SendState.SENDING)
    send = replace(send, mimetype="application/pdf", filename="nota.pdf")
    counter.bus.publish(SendChanged(send))
    sent = send.moved(SendState.SENT, at(5), message_id="3EB0")
    counter.bus.publish(SendChanged(sent))
    counter.bus.publish(SendChanged(sent.moved(SendState.DELIVERED, at(6))))
    await counter.inbox.settled()
    counter.bus.publish(SendChanged(sent.moved(SendState.READ, at(7))))
    await counter.inbox.settled()
    message = await counter.inbox.message(SHOP, "3EB0")
    assert message == written(
        "3EB0", 5, chat=GROUP, sender=OWN, kind=expected, text="Bom dia", media=media, ack=Ack.READ
    )
    assert message.direction is Direction.OUT
    assert [event.message.ack for event in counter.kept] == [Ack.SERVER, Ack.DELIVERED, Ack.READ]
    assert (await counter.inbox.chat(SHOP, GROUP)).unread == 0


async def test_a_session_that_knows_no_account_still_keeps_what_it_sent(counter: Counter) -> None:
    await counter.sessions.add("nova", keeps_messages=True)
    send = make_send(session="nova", recipient=ANA, state=SendState.SENT, message_id="3EB0", sent_at=at(5))
    counter.bus.publish(SendChanged(send))
    await counter.inbox.settled()
    assert (await counter.inbox.message("nova", "3EB0")).sender == ""


# Files


async def test_a_file_is_fetched_when_somebody_asks_for_it(counter: Counter) -> None:
    message = picture("1")
    assert message.media is not None
    counter.arrives(message)
    await counter.inbox.settled()
    counter.engine().files[message.media.ticket] = FILE
    file = await counter.inbox.media(SHOP, "1")
    assert (file.content, file.media) == (FILE, message.media)


async def test_a_number_that_may_not_send_for_now_still_fetches_files(counter: Counter) -> None:
    message = picture("1")
    assert message.media is not None
    counter.arrives(message)
    await counter.inbox.settled()
    counter.engine().files[message.media.ticket] = FILE
    counter.engine().say(Restricted(None))
    assert (await counter.inbox.media(SHOP, "1")).content == FILE


async def test_a_file_that_is_gone_or_was_never_there_is_said(counter: Counter) -> None:
    counter.arrives(picture("gone"), received("text", 1))
    counter.arrives(picture("ours", 2, media=Media(mimetype="image/png", size=0)))
    await counter.inbox.settled()
    for message_id in ("gone", "text", "ours"):
        with pytest.raises(Rejected) as refused:
            await counter.inbox.media(SHOP, message_id)
        assert refused.value.code is Code.MEDIA_GONE


async def test_a_file_larger_than_the_owner_or_the_caller_allows_is_not_fetched(counter: Counter) -> None:
    counter.settings = replace(counter.settings, messages=MessageSettings(media_max_bytes=10))
    counter.arrives(picture("big", media=Media(mimetype="video/mp4", size=11, ticket=b"k")), picture("small", 1))
    await counter.inbox.settled()
    with pytest.raises(Rejected) as refused:
        await counter.inbox.media(SHOP, "big", max_bytes=1_000)
    assert (refused.value.code, refused.value.facts) == (Code.MEDIA_TOO_LARGE, {"size": 11, "limit": 10})
    with pytest.raises(Rejected) as refused:
        await counter.inbox.media(SHOP, "small", max_bytes=5)
    assert refused.value.facts == {"size": 6, "limit": 5}


async def test_without_a_line_no_file_is_fetched(counter: Counter) -> None:
    counter.arrives(picture("1"))
    await counter.inbox.settled()
    counter.engine().say(WentOffline("line"))
    with pytest.raises(Transient) as refused:
        await counter.inbox.media(SHOP, "1")
    assert refused.value.code is Code.NOT_CONNECTED


# What groups are called


async def test_a_group_gets_its_name_when_somebody_first_writes_in_it(counter: Counter) -> None:
    counter.arrives(in_group("1"))
    await counter.named(GROUP, "Vendas")
    counter.arrives(in_group("2", 1))
    await counter.inbox.settled()
    assert counter.engine().asked == ["all", GROUP]


async def test_many_groups_are_asked_for_in_one_question(counter: Counter) -> None:
    groups = [f"1203630412345678{number:02}@g.us" for number in range(30)]
    engine = counter.engine()
    engine.group_infos = {jid: GroupInfo(jid, f"Grupo {jid[:18]}", 3) for jid in [*groups, OTHER_GROUP]}
    counter.arrives(*(in_group(jid, chat=jid) for jid in groups), backlog=True)
    for jid in groups:
        await counter.named(jid, f"Grupo {jid[:18]}")
    assert engine.asked == ["all"]


async def test_a_renamed_group_is_called_by_its_new_name(counter: Counter) -> None:
    counter.arrives(in_group("1"))
    await counter.named(GROUP, "Vendas")
    engine = counter.engine()
    engine.group_infos[GROUP] = GroupInfo(GROUP, "Vendas 2027", 3)
    engine.say(GroupChanged(OTHER_GROUP))
    engine.say(GroupChanged(GROUP))
    await counter.named(GROUP, "Vendas 2027")
    assert counter.named_chats[-1] == ChatNamed(SHOP, GROUP, "Vendas 2027")
    assert engine.asked == ["all", GROUP, GROUP]


async def test_a_group_that_cannot_be_asked_for_now_is_asked_for_at_the_next_connection(counter: Counter) -> None:
    engine = counter.engine()
    engine.group_errors = [Transient(Code.NOT_CONNECTED, state="disconnected")]
    counter.arrives(in_group("1"))
    await engine.refused.wait()
    engine.say(WentOffline("line"))
    engine.say(WentOnline(ACCOUNT))
    await counter.named(GROUP, "Vendas")


async def test_a_group_one_has_left_keeps_its_number_for_a_name(counter: Counter) -> None:
    engine = counter.engine()
    engine.group_errors = [Rejected(Code.NOT_IN_GROUP)]
    counter.arrives(in_group("1"))
    await engine.refused.wait()
    counter.arrives(in_group("2", 1, chat=OTHER_GROUP))
    await counter.named(OTHER_GROUP, "Vendas")
    assert engine.asked == ["all", GROUP, OTHER_GROUP]
    assert (await counter.inbox.chat(SHOP, GROUP)).name == ""


@pytest.mark.expects_error_log("cannot be named")
async def test_a_bug_in_naming_one_group_leaves_the_others_their_names(counter: Counter) -> None:
    counter.messages.bugs["chat"] = 1
    counter.arrives(in_group("1"))
    counter.arrives(in_group("2", 1, chat=OTHER_GROUP))
    await counter.named(OTHER_GROUP, "Vendas")


async def test_a_connection_that_comes_while_groups_are_looked_for_is_not_missed(counter: Counter) -> None:
    engine = await looked_for_groups(counter)
    released = counter.messages.hold["unnamed_groups"] = asyncio.Event()
    for _ in range(2):
        engine.say(WentOffline("line"))
        engine.say(WentOnline(ACCOUNT))
        await counter.messages.held.wait()
    released.set()
    async with asyncio.timeout(PATIENCE):
        await counter.messages.past("unnamed_groups", 3)


@pytest.mark.expects_error_log("cannot be named")
async def test_a_bug_in_looking_for_groups_leaves_those_that_are_known_their_names(counter: Counter) -> None:
    engine = await looked_for_groups(counter)
    counter.messages.bugs["unnamed_groups"] = 1
    engine.say(WentOffline("line"))
    engine.say(WentOnline(ACCOUNT))
    counter.arrives(in_group("1"))
    await counter.messages.past("keep", 0)
    counter.arrives(in_group("2", 1, chat=OTHER_GROUP))
    await counter.named(GROUP, "Vendas")
    await counter.named(OTHER_GROUP, "Vendas")
