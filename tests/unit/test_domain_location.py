"""Where a report may lie, told from its name alone: Windows rules are tested on every system."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.domain.cnpj import Cnpj
from desktop.domain.location import (
    LocationFault,
    fixed_folder,
    inspect_template,
    is_network,
    is_own_place,
    is_url,
    lies_within,
    path_fault,
)
from desktop.domain.settings import ReportSettings

CNPJ = Cnpj("62567108000101")
WINDOWS_TEMPLATE = ReportSettings().template


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (r"C:\relatorios\dia.jpg", None),
        ("c:/relatorios/dia.jpg", None),
        (r"C:\relatorios\.\dia.jpg", None),
        (r"C:\São João\relatório do dia.jpg", None),
        (r"C:\a.b\CONTAS\comum.jpg", None),
        (r"C:\nulo\auxiliar.jpg", None),
        ("", "empty"),
        ("dia.jpg", "relative"),
        (r"\relatorios\dia.jpg", "relative"),
        (r"C:dia.jpg", "relative"),
        ("/srv/dia.jpg", "relative"),
        (r"C:\relatorios\..\segredo.jpg", "parent"),
        (r"C:\relatorios\.. \segredo.jpg", "parent"),
        (r"C:\relatorios\...\segredo.jpg", "parent"),
        (r"C:/relatorios/../segredo.jpg", "parent"),
        (r"\\servidor\relatorios\dia.jpg", "network"),
        ("//servidor/relatorios/dia.jpg", "network"),
        (r"\/servidor\relatorios\dia.jpg", "network"),
        (r"\\?\C:\relatorios\dia.jpg", "device"),
        (r"\\.\C:\relatorios\dia.jpg", "device"),
        ("//?/UNC/servidor/relatorios/dia.jpg", "device"),
        (r"\??\C:\relatorios\dia.jpg", "device"),
        (r"C:\relatorios\dia.jpg:x", "stream"),
        (r"C:\relatorios:x\dia.jpg", "stream"),
        (r"C:\relatorios\dia.jpg::$DATA", "stream"),
        (r"C:\relatorios\NUL", "reserved_name"),
        (r"C:\relatorios\con.jpg", "reserved_name"),
        (r"C:\relatorios\Com1 .jpg", "reserved_name"),
        (r"C:\relatorios\LPT¹\dia.jpg", "reserved_name"),
        (r"C:\relatorios\CONIN$", "reserved_name"),
        (r"C:\relatorios\dia.jpg.", "characters"),
        (r"C:\relatorios \dia.jpg", "characters"),
        (r"C:\relatorios\dia*.jpg", "characters"),
        ("C:\\relatorios\\dia\x00.jpg", "characters"),
        ("C:\\relatorios\\dia\ud800.jpg", "characters"),
    ],
)
def test_a_windows_path_is_refused_for_what_it_hides(path: str, fault: str | None) -> None:
    assert path_fault(path, windows=True, allow_network=False) == fault


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/srv/relatorios/dia.jpg", None),
        ("/srv/./relatorios//dia.jpg", None),
        ("/srv/..relatorios/dia..jpg", None),
        ("/srv/NUL:x", None),
        ("", "empty"),
        ("srv/dia.jpg", "relative"),
        ("~/dia.jpg", "relative"),
        (WINDOWS_TEMPLATE, "relative"),
        ("/srv/../etc/dia.jpg", "parent"),
        ("//servidor/dia.jpg", "network"),
        (r"\\servidor\dia.jpg", "network"),
        (r"\\?\C:\dia.jpg", "device"),
        ("/srv/dia\x00.jpg", "characters"),
        ("/srv/dia\n.jpg", "characters"),
    ],
)
def test_a_posix_path_is_refused_for_what_it_hides(path: str, fault: str | None) -> None:
    assert path_fault(path, windows=False, allow_network=False) == fault


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (r"\\servidor\relatorios\dia.jpg", None),
        ("//servidor/relatorios/dia.jpg", None),
        (r"\\servidor\relatorios\..\dia.jpg", "parent"),
        (r"\\servidor", "relative"),
        (r"\\servidor\relatorios\dia.jpg:x", "stream"),
        (r"\\?\UNC\servidor\relatorios\dia.jpg", "device"),
    ],
)
def test_a_share_is_taken_once_the_owner_allows_it(path: str, fault: str | None) -> None:
    assert path_fault(path, windows=True, allow_network=True) == fault


def test_on_posix_a_share_in_windows_writing_stays_refused() -> None:
    assert path_fault(r"\\servidor\dia.jpg", windows=False, allow_network=True) is LocationFault.RELATIVE


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [
        (r"C:\relatorios\a\dia.jpg", r"C:\relatorios", True),
        (r"c:\RELATORIOS\dia.jpg", r"C:\Relatorios", True),
        (r"C:\relatorios2\dia.jpg", r"C:\relatorios", False),
        (r"D:\relatorios\dia.jpg", r"C:\relatorios", False),
        (r"\\?\C:\relatorios\dia.jpg", r"C:\relatorios", True),
        (r"\\?\UNC\servidor\r\dia.jpg", r"\\SERVIDOR\R", True),
        (r"\\outro\r\dia.jpg", r"\\servidor\r", False),
        (r"\\?\Volume{5}\dia.jpg", r"C:\relatorios", False),
    ],
)
def test_windows_folders_hold_what_is_below_them_in_any_case(path: str, folder: str, inside: bool) -> None:
    assert lies_within(path, folder, windows=True) is inside


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [
        ("/srv/r/a/dia.jpg", "/srv/r", True),
        ("/srv/r/dia.jpg", "/srv/r/", True),
        ("/srv/R/dia.jpg", "/srv/r", False),
        ("/srv/r2/dia.jpg", "/srv/r", False),
    ],
)
def test_posix_folders_hold_what_is_below_them(path: str, folder: str, inside: bool) -> None:
    assert lies_within(path, folder, windows=False) is inside


@pytest.mark.parametrize(
    ("template", "windows", "folder"),
    [
        (WINDOWS_TEMPLATE, True, r"C:\br.com.ControleVendaComercio"),
        (r"C:\relatorios\{cnpj}.jpg", True, r"C:\relatorios"),
        (r"C:\relatorios\a\dia.jpg", True, r"C:\relatorios\a"),
        (r"C:\{cnpj}\dia.jpg", True, None),
        (r"\\servidor\r\{cnpj}.jpg", True, None),
        (r"\\servidor\r\a\{cnpj}.jpg", True, r"\\servidor\r\a"),
        ("/srv/r/{cnpj}/dia.jpg", False, "/srv/r"),
        ("/{cnpj}.jpg", False, None),
    ],
)
def test_the_fixed_part_of_a_template_ends_before_the_company(template: str, windows: bool, folder: str | None) -> None:
    assert fixed_folder(template, windows=windows) == folder


@pytest.mark.parametrize(
    ("template", "location", "windows", "own"),
    [
        ("/srv/E_{cnpj}_X/dia.jpg", "/srv/E_62567108000101_X/outro.jpg", False, True),
        ("/srv/E_{cnpj}_X/dia.jpg", "/srv/E_62567108000101_X/mais/outro.jpg", False, True),
        ("/srv/E_{cnpj}_X/dia.jpg", "/srv/E_11222333000181_X/dia.jpg", False, False),
        ("/srv/E_{cnpj}_X/dia.jpg", "/srv/E_62567108000101_X/../E_11222333000181_X/dia.jpg", False, False),
        ("/srv/E_{cnpj}_X/dia.jpg", "/srv/outro.jpg", False, False),
        ("/srv/{cnpj}.jpg", "/srv/62567108000101.jpg", False, True),
        ("/srv/{cnpj}.jpg", "/srv/11222333000181.jpg", False, False),
        (WINDOWS_TEMPLATE, r"c:\BR.com.ControleVendaComercio\ERP_62567108000101_vendas_comercio\x.jpg", True, True),
        (WINDOWS_TEMPLATE, r"C:\br.com.ControleVendaComercio\ERP_11222333000181_VENDAS_COMERCIO\x.jpg", True, False),
        (WINDOWS_TEMPLATE, r"C:\br.com.ControleVendaComercio\ERP_62~1\x.jpg", True, False),
        (r"\\srv\r\{cnpj}\dia.jpg", r"\\srv\r\62567108000101\x.jpg", True, True),
        ("http://s/r/{cnpj}/dia.jpg", "http://s/r/62567108000101/x.jpg", False, True),
        ("http://s/r/{cnpj}/dia.jpg", "http://s/r/62567108000101", False, True),
        ("http://s/r/{cnpj}/dia.jpg", "http://s/r/625671080001012/dia.jpg", False, False),
        ("http://s/r/{cnpj}/dia.jpg", "http://s/r/11222333000181/dia.jpg", False, False),
        ("http://s/r/{cnpj}/dia.jpg", "http://s/r/62567108000101/../11222333000181/dia.jpg", False, False),
        ("http://s/r/{cnpj}/dia.jpg", "http://s/r/62567108000101/%2e%2e/11222333000181/dia.jpg", False, False),
        ("http://s/r?c={cnpj}", "http://s/r?c=62567108000101", False, True),
        ("http://s/r?c={cnpj}", "http://s/r?c=62567108000101&c=11222333000181", False, False),
        ("http://s/r/{cnpj}/dia.jpg", "/r/62567108000101/dia.jpg", False, False),
        ("/srv/{cnpj}/dia.jpg", "http://s/srv/62567108000101/dia.jpg", False, False),
        ("/srv/dia.jpg", "/srv/dia.jpg", False, False),
    ],
)
def test_a_company_s_own_pictures_are_told_from_all_others_by_their_place(
    template: str, location: str, windows: bool, own: bool
) -> None:
    assert is_own_place(location, template, CNPJ, windows=windows) is own


@pytest.mark.parametrize(
    ("template", "windows", "faults"),
    [
        (WINDOWS_TEMPLATE, True, []),
        (WINDOWS_TEMPLATE, False, ["relative"]),
        ("  /srv/{cnpj}.jpg ", False, []),
        ("", False, ["empty"]),
        ("  ", True, ["empty"]),
        ("/srv/dia.jpg", False, ["no_cnpj"]),
        ("/srv/{CNPJ}.jpg", False, ["no_cnpj", "braces"]),
        ("/srv/{cnpj}/{data}.jpg", False, ["braces"]),
        ("/srv/{cnpj}/{.jpg", False, ["braces"]),
        ("dia.jpg", False, ["no_cnpj", "relative"]),
        ("/srv/../{cnpj}.jpg", False, ["parent"]),
        (r"\\servidor\r\{cnpj}.jpg", True, ["network"]),
        ("http://servidor/relatorios/{cnpj}/RelatorioVendas.jpg", False, []),
        ("HTTPS://servidor:8443/{cnpj}.png", True, []),
        ("http://[::1]:8080/{cnpj}.png", True, []),
        ("http:///relatorios/{cnpj}.jpg", False, ["address"]),
        ("http://usuario:senha@servidor/{cnpj}.jpg", False, ["address"]),
        ("http://servidor:porta/{cnpj}.jpg", False, ["address"]),
        ("http://servidor:0/{cnpj}.jpg", False, ["address"]),
        ("http://[::1/{cnpj}.jpg", False, ["address"]),
        ("http://servidor/\n{cnpj}.jpg", False, ["address"]),
        ("http://servidor/dia.jpg", False, ["no_cnpj"]),
        ("ftp://servidor/{cnpj}.jpg", False, ["relative"]),
    ],
)
def test_a_template_is_judged_while_it_is_typed(template: str, windows: bool, faults: list[str]) -> None:
    check = inspect_template(template, CNPJ, windows=windows, allow_network=False)
    assert list(check.faults) == faults
    assert check.folder_exists is None


def test_the_example_shows_the_company_and_the_folder_of_its_file() -> None:
    check = inspect_template(WINDOWS_TEMPLATE, CNPJ, windows=True, allow_network=False)
    assert check.example == WINDOWS_TEMPLATE.replace("{cnpj}", "62567108000101")
    assert check.folder == r"C:\br.com.ControleVendaComercio\ERP_62567108000101_VENDAS_COMERCIO"
    assert not check.is_url


def test_names_in_braces_that_mean_nothing_are_told() -> None:
    check = inspect_template("/srv/{cnpj}/{dia}-{}.jpg", CNPJ, windows=False, allow_network=False)
    assert check.unknown == ("dia", "")


def test_only_http_makes_a_url() -> None:
    assert is_url("http://servidor/x")
    assert is_url("HTTPS://servidor/x")
    assert not is_url(r"C:\http:\x")
    assert not is_url("file:///srv/x")
    assert not is_network("http://servidor/x")


PARTS = st.lists(
    st.sampled_from(["a", "..", ".", "", "r", "NUL", "x:y", "c:", "?", " ", "...", "r ", "{cnpj}"])
    | st.text(max_size=4)
)


@settings(deadline=None)
@given(PARTS, st.sampled_from(["\\", "/"]))
def test_no_accepted_windows_path_below_a_folder_climbs_out_of_it(parts: list[str], separator: str) -> None:
    path = separator.join(["C:", "relatorios", *parts])
    if path_fault(path, windows=True, allow_network=False) is None:
        pure = PureWindowsPath(path)
        assert ".." not in pure.parts
        assert pure.drive == "C:"
        assert not any(part.endswith((" ", ".")) or ":" in part for part in pure.parts[1:])
        assert lies_within(path, r"c:\Relatorios", windows=True)


@settings(deadline=None)
@given(PARTS)
def test_no_accepted_posix_path_below_a_folder_climbs_out_of_it(parts: list[str]) -> None:
    path = "/".join(["/srv", *parts])
    if path_fault(path, windows=False, allow_network=False) is None:
        assert ".." not in PurePosixPath(path).parts
        assert lies_within(path, "/srv", windows=False)


@settings(deadline=None)
@given(st.text(max_size=30) | PARTS.map("\\".join), st.booleans(), st.booleans())
def test_whatever_is_typed_as_a_template_is_judged_without_an_error(
    template: str, windows: bool, allow_network: bool
) -> None:
    check = inspect_template(template, CNPJ, windows=windows, allow_network=allow_network)
    if not check.faults and not check.is_url:
        assert "{cnpj}" in template
        fixed_folder(template.strip(), windows=windows)
