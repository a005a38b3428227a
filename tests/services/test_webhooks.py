"""Other programs hear of everything at least once, in order, signed, and nobody waits for ever for one that is gone."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from desktop.adapters.storage.database import Database
from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.adapters.storage.webhooks import SqlWebhooks
from desktop.adapters.webhook_line import HttpWebhookLine
from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.events import MessageKept, SessionRemoved, SettingsChanged, WebhookTrouble
from desktop.domain.message import Ack, Direction, Message, MessageKind
from desktop.domain.secret import Credentials
from desktop.domain.settings import WebhookSettings
from desktop.domain.webhook import Delivery, Webhook, WebhookShape, next_try
from desktop.services import webhooks
from desktop.services.bus import Bus
from desktop.services.webhook_secret import SigningSecret
from desktop.services.webhooks import Telling
from tests.doubles.receiver import Receiver, receiving
from tests.doubles.secrets import HeldSecrets
from tests.harness.patience import PATIENCE
from tests.services.desk import HandClock, HeldClock

NOW = datetime(2026, 1, 5, 18, tzinfo=UTC)
INCOMING = Message(
    session="empresa1",
    id="3EB01",
    chat="5511999990000@s.whatsapp.net",
    sender="5511999990000@s.whatsapp.net",
    sender_name="Ana",
    direction=Direction.IN,
    kind=MessageKind.TEXT,
    text="Olá",
    at=NOW,
)
OWN = replace(INCOMING, id="3EB02", direction=Direction.OUT, text="Bom dia")


class FullDisk(SqlWebhooks):
    """Takes nothing new while it is full."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.full = False
        self.breaks = False
        self.held: asyncio.Event | None = None
        """While set, what is to be saved waits for it."""
        self.waiting: asyncio.Queue[Webhook] = asyncio.Queue()

    async def save(self, webhook: Webhook) -> None:
        if self.held is not None:
            self.waiting.put_nowait(webhook)
            await self.held.wait()
        await super().save(webhook)

    async def rename_session(self, old: str, new: str) -> None:
        if self.full:
            raise Transient(Code.DATABASE_UNAVAILABLE)
        await super().rename_session(old, new)

    async def first_waiting(self, session: str) -> Delivery | None:
        if self.breaks:
            self.breaks = False
            raise ValueError("nobody foresaw it")
        return await super().first_waiting(session)


@dataclass
class Office:
    telling: Telling
    bus: Bus
    clock: HandClock
    storage: OpenedStorage
    store: FullDisk
    secrets: HeldSecrets
    receiver: Receiver
    troubled: asyncio.Event
    settings: WebhookSettings

    def change(self, **settings: Any) -> None:
        self.settings = replace(self.settings, **settings)
        self.bus.publish(SettingsChanged())

    def aimed(self, session: str = "empresa1") -> Webhook:
        url = f"{self.receiver.url}/webhook/whatsapp"
        return Webhook(session=session, instance="1b671a64", url=url, shape=WebhookShape.INSTANCES)

    async def hear(self, message: Message = INCOMING, *, new: bool = True) -> None:
        """Keep a message, or how far it came, as the inbox does."""
        messages, tell = self.storage.messages, self.telling.teller(new=new)
        if new:
            kept = await messages.keep([message], unread=True, tell=tell)
        else:
            kept = await messages.advance(message.session, [message.id], message.ack, tell=tell)
        for one in kept:
            self.bus.publish(MessageKept(one, new=new, backlog=False))

    async def bodies(self, count: int) -> list[dict[str, Any]]:
        return [json.loads(arrived.body) for arrived in await self.receiver.wait_for(count)]

    async def trouble(self) -> None:
        """Wait until a person should look at this session's webhook."""
        async with asyncio.timeout(PATIENCE):
            await self.troubled.wait()

    async def dead(self) -> list[Delivery]:
        """What was given up, once something was."""
        await self.trouble()
        return await self.telling.dead()


@asynccontextmanager
async def open_office(folder: Path, clock: HandClock | None = None) -> AsyncIterator[Office]:
    clock, bus, secrets = clock or HandClock(), Bus(), HeldSecrets()
    storage = await open_storage(folder / "malote.db", clock=clock)
    async with receiving() as receiver:
        store = FullDisk(storage.database)
        settings = WebhookSettings(private_hosts=(receiver.host,), deadline=PATIENCE)
        troubled = asyncio.Event()
        telling = Telling(
            store=store,
            line=HttpWebhookLine(lambda: opened.settings, clock),
            secrets=secrets,
            bus=bus,
            clock=clock,
            settings=lambda: opened.settings,
        )
        opened = Office(telling, bus, clock, storage, store, secrets, receiver, troubled, settings)
        await telling.start()
        try:
            bus.subscribe(lambda event: troubled.set() if isinstance(event, WebhookTrouble) else None)
            yield opened
        finally:
            await telling.close()
            await storage.close()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as office:
        yield office


async def test_contract_e_hears_of_what_is_received_sent_and_acknowledged(office: Office) -> None:
    await office.telling.aim(office.aimed())
    await office.hear()
    await office.hear(replace(INCOMING, ack=Ack.READ), new=False)
    await office.hear(OWN)
    await office.hear(replace(OWN, ack=Ack.DELIVERED), new=False)
    await office.hear(replace(OWN, id="3EB03", ack=Ack.ERROR))
    await office.hear(replace(OWN, id="3EB03", ack=Ack.PENDING), new=False)
    await office.hear(replace(OWN, ack=Ack.READ), new=False)
    received, sent, delivered, _, read = await office.bodies(5)
    assert received == {
        "event": "message.received",
        "instance": {"id": "1b671a64", "name": "empresa1"},
        "whatsapp": {"jid": INCOMING.chat, "jidAlt": None, "messageId": "3EB01", "pushName": "Ana"},
        "message": {"type": "text", "text": "Olá", "raw": {}},
    }
    assert sent["event"] == "message.sent"
    assert (delivered["event"], delivered["message"]) == ("message.ack", {"id": "3EB02", "to": OWN.chat, "ack": 2})
    assert read["message"] == {"id": "3EB02", "to": OWN.chat, "ack": 3}


async def test_what_was_read_before_it_was_on_disk_is_told_as_sent_and_as_read(office: Office) -> None:
    await office.telling.aim(office.aimed())
    await office.hear(replace(OWN, ack=Ack.READ))
    sent, read = await office.bodies(2)
    assert (sent["event"], sent["whatsapp"]["messageId"]) == ("message.sent", OWN.id)
    assert (read["event"], read["message"]) == ("message.ack", {"id": OWN.id, "to": OWN.chat, "ack": 3})


async def test_in_a_group_contract_e_names_who_wrote(office: Office) -> None:
    await office.telling.aim(office.aimed())
    await office.hear(replace(INCOMING, chat="120363041234567890@g.us"))
    [body] = await office.bodies(1)
    assert body["whatsapp"] == {
        "jid": "120363041234567890@g.us",
        "jidAlt": INCOMING.sender,
        "messageId": "3EB01",
        "pushName": "Ana",
    }


@pytest.mark.parametrize(("session", "tenant"), [("empresa1", 1), ("7", 7), ("loja", "loja")])
async def test_contract_c_hears_of_received_messages_alone(office: Office, session: str, tenant: object) -> None:
    office.change(tenants_url=office.receiver.url)
    await office.telling.aim_tenant(session, "1b671a64")
    await office.hear(replace(OWN, session=session))
    await office.hear(replace(INCOMING, session=session, kind=MessageKind.IMAGE))
    assert await office.bodies(1) == [
        {
            "empresa_id": tenant,
            "phone": "5511999990000",
            "message": "Olá",
            "message_type": "imagem",
            "message_id": "3EB01",
            "timestamp": int(NOW.timestamp()),
        }
    ]
    assert office.receiver.arrived[0].path == "/webhook/whatsapp"


async def test_other_sessions_and_other_events_are_not_told(office: Office) -> None:
    await office.telling.aim(office.aimed())
    await office.hear(replace(INCOMING, session="principal"))
    office.bus.publish(SettingsChanged())
    await office.hear(replace(INCOMING, text="só esta"))
    [body] = await office.bodies(1)
    assert body["message"] == {"type": "text", "text": "só esta", "raw": {}}


async def test_the_receiver_can_check_who_wrote_and_when(office: Office) -> None:
    await office.telling.aim(office.aimed())
    await office.hear()
    [arrived] = await office.receiver.wait_for(1)
    key = (await office.telling.signing.show()).reveal().encode()
    signed = arrived.headers["x-malote-timestamp"].encode() + b"." + arrived.body
    expected = "sha256=" + hmac.new(key, signed, hashlib.sha256).hexdigest()
    assert arrived.headers["x-malote-signature"] == expected
    assert "x-malote-signature-previous" not in arrived.headers
    assert arrived.headers["x-malote-event"] == "message.received"
    assert abs(int(arrived.headers["x-malote-timestamp"]) - datetime.now(UTC).timestamp()) < 30


async def test_for_a_day_after_it_was_renewed_the_secret_before_signs_as_well(office: Office) -> None:
    old = await office.telling.signing.show()
    new = await office.telling.signing.renew()
    await office.telling.aim(office.aimed())
    await office.hear()
    [arrived] = await office.receiver.wait_for(1)
    signed = arrived.headers["x-malote-timestamp"].encode() + b"." + arrived.body
    for key, header in ((new, "x-malote-signature"), (old, "x-malote-signature-previous")):
        expected = hmac.new(key.reveal().encode(), signed, hashlib.sha256).hexdigest()
        assert arrived.headers[header] == f"sha256={expected}"


async def test_a_failure_is_tried_again_and_nothing_overtakes_it(office: Office) -> None:
    office.receiver.answers = [(500, {}), (429, {"Retry-After": "120"}), (302, {"Location": "/elsewhere"})]
    await office.telling.aim(office.aimed())
    await office.hear()
    await office.hear(OWN)
    before = office.clock.ahead
    bodies = await office.bodies(5)
    assert [body["event"] for body in bodies] == ["message.received"] * 4 + ["message.sent"]
    assert len({arrived.headers["x-malote-delivery"] for arrived in office.receiver.arrived}) == 2
    assert office.clock.ahead - before >= timedelta(seconds=120)
    assert {arrived.path for arrived in office.receiver.arrived} == {"/webhook/whatsapp"}


async def test_what_waits_outlives_a_restart(tmp_path: Path) -> None:
    async with open_office(tmp_path) as office:
        office.receiver.silent = asyncio.Event()
        await office.telling.aim(office.aimed())
        await office.hear()
        url = office.receiver.url
        await office.storage.webhooks.first_waiting("empresa1")
    async with open_office(tmp_path) as office:
        [kept] = office.telling.targets()
        assert kept.url.startswith(url)
        await office.telling.aim(replace(kept, url=f"{office.receiver.url}/novo"))
        [body] = await office.bodies(1)
        assert body["event"] == "message.received"


async def test_an_address_that_is_gone_for_good_is_not_told_any_more(office: Office) -> None:
    office.receiver.answers = [(410, {})]
    await office.telling.aim(office.aimed())
    await office.hear()
    await office.receiver.wait_for(1)
    await office.trouble()
    assert office.telling.targets()[0].disabled
    await office.hear(OWN)
    await office.telling.aim(office.aimed())
    bodies = await office.bodies(2)
    assert [body["event"] for body in bodies] == ["message.received"] * 2


async def test_an_address_that_is_gone_does_not_take_its_successor_with_it(office: Office) -> None:
    office.receiver.answers = [(410, {})]
    office.receiver.silent = asyncio.Event()
    await office.telling.aim(office.aimed())
    await office.hear()
    await office.receiver.called.wait()
    await office.telling.aim(replace(office.aimed(), url=f"{office.receiver.url}/novo"))
    office.receiver.silent.set()
    gone, told = await office.receiver.wait_for(2)
    assert (gone.path, told.path) == ("/webhook/whatsapp", "/novo")
    assert not office.telling.targets()[0].disabled
    assert [kept.disabled for kept in await office.storage.webhooks.targets()] == [""]


async def test_an_address_that_is_gone_is_not_written_over_its_successor(office: Office) -> None:
    office.receiver.answers = [(410, {})]
    office.receiver.silent = asyncio.Event()
    await office.telling.aim(office.aimed())
    await office.hear()
    await office.receiver.called.wait()
    office.store.held = asyncio.Event()
    aiming = asyncio.create_task(office.telling.aim(replace(office.aimed(), url=f"{office.receiver.url}/novo")))
    assert not (await office.store.waiting.get()).disabled
    office.receiver.silent.set()
    await office.receiver.wait_for(1)
    office.store.held.set()
    await aiming
    _, told = await office.receiver.wait_for(2)
    assert told.path == "/novo"
    [kept] = await office.storage.webhooks.targets()
    assert (kept.url, kept.disabled) == (f"{office.receiver.url}/novo", "")
    assert office.store.waiting.empty()


async def test_one_that_is_enabled_while_it_gets_another_address_keeps_that(office: Office) -> None:
    await office.telling.aim(office.aimed())
    office.store.held = asyncio.Event()
    successor = replace(office.aimed(), url=f"{office.receiver.url}/novo")
    aiming = asyncio.create_task(office.telling.aim(successor))
    await office.store.waiting.get()
    enabling = asyncio.create_task(office.telling.enable("empresa1"))
    await asyncio.sleep(0)
    office.store.held.set()
    await aiming
    assert await enabling == successor
    assert await office.storage.webhooks.targets() == office.telling.targets() == [successor]


async def test_one_that_is_enabled_while_its_session_is_renamed_goes_by_the_new_name(office: Office) -> None:
    await office.telling.aim(office.aimed())
    office.store.held = asyncio.Event()
    enabling = asyncio.create_task(office.telling.enable("empresa1"))
    await office.store.waiting.get()
    renaming = asyncio.create_task(office.telling.rename_session("empresa1", "matriz"))
    # One turn of the loop: it begins, and is not through before the disk goes on.
    await asyncio.sleep(0)
    office.store.held.set()
    await asyncio.gather(enabling, renaming)
    # As long as the session is not told of under its new name, somebody may still ask by the old one.
    assert (await office.telling.enable("empresa1")).session == "matriz"
    assert await office.storage.webhooks.targets() == office.telling.targets() == [office.aimed(session="matriz")]


async def test_one_that_is_enabled_while_its_session_is_removed_is_not_brought_back(office: Office) -> None:
    await office.telling.aim(office.aimed())
    office.store.held = asyncio.Event()
    enabling = asyncio.create_task(office.telling.enable("empresa1"))
    await office.store.waiting.get()
    removing = asyncio.create_task(office.telling.forget_session("empresa1"))
    await asyncio.sleep(0)
    office.store.held.set()
    await asyncio.gather(enabling, removing)
    assert await office.storage.webhooks.targets() == office.telling.targets() == []


async def test_what_waited_for_the_keyring_goes_where_the_owner_sends_it_by_then(office: Office) -> None:
    class SlowKeyring(HeldSecrets):
        async def credentials(self, name: str) -> Credentials | None:
            if meanwhile:
                office.change(tenants_url=meanwhile.pop(0))
            return await super().credentials(name)

    meanwhile: list[str] = []
    office.telling.signing = SigningSecret(SlowKeyring(), office.clock)
    # Made already: from here on, each delivery asks the keyring once.
    await office.telling.signing.keys()
    meanwhile += [f"{office.receiver.url}/novo", ""]
    office.change(tenants_url=f"{office.receiver.url}/velho")
    await office.telling.aim_tenant("empresa1", "1b671a64")
    await office.hear()
    await office.receiver.wait_for(1)
    nowhere = asyncio.Event()
    office.bus.subscribe(lambda event: nowhere.set() if isinstance(event, SettingsChanged) else None)
    await office.hear(replace(INCOMING, id="3EB04"))
    await nowhere.wait()
    assert office.telling.targets()[0].disabled == webhooks.NO_ADDRESS
    office.change(tenants_url=f"{office.receiver.url}/outro")
    paths = [arrived.path for arrived in await office.receiver.wait_for(2)]
    assert paths == ["/novo/webhook/whatsapp", "/outro/webhook/whatsapp"]


async def test_a_delivery_is_dated_when_it_is_signed_however_long_the_keyring_took(office: Office) -> None:
    class SlowKeyring(HeldSecrets):
        async def credentials(self, name: str) -> Credentials | None:
            office.clock.ahead += timedelta(minutes=10)
            return await super().credentials(name)

    office.telling.signing = SigningSecret(SlowKeyring(), office.clock)
    await office.telling.aim(office.aimed())
    await office.hear()
    [arrived] = await office.receiver.wait_for(1)
    assert int(arrived.headers["x-malote-timestamp"]) > (datetime.now(UTC) + timedelta(minutes=9)).timestamp()


async def test_what_is_given_up_can_be_seen_and_sent_again(office: Office) -> None:
    office.receiver.answers = [(503, {})] * 14
    await office.telling.aim(office.aimed())
    await office.hear()
    [dead] = await office.dead()
    assert (dead.attempts, dead.last_error, dead.event) == (14, "HTTP 503", "message.received")
    await office.telling.resend(dead.id)
    await office.receiver.wait_for(15)
    assert await office.telling.dead() == []
    with pytest.raises(Rejected) as refused:
        await office.telling.resend(uuid4())
    assert refused.value.code is Code.WEBHOOK_NOT_FOUND


async def test_a_dead_letter_of_a_session_that_is_told_nothing_waits_for_its_address(office: Office) -> None:
    office.receiver.answers = [(503, {})] * 14
    await office.telling.aim(office.aimed())
    await office.hear()
    [dead] = await office.dead()
    await office.storage.webhooks.rename_session("empresa1", "outra")
    await office.telling.resend(dead.id)
    waiting = await office.storage.webhooks.first_waiting("outra")
    assert waiting is not None
    assert waiting.id == dead.id


@pytest.mark.parametrize("url", ["ftp://example.com/", "http://user:pw@example.com/", "nada", "http://10.0.0.7:81/x"])
async def test_an_address_that_may_not_be_called_is_given_up_with_its_reason(office: Office, url: str) -> None:
    await office.telling.aim(replace(office.aimed(), url=url))
    await office.hear()
    [dead] = await office.dead()
    assert "webhook_recusado" in dead.last_error
    assert office.receiver.arrived == []


async def test_a_renamed_session_keeps_its_webhook_and_what_waits(office: Office) -> None:
    await office.telling.aim(office.aimed())
    await office.telling.rename_session("empresa1", "matriz")
    await office.telling.rename_session("unknown", "x")
    assert [webhook.session for webhook in office.telling.targets()] == ["matriz"]
    await office.hear(replace(INCOMING, session="matriz"))
    [body] = await office.bodies(1)
    assert body["instance"] == {"id": "1b671a64", "name": "matriz"}


async def test_a_removed_session_tells_nothing_more(office: Office) -> None:
    await office.telling.aim(office.aimed())
    await office.telling.aim(office.aimed(session="empresa2"))
    office.receiver.silent = asyncio.Event()
    await office.hear()
    await office.telling.forget_session("empresa1")
    assert [webhook.session for webhook in await office.storage.webhooks.targets()] == ["empresa2"]
    assert await office.storage.webhooks.first_waiting("empresa1") is None
    await office.telling.forget_session("empresa2")
    await office.telling.forget_session("unknown")
    office.receiver.silent.set()
    await office.hear(replace(INCOMING, id="3EB03"))
    await office.hear(replace(INCOMING, session="empresa2"))
    assert office.telling.targets() == []
    assert await office.storage.webhooks.first_waiting("empresa2") is None


async def test_what_comes_in_while_a_session_is_renamed_is_told_under_its_new_name(office: Office) -> None:
    await office.telling.aim(office.aimed())
    await office.telling.rename_session("empresa1", "matriz")
    await office.hear(replace(INCOMING, id="late"))
    office.bus.publish(SessionRemoved("empresa1"))
    # Another one that takes the old name is not told in its place.
    await office.hear(replace(INCOMING, id="stranger"))
    await office.hear(replace(INCOMING, session="matriz"))
    bodies = await office.bodies(2)
    assert [(body["instance"]["name"], body["whatsapp"]["messageId"]) for body in bodies] == [
        ("matriz", "late"),
        ("matriz", "3EB01"),
    ]


async def test_a_rename_that_the_disk_refuses_changes_nothing(office: Office) -> None:
    await office.telling.aim(office.aimed())
    office.store.full = True
    with pytest.raises(Transient):
        await office.telling.rename_session("empresa1", "matriz")
    office.store.full = False
    await office.hear()
    [body] = await office.bodies(1)
    assert body["instance"]["name"] == "empresa1"


async def test_contract_c_is_told_wherever_the_settings_say(office: Office) -> None:
    await office.telling.aim_tenant("empresa1", "1b671a64")
    await office.telling.aim(office.aimed(session="loja"))
    [tenant, _] = office.telling.targets()
    assert (tenant.url, tenant.disabled) == ("", webhooks.NO_ADDRESS)
    assert await office.telling.enable("empresa1") == tenant
    await office.hear(replace(INCOMING, id="nobody hears it"))
    office.change(tenants_url=f"{office.receiver.url}/base/")
    await office.hear()
    [body] = await office.bodies(1)
    assert body["message_id"] == "3EB01"
    assert office.receiver.arrived[0].path == "/base/webhook/whatsapp"
    # One that is gone is told again once the owner names another.
    office.receiver.answers = [(410, {})]
    await office.hear(replace(INCOMING, id="3EB04"))
    await office.trouble()
    assert office.telling.targets()[0].disabled == "410"
    office.change(tenants_url=office.receiver.url)
    await office.bodies(3)
    assert office.receiver.arrived[2].path == "/webhook/whatsapp"


async def test_an_address_is_looked_at_before_it_is_told_anything(office: Office) -> None:
    await office.telling.check(f"{office.receiver.url}/x")
    await office.telling.check("http://nobody.invalid/")
    for url, reason in (("http://10.0.0.7/x", "private"), ("http://localhost:1/", "private"), ("nada", "address")):
        with pytest.raises(Rejected) as refused:
            await office.telling.check(url)
        assert refused.value.facts["reason"] == reason


async def test_a_webhook_that_was_gone_is_told_again_once_somebody_says_so(office: Office) -> None:
    office.receiver.answers = [(410, {})]
    await office.telling.aim(office.aimed())
    await office.hear()
    await office.trouble()
    assert not (await office.telling.enable("empresa1")).disabled
    assert [body["event"] for body in await office.bodies(2)] == ["message.received"] * 2
    with pytest.raises(Rejected):
        await office.telling.enable("unknown")


async def test_those_of_some_sessions_are_found_behind_any_number_of_others(office: Office) -> None:
    office.receiver.answers = [(503, {})] * 28
    await office.telling.aim(office.aimed())
    await office.hear()
    [mine] = await office.dead()
    office.troubled.clear()
    await office.telling.aim(office.aimed(session="loja"))
    await office.hear(replace(INCOMING, session="loja"))
    await office.trouble()
    assert await office.telling.dead(1, sessions={"empresa1"}) == [mine]
    assert [one.session for one in await office.telling.dead(1)] == ["loja"]
    assert await office.telling.dead(sessions=set()) == []


async def test_nobody_sends_again_what_is_not_theirs(office: Office) -> None:
    office.receiver.answers = [(503, {})] * 14
    await office.telling.aim(office.aimed())
    await office.hear()
    [dead] = await office.dead()
    with pytest.raises(Rejected) as refused:
        await office.telling.resend(dead.id, lambda session: session == "loja")
    assert refused.value.code is Code.WEBHOOK_NOT_FOUND
    assert await office.telling.dead() == [dead]


@pytest.mark.expects_error_log("its webhooks stumbled")
async def test_a_bug_does_not_silence_a_session(office: Office) -> None:
    office.store.breaks = True
    await office.telling.aim(office.aimed())
    await office.hear()
    [body] = await office.bodies(1)
    assert body["event"] == "message.received"


class LockedKeyring(HeldSecrets):
    """Says how often it was asked while it was locked."""

    def __init__(self) -> None:
        super().__init__()
        self.locked = True
        self.refused = 0
        self.news = asyncio.Event()

    async def credentials(self, name: str) -> Credentials | None:
        self.refused += self.locked
        self.news.set()
        return await super().credentials(name)

    async def wait_refused(self, times: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.refused < times:
                self.news.clear()
                await self.news.wait()


async def test_without_the_keyring_news_wait_unsigned_for_as_long_as_it_takes(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    keyring = LockedKeyring()
    office.telling.signing = SigningSecret(keyring, office.clock)
    await office.telling.aim(office.aimed())
    await office.telling.aim(office.aimed(session="loja"))
    await office.hear()
    await office.hear(replace(INCOMING, session="loja"))
    await office.trouble()
    trouble = office.telling.unsigned
    assert trouble is not None
    assert trouble.code is Code.KEYRING_UNAVAILABLE
    await keyring.wait_refused(30)  # more often than a receiver is tried
    assert office.receiver.arrived == []
    keyring.locked = False
    assert {body["instance"]["name"] for body in await office.bodies(2)} == {"empresa1", "loja"}
    assert office.telling.unsigned is None
    assert await office.telling.dead() == []
    said = [record.getMessage() for record in caplog.records if "signed" in record.getMessage()]
    assert len(said) == 1
    assert "cofre_indisponivel" in said[0]


async def test_a_person_who_asks_again_need_not_wait_for_the_keyring_s_turn(tmp_path: Path) -> None:
    clock = HeldClock()
    async with open_office(tmp_path, clock) as office:
        office.secrets.locked = True
        await office.telling.aim(office.aimed())
        await office.telling.aim(office.aimed(session="loja"))
        await office.hear()
        await office.trouble()
        await office.hear(replace(INCOMING, session="loja"))
        async with asyncio.timeout(PATIENCE):
            while clock.sleepers < 2:
                clock.slept.clear()
                await clock.slept.wait()
        office.secrets.locked = False
        await office.telling.enable("empresa1")
        # Nor need those whom nobody asked about.
        assert {body["instance"]["name"] for body in await office.bodies(2)} == {"empresa1", "loja"}


def test_waits_grow_are_capped_and_honour_what_the_other_side_asks() -> None:
    delivery = Delivery(id=uuid4(), session="s", url="http://x", event="message.sent", body=b"{}", created_at=NOW)

    def wait(attempts: int, retry_after: float | None = None, jitter: float = 1.0) -> float | None:
        at = next_try(replace(delivery, attempts=attempts), NOW, jitter=jitter, retry_after=retry_after)
        return None if at is None else (at - NOW).total_seconds()

    assert [wait(attempts) for attempts in (0, 1, 2, 12, 13)] == [5.0, 10.0, 20.0, 3600.0, None]
    assert wait(0, jitter=0.0) == 2.5
    assert wait(0, 60.0) == 60.0
    assert wait(0, 10.0**9) == 3600.0
