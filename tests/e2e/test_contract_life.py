"""One whole life of a session under each contract, with the whole program and the real engine, on real sockets."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.doubles.receiver import receiving
from tests.doubles.whatsapp import Arrival, WhatsAppDouble
from tests.e2e.contract_lives import ANA, Erp, Life, Sessions
from tests.e2e.contract_lives_told import Connections, Instances, Tenants
from tests.e2e.told import PATIENCE
from tests.e2e.world import World

LIVES: tuple[type[Life], ...] = (Erp, Sessions, Tenants, Connections, Instances)
OUT, IN, MISSED = "Bom dia, Ana! ☕", "Bom dia 😀", "Tem pão?"


@pytest.fixture
async def life(request: pytest.FixtureRequest, bare_world: World) -> AsyncIterator[Life]:
    """A running program whose default session nobody links, and a client of the contract that has met it."""
    contract: type[Life] = request.param
    bare_world.whatsapp.add_person("Ana", ANA)
    async with receiving() as receiver, aiohttp.ClientSession() as http:
        bare_world.configure({"webhooks.private_hosts": [receiver.host]})
        if contract.needs_oracle:
            await to_thread(bare_world.keep_password)
        await to_thread(bare_world.headless)
        one = contract(bare_world, http, receiver)
        await one.enter()
        yield one
        await one.leave()


@pytest.mark.parametrize("life", LIVES, indirect=True, ids=[contract.letter for contract in LIVES])
async def test_a_session_lives_under_each_contract_from_its_making_to_its_removal(
    life: Life, bare_world: World
) -> None:
    whatsapp = bare_world.whatsapp
    links = whatsapp.account(whatsapp.default_phone).companions

    await life.create()
    await to_thread(whatsapp.scan, await life.qr())
    await life.wait_connected()
    [link] = links

    sent = await life.send(OUT)
    arrival = await to_thread(arrived, whatsapp, sent)
    assert (arrival.chat, arrival.text) == (life.address, OUT)
    await life.wait_acked(sent)

    received = life.write(IN)
    assert await life.received(received) == IN
    assert await life.history() == {sent: OUT, received: IN}

    await life.stop()
    await life.start_again()
    await life.wait_connected()

    missed = await life.restart(lambda: life.write(MISSED))
    await life.wait_connected()
    assert await life.missed(missed) == MISSED
    assert list(links) == [link]  # nobody scanned again

    await life.remove()
    await to_thread(whatsapp.wait_for, lambda: not links, PATIENCE, "no link")
    assert [one.text for one in whatsapp.received if one.text == OUT] == [OUT]


def arrived(whatsapp: WhatsAppDouble, message_id: str) -> Arrival:
    """A message, once all who are to have it have read it."""

    def complete() -> Iterator[Arrival]:
        return (one for one in whatsapp.received if one.message_id == message_id and one.complete)

    return whatsapp.wait_for(lambda: next(complete(), None), PATIENCE, f"message {message_id}")
