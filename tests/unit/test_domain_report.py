"""The report: its templates, and what makes a picture one of today."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company
from desktop.domain.errors import Code, Rejected
from desktop.domain.report import check_day, fill_caption, fill_location, unknown_fields

CNPJ = Cnpj("62567108000101")
COMPANY = Company(cnpj=CNPJ, name="Padaria São João", group=None)
TEMPLATE = r"C:\br.com.ControleVendaComercio\ERP_{cnpj}_VENDAS_COMERCIO\RelatorioVendas.jpg"


def test_the_cnpj_goes_into_the_path_without_its_mask() -> None:
    path = r"C:\br.com.ControleVendaComercio\ERP_62567108000101_VENDAS_COMERCIO\RelatorioVendas.jpg"
    assert fill_location(TEMPLATE, CNPJ) == path


def test_a_caption_names_company_cnpj_and_day_as_people_write_them() -> None:
    caption = fill_caption("Relatório de {data}: {empresa} ({cnpj})", COMPANY, date(2026, 7, 5))
    assert caption == "Relatório de 05/07/2026: Padaria São João (62.567.108/0001-01)"


def test_a_caption_without_fields_stays_as_it_is() -> None:
    assert fill_caption("Relatório do dia", COMPANY, date(2026, 7, 5)) == "Relatório do dia"


@pytest.mark.parametrize(
    ("template", "unknown"),
    [
        ("Relatório do dia", set()),
        ("{empresa} {cnpj} {data}", set()),
        ("{nome} {cnpj} {dia}", {"nome", "dia"}),
        ("{}", {""}),
        ("{{empresa}}", set()),
    ],
)
def test_names_that_mean_nothing_are_told(template: str, unknown: set[str]) -> None:
    assert unknown_fields(template) == unknown


@pytest.mark.parametrize("template", ["{empresa", "empresa}"])
def test_braces_that_do_not_match_are_an_error(template: str) -> None:
    with pytest.raises(ValueError, match=r"expected '}'|Single '}'"):
        unknown_fields(template)


def test_yesterdays_picture_is_not_todays_report() -> None:
    today = datetime.now().astimezone()
    last_night = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(seconds=1)
    with pytest.raises(Rejected) as refused:
        check_day(last_night, today.date())
    assert refused.value.code is Code.IMAGE_OLD
    assert refused.value.facts == {"modified_at": last_night.isoformat()}


def test_a_picture_of_the_first_second_of_today_is_todays() -> None:
    today = datetime.now().astimezone()
    check_day(today.replace(hour=0, minute=0, second=0, microsecond=0), today.date())


def test_a_clock_that_is_a_little_ahead_does_not_make_todays_picture_anothers() -> None:
    today = datetime.now().astimezone()
    check_day(today.replace(hour=0, minute=5, second=0, microsecond=0) + timedelta(days=1), today.date())


def test_a_picture_of_a_day_to_come_would_be_todays_every_day_and_is_none() -> None:
    today = datetime.now().astimezone()
    with pytest.raises(Rejected) as refused:
        check_day(today + timedelta(days=2), today.date())
    assert refused.value.code is Code.IMAGE_OLD
    assert refused.value.facts["reason"] == "future"


@settings(deadline=None)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.timezones())
def test_the_day_is_that_of_the_local_clock_whatever_the_zone_of_the_files_time(local: datetime, zone: object) -> None:
    moment = local.astimezone()
    elsewhere = moment.astimezone(UTC)
    check_day(elsewhere, moment.date())
    with pytest.raises(Rejected):
        check_day(elsewhere, moment.date() + timedelta(days=1))
