"""The double with a few companies in it, and the real driver in this process or in a child."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from typing import Any

import oracledb
import pytest

from tests.doubles.oracle import OracleDouble, Table

COLUMNS = {
    "CNPJ_CO2": "CHAR(18)",
    "NUMERO_WHATSAPP_GRUPO": "VARCHAR2(60)",
    "RAZAO_SOCIAL": "VARCHAR2(80)",
    "LIMITE": "NUMBER(9,2)",
}
COMPANIES = Table.of(
    COLUMNS,
    [
        {
            "CNPJ_CO2": "62567108000101",
            "NUMERO_WHATSAPP_GRUPO": "120363021234567890@g.us",
            "RAZAO_SOCIAL": "Padaria São João",
            "LIMITE": "-12.5",
        },
        {"CNPJ_CO2": "12ABC34501DE35", "NUMERO_WHATSAPP_GRUPO": "", "RAZAO_SOCIAL": "Açougue do Zé", "LIMITE": 0},
        {"CNPJ_CO2": "00623904000173", "RAZAO_SOCIAL": "Mercearia", "LIMITE": 1000000},
    ],
)

Connect = Callable[..., AbstractContextManager[oracledb.Connection]]
RunDriver = Callable[..., list[str]]


@pytest.fixture
def oracle() -> Iterator[OracleDouble]:
    with OracleDouble(user="erp", password="segredo", tables={"D_EMPRESAS": COMPANIES}) as double:
        yield double


@pytest.fixture
def connect(oracle: OracleDouble) -> Connect:
    """Log in with the driver in this process; only for what cannot hang."""

    def open_connection(**params: Any) -> AbstractContextManager[oracledb.Connection]:
        wanted = {"user": "erp", "password": "segredo", "host": "127.0.0.1", "port": oracle.port, **params}
        if not {"sid", "service_name"} & wanted.keys():
            wanted["service_name"] = "XEPDB1"
        return closing(oracledb.connect(**wanted))

    return open_connection


@pytest.fixture
def start_driver(oracle: OracleDouble) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a child that logs in and takes the steps; see driver_child.py for what it prints."""
    running: list[subprocess.Popen[str]] = []

    def start(*steps: str, **params: Any) -> subprocess.Popen[str]:
        wanted = {"user": "erp", "password": "segredo", "host": "127.0.0.1", "port": oracle.port, "sid": "xe", **params}
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.oracle_double.driver_child", json.dumps(wanted), *steps],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(child)
        return child

    yield start
    for child in running:
        child.kill()
        child.communicate()


@pytest.fixture
def run_driver(start_driver: Callable[..., subprocess.Popen[str]]) -> RunDriver:
    """Run such a child to its end; its lines: one per step, or one for a login that failed."""

    def run(*steps: str, **params: Any) -> list[str]:
        return start_driver(*steps, **params).communicate(timeout=30)[0].splitlines()

    return run
