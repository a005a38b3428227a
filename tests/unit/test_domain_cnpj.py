"""The CNPJ: its form decides, its check digits only explain."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected

BODIES = st.text(string.digits + string.ascii_uppercase, min_size=12, max_size=12)
CNPJS = st.builds(lambda body, end: Cnpj(f"{body}{end:02}"), BODIES, st.integers(0, 99))


@pytest.mark.parametrize(
    "text",
    [
        "62567108000101",
        "62.567.108/0001-01",
        "  62.567.108/0001-01\n",
        "62 567 108 0001 01",
        "６２５６７１０８０００１０１",
    ],
)
def test_the_customers_example_is_read_however_it_is_written(text: str) -> None:
    assert Cnpj.parse(text).value == "62567108000101"


@pytest.mark.parametrize("text", ["12ABC34501DE35", "12.ABC.345/01DE-35", "12abc34501de35"])
def test_an_alphanumeric_cnpj_is_read_in_any_case(text: str) -> None:
    cnpj = Cnpj.parse(text)
    assert cnpj == Cnpj("12ABC34501DE35")
    assert cnpj.check_digits_hold


def test_wrong_check_digits_are_accepted_and_the_right_ones_are_named() -> None:
    cnpj = Cnpj.parse("62567108000101")
    assert not cnpj.check_digits_hold
    assert cnpj.expected == Cnpj("62567108000118")
    assert cnpj.expected.check_digits_hold


@pytest.mark.parametrize("text", ["00000000000000", "11111111111111"])
def test_repeated_digits_have_a_sound_form(text: str) -> None:
    assert Cnpj.parse(text).value == text


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("", {"reason": "empty"}),
        (" .-/ ", {"reason": "empty"}),
        ("191", {"reason": "length", "length": 3}),
        # 13 digits whose padded form has the right check digits: the zero was lost on the way
        ("6981180000116", {"reason": "missing_zero", "suggestion": "06981180000116"}),
        ("6981180000117", {"reason": "length", "length": 13}),
        ("625671080001011", {"reason": "length", "length": 15}),
        ("62567108000A01", {}),
        ("625671080001A1", {"reason": "characters"}),
        ("62567108ç00101", {"reason": "characters"}),
        ("62567108\x00000101", {"reason": "length", "length": 15}),
        ("../../etc/passwd", {"reason": "length", "length": 9}),
    ],
)
def test_a_malformed_cnpj_is_refused_with_its_reason(text: str, facts: dict[str, object]) -> None:
    if not facts:
        assert Cnpj.parse(text).value == text
        return
    with pytest.raises(Rejected) as refused:
        Cnpj.parse(text)
    assert refused.value.code is Code.CNPJ_INVALID
    assert refused.value.facts == facts


@pytest.mark.parametrize("value", ["", "62.567.108/0001-01", "12abc34501de35", "62567108000101\n", "6256710800010A"])
def test_only_a_compacted_value_makes_a_cnpj(value: str) -> None:
    with pytest.raises(ValueError, match="not a compacted CNPJ"):
        Cnpj(value)


def test_it_is_shown_with_its_mask_and_travels_without() -> None:
    cnpj = Cnpj("62567108000101")
    assert cnpj.masked == "62.567.108/0001-01"
    assert str(cnpj) == "62567108000101"


@settings(deadline=None)
@given(CNPJS)
def test_mask_case_and_spaces_never_change_which_company_is_meant(cnpj: Cnpj) -> None:
    assert Cnpj.parse(cnpj.masked) == cnpj
    assert Cnpj.parse(f"\t{cnpj.value.lower()} ") == cnpj


@settings(deadline=None)
@given(CNPJS)
def test_the_expected_cnpj_always_has_right_check_digits(cnpj: Cnpj) -> None:
    assert cnpj.expected.check_digits_hold
    assert cnpj.expected.value[:12] == cnpj.value[:12]
    assert cnpj.check_digits_hold == (cnpj.expected == cnpj)


@settings(deadline=None)
@given(st.text(max_size=20) | st.text("0123456789ABz./- '\\;\0", max_size=20))
def test_whatever_comes_in_a_path_only_ever_gets_fourteen_safe_characters(text: str) -> None:
    try:
        cnpj = Cnpj.parse(text)
    except Rejected as exc:
        refused = exc
    else:
        assert len(cnpj.value) == 14
        assert set(cnpj.value) <= set(string.digits + string.ascii_uppercase)
        return
    assert refused.code is Code.CNPJ_INVALID
    assert refused.facts["reason"] in {"empty", "missing_zero", "length", "characters"}
