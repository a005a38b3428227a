"""The Oracle directory from the program's side: deadlines, passwords, a worker that comes and goes, and the list."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop.adapters.directory.oracle import OracleDirectory
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from tests.doubles.oracle import Kind, OracleDouble, Point
from tests.harness.patience import PATIENCE
from tests.integration.directory.oracle_companies import (
    ACOUGUE,
    GROUPS,
    MERCEARIA,
    NAMES,
    PADARIA,
    PASSWORD,
    USER,
    Keyring,
    companies,
    source_of,
)
from tests.integration.directory.oracle_desk import Now, Settings, failure, opened
from tests.integration.workers import ProcessWatch

SHORT = 0.7
"""Seconds within which nothing has to succeed that a busy machine might take long for."""

Make = Callable[..., Awaitable[OracleDirectory]]


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}) as double:
        yield double


@pytest.fixture
def keyring() -> Keyring:
    return Keyring()


@pytest.fixture
def settings(oracle: OracleDouble) -> Settings:
    return Settings(source_of(oracle))


@pytest.fixture
async def make(settings: Settings, keyring: Keyring, tmp_path: Path) -> AsyncIterator[Make]:
    async with AsyncExitStack() as stack:

        async def directory(fresh_for: float = 300.0, now: Now | None = None) -> OracleDirectory:
            made = opened(settings, tmp_path, keyring=keyring, fresh_for=fresh_for, now=now)
            return await stack.enter_async_context(made)

        yield directory


@pytest.fixture
async def directory(make: Make) -> OracleDirectory:
    return await make()


def company(cnpj: str) -> Company:
    return Company(cnpj=Cnpj(cnpj), name=NAMES[cnpj], group=GROUPS[cnpj])


def told(error: AppError) -> tuple[type[AppError], Code, object]:
    return type(error), error.code, error.facts.get("reason")


def worker_processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "oracle" in child.cmdline()]


async def start_worker(oracle: OracleDouble, directory: OracleDirectory) -> None:
    """So that what follows within a short deadline is not the start of a process; nobody is logged in yet."""
    oracle.config.refuse_with = 12519
    await failure(directory.check())
    oracle.config.refuse_with = None
    assert oracle.logins.attempts == 0


async def test_one_login_serves_many_lookups(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    for cnpj in (PADARIA, ACOUGUE, MERCEARIA, PADARIA):
        assert await directory.find(Cnpj(cnpj)) == company(cnpj)
    assert (oracle.logins.attempts, keyring.asked) == (1, 1)


async def test_nothing_is_started_before_the_first_question(directory: OracleDirectory, keyring: Keyring) -> None:
    assert worker_processes() == []
    assert keyring.asked == 0


@pytest.mark.parametrize("missing", [{"host": ""}, {"sid": ""}])
async def test_an_oracle_that_was_never_configured_is_not_called(
    settings: Settings, directory: OracleDirectory, missing: dict[str, Any]
) -> None:
    settings.source = replace(settings.source, **missing)
    for answer in (directory.find(Cnpj(PADARIA)), directory.search("", 1), directory.check()):
        assert told(await failure(answer)) == (NeedsHuman, Code.DIRECTORY_NOT_CONFIGURED, None)
    assert worker_processes() == []


async def test_missing_credentials_are_told_before_anybody_is_called(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    await keyring.forget_credentials("oracle")
    error = await failure(directory.find(Cnpj(PADARIA)))
    assert told(error) == (NeedsHuman, Code.ORACLE_CREDENTIALS, "missing")
    assert oracle.connects == 0


async def test_a_wrong_password_is_sent_once_however_often_it_is_asked(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    keyring.change("errado")
    for _ in range(5):
        error = await failure(directory.find(Cnpj(PADARIA)))
        assert told(error) == (NeedsHuman, Code.ORACLE_CREDENTIALS, "wrong")
        assert error.facts["ora"] == "ORA-01017"
    assert told(await failure(directory.search("", 3)))[2] == "wrong"
    assert told(await failure(directory.check()))[2] == "wrong"
    assert oracle.logins.attempts == 1


async def test_a_new_password_in_the_keyring_is_tried_by_itself(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    keyring.change("errado")
    await failure(directory.find(Cnpj(PADARIA)))
    keyring.change(PASSWORD)
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    assert oracle.logins.attempts == 2


async def test_a_password_changed_on_both_sides_costs_no_lookup(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    oracle.config.password = "nova"
    keyring.change("nova")
    oracle.hang_up()
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    assert (oracle.logins.accepted, oracle.logins.refused) == (2, 1)


async def test_lookups_behind_the_one_that_met_a_changed_password_are_answered_too(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    oracle.config.password = "nova"
    keyring.change("nova")
    oracle.hang_up()
    # All are with the child before the first of them finds out.
    found = await asyncio.gather(*(directory.find(Cnpj(cnpj)) for cnpj in (PADARIA, ACOUGUE, MERCEARIA)))
    assert found == [company(cnpj) for cnpj in (PADARIA, ACOUGUE, MERCEARIA)]
    assert (oracle.logins.accepted, oracle.logins.refused) == (2, 1)


async def test_a_refused_password_is_not_taken_for_the_one_that_was_read_meanwhile(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring, settings: Settings
) -> None:
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    oracle.config.password = "nova"
    keyring.change("nova", name="nova")
    oracle.hang_up()
    before = asyncio.create_task(failure(directory.find(Cnpj(PADARIA))))
    await asyncio.sleep(0)
    settings.source = replace(settings.source, secret="nova")
    # It reads its own password before the child has found out about the one of before.
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    assert told(await before) == (NeedsHuman, Code.ORACLE_CREDENTIALS, "wrong")
    assert oracle.logins.refused == 1


@pytest.mark.parametrize(("account", "reason"), [("locked", "locked"), ("expired", "expired")])
async def test_an_account_out_of_use_is_not_asked_again_at_every_send(
    oracle: OracleDouble, directory: OracleDirectory, account: str, reason: str
) -> None:
    oracle.config.account = "locked" if account == "locked" else "expired"
    for _ in range(3):
        error = await failure(directory.find(Cnpj(PADARIA)))
        assert told(error) == (NeedsHuman, Code.ORACLE_CREDENTIALS, reason)
    assert oracle.logins.attempts == 1
    oracle.config.account = "open"
    assert (await directory.check()).companies == 3  # a person's own test does ask
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)


async def test_a_check_logs_in_anew_with_what_the_keyring_holds(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    check = await directory.check()
    assert check.companies == 3
    assert check.source == f"Oracle 19.3.0.0.0, 127.0.0.1:{oracle.port}/xe"
    keyring.change("errado")
    assert told(await failure(directory.check())) == (NeedsHuman, Code.ORACLE_CREDENTIALS, "wrong")


@pytest.mark.parametrize(
    ("setting", "value", "kind", "reason"),
    [
        ("tns_version", 314, NeedsHuman, "server_too_old"),
        ("encryption_required", True, NeedsHuman, "encryption_required"),
        ("refuse_with", 12514, Transient, "service_unknown"),
        ("refuse_with", 12519, Transient, "busy"),
        ("refuse_with", 1153, Transient, "other"),
    ],
)
async def test_a_check_says_what_is_wrong_before_it_sends_a_password(
    oracle: OracleDouble, directory: OracleDirectory, setting: str, value: object, kind: type[AppError], reason: str
) -> None:
    setattr(oracle.config, setting, value)
    assert told(await failure(directory.check())) == (kind, Code.ORACLE_UNAVAILABLE, reason)
    assert oracle.logins.attempts == 0
    # a lookup says the same, by the driver's word
    assert told(await failure(directory.find(Cnpj(PADARIA)))) == (kind, Code.ORACLE_UNAVAILABLE, reason)


@pytest.mark.parametrize(
    ("names", "reason"),
    [({"table": "OUTRA"}, "table_not_found"), ({"column_group": "GRUPO"}, "column_not_found")],
)
async def test_a_wrong_mapping_waits_for_a_person(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory, names: dict[str, Any], reason: str
) -> None:
    settings.source = replace(settings.source, **names)
    for answer in (directory.find(Cnpj(PADARIA)), directory.search("", 1), directory.check()):
        assert told(await failure(answer)) == (NeedsHuman, Code.ORACLE_UNAVAILABLE, reason)


async def test_a_closed_port_and_an_unknown_host_are_told_apart(settings: Settings, directory: OracleDirectory) -> None:
    with socket.socket() as taken:  # so that nobody else listens there meanwhile
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for host, reason in (("127.0.0.1", "refused"), ("nao-existe.invalid", "host_not_found")):
            settings.source = replace(settings.source, host=host, port=port)
            for answer in (directory.find(Cnpj(PADARIA)), directory.check()):
                assert told(await failure(answer)) == (Transient, Code.ORACLE_UNAVAILABLE, reason)


@pytest.mark.parametrize(
    ("point", "kind", "reason"),
    [
        ("connect", "stall", "silent"),
        ("auth", "deaf", "silent"),
        ("execute", "stall", "timeout"),
        ("execute", "deaf", "timeout"),
        ("rows", "stall", "timeout"),
    ],
)
async def test_a_server_that_hangs_is_answered_for_within_the_deadline(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory, point: Point, kind: Kind, reason: str
) -> None:
    await start_worker(oracle, directory)
    if point not in ("connect", "auth"):
        await directory.find(Cnpj(PADARIA))
    settings.source = source_of(oracle, deadline=SHORT)
    oracle.fault(point, kind)
    async with asyncio.timeout(PATIENCE):  # the other sources have longer
        assert told(await failure(directory.find(Cnpj(PADARIA)))) == (Transient, Code.ORACLE_UNAVAILABLE, reason)
    with pytest.raises(TimeoutError):  # asked once: no second deadline was begun
        oracle.wait_fault(point, times=2, timeout=0.0)
    oracle.clear_faults()
    settings.source = source_of(oracle)
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)


async def test_a_silent_listener_is_found_out_by_a_check_without_a_password(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory
) -> None:
    await start_worker(oracle, directory)
    settings.source = source_of(oracle, deadline=SHORT)
    oracle.fault("connect", "deaf")
    assert told(await failure(directory.check())) == (Transient, Code.ORACLE_UNAVAILABLE, "silent")
    assert oracle.logins.attempts == 0


async def test_a_lookup_behind_one_that_hangs_is_still_answered(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory
) -> None:
    await directory.find(Cnpj(PADARIA))
    oracle.fault("execute", "deaf", times=1)
    settings.source = source_of(oracle, deadline=2.0)
    hanging = asyncio.ensure_future(failure(directory.find(Cnpj(PADARIA))))
    await asyncio.to_thread(oracle.wait_fault, "execute")
    settings.source = source_of(oracle)
    assert await directory.find(Cnpj(ACOUGUE)) == company(ACOUGUE)
    assert told(await hanging)[2] == "timeout"


async def test_a_worker_that_was_killed_is_replaced_within_the_lookup(
    oracle: OracleDouble, directory: OracleDirectory
) -> None:
    await directory.find(Cnpj(PADARIA))
    (process,) = worker_processes()
    process.kill()
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)


async def test_an_idle_worker_ends_and_comes_back(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory
) -> None:
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    (process,) = worker_processes()
    watch = ProcessWatch(process.pid)
    settings.source = source_of(oracle, idle_after=0.05)
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    assert await asyncio.to_thread(watch.ended)
    watch.close()
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    assert oracle.logins.accepted == 2


async def test_a_changed_address_is_a_new_login(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory
) -> None:
    await directory.find(Cnpj(PADARIA))
    settings.source = source_of(oracle, by_sid=False)
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)
    settings.source = source_of(oracle, column_name="", by_sid=False)
    assert await directory.find(Cnpj(PADARIA)) == replace(company(PADARIA), name="")
    assert oracle.logins.accepted == 2


async def test_two_groups_for_one_company_are_never_chosen_between(
    oracle: OracleDouble, directory: OracleDirectory
) -> None:
    oracle.put_table("D_EMPRESAS", companies(**{f"c{ACOUGUE}": PADARIA}))
    error = await failure(directory.find(Cnpj(PADARIA)))
    assert told(error) == (NeedsHuman, Code.ORACLE_UNAVAILABLE, "duplicate")
    oracle.put_table("D_EMPRESAS", companies(**{f"c{MERCEARIA}": PADARIA}))
    assert await directory.find(Cnpj(PADARIA)) == company(PADARIA)


async def test_a_closed_directory_leaves_no_process_and_answers_nothing(directory: OracleDirectory) -> None:
    await directory.find(Cnpj(PADARIA))
    await directory.close()
    assert worker_processes() == []
    assert (await failure(directory.find(Cnpj(PADARIA)))).code is Code.ORACLE_UNAVAILABLE
