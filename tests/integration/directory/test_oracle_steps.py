"""«Testar conexão», step by step: what each kind of failure is called, and that no password leaves before its turn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop.adapters.directory.oracle import OracleDirectory
from desktop.domain.diagnosis import Step, StepName, StepResult
from desktop.domain.errors import Code, NeedsHuman
from desktop.ports.secrets import Credentials
from tests.doubles.oracle import Authority, OracleDouble, Table
from tests.harness.patience import PATIENCE
from tests.integration.directory.oracle_companies import PASSWORD, USER, Keyring, companies, source_of
from tests.integration.directory.oracle_desk import Settings, examined, failure, opened

LISTENER, LOGIN, TABLE = StepName.LISTENER, StepName.LOGIN, StepName.TABLE
OK, FAILED, SKIPPED = StepResult.OK, StepResult.FAILED, StepResult.SKIPPED
SHORT = 0.7


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}) as double:
        yield double


@pytest.fixture
def settings(oracle: OracleDouble) -> Settings:
    return Settings(source_of(oracle))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring()


@pytest.fixture
async def directory(settings: Settings, keyring: Keyring, tmp_path: Path) -> AsyncIterator[OracleDirectory]:
    async with opened(settings, tmp_path, keyring=keyring) as made:
        yield made


def results(steps: list[Step]) -> list[tuple[StepName, StepResult]]:
    return [(step.name, step.result) for step in steps]


def failed_at(name: StepName) -> list[tuple[StepName, StepResult]]:
    order = [LISTENER, LOGIN, TABLE]
    at = order.index(name)
    return [(step, OK if place < at else FAILED if place == at else SKIPPED) for place, step in enumerate(order)]


def failed(steps: list[Step]) -> Step:
    (found,) = [step for step in steps if step.result is FAILED]
    return found


async def test_a_connection_that_works_passes_every_step_and_says_what_it_saw(
    oracle: OracleDouble, directory: OracleDirectory
) -> None:
    steps = await examined(directory)
    assert results(steps) == [(LISTENER, OK), (LOGIN, OK), (TABLE, OK)]
    assert [dict(step.facts) for step in steps] == [
        {"tns_version": 318},
        {"version": "19.3.0.0.0", "mode": "thin"},
        {
            "companies": 3,
            "table": "D_EMPRESAS",
            "cnpj_type": "CHAR(18)",
            "source": f"Oracle 19.3.0.0.0, 127.0.0.1:{oracle.port}/xe",
        },
    ]
    assert all(step.took > 0 for step in steps)


async def test_steps_are_told_as_they_end(oracle: OracleDouble, directory: OracleDirectory) -> None:
    told: asyncio.Queue[Step] = asyncio.Queue()
    oracle.fault("execute", "stall", times=1)
    examining = asyncio.ensure_future(directory.examine(told.put_nowait))
    async with asyncio.timeout(PATIENCE):
        assert [(await told.get()).name, (await told.get()).name] == [LISTENER, LOGIN]
        await asyncio.to_thread(oracle.wait_fault, "execute")
        assert told.empty()
        oracle.clear_faults()
        await examining
    assert (await told.get()).result is OK


CONFIGURED: list[tuple[str, Callable[[OracleDouble], None], dict[str, Any], StepName, str]] = [
    ("listener refuses", lambda o: setattr(o.config, "refuse_with", 12519), {}, LISTENER, "busy"),
    ("listener's own trouble", lambda o: setattr(o.config, "refuse_with", 1153), {}, LISTENER, "other"),
    ("too old", lambda o: setattr(o.config, "tns_version", 314), {}, LISTENER, "server_too_old"),
    ("encryption", lambda o: setattr(o.config, "encryption_required", True), {}, LISTENER, "encryption_required"),
    ("hangs up", lambda o: o.fault("connect", "drop"), {}, LISTENER, "dropped"),
    ("unknown sid", lambda o: None, {"sid": "nada"}, LISTENER, "sid_unknown"),
    ("unknown service", lambda o: None, {"service_name": "nada.loja", "sid": ""}, LISTENER, "service_unknown"),
    ("host", lambda o: None, {"host": "nao-existe.invalid"}, LISTENER, "host_not_found"),
    ("locked", lambda o: setattr(o.config, "account", "locked"), {}, LOGIN, "locked"),
    ("expired", lambda o: setattr(o.config, "account", "expired"), {}, LOGIN, "expired"),
    ("no session", lambda o: setattr(o.config, "account", "no_session"), {}, LOGIN, "no_session_right"),
    ("10G verifier", lambda o: setattr(o.config, "verifier", "10g"), {}, LOGIN, "verifier_10g"),
    ("starting", lambda o: o.fault("auth", 1033), {}, LOGIN, "starting"),
    ("unknown to us", lambda o: o.fault("auth", 1555), {}, LOGIN, "other"),
    ("no table", lambda o: None, {"table": "OUTRA"}, TABLE, "table_not_found"),
    ("no column", lambda o: None, {"column_group": "GRUPO"}, TABLE, "column_not_found"),
    ("no rights", lambda o: o.put_table("D_EMPRESAS", unreadable()), {}, TABLE, "no_rights"),
    ("empty", lambda o: o.put_table("D_EMPRESAS", replace(companies(), rows=[])), {}, TABLE, "table_empty"),
]


def unreadable() -> Table:
    return replace(companies(), readable=False)


@pytest.mark.parametrize(
    ("arrange", "chosen", "at", "reason"), [pytest.param(*case[1:], id=case[0]) for case in CONFIGURED]
)
async def test_each_failure_is_told_at_its_step(
    oracle: OracleDouble,
    settings: Settings,
    directory: OracleDirectory,
    arrange: Callable[[OracleDouble], None],
    chosen: dict[str, Any],
    at: StepName,
    reason: str,
) -> None:
    arrange(oracle)
    settings.source = replace(settings.source, **chosen)
    steps = await examined(directory)
    assert results(steps) == failed_at(at)
    assert failed(steps).facts["reason"] == reason
    if at is LISTENER:
        assert oracle.logins.attempts == 0


async def test_a_wrong_password_is_sent_once_however_often_the_connection_is_tested(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    keyring.change("errado")
    for _ in range(3):
        steps = await examined(directory)
        assert results(steps) == failed_at(LOGIN)
        assert (failed(steps).code, failed(steps).facts["reason"]) == (Code.ORACLE_CREDENTIALS, "wrong")
    assert oracle.logins.attempts == 1


async def test_what_was_never_configured_fails_at_the_first_step_without_a_call(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory
) -> None:
    settings.source = replace(settings.source, host="")
    steps = await examined(directory)
    assert results(steps) == failed_at(LISTENER)
    assert (failed(steps).code, oracle.connects) == (Code.DIRECTORY_NOT_CONFIGURED, 0)


async def test_a_sid_that_is_a_service_and_the_other_way_round_is_offered(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory
) -> None:
    settings.source = replace(settings.source, sid="xepdb1", service_name="")
    step = failed(await examined(directory))
    assert (step.facts["reason"], step.facts["service_name"]) == ("sid_unknown", "xepdb1")
    settings.source = replace(settings.source, sid="", service_name="XE.loja.local")
    step = failed(await examined(directory))
    assert (step.facts["reason"], step.facts["sid"]) == ("service_unknown", "XE")
    assert oracle.logins.attempts == 0


async def test_a_closed_port_and_a_silent_listener_are_told_apart_in_time(
    oracle: OracleDouble, settings: Settings, directory: OracleDirectory
) -> None:
    with socket.socket() as taken:  # so that nobody else listens there meanwhile
        taken.bind(("127.0.0.1", 0))
        settings.source = replace(settings.source, port=taken.getsockname()[1])
        assert failed(await examined(directory)).facts["reason"] == "refused"
    settings.source = source_of(oracle, deadline=SHORT)
    oracle.fault("connect", "deaf")
    async with asyncio.timeout(PATIENCE):  # the other sources have longer
        steps = await examined(directory)
    assert (failed(steps).facts["reason"], results(steps)) == ("silent", failed_at(LISTENER))


async def test_an_unknown_error_is_shown_whole_but_for_the_password(
    oracle: OracleDouble, directory: OracleDirectory, keyring: Keyring
) -> None:
    password = "asked"  # a word of the double's sentence
    oracle.config.password = password
    keyring.change(password)
    oracle.fault("auth", 1555)
    facts = failed(await examined(directory)).facts
    assert facts["ora"] == "ORA-01555"
    assert facts["detail"] == "ORA-01555: an error the test *** for"


@pytest.mark.parametrize(
    ("serve", "chosen", "reason"),
    [
        (lambda own, other: other.server(), {}, "certificate"),
        (lambda own, other: own.server(expired=True), {}, "certificate"),
        (lambda own, other: own.server(["outro.example"]), {}, "certificate_name"),
        (lambda own, other: own.server(asks_client=True), {}, "certificate_wanted"),
        (lambda own, other: own.server(), {"wallet": "/nada"}, "wallet_missing"),
        (lambda own, other: None, {}, "tls_failed"),
    ],
    ids=["stranger", "expired", "other name", "wants ours", "no wallet", "no TLS there"],
)
async def test_what_is_wrong_with_tls_is_told_before_any_password(
    tmp_path: Path, serve: Callable[[Authority, Authority], Any], chosen: dict[str, Any], reason: str
) -> None:
    own, other = Authority(tmp_path), Authority(tmp_path, name="Somebody else")
    wallet = str(own.wallet())
    with OracleDouble(
        user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}, tls=serve(own, other)
    ) as oracle:
        options: dict[str, Any] = {"host": "localhost", "tls": True, "wallet": wallet} | chosen
        settings = Settings(source_of(oracle, **options))
        async with opened(settings, tmp_path) as directory:
            steps = await examined(directory)
            assert (results(steps), failed(steps).facts["reason"]) == (failed_at(LISTENER), reason)
            assert oracle.logins.attempts == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_companies_are_found_over_tls(tmp_path: Path, host: str) -> None:
    authority, keyring = Authority(tmp_path), Keyring()
    wallet = str(authority.wallet(password="da carteira"))
    keyring.change("da carteira", name="oracle.wallet")
    tls = authority.server(asks_client=True)
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}, tls=tls) as oracle:
        settings = Settings(source_of(oracle, host=host, tls=True, wallet=wallet))
        async with opened(settings, tmp_path, keyring=keyring) as directory:
            assert results(await examined(directory)) == [(LISTENER, OK), (LOGIN, OK), (TABLE, OK)]
            assert len(await directory.search("", 10)) == 3
        keyring.change("outra", name="oracle.wallet")
        async with opened(settings, tmp_path, keyring=keyring) as directory:
            step = failed(await examined(directory))
            assert (step.facts["reason"], "outra" in str(step)) == ("wallet_unreadable", False)


class NoKeyringForWallets(Keyring):
    """A server's: the user's password comes from outside, and there is no keyring behind it."""

    async def credentials(self, name: str) -> Credentials | None:
        if name != "oracle":
            raise NeedsHuman(Code.KEYRING_UNAVAILABLE)
        return await super().credentials(name)


async def test_a_wallet_without_a_key_needs_no_keyring(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tables = {"D_EMPRESAS": companies()}
    with OracleDouble(user=USER, password=PASSWORD, tables=tables, tls=authority.server()) as oracle:
        settings = Settings(source_of(oracle, host="localhost", tls=True, wallet=str(authority.wallet())))
        async with opened(settings, tmp_path, keyring=NoKeyringForWallets()) as directory:
            assert results(await examined(directory)) == [(LISTENER, OK), (LOGIN, OK), (TABLE, OK)]


async def test_a_driver_that_logs_in_by_itself_checks_the_certificate_too(tmp_path: Path) -> None:
    own, other = Authority(tmp_path), Authority(tmp_path, name="Somebody else")
    wallet = str(own.wallet())
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}, tls=other.server()) as oracle:
        settings = Settings(source_of(oracle, host="localhost", tls=True, wallet=wallet))
        async with opened(settings, tmp_path) as directory:
            error = await failure(directory.search("", 1))
            assert error.facts["reason"] == "certificate"
            assert "local issuer" in str(error.facts["detail"])
            assert oracle.logins.attempts == 0
    with OracleDouble(user=USER, password=PASSWORD, tls=own.server(["outro.example"])) as oracle:
        settings = Settings(source_of(oracle, host="localhost", tls=True, wallet=wallet))
        async with opened(settings, tmp_path) as directory:
            assert (await failure(directory.search("", 1))).facts["reason"] == "certificate_name"
