"""News that cannot be told now: signed late, given up and seen, sent again, never lost for a fault of our own."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from desktop.domain.errors import Code, Rejected
from desktop.domain.secret import Credentials
from desktop.services.webhook_secret import SigningSecret
from tests.doubles.secrets import HeldSecrets
from tests.harness.patience import PATIENCE
from tests.services.desk import HeldClock
from tests.services.office import INCOMING, Office, open_office


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
