"""One double for all tests of a module, with an account of its own for each of them, and an engine that waits."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.ports.engine import PairingCodeShown, QrShown
from tests.doubles.whatsapp import WhatsAppDouble
from tests.integration.engines.desk import Desk
from tests.integration.engines.watched import Watched

_PHONES = itertools.count(5511900000001)


@pytest.fixture(scope="module")
def shared_double() -> Iterator[WhatsAppDouble]:
    with WhatsAppDouble(few_prekeys=True) as double:
        yield double


@pytest.fixture
def double(shared_double: WhatsAppDouble) -> Iterator[WhatsAppDouble]:
    yield shared_double
    shared_double.allow_login()
    shared_double.accept_connections()
    shared_double.require_passkey(False)
    shared_double.answer_again()
    shared_double.forget()


@pytest_asyncio.fixture
async def desk(double: WhatsAppDouble, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(double, tmp_path, str(next(_PHONES)))
    yield desk
    await desk.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def forsaken(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A desk that nobody comes to: two codes of 20 s each, and as long for letters."""
    with WhatsAppDouble(qr_refs=2) as double:
        desk = Desk(double, tmp_path_factory.mktemp("forsaken"), "5511988880000")
        yield desk
        await desk.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def unscanned(forsaken: Desk) -> Watched:
    """Shows its codes to nobody, however long other tests take meanwhile."""
    watched = forsaken.engine("por código")
    await watched.engine.start()
    await watched.until(QrShown)
    return watched


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def untyped(forsaken: Desk) -> Watched:
    """Shows its letters to nobody."""
    watched = forsaken.engine("por letras")
    await watched.engine.link_by_phone(forsaken.phone)
    await watched.until(PairingCodeShown)
    return watched


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def unanswered(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Watched, WhatsAppDouble]]:
    """Linked and connected to a server that has fallen silent, on a line that stays open."""
    with WhatsAppDouble(few_prekeys=True) as double:
        desk = Desk(double, tmp_path_factory.mktemp("unanswered"), "5511988880001")
        watched = await desk.linked()
        double.stop_answering()
        yield watched, double
        await desk.close()


@pytest.fixture(scope="session", autouse=True)
def time_counts_from_the_first_test(request: pytest.FixtureRequest) -> None:
    if any(item.path.parent == Path(__file__).parent and "waiting" in item.path.name for item in request.session.items):
        request.getfixturevalue("unscanned")
        request.getfixturevalue("untyped")
        request.getfixturevalue("unanswered")
