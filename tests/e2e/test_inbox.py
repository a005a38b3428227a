"""What members write, kept by the whole program with the real engine: listed, counted, named and fetched."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from desktop.adapters.engines.whatsmeow import WhatsmeowEngine
from desktop.adapters.settings_file import SettingsFile
from desktop.app import running, worker_command
from desktop.domain.events import ChatNamed, Event, MessageKept
from desktop.domain.message import Ack, Direction, MessageKind
from desktop.domain.session import Connected, Qr, Session
from desktop.ports.engine import EngineEvent
from desktop.runtime.clock import SystemClock
from desktop.runtime.paths import Home
from desktop.services.catalogue import Services
from tests.doubles.whatsapp import WhatsAppDouble
from tests.harness.patience import PATIENCE
from tests.harness.sessions import session_once

SHOP = "loja"
PHONE = "5511977770001"


@pytest.fixture
def double() -> Iterator[WhatsAppDouble]:
    with WhatsAppDouble(few_prekeys=True) as double:
        double.add_account(PHONE)
        yield double


@asynccontextmanager
async def program(double: WhatsAppDouble, folder: Path) -> AsyncIterator[Services]:
    """One whole instance, whose engines reach the double."""
    home = Home(folder)
    home.prepare()
    SettingsFile(home.settings).change({"door.port": 0, "directory.kind": "table"})

    def make_engine(name: str, on_event: Callable[[EngineEvent], None]) -> WhatsmeowEngine:
        return WhatsmeowEngine(
            name,
            on_event,
            command=worker_command("whatsmeow"),
            store_dir=home.sessions,
            clock=SystemClock(),
            env={**os.environ, **double.environment()},
        )

    async with running(home, engines=make_engine) as services:
        yield services


async def stands(services: Services, state: type[Qr] | type[Connected]) -> Session:
    return await session_once(services.sessions, SHOP, lambda session: isinstance(session.status, state))


async def linked(services: Services, double: WhatsAppDouble) -> None:
    await services.sessions.add(SHOP, keeps_messages=True)
    await services.sessions.start(SHOP)
    status = (await stands(services, Qr)).status
    assert isinstance(status, Qr)
    await asyncio.to_thread(double.scan, status.text, PHONE)
    await stands(services, Connected)


class Told:
    """What the program says of the messages it keeps, as it says so."""

    def __init__(self, services: Services) -> None:
        self._kept: asyncio.Queue[MessageKept] = asyncio.Queue()
        self._named: asyncio.Queue[ChatNamed] = asyncio.Queue()
        services.bus.subscribe(self._hear)

    async def kept(self) -> MessageKept:
        async with asyncio.timeout(PATIENCE):
            return await self._kept.get()

    async def named(self) -> ChatNamed:
        async with asyncio.timeout(PATIENCE):
            return await self._named.get()

    def _hear(self, event: Event) -> None:
        if isinstance(event, MessageKept):
            self._kept.put_nowait(event)
        elif isinstance(event, ChatNamed):
            self._named.put_nowait(event)


def photograph() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 80).save(out, "JPEG")
    return out.getvalue()


async def test_what_members_write_is_listed_counted_and_their_pictures_are_fetched(
    double: WhatsAppDouble, tmp_path: Path
) -> None:
    group = double.add_group("Vendas da Loja", 3, accounts=[PHONE])
    image = photograph()
    async with program(double, tmp_path) as services:
        await linked(services, double)
        told = Told(services)
        text_id = double.incoming_text(group, 0, "Bom dia, João! 😀", phone=PHONE)
        image_id = double.incoming_image(group, 1, image, phone=PHONE, caption="Nota fiscal")
        assert [(await told.kept()).message.id for _ in range(2)] == [text_id, image_id]

        inbox = services.inbox
        assert await told.named() == ChatNamed(SHOP, group.jid, "Vendas da Loja")
        [chat] = await inbox.chats(SHOP)
        assert (chat.jid, chat.unread, chat.last_text) == (group.jid, 2, "Nota fiscal")
        picture, text = await inbox.messages(SHOP, group.jid)
        assert (text.text, text.kind, text.direction) == ("Bom dia, João! 😀", MessageKind.TEXT, Direction.IN)
        assert (picture.text, picture.kind) == ("Nota fiscal", MessageKind.IMAGE)
        file = await inbox.media(SHOP, image_id)
        assert (file.content, file.media.mimetype) == (image, "image/jpeg")
        await inbox.mark_read(SHOP, group.jid)

        own_id = double.write_on_own_phone(group, "do celular", phone=PHONE)
        own = (await told.kept()).message
        assert (own.id, own.direction) == (own_id, Direction.OUT)
        assert own.ack >= Ack.SERVER

    missed = double.incoming_text(group, 2, "de noite", phone=PHONE)
    with double.hold_at("login") as login:
        async with program(double, tmp_path) as services:
            told = Told(services)
            # What waited comes with the login: not before there is somebody to hear of it.
            login.release()
            found = await told.kept()
            assert (found.message.id, found.backlog) == (missed, True)
            [chat] = await services.inbox.chats(SHOP)
            assert (chat.name, chat.unread, chat.last_text) == ("Vendas da Loja", 1, "de noite")
            # What waited may be told before the login is.
            await stands(services, Connected)
            assert (await services.inbox.media(SHOP, image_id)).content == image
