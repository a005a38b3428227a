"""What everything that keeps messages promises, whatever it stands on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pytest

from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.domain.message import Ack, Chat, ChatKind, Cursor, Direction, Media, Message, MessageKind
from desktop.domain.webhook import Delivery
from desktop.ports.messages import Messages
from desktop.runtime.clock import SystemClock
from tests.harness.program import ROOT
from tests.integration.storage.letters import ANA, BIA, GROUP, SHOP, in_group, picture, received, written
from tests.integration.storage.sends import at

OTHER = "matriz"


async def all_ids(messages: Messages, chat: str = ANA, session: str = SHOP) -> list[str]:
    return [message.id for message in await messages.messages(session, chat, limit=1_000)]


async def chat_of(messages: Messages, jid: str = ANA, session: str = SHOP) -> Chat:
    chat = await messages.chat(session, jid)
    assert chat is not None
    return chat


class MessagesContract:
    """Inherit it and give a fixture `messages` that is empty."""

    # What goes in comes out

    async def test_every_field_comes_back_as_it_was_given(self, messages: Messages) -> None:
        message = Message(
            session=SHOP,
            id="3EB0C0FFEE",
            chat=GROUP,
            sender="5511988887777@s.whatsapp.net",
            sender_name="Ana ☕",
            direction=Direction.OUT,
            kind=MessageKind.VIDEO,
            text="Olá,\n'mundo' \x00 😀",
            at=at(3).astimezone(timezone(timedelta(hours=-3))),
            media=Media(
                mimetype="video/mp4",
                size=2**40,
                filename="férias.mp4",
                width=1920,
                height=1080,
                seconds=61,
                ticket=bytes(range(256)),
            ),
            ack=Ack.PLAYED,
        )
        assert await messages.keep([message], unread=True) == [message]
        assert await messages.message(SHOP, message.id) == message
        assert await messages.messages(SHOP, GROUP) == [message]

    async def test_the_longest_text_is_kept_whole_and_its_chat_shows_the_beginning(self, messages: Messages) -> None:
        text = "ação 😀 " * 8_192
        await messages.keep([received("long", text=text)], unread=True)
        [found] = await messages.messages(SHOP, ANA)
        assert found.text == text
        last = (await chat_of(messages)).last_text
        assert text.startswith(last)
        assert 100 <= len(last) <= 1_000

    async def test_a_message_that_comes_again_is_known(self, messages: Messages) -> None:
        first = received("1")
        assert await messages.keep([first, replace(first, text="twice")], unread=True) == [first]
        assert await messages.keep([replace(first, text="again", chat=BIA), received("2", 1)], unread=True) == [
            received("2", 1)
        ]
        assert await messages.messages(SHOP, ANA) == [received("2", 1), first]
        assert await messages.chat(SHOP, BIA) is None
        assert (await chat_of(messages)).unread == 2

    async def test_what_was_added_is_told_in_the_order_in_which_it_came(self, messages: Messages) -> None:
        burst = [received("3", 3), in_group("1", 1), received("2", 2, session=OTHER), received("4", 4, chat=BIA)]
        assert await messages.keep(burst, unread=True) == burst
        assert await messages.keep([], unread=True) == []

    async def test_a_burst_of_thousands_is_kept_at_once(self, messages: Messages) -> None:
        burst = [
            received(f"{number:05}", number, chat=f"55119{number % 700}@s.whatsapp.net") for number in range(2_500)
        ]
        assert await messages.keep(burst, unread=True) == burst
        assert await messages.keep(burst, unread=True) == []
        assert len(await messages.chats(SHOP, limit=1_000)) == 700

    async def test_sessions_know_nothing_of_each_other(self, messages: Messages) -> None:
        await messages.keep([received("1"), received("1", 5, session=OTHER, text="another")], unread=True)
        assert [message.text for message in await messages.messages(OTHER, ANA)] == ["another"]
        await messages.mark_read(OTHER, ANA)
        await messages.name_chat(OTHER, ANA, "Ana da matriz")
        assert (await chat_of(messages)).unread == 1
        assert (await chat_of(messages)).name == "Ana"
        assert await messages.message("nobody", "1") is None
        assert await messages.chats("nobody") == []
        assert await messages.messages("nobody", ANA) == []

    # Chats

    async def test_a_chat_shows_its_newest_message_and_counts_what_was_not_read(self, messages: Messages) -> None:
        await messages.keep([received("1"), received("3", 30, text="newest"), received("2", 20)], unread=True)
        assert await chat_of(messages) == Chat(
            session=SHOP,
            jid=ANA,
            kind=ChatKind.INDIVIDUAL,
            name="Ana",
            last_message_at=at(30),
            last_message_id="3",
            last_text="newest",
            unread=3,
        )
        await messages.mark_read(SHOP, ANA)
        assert (await chat_of(messages)).unread == 0
        await messages.keep([received("4", 40)], unread=True)
        assert (await chat_of(messages)).unread == 1

    async def test_what_was_written_here_and_old_news_are_read_already(self, messages: Messages) -> None:
        await messages.keep([written("1")], unread=True)
        await messages.keep([received("2", 1)], unread=False)
        assert (await chat_of(messages)).unread == 0

    async def test_old_news_never_moves_a_chat_back(self, messages: Messages) -> None:
        await messages.keep([received("2", 20, sender_name="Ana Maria")], unread=True)
        await messages.keep([received("1", 10, sender_name="Aninha")], unread=False)
        chat = await chat_of(messages)
        assert (chat.last_message_id, chat.last_message_at, chat.name) == ("2", at(20), "Ana Maria")
        await messages.keep([received("3", 30, sender_name="Ana Souza")], unread=False)
        assert (await chat_of(messages)).name == "Ana Souza"

    async def test_a_person_is_called_as_they_call_themselves_once_they_write(self, messages: Messages) -> None:
        await messages.keep([written("1", 10, sender_name="Loja")], unread=True)
        assert (await chat_of(messages)).name == ""
        await messages.keep([received("0"), received("2", 20, sender_name="")], unread=True)
        assert (await chat_of(messages)).name == "Ana"

    async def test_a_group_is_called_by_its_subject_never_by_who_wrote(self, messages: Messages) -> None:
        await messages.keep([in_group("1"), in_group("2", chat="1203-1600@g.us"), received("3")], unread=True)
        assert (await chat_of(messages, GROUP)).name == ""
        assert (await chat_of(messages, GROUP)).kind is ChatKind.GROUP
        assert set(await messages.unnamed_groups(SHOP)) == {GROUP, "1203-1600@g.us"}
        await messages.name_chat(SHOP, GROUP, "Vendas")
        await messages.keep([in_group("4", 9)], unread=True)
        assert (await chat_of(messages, GROUP)).name == "Vendas"
        assert await messages.unnamed_groups(SHOP) == ["1203-1600@g.us"]

    async def test_naming_an_unknown_chat_makes_none(self, messages: Messages) -> None:
        await messages.name_chat(SHOP, GROUP, "Vendas")
        await messages.mark_read(SHOP, GROUP)
        assert await messages.chats(SHOP) == []

    # Acknowledgements

    async def test_acknowledgements_only_go_forward(self, messages: Messages) -> None:
        await messages.keep([written("1"), written("2", 1), received("3", 2)], unread=True)
        changed = await messages.advance(SHOP, ["2", "1", "3", "unknown"], Ack.READ)
        assert {message.id: message.ack for message in changed} == {"1": Ack.READ, "2": Ack.READ}
        assert await messages.advance(SHOP, ["1"], Ack.DELIVERED) == []
        assert await messages.advance(SHOP, ["1"], Ack.READ) == []
        assert await messages.advance(OTHER, ["1"], Ack.PLAYED) == []
        assert await messages.advance(SHOP, [], Ack.PLAYED) == []
        [found] = await messages.advance(SHOP, ["1"], Ack.PLAYED)
        assert found == written("1", ack=Ack.PLAYED)
        assert await messages.message(SHOP, "1") == found

    async def test_receipts_for_thousands_of_messages_are_noted_at_once(self, messages: Messages) -> None:
        ids = [f"{number:04}" for number in range(1_200)]
        await messages.keep([written(one) for one in ids], unread=True)
        assert len(await messages.advance(SHOP, ids, Ack.DELIVERED)) == 1_200

    # Pages

    async def test_pages_lead_from_new_to_old_through_every_message_once(self, messages: Messages) -> None:
        # Several within one second, as WhatsApp's times have no parts of seconds: then the order is that of arrival.
        burst = [received(f"{99 - number}", number // 4) for number in range(25)]
        await messages.keep(burst[:10], unread=True)
        await messages.keep(burst[10:], unread=True)
        assert (await chat_of(messages)).last_message_id == burst[-1].id
        found: list[Message] = []
        before = None
        while page := await messages.messages(SHOP, ANA, before=before, limit=4):
            found += page
            before = Cursor(page[-1].at, page[-1].id)
        assert found == burst[::-1]

    async def test_what_comes_in_meanwhile_does_not_shift_the_next_page(self, messages: Messages) -> None:
        await messages.keep([received(f"{number}", number) for number in range(6)], unread=True)
        page = await messages.messages(SHOP, ANA, limit=3)
        await messages.keep([received("new", 60)], unread=True)
        following = await messages.messages(SHOP, ANA, before=Cursor(page[-1].at, page[-1].id), limit=3)
        assert [message.id for message in page + following] == ["5", "4", "3", "2", "1", "0"]

    async def test_chats_come_newest_first_page_by_page_and_by_kind(self, messages: Messages) -> None:
        people = [received(f"p{number}", number // 3, chat=f"55{number:02}@s.whatsapp.net") for number in range(10)]
        groups = [in_group(f"g{number}", number // 3, chat=f"1203{number:02}@g.us") for number in range(10)]
        await messages.keep(people + groups, unread=True)
        for kind, expected in ((None, people + groups), (ChatKind.GROUP, groups), (ChatKind.INDIVIDUAL, people)):
            found: list[Chat] = []
            before = None
            while page := await messages.chats(SHOP, kind=kind, before=before, limit=3):
                found += page
                before = Cursor(page[-1].last_message_at, page[-1].jid)
            newest_first = sorted(expected, key=lambda message: (message.at, message.chat), reverse=True)
            assert [chat.last_message_id for chat in found] == [message.id for message in newest_first]

    async def test_a_page_goes_on_though_the_message_it_goes_on_from_was_dropped(self, messages: Messages) -> None:
        await messages.keep([picture("1", 1), picture("2", 2), received("3", 3)], unread=True)
        [last, *_] = await messages.messages(SHOP, ANA, limit=1)
        await messages.purge({MessageKind.TEXT: at(60)})
        page = await messages.messages(SHOP, ANA, before=Cursor(last.at, last.id))
        assert [message.id for message in page] == ["2", "1"]

    # Keeping no longer than wished

    async def test_each_kind_is_dropped_after_its_own_time(self, messages: Messages) -> None:
        await messages.keep([received("t1"), picture("p1", 1), received("t2", 20), picture("p2", 21)], unread=True)
        assert await messages.purge({MessageKind.IMAGE: at(10)}) == 1
        assert await all_ids(messages) == ["p2", "t2", "t1"]
        assert await messages.purge({MessageKind.IMAGE: at(10), MessageKind.TEXT: at(20)}) == 1
        assert await all_ids(messages) == ["p2", "t2"]
        assert await messages.purge({MessageKind.IMAGE: at(10), MessageKind.TEXT: at(20)}) == 0
        assert await messages.purge({}) == 0

    async def test_a_chat_shows_nothing_of_a_dropped_message(self, messages: Messages) -> None:
        await messages.keep([received("old"), picture("secret", 10, text="segredo")], unread=True)
        await messages.purge({MessageKind.IMAGE: at(60)})
        chat = await chat_of(messages)
        assert (chat.last_message_id, chat.last_message_at, chat.last_text) == ("old", at(0), "Olá old")
        assert chat.unread == 1

    async def test_what_was_read_of_a_chat_stays_read_when_old_messages_go(self, messages: Messages) -> None:
        await messages.keep([received("1"), written("2", 1)], unread=True)
        await messages.mark_read(SHOP, ANA)
        await messages.keep([received("3", 30)], unread=True)
        await messages.purge({MessageKind.TEXT: at(10)})
        assert (await chat_of(messages)).unread == 1

    async def test_a_chat_without_messages_is_no_chat_until_somebody_writes_again(self, messages: Messages) -> None:
        await messages.keep([received("1"), received("2", chat=BIA)], unread=True)
        await messages.purge({MessageKind.TEXT: at(1)})
        assert await messages.chats(SHOP) == []
        assert await messages.keep([received("3", 30)], unread=True) == [received("3", 30)]
        assert [chat.jid for chat in await messages.chats(SHOP)] == [ANA]

    async def test_a_long_history_is_dropped_some_at_a_time(self, messages: Messages) -> None:
        burst = [received(f"{number:05}", number, chat=f"55{number % 900}@s.whatsapp.net") for number in range(4_500)]
        await messages.keep(burst, unread=True)
        dropped: list[int] = []
        while dropped[-1:] != [0]:
            dropped.append(await messages.purge({MessageKind.TEXT: at(4_400)}))
            assert len(dropped) < 100
        assert sum(dropped) == 4_400
        assert len(dropped) > 2
        left = await messages.chats(SHOP, limit=1_000)
        assert len(left) == 100
        assert {chat.unread for chat in left} == {1}

    # Sessions come and go

    async def test_a_renamed_session_keeps_its_messages(self, messages: Messages) -> None:
        await messages.keep([received("1")], unread=True)
        await messages.rename_session(SHOP, "filial")
        assert await messages.chats(SHOP) == []
        assert await messages.message("filial", "1") == received("1", session="filial")
        assert (await chat_of(messages, session="filial")).session == "filial"
        await messages.keep([received("2", 1)], unread=True)
        assert await all_ids(messages) == ["2"]

    async def test_a_session_without_messages_is_renamed_too(self, messages: Messages) -> None:
        await messages.keep([received("1")], unread=True)
        await messages.rename_session("nobody", "anybody")
        assert await all_ids(messages) == ["1"]

    async def test_a_rename_asked_for_twice_brings_together_what_came_in_between(self, messages: Messages) -> None:
        await messages.keep([received("1", 1), in_group("2", 2)], unread=True)
        await messages.name_chat(SHOP, GROUP, "Vendas")
        await messages.rename_session(SHOP, "filial")
        await messages.keep([received("1", 1), received("3", 3), received("4", 4, chat=BIA)], unread=True)
        await messages.rename_session(SHOP, "filial")
        assert await messages.chats(SHOP) == []
        assert await all_ids(messages, session="filial") == ["3", "1"]
        chats = {chat.jid: (chat.name, chat.last_message_id) for chat in await messages.chats("filial")}
        assert chats == {ANA: ("Ana", "3"), GROUP: ("Vendas", "2"), BIA: ("Ana", "4")}
        assert (await chat_of(messages, BIA, "filial")).unread == 1

    async def test_of_a_forgotten_session_nothing_is_left(self, messages: Messages) -> None:
        burst = [received(f"{number:05}", chat=f"55{number % 40}@s.whatsapp.net") for number in range(2_500)]
        await messages.keep([*burst, received("mine", session=OTHER)], unread=True)
        await messages.forget_session(SHOP)
        await messages.forget_session("nobody")
        assert await messages.chats(SHOP) == []
        assert await messages.message(SHOP, "00001") is None
        assert await all_ids(messages, session=OTHER) == ["mine"]
        assert await messages.keep([received("00001")], unread=True) == [received("00001")]
        assert (await chat_of(messages)).unread == 1


class TestSqlMessages(MessagesContract):
    @pytest.fixture
    async def opened(self, tmp_path: Path) -> AsyncIterator[OpenedStorage]:
        opened = await open_storage(tmp_path / "malote.db", clock=SystemClock())
        yield opened
        await opened.close()

    @pytest.fixture
    def messages(self, opened: OpenedStorage) -> Messages:
        return opened.messages

    async def test_what_is_told_of_a_message_is_put_down_with_it_and_once(self, opened: OpenedStorage) -> None:
        first, own = received("1"), replace(written("2"), ack=Ack.SERVER)
        for _ in range(2):
            await opened.messages.keep([first, own], unread=True, tell=news)
            await opened.messages.advance(SHOP, ["2"], Ack.READ, tell=news)
        await opened.messages.keep([received("3")], unread=True, tell=lambda message: [])
        assert await waiting(opened) == ["1 SERVER", "2 SERVER", "2 READ"]

    async def test_neither_is_kept_where_one_cannot_be(self, opened: OpenedStorage) -> None:
        def broken(message: Message) -> list[Delivery]:
            raise ValueError(message.id)

        with pytest.raises(ValueError, match="1"):
            await opened.messages.keep([received("1")], unread=True, tell=broken)
        await opened.messages.keep([written("2")], unread=True)
        with pytest.raises(ValueError, match="2"):
            await opened.messages.advance(SHOP, ["2"], Ack.READ, tell=broken)
        assert await opened.messages.message(SHOP, "1") is None
        kept = await opened.messages.message(SHOP, "2")
        assert kept is not None
        assert kept.ack is written("2").ack

    async def test_a_program_that_is_killed_leaves_both_or_none(self, tmp_path: Path) -> None:
        path = tmp_path / "killed.db"
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _WRITES, str(path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert writer.stdout is not None
        async with asyncio.timeout(30):
            for _ in range(20):
                assert await writer.stdout.readline()
        writer.kill()
        await writer.wait()
        opened = await open_storage(path, clock=SystemClock())
        kept = [f"{name} SERVER" for name in reversed(await all_ids(opened.messages))]
        assert len(kept) >= 20
        assert await waiting(opened) == kept
        await opened.close()


_WRITES = """
import asyncio, sys
from pathlib import Path
from desktop.adapters.storage.opening import open_storage
from desktop.runtime.clock import SystemClock
from tests.contract.test_messages import news
from tests.integration.storage.letters import received

async def write():
    opened = await open_storage(Path(sys.argv[1]), clock=SystemClock())
    for number in range(100_000):
        await opened.messages.keep([received(f"{number:06}", number)], unread=True, tell=news)
        print(number, flush=True)

asyncio.run(write())
"""


def news(message: Message) -> list[Delivery]:
    body = f"{message.id} {message.ack.name}".encode()
    return [Delivery(id=uuid4(), session=message.session, url="http://x", event="e", body=body, created_at=message.at)]


async def waiting(opened: OpenedStorage) -> list[str]:
    """What is to be told of the shop's messages, in order; it is taken away."""
    told = []
    while (delivery := await opened.webhooks.first_waiting(SHOP)) is not None:
        told.append(delivery.body.decode())
        await opened.webhooks.taken(delivery.id)
    return told
