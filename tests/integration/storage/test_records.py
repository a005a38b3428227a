"""Sessions and keys over restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.domain.session import Account
from desktop.ports.keys import ApiKey
from desktop.ports.session_store import SessionRecord
from desktop.runtime.clock import SystemClock
from tests.integration.storage.sends import NOON, at


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[OpenedStorage]:
    opened = await open_storage(tmp_path / "malote.db", clock=SystemClock())
    yield opened
    await opened.close()


async def test_a_session_keeps_its_account_and_whether_it_shall_run(opened: OpenedStorage) -> None:
    assert await opened.sessions.all() == []
    linked = SessionRecord(name="principal", account=Account(phone="5511999999999", name="José ☕"), wanted=True)
    fresh = SessionRecord(name="filial", account=None, wanted=True)
    await opened.sessions.save(linked)
    await opened.sessions.save(fresh)
    assert await opened.sessions.all() == [fresh, linked]
    logged_out = replace(linked, account=None, wanted=False)
    await opened.sessions.save(logged_out)
    assert await opened.sessions.all() == [fresh, logged_out]


async def test_a_key_is_kept_used_replaced_and_removed(opened: OpenedStorage) -> None:
    key = ApiKey(name="ERP", digest="ab" * 32, created_at=NOON)
    await opened.keys.add(key)
    await opened.keys.used("ERP", at(1))
    assert await opened.keys.all() == [replace(key, last_used_at=at(1))]
    newer = ApiKey(name="ERP", digest="cd" * 32, created_at=at(2))
    await opened.keys.add(newer)
    assert await opened.keys.all() == [newer]
    assert await opened.keys.remove("ERP") is True
    assert await opened.keys.remove("ERP") is False
    assert await opened.keys.all() == []
    await opened.keys.used("ERP", at(3))
    assert await opened.keys.all() == []
