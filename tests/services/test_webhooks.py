"""Other programs hear of everything at least once, in order, signed, and nobody waits for ever for one that is gone."""

import asyncio
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from desktop.domain.errors import Rejected
from desktop.domain.events import SettingsChanged
from desktop.domain.message import Ack, MessageKind
from desktop.domain.webhook import Delivery, next_try
from tests.services.office import INCOMING, NOW, OWN, Office, open_office


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


async def test_an_address_is_looked_at_before_it_is_told_anything(office: Office) -> None:
    await office.telling.check(f"{office.receiver.url}/x")
    await office.telling.check("http://nobody.invalid/")
    for url, reason in (("http://10.0.0.7/x", "private"), ("http://localhost:1/", "private"), ("nada", "address")):
        with pytest.raises(Rejected) as refused:
            await office.telling.check(url)
        assert refused.value.facts["reason"] == reason


def test_waits_grow_are_capped_and_honour_what_the_other_side_asks() -> None:
    delivery = Delivery(id=uuid4(), session="s", url="http://x", event="message.sent", body=b"{}", created_at=NOW)

    def wait(attempts: int, retry_after: float | None = None, jitter: float = 1.0) -> float | None:
        at = next_try(replace(delivery, attempts=attempts), NOW, jitter=jitter, retry_after=retry_after)
        return None if at is None else (at - NOW).total_seconds()

    assert [wait(attempts) for attempts in (0, 1, 2, 12, 13)] == [5.0, 10.0, 20.0, 3600.0, None]
    assert wait(0, jitter=0.0) == 2.5
    assert wait(0, 60.0) == 60.0
    assert wait(0, 10.0**9) == 3600.0
