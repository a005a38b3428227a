"""The statements the directory sends to Oracle, and what it makes of what a column holds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from desktop.adapters.directory.oracle_query import (
    NameNotAllowedError,
    Query,
    as_number,
    other_forms,
    read_cnpj,
    read_text,
)

NAMES = {"table": "D_EMPRESAS", "column_cnpj": "CNPJ_CO2", "column_group": "NUMERO_WHATSAPP_GRUPO", "column_name": ""}


def test_a_lookup_is_the_documented_statement_with_a_bind() -> None:
    query = Query.checked(NAMES)
    assert query.equal() == "SELECT CNPJ_CO2, NUMERO_WHATSAPP_GRUPO FROM D_EMPRESAS WHERE CNPJ_CO2 = :cnpj"
    assert query.like(2).endswith(" WHERE CNPJ_CO2 LIKE :form0 OR CNPJ_CO2 LIKE :form1")


def test_owner_name_column_and_odd_but_valid_names_are_taken() -> None:
    query = Query.checked(NAMES | {"table": "erp$1.V#_X", "column_name": "Razao_Social"})
    assert query.all() == "SELECT CNPJ_CO2, NUMERO_WHATSAPP_GRUPO, Razao_Social FROM erp$1.V#_X"


@pytest.mark.parametrize("key", ["table", "column_cnpj", "column_group", "column_name"])
@pytest.mark.parametrize(
    "name",
    ["1X", "_X", "X;", "X Y", "X--", "X'", '"X"', "X(", "a.b.c", "É", "X\n", "X" * 31, "D_EMPRESAS WHERE 1=1", "\x00"],
)
def test_a_name_that_is_no_identifier_never_enters_a_statement(key: str, name: str) -> None:
    with pytest.raises(NameNotAllowedError) as caught:
        Query.checked(NAMES | {key: name})
    assert (caught.value.name, caught.value.of_table) == (name, key == "table")


def test_an_empty_name_is_refused_where_one_is_needed() -> None:
    with pytest.raises(NameNotAllowedError):
        Query.checked(NAMES | {"column_group": ""})


@pytest.mark.parametrize(
    ("held", "read"),
    [
        ("62567108000101", "62567108000101"),
        ("62567108000101    ", "62567108000101"),
        ("62.567.108/0001-01", "62567108000101"),
        (" 12.abc.345/01de-35 ", "12ABC34501DE35"),
        (62567108000101, "62567108000101"),
        (623904000173, "00623904000173"),
        (12345899982, "00012345899982"),
        (3334500017, None),
        (191, None),
        # a CPF that is also a sound CNPJ without its zeros
        ("00123456797", None),
        (123456797, None),
        # eleven digits that are a person's CPF
        (52998224725, None),
        ("529.982.247-25", None),
        (Decimal("623904000173"), "00623904000173"),
        (623904000173.0, "00623904000173"),
        # a text without its leading zeros counts where its check digits hold
        ("623904000173", "00623904000173"),
        ("623.904/0001-73", "00623904000173"),
        ("623904000174", None),
        ("191", None),
        ("", None),
        ("ISENTO", None),
        ("6256710800010X", None),
        ("625671080001010", None),
        (-1, None),
        (1.5, None),
        (10**15, None),
        (None, None),
        (b"62567108000101", None),
    ],
)
def test_a_columns_value_is_read_as_a_cnpj_or_not_at_all(held: object, read: str | None) -> None:
    assert read_cnpj(held) == read


def test_a_text_column_is_searched_for_every_form_it_may_keep() -> None:
    assert other_forms("62567108000101") == ["62567108000101%", "62.567.108/0001-01%"]
    assert other_forms("12ABC34501DE35") == [
        "12ABC34501DE35%",
        "12.ABC.345/01DE-35%",
        "12abc34501de35%",
        "12.abc.345/01de-35%",
    ]
    assert other_forms("00623904000173")[-1] == "623904000173%"


def test_a_pattern_never_gets_so_short_that_it_matches_everything() -> None:
    assert all(len(form) > 8 for form in other_forms("00000000000191"))


def test_letters_never_become_a_number() -> None:
    assert as_number("00623904000173") == 623904000173
    assert as_number("12ABC34501DE35") is None
    assert as_number("١٢٣٤٥٦٧٨٩٠١٢٣٤") is None


def test_padding_and_emptiness_are_nothing() -> None:
    assert read_text(" 1203@g.us  ") == "1203@g.us"
    assert read_text("   ") is None
    assert read_text(None) is None
    assert read_text(551199) == "551199"
