"""Where news go may change, and be renamed, removed or gone, at any moment: each goes where it should by then."""

import asyncio
from dataclasses import replace

import pytest

from desktop.domain.errors import Rejected, Transient
from desktop.domain.events import SessionRemoved, SettingsChanged
from desktop.domain.secret import Credentials
from desktop.services import webhooks
from desktop.services.webhook_secret import SigningSecret
from tests.doubles.secrets import HeldSecrets
from tests.services.office import INCOMING, OWN, Office


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


async def test_a_webhook_that_was_gone_is_told_again_once_somebody_says_so(office: Office) -> None:
    office.receiver.answers = [(410, {})]
    await office.telling.aim(office.aimed())
    await office.hear()
    await office.trouble()
    assert not (await office.telling.enable("empresa1")).disabled
    assert [body["event"] for body in await office.bodies(2)] == ["message.received"] * 2
    with pytest.raises(Rejected):
        await office.telling.enable("unknown")
