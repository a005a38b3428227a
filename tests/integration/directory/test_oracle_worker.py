"""The Oracle worker as it runs: the program's own child process, the real driver in it, the double of a server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop.adapters.worker import CallError, CallTimeout, Worker
from desktop.app import worker_command
from desktop.domain.errors import Code
from tests.doubles.oracle import Kind, OracleDouble, Point
from tests.integration.directory.oracle_companies import (
    ACOUGUE,
    GROUPS,
    MERCEARIA,
    NAMES,
    PADARIA,
    PASSWORD,
    QUERY,
    UNKNOWN,
    USER,
    companies,
    many,
)

DEADLINE = 60.0
TIMEOUT = 45.0
SHORT = 1.0

LogIn = Callable[..., Awaitable[object]]


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}) as double:
        yield double


@pytest.fixture
def stages() -> list[object]:
    return []


@pytest.fixture
async def worker(stages: list[object]) -> AsyncIterator[Worker]:
    running = Worker(
        worker_command("oracle"), name="oracle", on_event=lambda _event, facts: stages.append(facts["name"])
    )
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def log_in(worker: Worker, oracle: OracleDouble) -> LogIn:
    async def connect(**params: str) -> object:
        wanted: dict[str, Any] = {"host": "127.0.0.1", "port": oracle.port, "user": USER, "password": PASSWORD}
        wanted |= {"sid": "xe"} | params
        return await worker.call("connect", deadline=DEADLINE, timeout=TIMEOUT, **wanted)

    return connect


async def find(worker: Worker, cnpj: str, *, timeout: float = TIMEOUT, **names: str) -> object:
    return await worker.call("find", deadline=DEADLINE, cnpj=cnpj, query=QUERY | names, timeout=timeout)


async def failure(answer: Awaitable[object]) -> tuple[str, object]:
    with pytest.raises(CallError) as caught:
        await answer
    return caught.value.code, caught.value.facts["reason"]


def company(cnpj: str) -> dict[str, str | None]:
    return {"cnpj": cnpj, "group": GROUPS[cnpj], "name": NAMES[cnpj]}


async def test_logs_in_by_sid_and_by_service_name(oracle: OracleDouble, log_in: LogIn) -> None:
    assert await log_in() == "19.3.0.0.0"
    assert await log_in(sid="", service_name="XEPDB1") == "19.3.0.0.0"
    assert oracle.logins.accepted == 2


async def test_finds_companies_in_one_round_trip_each(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    await log_in()
    for cnpj in NAMES:
        assert await find(worker, cnpj) == [company(cnpj)]
    executed = [statement for statement in oracle.statements if not statement.described_only]
    assert len(executed) == len(NAMES)
    assert executed[0].binds == (PADARIA,)
    assert executed[0].sql == (
        "SELECT CNPJ_CO2, NUMERO_WHATSAPP_GRUPO, RAZAO_SOCIAL FROM D_EMPRESAS WHERE CNPJ_CO2 = :cnpj"
    )


async def test_a_company_that_is_not_there_is_no_row(worker: Worker, log_in: LogIn) -> None:
    await log_in()
    assert await find(worker, UNKNOWN) == []


@pytest.mark.parametrize(
    ("cnpj_type", "kept", "cnpj"),
    [
        ("CHAR(14)", PADARIA, PADARIA),
        ("CHAR(30)", "62.567.108/0001-01", PADARIA),
        ("VARCHAR2(18)", "62.567.108/0001-01", PADARIA),
        ("VARCHAR2(30)", "62567108000101   ", PADARIA),
        ("VARCHAR2(18)", "12abc34501de35", ACOUGUE),
        ("CHAR(20)", "12.abc.345/01de-35", ACOUGUE),
        ("VARCHAR2(18)", "623904000173", MERCEARIA),
        ("NUMBER", "623904000173", MERCEARIA),
        ("NUMBER(14)", PADARIA, PADARIA),
    ],
)
async def test_a_cnpj_is_found_however_the_column_keeps_it(
    oracle: OracleDouble, worker: Worker, log_in: LogIn, cnpj_type: str, kept: str, cnpj: str
) -> None:
    oracle.put_table("D_EMPRESAS", companies(cnpj_type, **{f"c{cnpj}": kept}))
    await log_in()
    assert await find(worker, cnpj) == [company(cnpj)]
    page = await worker.call("list_page", deadline=DEADLINE, query=QUERY, rows=100, timeout=TIMEOUT)
    assert isinstance(page, dict)
    assert company(cnpj) in page["rows"]


async def test_letters_are_not_looked_for_in_a_number(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    oracle.put_table("D_EMPRESAS", companies("NUMBER"))
    await log_in()
    assert await find(worker, ACOUGUE) == []


async def test_two_rows_of_one_company_are_both_told(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    oracle.put_table("D_EMPRESAS", companies(**{f"c{ACOUGUE}": PADARIA}))
    await log_in()
    found = await find(worker, PADARIA)
    assert isinstance(found, list)
    assert [row["group"] for row in found] == [GROUPS[PADARIA], GROUPS[ACOUGUE]]


async def test_a_table_without_names_and_with_an_owner_works(worker: Worker, log_in: LogIn) -> None:
    await log_in()
    assert await find(worker, PADARIA, table="erp.d_empresas", column_name="") == [company(PADARIA) | {"name": None}]


async def test_thousands_come_in_pages(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    oracle.put_table("D_EMPRESAS", many(3500))
    await log_in()
    sizes, seen, page = [], set(), None
    while True:
        answer = await worker.call("list_page", deadline=DEADLINE, query=QUERY, rows=1000, timeout=TIMEOUT, page=page)
        assert isinstance(answer, dict)
        sizes.append(len(answer["rows"]))
        seen |= {row["cnpj"] for row in answer["rows"]}
        assert await find(worker, f"{7:014}") != []  # a lookup in between disturbs nothing
        page = answer["next"]
        if page is None:
            break
    assert sizes == [1000, 1000, 1000, 500]
    assert len(seen) == 3500
    assert await failure(
        worker.call("list_page", deadline=DEADLINE, query=QUERY, rows=1000, timeout=TIMEOUT, page=2)
    ) == (Code.ORACLE_UNAVAILABLE, "dropped")


async def test_rows_that_hold_no_cnpj_are_counted_not_told(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    oracle.put_table("D_EMPRESAS", companies(**{f"c{ACOUGUE}": "ISENTO", f"c{MERCEARIA}": ""}))
    await log_in()
    page = await worker.call("list_page", deadline=DEADLINE, query=QUERY, rows=100, timeout=TIMEOUT)
    assert page == {"rows": [company(PADARIA)], "unreadable": 2, "next": None}


async def test_the_table_is_looked_at_and_counted(worker: Worker, log_in: LogIn) -> None:
    await log_in()
    seen = await worker.call("check", deadline=DEADLINE, query=QUERY, timeout=TIMEOUT)
    assert seen == {"version": "19.3.0.0.0", "companies": 3, "cnpj_type": "CHAR(18)"}


@pytest.mark.parametrize(
    ("names", "reason", "fact"),
    [
        ({"table": "OUTRA"}, "table_not_found", ("table", "OUTRA")),
        ({"table": "D_EMPRESAS; DROP TABLE X"}, "table_not_found", ("table", "D_EMPRESAS; DROP TABLE X")),
        ({"column_group": "GRUPO"}, "column_not_found", ("column", "GRUPO")),
        ({"column_cnpj": "1 = 1 OR CNPJ_CO2"}, "column_not_found", ("column", "1 = 1 OR CNPJ_CO2")),
        ({"table": "FECHADA"}, "no_rights", ("table", "FECHADA")),
    ],
)
async def test_what_is_wrong_with_the_table_is_named(
    oracle: OracleDouble, worker: Worker, log_in: LogIn, names: dict[str, str], reason: str, fact: tuple[str, str]
) -> None:
    closed = companies()
    closed.readable = False
    oracle.put_table("FECHADA", closed)
    await log_in()
    for method, extra in (("find", {"cnpj": PADARIA}), ("list_page", {"rows": 10}), ("check", {})):
        with pytest.raises(CallError) as caught:
            await worker.call(method, deadline=DEADLINE, query=QUERY | names, timeout=TIMEOUT, **extra)
        assert caught.value.code == Code.ORACLE_UNAVAILABLE
        assert (caught.value.facts["reason"], caught.value.facts[fact[0]]) == (reason, fact[1])
    assert await find(worker, PADARIA) == [company(PADARIA)]


@pytest.mark.parametrize(
    ("point", "kind"), [("execute", "drop"), ("execute", "reset"), ("execute", 28), ("rows", "drop"), ("rows", "reset")]
)
async def test_a_dropped_lookup_is_made_once_more(
    oracle: OracleDouble, worker: Worker, log_in: LogIn, stages: list[object], point: Point, kind: Kind | int
) -> None:
    await log_in()
    oracle.fault(point, kind, times=1)
    assert await find(worker, PADARIA) == [company(PADARIA)]
    assert oracle.logins.accepted == 2
    assert stages == ["connecting", "connected"] * 2


async def test_an_idle_connection_that_was_cut_is_replaced(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    await log_in()
    oracle.hang_up()
    assert await find(worker, PADARIA) == [company(PADARIA)]


async def test_a_lookup_is_not_made_a_third_time(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    await log_in()
    oracle.fault("execute", "drop")
    assert await failure(find(worker, PADARIA)) == (Code.ORACLE_UNAVAILABLE, "dropped")
    assert oracle.logins.accepted == 2


async def test_a_stalled_lookup_ends_in_time_and_keeps_its_connection(
    oracle: OracleDouble, worker: Worker, log_in: LogIn
) -> None:
    await log_in()
    await find(worker, PADARIA)  # how the table is described is known from here on
    oracle.fault("execute", "stall", times=1)
    assert await failure(find(worker, PADARIA, timeout=SHORT)) == (Code.ORACLE_UNAVAILABLE, "timeout")
    assert await find(worker, PADARIA) == [company(PADARIA)]
    assert oracle.logins.accepted == 1


async def test_a_deaf_server_costs_the_connection_only(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    await log_in()
    await find(worker, PADARIA)
    oracle.fault("execute", "deaf", times=1)
    assert await failure(find(worker, PADARIA, timeout=SHORT)) == (Code.ORACLE_UNAVAILABLE, "timeout")
    assert await find(worker, PADARIA) == [company(PADARIA)]


async def test_counting_that_takes_too_long_is_left_out(oracle: OracleDouble, worker: Worker, log_in: LogIn) -> None:
    await log_in()
    oracle.fault("execute", "stall")
    # What is seen before the count comes within them, too.
    seen = await worker.call("check", deadline=DEADLINE, query=QUERY, timeout=3 * SHORT)
    assert seen == {"version": "19.3.0.0.0", "companies": None, "cnpj_type": "CHAR(18)"}


@pytest.mark.parametrize("kind", ["stall", "deaf"])
@pytest.mark.parametrize("point", ["connect", "auth"])
async def test_a_login_that_hangs_is_ended_with_its_process(
    oracle: OracleDouble, worker: Worker, stages: list[object], point: Point, kind: Kind
) -> None:
    oracle.fault(point, kind)
    target = {"host": "127.0.0.1", "port": oracle.port, "user": USER, "password": PASSWORD, "sid": "xe"}
    with pytest.raises(CallTimeout):
        await worker.call("connect", deadline=0.7, kill_on_timeout=True, timeout=0.5, **target)
    assert not worker.alive
    assert "connected" not in stages


@pytest.mark.parametrize("verifier", ["12c", "11g"])
async def test_a_wrong_password_is_tried_once(oracle: OracleDouble, log_in: LogIn, verifier: str) -> None:
    oracle.config.verifier = "11g" if verifier == "11g" else "12c"
    assert await failure(log_in(password="errado")) == (Code.ORACLE_CREDENTIALS, "wrong")
    assert oracle.logins.attempts == 1


async def test_a_password_changed_meanwhile_is_tried_once_after_a_drop(
    oracle: OracleDouble, worker: Worker, log_in: LogIn
) -> None:
    await log_in()
    oracle.config.password = "nova"
    oracle.hang_up()
    assert await failure(find(worker, PADARIA)) == (Code.ORACLE_CREDENTIALS, "wrong")
    assert oracle.logins.attempts == 2


async def test_a_dropped_login_is_not_repeated_by_itself(oracle: OracleDouble, log_in: LogIn) -> None:
    oracle.fault("auth", "drop")
    assert await failure(log_in()) == (Code.ORACLE_UNAVAILABLE, "dropped")
    assert oracle.logins.attempts == 1


async def test_every_refusal_says_which_it_is(oracle: OracleDouble, log_in: LogIn) -> None:
    unavailable, credentials = Code.ORACLE_UNAVAILABLE, Code.ORACLE_CREDENTIALS
    assert await failure(log_in(sid="outro")) == (unavailable, "sid_unknown")
    assert await failure(log_in(sid="", service_name="outro")) == (unavailable, "service_unknown")
    assert await failure(log_in(host="nao-existe.invalid")) == (unavailable, "host_not_found")
    oracle.config.account = "locked"
    assert await failure(log_in()) == (credentials, "locked")
    oracle.config.account = "expired"
    assert await failure(log_in()) == (credentials, "expired")
    oracle.config.account = "open"
    oracle.config.verifier = "10g"
    assert await failure(log_in()) == (unavailable, "verifier_10g")
    oracle.config.encryption_required = True
    assert await failure(log_in()) == (unavailable, "encryption_required")
    oracle.config.encryption_required = False
    oracle.config.tns_version = 314
    assert await failure(log_in()) == (unavailable, "server_too_old")
    oracle.config.refuse_with = 12519
    assert await failure(log_in()) == (unavailable, "busy")


async def test_a_closed_port_is_refused_with_the_drivers_own_code(worker: Worker) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        target = {"host": "127.0.0.1", "port": unused.getsockname()[1], "user": USER, "password": PASSWORD, "sid": "xe"}
        with pytest.raises(CallError) as caught:
            await worker.call("connect", deadline=DEADLINE, timeout=TIMEOUT, **target)
    assert caught.value.facts == {"reason": "refused", "driver_code": "DPY-6005"}


async def test_a_call_that_runs_is_broken_off_when_the_worker_is_stopped(
    oracle: OracleDouble, worker: Worker, log_in: LogIn
) -> None:
    await log_in()
    oracle.fault("execute", "stall")
    call = asyncio.ensure_future(find(worker, PADARIA))
    await asyncio.to_thread(oracle.wait_fault, "execute")
    await worker.stop(grace=TIMEOUT)
    assert await failure(call) == (Code.ORACLE_UNAVAILABLE, "timeout")
    assert (await worker.ended()).exit_code == 0


def told_of(pid: int | None) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()


async def test_no_password_is_in_the_process_list_or_its_environment(worker: Worker, log_in: LogIn) -> None:
    await log_in()
    assert PASSWORD.encode() not in told_of(worker.pid)
