"""One double for all tests of a module, with an account of its own for each of them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.doubles.whatsapp import WhatsAppDouble
from tests.integration.engines.desk import Desk

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
