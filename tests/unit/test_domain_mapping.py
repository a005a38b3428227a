"""Which table and columns hold the companies, and what is odd about their rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from desktop.domain.mapping import (
    Cell,
    Column,
    Finding,
    RawRow,
    Role,
    TableMapping,
    examine,
    is_active,
    propose,
)

GROUP = "120363021234567890@g.us"
CNPJ = "62567108000118"


def columns(table: str, *names: str) -> list[Column]:
    """`CNPJ` is text, `CNPJ#` a number."""
    return [Column(table=table, name=name.rstrip("#"), text=not name.endswith("#")) for name in names]


def findings(*rows: RawRow) -> dict[str, int]:
    return {finding.value: found.count for finding, found in examine(rows).found.items()}


def test_the_customers_own_table_is_proposed_with_all_its_columns() -> None:
    there = columns("D_EMPRESAS", "COD_EMPRESA#", "CNPJ_CO2", "RAZAO_SOCIAL", "NUMERO_WHATSAPP_GRUPO", "ATIVO")
    assert propose(there) == [
        TableMapping(
            table="D_EMPRESAS",
            cnpj="CNPJ_CO2",
            group="NUMERO_WHATSAPP_GRUPO",
            name="RAZAO_SOCIAL",
            active="ATIVO",
        )
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("cnpj", "nome", "grupo"), ("cnpj", "grupo", "nome", "")),
        (("CGC", "NOME_FANTASIA", "ID_GRUPO_WPP"), ("CGC", "ID_GRUPO_WPP", "NOME_FANTASIA", "")),
        (("NR_CNPJ", "CNPJ_CONTADOR", "DS_JID", "CIDADE_NOME"), ("NR_CNPJ", "DS_JID", "", "")),
        (("CNPJ", "CNPJ_RAIZ", "WHATSAPP", "SITUAÇÃO"), ("CNPJ", "WHATSAPP", "", "SITUAÇÃO")),
        (("CNPJ#", "CNPJ_TEXTO", "GRUPO_ZAP"), ("CNPJ_TEXTO", "GRUPO_ZAP", "", "")),
        (("CNPJ#", "GRUPO_ZAP"), ("CNPJ", "GRUPO_ZAP", "", "")),
    ],
)
def test_columns_are_proposed_by_name_and_type(names: tuple[str, ...], expected: tuple[str, ...]) -> None:
    (mapping,) = propose(columns("T", *names))
    assert (mapping.cnpj, mapping.group, mapping.name, mapping.active) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("CNPJ", "NOME"),
        ("GRUPO_WHATSAPP", "NOME"),
        ("CNPJ", "COD_GRUPO"),
        ("CNPJ", "GRUPO_PRODUTO"),
        ("CNPJ", "WHATSAPP#"),
        ("CNPJ", "GRUPO_FISCAL"),
    ],
)
def test_a_table_without_a_cnpj_and_a_group_is_not_proposed(names: tuple[str, ...]) -> None:
    assert propose(columns("T", *names)) == []


def test_the_likeliest_table_comes_first_and_few_are_shown() -> None:
    there = [
        *columns("ERP.NOTAS", "CNPJ", "GRUPO"),
        *columns("ERP.EMPRESAS", "CNPJ", "GRUPO", "NOME"),
        *[column for number in range(9) for column in columns(f"ERP.X{number}", "CNPJ#", "GRUPO")],
    ]
    proposed = propose(there, most=3)
    assert [mapping.table for mapping in proposed] == ["ERP.EMPRESAS", "ERP.NOTAS", "ERP.X0"]


def test_a_mapping_names_only_the_columns_that_there_are() -> None:
    mapping = TableMapping(cnpj="A", group="B", active="C")
    assert mapping.columns == {Role.CNPJ: "A", Role.GROUP: "B", Role.ACTIVE: "C"}


def test_nothing_is_said_about_sound_rows() -> None:
    report = examine([RawRow(cnpj=CNPJ, group=GROUP, name="Padaria", active="S"), RawRow(cnpj=CNPJ, group=GROUP)])
    assert (report.rows, report.usable, dict(report.found)) == (2, 1, {})


@pytest.mark.parametrize(
    ("cnpj", "expected"),
    [
        ("62.567.108/0001-18", {"cnpj_masked"}),
        (CNPJ + "    ", {"cnpj_padded"}),
        ("12abc34501de35", {"cnpj_lower_case"}),
        ("12.abc.345/01de-35 ", {"cnpj_masked", "cnpj_padded", "cnpj_lower_case"}),
        (62567108000118, {"cnpj_numeric"}),
        (Decimal("62567108000118"), {"cnpj_numeric"}),
        (6981180000116.0, {"cnpj_numeric"}),
        ("62567108000101", {"cnpj_check_digits"}),
        ("", {"cnpj_empty"}),
        (None, {"cnpj_empty"}),
        ("   ", {"cnpj_empty"}),
        ("isento", {"cnpj_unreadable"}),
        (1.5, {"cnpj_unreadable"}),
        ("6256710800011", {"cnpj_unreadable"}),
    ],
)
def test_how_a_cnpj_is_written_is_told(cnpj: Cell, expected: set[str]) -> None:
    assert set(findings(RawRow(cnpj=cnpj, group=GROUP))) == expected


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (GROUP + "   ", set()),
        ("5511999990000-1600000000@g.us", set()),
        (None, {"group_missing"}),
        ("", {"group_missing"}),
        ("Grupo da Padaria", {"group_invalid"}),
        (5511999990000, {"group_invalid"}),
        ("5511999990000@s.whatsapp.net", {"group_invalid"}),
    ],
)
def test_a_group_that_is_none_is_told(group: Cell, expected: set[str]) -> None:
    assert set(findings(RawRow(cnpj=CNPJ, group=group))) == expected


def test_a_company_with_two_groups_is_told_and_does_not_count() -> None:
    other = "120363000000000001@g.us"
    report = examine([RawRow(cnpj=CNPJ, group=GROUP), RawRow(cnpj=CNPJ, group=other)])
    assert (report.rows, report.usable) == (2, 0)
    assert report.found[Finding.CNPJ_REPEATED].examples == [CNPJ]
    assert Finding.CNPJ_REPEATED.hinders


def test_a_company_whose_old_row_is_inactive_counts_once() -> None:
    other = "120363000000000001@g.us"
    rows = [RawRow(cnpj=CNPJ, group=GROUP, active="S"), RawRow(cnpj=CNPJ, group=other, active="N")]
    assert examine(rows).usable == 1
    assert findings(*rows) == {"inactive": 1}


def test_an_empty_name_is_told_only_where_names_are_kept() -> None:
    assert findings(RawRow(cnpj=CNPJ, group=GROUP, name="  ")) == {"name_empty": 1}
    assert findings(RawRow(cnpj=CNPJ, group=GROUP)) == {}
    assert not Finding.NAME_EMPTY.hinders


@pytest.mark.parametrize(
    ("flag", "active"),
    [
        ("S", True),
        ("sim ", True),
        (1, True),
        (Decimal(1), True),
        (None, True),
        ("", True),
        ("N", False),
        ("Não", False),
        (0, False),
        ("inativo", False),
        ("X", None),
    ],
)
def test_a_flag_says_whether_a_company_is_active(flag: Cell, active: bool | None) -> None:
    assert is_active(flag) is active


def test_a_flag_that_says_neither_is_told() -> None:
    assert findings(RawRow(cnpj=CNPJ, group=GROUP, active="talvez")) == {"active_unknown": 1}


def test_of_many_odd_rows_a_few_examples_are_shown_short() -> None:
    found = examine([RawRow(cnpj=f"{number}" * 90, group=GROUP) for number in range(9)]).found
    assert found[Finding.CNPJ_UNREADABLE].count == 9
    assert found[Finding.CNPJ_UNREADABLE].examples == ["0" * 60, "1" * 60, "2" * 60]
