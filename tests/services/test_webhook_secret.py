"""The secret that signs webhooks is shown once, and is renewed without a delivery that its receiver cannot check."""

import asyncio
from datetime import timedelta

import pytest

from desktop.domain.errors import Code, Rejected, Transient
from desktop.domain.secret import Credentials, Secret
from desktop.services.webhook_secret import NAME, SigningSecret
from tests.doubles.secrets import HeldSecrets
from tests.services.desk import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def keyring() -> HeldSecrets:
    return HeldSecrets()


@pytest.fixture
def signing(keyring: HeldSecrets, clock: HandClock) -> SigningSecret:
    return SigningSecret(keyring, clock)


async def in_force(signing: SigningSecret) -> list[str]:
    return [key.reveal() for key in await signing.keys()]


async def test_it_is_made_at_its_first_use_and_stays(signing: SigningSecret, keyring: HeldSecrets) -> None:
    first, second = await asyncio.gather(in_force(signing), in_force(signing))
    assert first == second == [(await signing.show()).reveal()]
    assert len(first[0]) >= 40
    assert await in_force(SigningSecret(keyring, HandClock())) == first


async def test_without_the_keyring_it_is_said_which_secret_cannot_be_had(
    signing: SigningSecret, keyring: HeldSecrets
) -> None:
    keyring.locked = True
    for ask in (signing.keys, signing.show, signing.renew):
        with pytest.raises(Transient) as unknown:
            await ask()
        assert unknown.value.facts["signing"] is True


async def test_it_is_shown_once(signing: SigningSecret) -> None:
    shown = (await signing.show()).reveal()
    assert await in_force(signing) == [shown]
    with pytest.raises(Rejected) as refused:
        await signing.show()
    assert refused.value.code is Code.SECRET_SHOWN


async def test_a_renewed_one_signs_first_and_the_one_before_for_a_day(signing: SigningSecret, clock: HandClock) -> None:
    old = (await signing.show()).reveal()
    new = (await signing.renew()).reveal()
    assert new != old
    assert await in_force(signing) == [new, old]
    with pytest.raises(Rejected):
        await signing.show()
    clock.ahead += timedelta(hours=23)
    assert await in_force(signing) == [new, old]
    clock.ahead += timedelta(hours=1)
    assert await in_force(signing) == [new]


async def test_renewed_twice_the_oldest_signs_nothing_more(signing: SigningSecret) -> None:
    await signing.show()
    second, third = (await signing.renew()).reveal(), (await signing.renew()).reveal()
    assert await in_force(signing) == [third, second]


async def test_the_first_one_may_be_made_by_renewing(signing: SigningSecret) -> None:
    made = (await signing.renew()).reveal()
    assert await in_force(signing) == [made]


async def test_one_of_before_it_could_be_renewed_goes_on(signing: SigningSecret, keyring: HeldSecrets) -> None:
    keyring.kept[NAME] = Credentials("malote", Secret("de-antes"))
    assert await in_force(signing) == ["de-antes"]
    assert (await signing.show()).reveal() == "de-antes"
    new = (await signing.renew()).reveal()
    assert await in_force(signing) == [new, "de-antes"]


class Slow(HeldSecrets):
    """What is kept waits, once, until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.keeping, self.goes_on = asyncio.Event(), asyncio.Event()

    async def keep_credentials(self, name: str, credentials: Credentials) -> None:
        if not self.keeping.is_set():
            self.keeping.set()
            await self.goes_on.wait()
        await super().keep_credentials(name, credentials)


async def test_what_the_command_line_renews_is_not_written_over_by_who_shows_the_one_before(clock: HandClock) -> None:
    keyring, turn = Slow(), asyncio.Lock()
    keyring.kept[NAME] = Credentials("malote", Secret("antigo"))
    program, command = (SigningSecret(keyring, clock, lambda: turn) for _ in range(2))
    showing = asyncio.create_task(program.show())
    await keyring.keeping.wait()
    renewing = asyncio.create_task(command.renew())
    # One turn of the loop: it begins, and is through where nothing holds it up.
    await asyncio.sleep(0)
    keyring.goes_on.set()
    assert (await showing).reveal() == "antigo"
    assert await in_force(program) == [(await renewing).reveal(), "antigo"]


async def test_what_the_command_line_shows_first_is_what_the_program_signs_with(clock: HandClock) -> None:
    keyring, turn = Slow(), asyncio.Lock()
    program, command = (SigningSecret(keyring, clock, lambda: turn) for _ in range(2))
    signing = asyncio.create_task(in_force(program))
    await keyring.keeping.wait()
    showing = asyncio.create_task(command.show())
    await asyncio.sleep(0)
    keyring.goes_on.set()
    assert await signing == [(await showing).reveal()] == await in_force(program)
