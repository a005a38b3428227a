"""`malote oracle report`: what a customer's administrator sends us names no server, user, table or company."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.oracle import OracleDouble
from tests.harness.keyring_daemon import KeyringDaemon
from tests.integration.commands.office import Office
from tests.integration.directory.oracle_companies import PASSWORD, QUERY, USER, companies

HIDDEN = ("localhost", "127.0.0.1", USER, PASSWORD, "XEPDB1", "D_EMPRESAS", "Padaria", "@g.us")


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user=USER, password=PASSWORD, tables={"D_EMPRESAS": companies()}) as double:
        yield double


@pytest.fixture
def settled(office: Office, oracle: OracleDouble) -> Office:
    chosen = {"host": "localhost", "port": oracle.port, "service_name": "XEPDB1", "user": USER, **QUERY}
    office.settle(**{f"directory__oracle__{name}": value for name, value in chosen.items()})
    return office


def reported(office: Office, keyring: KeyringDaemon) -> tuple[int, str]:
    command = office.malote("oracle", "report", env=dict(keyring.env))
    return command.wait(60), command.text("stdout")


def keep_password(office: Office, keyring: KeyringDaemon, password: str) -> None:
    env = dict(keyring.env)
    assert (
        office.malote("config", "credenciais", "--usuario", USER, stdin=password.encode() + b"\n", env=env).wait() == 0
    )


def test_a_report_says_how_far_it_came_and_names_nobody(settled: Office, keyring_daemon: KeyringDaemon) -> None:
    keep_password(settled, keyring_daemon, PASSWORD)
    code, text = reported(settled, keyring_daemon)
    assert code == 0, text
    lines = text.splitlines()
    assert [line.split(" ms")[1] for line in lines if line.startswith("passo ")] == [
        " tns_version=318",
        " version=19.3.0.0.0 mode=thin",
        " companies=3 cnpj_type=CHAR(18)",
    ]
    assert {"destino = serviço", "tls = não", "cliente_oracle = não", "consulta_propria = não"} < set(lines)
    assert not [word for word in HIDDEN if word in text]


def test_a_failure_is_reported_by_its_codes_alone(
    settled: Office, oracle: OracleDouble, keyring_daemon: KeyringDaemon
) -> None:
    keep_password(settled, keyring_daemon, PASSWORD)
    oracle.fault("auth", 1555)
    code, text = reported(settled, keyring_daemon)
    assert code == 1
    login, table = text.splitlines()[-2:]
    assert login.startswith("passo login = failed ")
    assert login.endswith(" oracle_indisponivel reason=other ora=ORA-01555 driver_code=ORA-01555 ORA-01555")
    assert table == "passo table = skipped 0 ms"
    assert not [word for word in HIDDEN if word in text]


def test_an_oracle_that_was_never_set_up_is_reported_as_that(office: Office) -> None:
    code, out, err = office.ended("oracle", "report")
    assert (code, err) == (1, "")
    assert "passo listener = failed 0 ms cadastro_nao_configurado" in out.splitlines()
