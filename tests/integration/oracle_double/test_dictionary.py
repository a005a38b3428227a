"""What the double's data dictionary says of its tables, as a mapping page asks for it."""

from __future__ import annotations

import pytest

from tests.doubles.oracle import OracleDouble, Table
from tests.integration.oracle_double.conftest import Connect


def test_a_user_sees_the_tables_declared_with_their_owners(oracle: OracleDouble, connect: Connect) -> None:
    oracle.put_table("MATRIZ.D_LOJAS", Table.of({"CNPJ": "NUMBER(14)"}, []))
    oracle.put_table("V_EMPRESAS", Table.of({"CNPJ": "CHAR(14)"}, [], view=True))
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT owner, table_name, num_rows FROM all_tables ORDER BY owner, table_name")
        assert cursor.fetchall() == [("ERP", "D_EMPRESAS", 3), ("MATRIZ", "D_LOJAS", 0)]
        cursor.execute("SELECT OWNER, VIEW_NAME FROM SYS.ALL_VIEWS")
        assert cursor.fetchall() == [("ERP", "V_EMPRESAS")]
        cursor.execute("SELECT TABLE_NAME FROM USER_TABLES")
        assert cursor.fetchall() == [("D_EMPRESAS",)]


def test_columns_are_told_with_type_length_precision_and_place(oracle: OracleDouble, connect: Connect) -> None:
    declared = {"CNPJ": "CHAR(14)", "NOME": "VARCHAR2(80)", "VALOR": "NUMBER(9,2)", "LIVRE": "NUMBER", "ATE": "DATE"}
    oracle.put_table("MATRIZ.TIPOS", Table.of(declared, []))
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type, data_length, data_precision, data_scale, column_id, char_length"
            " FROM all_tab_columns WHERE owner = :owner AND table_name = :name ORDER BY column_id",
            owner="MATRIZ",
            name="TIPOS",
        )
        assert cursor.fetchall() == [
            ("CNPJ", "CHAR", 14, None, None, 1, 14),
            ("NOME", "VARCHAR2", 80, None, None, 2, 80),
            ("VALOR", "NUMBER", 22, 9, 2, 3, 0),
            ("LIVRE", "NUMBER", 22, None, None, 4, 0),
            ("ATE", "DATE", 7, None, None, 5, 0),
        ]


def test_a_view_has_columns_and_a_users_own_list_has_no_owner(oracle: OracleDouble, connect: Connect) -> None:
    oracle.put_table("V_EMPRESAS", Table.of({"CNPJ": "CHAR(14)"}, [], view=True))
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM USER_TAB_COLUMNS WHERE TABLE_NAME = 'V_EMPRESAS'")
        assert cursor.fetchall()[0][:3] == ("V_EMPRESAS", "CNPJ", "CHAR")


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT * FROM (SELECT RAZAO_SOCIAL FROM D_EMPRESAS ORDER BY RAZAO_SOCIAL) WHERE ROWNUM <= 1",
            ["Açougue do Zé"],
        ),
        (
            "SELECT e.NOME FROM (SELECT UPPER(RAZAO_SOCIAL) NOME FROM D_EMPRESAS) e WHERE e.NOME LIKE 'P%'",
            ["PADARIA SÃO JOÃO"],
        ),
        ("SELECT TRIM(CNPJ_CO2) FROM D_EMPRESAS WHERE SUBSTR(CNPJ_CO2, 1, 3) = '12A'", ["12ABC34501DE35"]),
        ("SELECT NVL(NUMERO_WHATSAPP_GRUPO, '-') FROM D_EMPRESAS WHERE LENGTH(RAZAO_SOCIAL) = 9", ["-"]),
        ("SELECT REPLACE(RAZAO_SOCIAL, 'Padaria ') FROM D_EMPRESAS WHERE ROWNUM = 1", ["São João"]),
    ],
)
def test_a_query_of_the_customers_own_may_nest_and_call_functions(connect: Connect, sql: str, rows: list[str]) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        assert [value for (value,) in cursor.fetchall()] == rows
