"""Queries against the double, by the real driver: binds, types, many fetches, and Oracle's own answers to bad ones."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import oracledb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doubles.oracle import OracleDouble, Table
from tests.doubles.oracle.values import decode_number, encode_number
from tests.integration.oracle_double.conftest import Connect

LOOKUP = "SELECT NUMERO_WHATSAPP_GRUPO, RAZAO_SOCIAL FROM D_EMPRESAS WHERE CNPJ_CO2 = :cnpj"


def test_a_company_is_found_by_its_bound_cnpj(oracle: OracleDouble, connect: Connect) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.setinputsizes(cnpj=oracledb.DB_TYPE_CHAR)
        cursor.execute(LOOKUP, cnpj="62567108000101")
        assert cursor.fetchall() == [("120363021234567890@g.us", "Padaria São João")]
        cursor.execute(LOOKUP, cnpj="12ABC34501DE35")
        assert cursor.fetchall() == [(None, "Açougue do Zé")]
        cursor.execute(LOOKUP, cnpj="99999999999999")
        assert cursor.fetchall() == []
    assert [statement.binds for statement in oracle.statements] == [
        ("62567108000101",),
        ("12ABC34501DE35",),
        ("99999999999999",),
    ]


def test_a_char_column_is_padded_and_a_varchar_bind_does_not_match_it(connect: Connect) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(LOOKUP, cnpj="62567108000101")
        assert cursor.fetchall() == []
        cursor.execute(LOOKUP, cnpj="62567108000101    ")
        assert len(cursor.fetchall()) == 1
        cursor.execute("SELECT CNPJ_CO2 FROM D_EMPRESAS WHERE CNPJ_CO2 = '62567108000101'")
        assert cursor.fetchall() == [("62567108000101    ",)]


def test_thousands_of_rows_come_in_many_fetches(oracle: OracleDouble, connect: Connect) -> None:
    rows = [{"CNPJ_CO2": f"{number:014}", "RAZAO_SOCIAL": "x" * (number % 80)} for number in range(7001)]
    oracle.put_table("D_EMPRESAS", Table.of({"CNPJ_CO2": "CHAR(14)", "RAZAO_SOCIAL": "VARCHAR2(80)"}, rows))
    with connect() as connection, connection.cursor() as cursor:
        cursor.arraysize = cursor.prefetchrows = 1000
        cursor.execute("SELECT CNPJ_CO2, RAZAO_SOCIAL FROM D_EMPRESAS")
        assert cursor.fetchmany(3)[-1][0] == f"{2:014}"
        rest = cursor.fetchall()
    assert len(rest) == 6998
    assert rest[-1] == (f"{7000:014}", "x" * (7000 % 80))


def test_a_result_of_exactly_one_fetch_ends(oracle: OracleDouble, connect: Connect) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.arraysize = cursor.prefetchrows = 3
        cursor.execute("SELECT LIMITE FROM D_EMPRESAS")
        assert len(cursor.fetchall()) == 3


def test_every_column_type_arrives_as_it_is_kept(oracle: OracleDouble, connect: Connect) -> None:
    declared = {"T": "VARCHAR2(400)", "C": "CHAR(3)", "N": "NUMBER", "M": "NUMBER(9,2)", "D": "DATE"}
    moment = datetime(2026, 7, 1, 18, 2, 59)
    row = {"T": "ã" * 300, "C": "x", "N": "-0.001", "M": "12.34", "D": moment}
    oracle.put_table("ERP.TIPOS", Table.of(declared, [row, {}]))
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM erp.tipos t WHERE t.d = :1 OR t.t IS NULL", [moment])
        assert cursor.fetchall() == [("ã" * 300, "x  ", -0.001, 12.34, moment), (None,) * 5]
        kinds = [(column.name, column.type.name, column.null_ok) for column in cursor.description]
    assert kinds[1:4] == [
        ("C", "DB_TYPE_CHAR", True),
        ("N", "DB_TYPE_NUMBER", True),
        ("M", "DB_TYPE_NUMBER", True),
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(value=st.decimals(min_value=-(10**15), max_value=10**15, places=4))
def test_numbers_survive_both_ways(value: Decimal) -> None:
    assert decode_number(encode_number(value)) == value


def test_the_driver_reads_and_binds_numbers_as_the_double_does(oracle: OracleDouble, connect: Connect) -> None:
    values = [0, 1, -1, 99, 100, 101, -100, 12345, 62567108000101, -62567108000101, 10**30, Decimal("0.01")]
    oracle.put_table("N", Table.of({"V": "NUMBER"}, [{"V": value} for value in values]))
    with connect() as connection, connection.cursor() as cursor:
        for value in values:
            cursor.execute("SELECT V FROM N WHERE V = :v", v=value)
            assert [Decimal(str(found)) for (found,) in cursor.fetchall()] == [Decimal(str(value))]


def test_a_statement_can_be_described_without_running(oracle: OracleDouble, connect: Connect) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.parse(LOOKUP)
        assert [column.name for column in cursor.description] == ["NUMERO_WHATSAPP_GRUPO", "RAZAO_SOCIAL"]
        cursor.setinputsizes(cnpj=oracledb.DB_TYPE_CHAR)
        cursor.execute(LOOKUP, cnpj="62567108000101")
        assert len(cursor.fetchall()) == 1
    assert [statement.described_only for statement in oracle.statements] == [True, False]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("ROWNUM <= 2", 2),
        ("1 = 0", 0),
        ("LIMITE > 0", 1),
        ("NOT LIMITE > 0", 2),
        ("RAZAO_SOCIAL LIKE '%São%'", 1),
        ("NUMERO_WHATSAPP_GRUPO IS NULL", 2),
        ("NUMERO_WHATSAPP_GRUPO <> 'x'", 1),
        ("CNPJ_CO2 IN ('62567108000101', '12ABC34501DE35')", 2),
        ("(CNPJ_CO2 = '62567108000101' OR LIMITE = '1000000') AND ROWNUM < 2", 1),
    ],
)
def test_conditions_mean_what_they_mean_in_oracle(connect: Connect, where: str, found: int) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM D_EMPRESAS WHERE {where}")  # noqa: S608 (the test's own text)
        assert cursor.fetchone() == (found,)


def test_a_statement_run_again_sees_what_the_table_has_become(oracle: OracleDouble, connect: Connect) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM D_EMPRESAS")
        assert len(cursor.fetchall()) == 3
        oracle.put_table("D_EMPRESAS", Table.of({"NOVA": "VARCHAR2(9)"}, [{"NOVA": "x"}]))
        cursor.execute("SELECT * FROM D_EMPRESAS")
        assert cursor.fetchall() == [("x",)]


def test_results_are_ordered_with_nulls_last(connect: Connect) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT RAZAO_SOCIAL FROM D_EMPRESAS ORDER BY LIMITE DESC, RAZAO_SOCIAL")
        assert [name for (name,) in cursor.fetchall()] == ["Mercearia", "Açougue do Zé", "Padaria São João"]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT 1 FROM NADA", "ORA-00942"),
        ("SELECT 1 FROM OUTRO.D_EMPRESAS", "ORA-00942"),
        ("SELECT GRUPO FROM D_EMPRESAS", "ORA-00904"),
        ("SELECT LIMITE FROM D_EMPRESAS WHERE CNPJ = '1'", "ORA-00904"),
        ("SELECT LIMITE FROM D_EMPRESAS;", "ORA-00911"),
        ("SELECT LIMITE FROM D_EMPRESAS FETCH FIRST 1 ROWS ONLY", "ORA-00933"),
        ("SELECT LIMITE FROM D_EMPRESAS WHERE RAZAO_SOCIAL = 5", "ORA-01722"),
        ("SELECT LIMITE D_EMPRESAS", "ORA-00923"),
        ("DELETE FROM D_EMPRESAS", "ORA-01031"),
        ("UPDATE D_EMPRESAS SET LIMITE = 1", "ORA-01031"),
    ],
)
def test_a_bad_statement_gets_oracles_number(connect: Connect, sql: str, code: str) -> None:
    with connect() as connection, connection.cursor() as cursor:
        with pytest.raises(oracledb.DatabaseError) as caught:
            cursor.execute(sql).fetchall()
        assert caught.value.args[0].full_code == code
        connection.ping()


def test_a_table_one_may_not_read_is_told_from_one_that_is_not_there(oracle: OracleDouble, connect: Connect) -> None:
    oracle.put_table("D_EMPRESAS", Table.of({"CNPJ_CO2": "CHAR(14)"}, [], readable=False))
    with (
        connect() as connection,
        connection.cursor() as cursor,
        pytest.raises(oracledb.DatabaseError, match="ORA-01031"),
    ):
        cursor.execute("SELECT CNPJ_CO2 FROM D_EMPRESAS")


@pytest.mark.parametrize("field_version", [7, 8, 9, 11, 12, 13, 14, 16])
def test_speaks_the_dialects_of_12_1_to_21c(oracle: OracleDouble, connect: Connect, field_version: int) -> None:
    oracle.config.field_version = field_version
    with connect() as connection, connection.cursor() as cursor:
        cursor.arraysize = cursor.prefetchrows = 2
        for _ in range(2):
            cursor.execute("SELECT RAZAO_SOCIAL FROM D_EMPRESAS WHERE LIMITE < :top", top=2000000)
            assert len(cursor.fetchall()) == 3
        with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
            cursor.execute("SELECT 1 FROM NADA")
        assert connection.version.split(".")[0] == ("19" if field_version >= 11 else "12")


def test_long_statements_and_binds_span_packets(connect: Connect) -> None:
    with connect() as connection, connection.cursor() as cursor:
        padding = "/*" + "x" * 20000 + "*/"
        cursor.execute(f"SELECT LIMITE {padding} FROM D_EMPRESAS WHERE RAZAO_SOCIAL = :r", r="y" * 3900)  # noqa: S608
        assert cursor.fetchall() == []


def test_module_and_schema_are_taken_along(connect: Connect) -> None:
    with connect() as connection, connection.cursor() as cursor:
        connection.module = "Malote"
        connection.action = "consulta"
        connection.clientinfo = "teste"
        connection.current_schema = "ERP"
        cursor.execute("SELECT 1 FROM DUAL")
        assert cursor.fetchone() == (1,)
        connection.commit()
        connection.rollback()
