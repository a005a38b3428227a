"""Sessions that other programs make keep what they receive and tell it, or do not exist at all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from desktop.adapters.webhook_line import HttpWebhookLine
from desktop.domain.errors import AppError, Code, Rejected, Transient
from desktop.domain.session import Session, SessionState
from desktop.domain.settings import WebhookSettings
from desktop.domain.webhook import Webhook, WebhookShape
from desktop.services.opening import open_instance, open_tenant
from desktop.services.webhooks import NO_ADDRESS, Telling
from tests.doubles.secrets import HeldSecrets
from tests.services.desk import Desk


@dataclass
class Office:
    desk: Desk
    telling: Telling

    @property
    def names(self) -> list[str]:
        return [session.name for session in self.desk.sessions.all()]


@pytest.fixture
async def office(desk: Desk) -> AsyncIterator[Office]:
    settings = WebhookSettings()
    telling = Telling(
        store=desk.storage.webhooks,
        line=HttpWebhookLine(lambda: settings, desk.clock),
        secrets=HeldSecrets(),
        bus=desk.bus,
        clock=desk.clock,
        settings=lambda: settings,
    )
    await telling.start()
    desk.sessions.forget_along(telling)
    yield Office(desk, telling)
    await telling.close()


async def test_a_tenant_is_made_once_and_started_again(office: Office) -> None:
    sessions = office.desk.sessions
    session, made = await open_tenant(sessions, office.telling, "empresa1")
    assert (made, session.state, session.profile is not None and session.profile.keeps_messages) == (
        True,
        SessionState.CONNECTED,
        True,
    )
    [webhook] = office.telling.targets()
    assert (webhook.session, webhook.shape, webhook.disabled) == ("empresa1", WebhookShape.TENANTS, NO_ADDRESS)
    await sessions.stop("empresa1")
    session, made = await open_tenant(sessions, office.telling, "empresa1")
    assert (made, session.state) == (False, SessionState.CONNECTED)


async def test_a_tenant_that_is_asked_for_twice_at_once_is_made_once(office: Office) -> None:
    sessions = office.desk.sessions
    opened = await asyncio.gather(*(open_tenant(sessions, office.telling, "empresa1") for _ in range(2)))
    assert [made for _, made in opened] == [True, False]
    assert office.names == ["principal", "empresa1"]


async def test_what_is_left_of_a_tenant_that_is_gone_keeps_nobody_out(office: Office) -> None:
    await office.telling.aim_tenant("empresa1", "of one that is gone")
    _, made = await open_tenant(office.desk.sessions, office.telling, "empresa1")
    assert made
    assert office.names == ["principal", "empresa1"]


async def test_a_name_of_another_contract_s_session_is_taken(office: Office) -> None:
    await open_instance(office.desk.sessions, office.telling, "empresa1", "http://93.184.216.34/x")
    for name in ("empresa1", "principal"):
        with pytest.raises(Rejected) as refused:
            await open_tenant(office.desk.sessions, office.telling, name)
        assert refused.value.code is Code.SESSION_EXISTS


async def test_an_instance_tells_its_address_or_nobody(office: Office) -> None:
    told: Session = await open_instance(office.desk.sessions, office.telling, "x", "http://93.184.216.34/x")
    await open_instance(office.desk.sessions, office.telling, "y", "")
    assert told.profile is not None
    assert office.telling.targets() == [
        Webhook(session="x", instance=str(told.profile.id), url="http://93.184.216.34/x", shape=WebhookShape.INSTANCES)
    ]
    with pytest.raises(Rejected) as refused:
        await open_instance(office.desk.sessions, office.telling, "z", "http://10.0.0.1/x")
    assert refused.value.facts["reason"] == "private"
    assert office.names == ["principal", "x", "y"]


async def test_nothing_is_left_of_one_whose_webhook_cannot_be_put_down(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(webhook: Webhook) -> None:
        raise Transient(Code.DATABASE_UNAVAILABLE, detail="disk full")

    monkeypatch.setattr(office.desk.storage.webhooks, "save", full)
    with pytest.raises(AppError):
        await open_tenant(office.desk.sessions, office.telling, "empresa1")
    assert office.names == ["principal"]


async def test_one_that_is_removed_while_it_is_made_leaves_nothing_that_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks, begun, goes_on = office.desk.storage.webhooks, asyncio.Event(), asyncio.Event()
    save = webhooks.save

    async def held(webhook: Webhook) -> None:
        begun.set()
        await goes_on.wait()
        await save(webhook)

    monkeypatch.setattr(webhooks, "save", held)
    making = asyncio.create_task(open_instance(office.desk.sessions, office.telling, "x", "http://93.184.216.34/x"))
    await begun.wait()
    removing = asyncio.create_task(office.desk.sessions.remove("x"))
    # It cannot be through before the disk goes on.
    await asyncio.wait({removing}, timeout=0.2)
    goes_on.set()
    await asyncio.gather(making, removing, return_exceptions=True)
    assert removing.exception() is None
    assert office.names == ["principal"]
    # Another session of that name would tell its news there.
    assert office.telling.targets() == []
    assert await webhooks.targets() == []
