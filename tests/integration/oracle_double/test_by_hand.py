"""The double started by a developer, from the command line."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import oracledb

from tests.harness.patience import PATIENCE


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "tests.doubles.oracle", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_developer_gets_a_database_with_the_rows_of_a_csv(tmp_path: Path) -> None:
    rows = tmp_path / "empresas.csv"
    rows.write_text("\ufeffCNPJ:CHAR(18);GRUPO;NOME:VARCHAR2(40)\n62567108000101;1203@g.us;Padaria São João\n", "utf-8")
    child = start("--port", "0", "--rows", str(rows), "--password", "outra")
    assert child.stdout is not None
    try:
        told = "".join(iter(child.stdout.readline, "Ctrl-C ends it.\n"))
        port = int(re.findall(r"127\.0\.0\.1:(\d+)", told)[0])
        with (
            oracledb.connect(user="erp", password="outra", host="127.0.0.1", port=port, sid="xe") as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT GRUPO, NOME FROM D_EMPRESAS WHERE CNPJ = '62567108000101'")
            assert cursor.fetchall() == [("1203@g.us", "Padaria São João")]
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=PATIENCE)[0] == "ended\n"
        assert child.returncode == 0
        assert "config set directory.oracle.column_group GRUPO\n" in told
        assert "config set directory.oracle.column_name NOME\n" in told
    finally:
        child.kill()
        child.communicate()


def test_a_developer_gets_a_long_list_over_tls(tmp_path: Path) -> None:
    child = start("--port", "0", "--companies", "2500", "--tls", str(tmp_path / "tls"))
    assert child.stdout is not None
    try:
        told = "".join(iter(child.stdout.readline, "Ctrl-C ends it.\n"))
        port = int(re.findall(r"127\.0\.0\.1:(\d+)", told)[0])
        (wallet,) = re.findall(r"config set directory\.oracle\.wallet (.*)", told)
        assert "config set directory.oracle.tls sim\n" in told
        with (
            oracledb.connect(
                user="erp",
                password="segredo",
                host="localhost",
                port=port,
                sid="xe",
                protocol="tcps",
                wallet_location=wallet,
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT COUNT(*) FROM D_EMPRESAS")
            assert cursor.fetchone() == (2500,)
    finally:
        child.kill()
        child.communicate()


def test_rows_that_cannot_be_read_are_told_in_one_line(tmp_path: Path) -> None:
    rows = tmp_path / "empresas.csv"
    rows.write_text("CNPJ:BLOB\n1\n", "utf-8")
    child = start("--port", "0", "--rows", str(rows))
    told, _ = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2
    assert told.startswith("cannot start: ")
    assert "BLOB" in told
    assert "Traceback" not in told
