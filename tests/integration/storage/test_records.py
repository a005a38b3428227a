"""Sessions and keys over restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from desktop.adapters.storage import preparing
from desktop.adapters.storage.database import make_engine
from desktop.adapters.storage.opening import OpenedStorage, open_storage
from desktop.domain.access import TO_SEND_AND_READ, Access
from desktop.domain.cnpj import Cnpj
from desktop.domain.group import ConfirmedGroup
from desktop.domain.session import Account, HumanReason, NeedsPerson, Profile
from desktop.ports.keys import ApiKey
from desktop.ports.session_store import SessionRecord
from desktop.runtime.clock import SystemClock
from tests.integration.storage.sends import MERCADO, NOON, PADARIA, at


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[OpenedStorage]:
    opened = await open_storage(tmp_path / "malote.db", clock=SystemClock())
    yield opened
    await opened.close()


def make_record(name: str, **wishes: object) -> SessionRecord:
    profile = Profile(id=uuid4(), name=name, created_at=NOON)
    return replace(SessionRecord(profile=profile, store=str(profile.id)), **wishes)  # type: ignore[arg-type]


async def test_a_session_is_kept_with_all_that_was_decided_about_it(opened: OpenedStorage) -> None:
    assert await opened.sessions.all() == []
    fresh = make_record("filial")
    full = SessionRecord(
        profile=Profile(
            id=uuid4(),
            name="São José 2",
            created_at=at(1),
            company=Cnpj("62567108000101"),
            default=True,
            wanted=False,
            keeps_messages=True,
        ),
        store="principal",
        account=Account(phone="5511999999999", name="José ☕"),
        has_link=True,
        simulated=True,
        hold=NeedsPerson(HumanReason.BANNED, until=at(9), detail="spam"),
        last_heartbeat=at(5),
    )
    await opened.sessions.save([full, fresh])
    assert await opened.sessions.all() == [fresh, full]
    logged_out = replace(full, account=None, has_link=False, hold=NeedsPerson(HumanReason.REPLACED))
    await opened.sessions.save([logged_out])
    assert await opened.sessions.all() == [fresh, logged_out]


async def test_two_sessions_can_exchange_their_names_at_once(opened: OpenedStorage) -> None:
    first, second = make_record("um"), make_record("dois")
    await opened.sessions.save([first, second])
    swapped = [
        replace(first, profile=replace(first.profile, name="dois")),
        replace(second, profile=replace(second.profile, name="um")),
    ]
    await opened.sessions.save(swapped)
    assert await opened.sessions.all() == swapped


async def test_a_removed_session_is_gone(opened: OpenedStorage) -> None:
    kept, removed = make_record("fica"), make_record("sai")
    await opened.sessions.save([kept, removed])
    await opened.sessions.remove(removed.profile.id)
    await opened.sessions.remove(removed.profile.id)
    assert await opened.sessions.all() == [kept]


@pytest.mark.parametrize("names", [["filial", "principal"], ["loja A", "loja B"], []], ids=repr)
async def test_the_sessions_of_an_older_program_keep_their_links(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "malote.db"
    make_older_database(path, names)
    opened = await open_storage(path, clock=SystemClock())
    try:
        records = await opened.sessions.all()
        assert [(record.profile.name, record.store) for record in records] == [(name, name) for name in names]
        assert [record.profile.default for record in records] == [name in ("principal", "loja A") for name in names]
        assert [record.has_link for record in records] == [name.startswith(("p", "loja")) for name in names]
        assert all(
            record.account == Account(phone="5511999990000", name="Loja") for record in records if record.has_link
        )
        assert [record.profile.wanted for record in records] == [name != "filial" for name in names]
        assert len({record.profile.id for record in records}) == len(names)
        for record in records:
            await opened.sessions.save([record])
        assert await opened.sessions.all() == records
    finally:
        await opened.close()


def make_older_database(path: Path, names: list[str]) -> None:
    """A database as the program's first version left it."""
    config = Config()
    config.set_main_option("script_location", str(Path(preparing.__file__).with_name("migrations")))
    engine = make_engine(path, begin="BEGIN IMMEDIATE", foreign_keys=False)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for name in names:
            linked = name != "filial"
            connection.execute(
                text(
                    "INSERT INTO sessions (name, phone, account_name, wanted) VALUES (:name, :phone, :whose, :wanted)"
                ),
                {
                    "name": name,
                    "phone": "5511999990000" if linked else None,
                    "whose": "Loja" if linked else "",
                    "wanted": linked,
                },
            )
    engine.dispose()


async def test_a_key_is_kept_used_and_removed(opened: OpenedStorage) -> None:
    rights = Access(
        name="ERP", scopes=TO_SEND_AND_READ, companies=frozenset({Cnpj("62567108000101")}), sessions=frozenset({"loja"})
    )
    key = ApiKey(access=rights, digest="ab" * 32, created_at=NOON)
    assert await opened.keys.add(key) is True
    await opened.keys.used("ERP", at(1))
    assert await opened.keys.all() == [replace(key, last_used_at=at(1))]
    assert await opened.keys.add(replace(key, digest="cd" * 32)) is False
    assert await opened.keys.all() == [replace(key, last_used_at=at(1))]
    assert await opened.keys.remove("ERP") is True
    assert await opened.keys.remove("ERP") is False
    assert await opened.keys.all() == []
    await opened.keys.used("ERP", at(3))
    assert await opened.keys.all() == []


async def test_the_group_that_was_confirmed_last_is_the_company_s(opened: OpenedStorage) -> None:
    groups = opened.confirmed_groups
    assert await groups.get(PADARIA) is None
    first = ConfirmedGroup(cnpj=PADARIA, jid="120363041234567890@g.us", subject="Vendas ☕", confirmed_at=NOON)
    await groups.save(first)
    await groups.save(replace(first, cnpj=MERCADO))
    assert await groups.get(PADARIA) == first
    renamed = replace(first, subject="Vendas 2", confirmed_at=at(1))
    await groups.save(renamed)
    assert await groups.get(PADARIA) == renamed
    assert await groups.get(MERCADO) == replace(first, cnpj=MERCADO)
