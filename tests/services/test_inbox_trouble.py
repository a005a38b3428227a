"""The inbox in trouble and over time: a disk that refuses, too much at once, old messages, sessions that change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.domain.message import Ack, Media
from desktop.domain.receipt import ReceiptKind
from desktop.domain.settings import MessageSettings
from desktop.ports.engine import MessageReceived
from desktop.services.inbox import Inbox
from tests.integration.storage.letters import ANA, BIA, GROUP, SHOP, in_group, picture, received, written
from tests.services.counter import DESK, Counter, open_counter


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_counter(tmp_path) as opened:
        yield opened


@pytest.mark.expects_error_log("cannot be kept yet")
async def test_while_the_disk_refuses_messages_wait_for_it(counter: Counter) -> None:
    counter.messages.failures["keep"] = 2
    counter.arrives(received("1"))
    for _ in range(2):
        await counter.clock.somebody_sleeps(1.0)
        counter.arrives(received(f"later {counter.messages.calls['keep']}", 1))
        counter.clock.ring()
    await counter.inbox.settled()
    assert counter.texts() == ["Olá 1", "Olá later 1", "Olá later 2"]
    assert counter.inbox.lost == 0


@pytest.mark.expects_error_log("messages come in faster|there is room")
async def test_more_than_there_is_room_for_is_lost_loudly(tmp_path: Path) -> None:
    async with open_counter(tmp_path, room=3) as counter:
        counter.messages.hold["keep"] = asyncio.Event()
        counter.arrives(received("0"))
        await counter.messages.held.wait()
        counter.arrives(*(received(f"{number}", number) for number in range(1, 6)))
        assert counter.inbox.lost == 2
        counter.messages.hold.pop("keep").set()
        await counter.inbox.settled()
        counter.arrives(received("6", 6))
        await counter.inbox.settled()
        assert [message.id for message in await counter.inbox.messages(SHOP, ANA)] == ["6", "3", "2", "1", "0"]
        assert counter.inbox.lost == 2
        # At once, and how many it were in the end; not each.
        assert counter.losses == [1, 2]


@pytest.mark.expects_error_log("messages come in faster|cannot be kept yet")
async def test_while_the_disk_refuses_it_is_told_how_many_are_lost_by_now(tmp_path: Path) -> None:
    async with open_counter(tmp_path, room=1) as counter:
        counter.messages.failures["keep"] = 2
        counter.arrives(received("0"))
        await counter.clock.somebody_sleeps(1.0)
        counter.arrives(*(received(f"{number}", number) for number in range(1, 5)))
        assert counter.losses == [1]
        counter.clock.ring()
        await counter.clock.somebody_sleeps(1.0)
        assert counter.losses == [1, 3]
        counter.clock.ring()
        await counter.inbox.settled()
        assert counter.losses == [1, 3]


@pytest.mark.expects_error_log("a message cannot be kept")
async def test_a_message_that_can_never_be_kept_takes_no_other_with_it(counter: Counter) -> None:
    monstrous = picture("2", 1, media=Media(mimetype="image/jpeg", size=2**70, ticket=b"k"))
    counter.messages.hold["keep"] = asyncio.Event()
    counter.arrives(written("0"))
    await counter.messages.held.wait()
    counter.arrives(received("1"), monstrous, received("3", 2))
    counter.confirms(ReceiptKind.READ, "0")
    counter.messages.hold.pop("keep").set()
    await counter.inbox.settled()
    assert [message.id for message in await counter.inbox.messages(SHOP, ANA)] == ["3", "1", "0"]
    assert (await counter.inbox.message(SHOP, "0")).ack is Ack.READ
    assert counter.inbox.lost == 1
    assert counter.losses == [1]


async def test_closing_keeps_what_has_come(tmp_path: Path) -> None:
    async with open_counter(tmp_path) as counter:
        counter.arrives(*(received(f"{number:04}") for number in range(1_500)))
        await counter.inbox.close()
        assert len(await counter.storage.messages.messages(SHOP, ANA, limit=2_000)) == 1_500


@pytest.mark.expects_error_log("could not be kept in time")
async def test_closing_does_not_wait_for_a_disk_that_hangs(counter: Counter) -> None:
    counter.messages.hold["keep"] = asyncio.Event()
    counter.arrives(received("1"))
    await counter.messages.held.wait()
    counter.arrives(received("2"))
    counter.grace = 0.01
    await counter.inbox.close(counter.grace)
    assert counter.inbox.lost == 1


async def test_an_inbox_that_never_began_ends_at_once(counter: Counter) -> None:
    unused = Inbox(
        messages=counter.storage.messages,
        sessions=counter.sessions,
        groups=counter.groups,
        bus=counter.bus,
        clock=counter.clock,
        settings=lambda: counter.settings,
    )
    await unused.close()


# Old messages


async def test_old_messages_go_at_the_start_and_every_day(tmp_path: Path) -> None:
    async with open_counter(tmp_path) as counter:
        old = [received("t", -366 * 86_400), picture("p", -91 * 86_400)]
        counter.arrives(*old, received("t2", -364 * 86_400), picture("p2", -89 * 86_400), received("new"))
        await counter.inbox.settled()
    async with open_counter(tmp_path) as counter:
        await counter.clock.somebody_sleeps(86_400.0)
        left = [message.id for message in await counter.inbox.messages(SHOP, ANA)]
        assert left == ["new", "p2", "t2"]
        counter.settings = replace(counter.settings, messages=MessageSettings(keep_days_text=30))
        counter.clock.ring(timedelta(days=2))
        await counter.clock.somebody_sleeps(86_400.0)
        left = [message.id for message in await counter.inbox.messages(SHOP, ANA)]
        assert left == ["new"]


@pytest.mark.expects_error_log("old messages cannot be dropped")
async def test_a_disk_that_refuses_today_is_asked_again_tomorrow(counter: Counter) -> None:
    await counter.clock.somebody_sleeps(86_400.0)
    counter.arrives(received("old", -400 * 86_400))
    await counter.inbox.settled()
    counter.messages.failures["purge"] = 1
    for _ in range(2):
        counter.clock.ring(timedelta(days=1))
        await counter.clock.somebody_sleeps(86_400.0)
    assert await counter.inbox.chats(SHOP) == []


# Sessions that change


async def test_a_renamed_session_keeps_what_was_waiting_under_its_old_name(counter: Counter) -> None:
    counter.arrives(written("0"), in_group("g"))
    await counter.named(GROUP, "Vendas")
    counter.messages.hold["keep"] = asyncio.Event()
    counter.arrives(received("1", 1))
    await counter.messages.held.wait()
    counter.arrives(received("2", 2))
    counter.confirms(ReceiptKind.READ, "0")
    await counter.sessions.rename(SHOP, "filial")
    counter.messages.hold.pop("keep").set()
    await counter.inbox.settled()
    await counter.sessions.rename("filial", "centro")
    counter.engines[next(name for name in counter.engines if name != DESK)].say(MessageReceived(received("3", 3)))
    await counter.inbox.settled()
    found = await counter.inbox.messages("centro", ANA)
    assert [(message.id, message.ack) for message in found] == [
        ("3", Ack.SERVER),
        ("2", Ack.SERVER),
        ("1", Ack.SERVER),
        ("0", Ack.READ),
    ]
    assert (await counter.inbox.chat("centro", GROUP)).name == "Vendas"
    assert await counter.storage.messages.chats(SHOP) == []


async def test_of_a_removed_session_nothing_is_kept_not_even_what_was_waiting(counter: Counter) -> None:
    counter.arrives(received("0"))
    await counter.inbox.settled()
    counter.messages.hold["keep"] = asyncio.Event()
    counter.arrives(received("1"))
    await counter.messages.held.wait()
    counter.arrives(received("2", chat=BIA))
    await counter.sessions.remove(SHOP)
    counter.messages.hold.pop("keep").set()
    await counter.inbox.settled()
    assert await counter.storage.messages.chats(SHOP) == []
    await counter.sessions.add(SHOP, keeps_messages=True)
    assert await counter.inbox.chats(SHOP) == []


async def test_a_session_may_stop_keeping_and_begin_again(counter: Counter) -> None:
    counter.messages.hold["keep"] = asyncio.Event()
    counter.arrives(received("0"))
    await counter.messages.held.wait()
    counter.arrives(received("1"))
    await counter.sessions.set_keeps_messages(SHOP, False)
    counter.arrives(received("nor this"))
    counter.messages.hold.pop("keep").set()
    await counter.inbox.settled()
    assert counter.texts() == ["Olá 0"]
    await counter.sessions.set_keeps_messages(SHOP, True)
    counter.arrives(received("2"))
    await counter.inbox.settled()
    assert counter.texts() == ["Olá 0", "Olá 2"]
