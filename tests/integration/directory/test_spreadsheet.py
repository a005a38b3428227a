"""A shop's Excel workbook is a table of companies like any other, whatever Excel made of its numbers."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from desktop.adapters.directory.table import TableDirectory
from desktop.adapters.directory.table_file import BY_TITLE
from desktop.adapters.directory.table_inspector import TableInspector
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code
from desktop.domain.mapping import Finding, TableMapping, examine, propose
from desktop.domain.settings import TableSource

GROUP = "120363021234567890@g.us"
MERCEARIA = Cnpj("00623904000173")
PADARIA = Cnpj("62567108000118")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "empresas.xlsx"


def write(path: Path, *rows: list[object], formats: dict[str, str] | None = None, first_empty: bool = False) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    if first_empty:
        sheet = workbook.create_sheet("Empresas")
    for row in rows:
        sheet.append(row)
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    workbook.save(path)


def spoil(path: Path, flaw: str) -> None:
    """Cut the file's end off, break its sheet, or make it another kind of zip."""
    if flaw == "end":
        path.write_bytes(path.read_bytes()[:-300])
        return
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            if flaw == "sheet":
                packed.writestr(name, b"<broken" if name.startswith("xl/worksheets") else content)
            else:
                packed.writestr(name.replace("xl/", "content/"), content)


@pytest.fixture
async def directory(path: Path) -> AsyncIterator[TableDirectory]:
    made = TableDirectory(lambda: TableSource(path=str(path)))
    yield made
    await made.close()


async def groups(directory: TableDirectory) -> dict[str, str | None]:
    return {company.cnpj.value: company.group for company in await directory.search("", 10)}


async def test_a_workbook_is_read_by_the_titles_of_its_columns(path: Path, directory: TableDirectory) -> None:
    write(path, ["CNPJ", "Razão Social", "Grupo"], [PADARIA.masked, "Padaria São João", GROUP], [], ["", "", ""])
    company = await directory.find(PADARIA)
    assert company is not None
    assert (company.name, company.group) == ("Padaria São João", GROUP)
    assert (await directory.check()).companies == 1


@pytest.mark.parametrize("cell", [623904000173, 623904000173.0, "00.623.904/0001-73", "'00623904000173"])
async def test_zeros_that_excel_took_away_are_put_back(path: Path, directory: TableDirectory, cell: object) -> None:
    write(path, ["cnpj", "grupo"], [cell, GROUP])
    assert await groups(directory) == {MERCEARIA.value: GROUP}


@pytest.mark.parametrize("form", ["00000000000000", '00"."000"."000"/"0000"-"00', r"00\.000\.000\/0000\-00"])
async def test_a_format_with_zeros_keeps_them_whatever_the_check_digits(
    path: Path, directory: TableDirectory, form: str
) -> None:
    write(path, ["cnpj", "grupo"], [623904000199, GROUP], formats={"A2": form})
    assert await groups(directory) == {"00623904000199": GROUP}


async def test_the_first_sheet_with_something_in_it_is_the_table(path: Path, directory: TableDirectory) -> None:
    write(path, ["cnpj", "grupo"], [PADARIA.value, GROUP], first_empty=True)
    assert await groups(directory) == {PADARIA.value: GROUP}


async def test_a_row_that_is_wrong_is_told_by_its_number_in_excel(path: Path, directory: TableDirectory) -> None:
    write(path, [], ["cnpj", "grupo"], [], ["6,2567E+13", GROUP], [PADARIA.value, GROUP])
    assert await groups(directory) == {PADARIA.value: GROUP}
    write(path, [], ["cnpj", "grupo"], [], ["6,2567E+13", GROUP])
    with pytest.raises(AppError) as refused:
        await directory.check()
    assert (refused.value.facts["reason"], refused.value.facts["line"]) == ("scientific", 4)


@pytest.mark.parametrize("flaw", ["sheet", "end", "ods"])
async def test_a_workbook_that_cannot_be_read_is_told(path: Path, directory: TableDirectory, flaw: str) -> None:
    write(path, ["cnpj", "grupo"], [PADARIA.value, GROUP])
    spoil(path, flaw)
    with pytest.raises(AppError) as refused:
        await directory.check()
    assert refused.value.code is Code.DIRECTORY_FILE_INVALID
    assert refused.value.facts["reason"] == ("spreadsheet_damaged" if flaw == "sheet" else "spreadsheet")


async def test_a_workbook_that_unfolds_beyond_any_table_is_refused(path: Path, directory: TableDirectory) -> None:
    write(path, ["cnpj", "grupo"], [PADARIA.value, GROUP])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/media/bomb.bin", "w") as bomb:
        for _ in range(26):
            bomb.write(bytes(8_000_000))
    with pytest.raises(AppError) as refused:
        await directory.check()
    assert refused.value.facts["reason"] == "too_large"


async def test_columns_of_any_title_can_be_named(path: Path) -> None:
    source = TableSource(
        path=str(path), column_cnpj="Documento", column_group="Zap da loja", column_name="Loja", column_active="Usa?"
    )
    directory = TableDirectory(lambda: source)
    write(
        path,
        ["Loja", "Documento", "Usa?", "Zap da loja"],
        ["Padaria", PADARIA.value, "sim", GROUP],
        ["Mercearia", MERCEARIA.value, "não", GROUP],
    )
    assert await groups(directory) == {PADARIA.value: GROUP}
    write(path, ["Loja", "Documento", "Zap da loja"], ["Padaria", PADARIA.value, GROUP])
    with pytest.raises(AppError) as refused:
        await directory.check()
    assert refused.value.facts["reason"] == "column_missing"


async def test_a_file_is_looked_into_as_a_database_is(path: Path) -> None:
    inspector = TableInspector(lambda: TableSource(path=str(path)))
    write(
        path,
        ["CNPJ da filial", "Nome fantasia", "Grupo WhatsApp", "Ativo"],
        [PADARIA.masked, "Padaria", GROUP, "S"],
        [623904000173, "", "Grupo", "N"],
    )
    (mapping,) = propose(await inspector.candidates())
    assert mapping == TableMapping(cnpj="CNPJ da filial", group="Grupo WhatsApp", name="Nome fantasia", active="Ativo")
    assert [column.name for column in await inspector.columns("")] == [
        "CNPJ da filial",
        "Nome fantasia",
        "Grupo WhatsApp",
        "Ativo",
    ]
    assert await inspector.tables("") == []
    report = examine(await inspector.sample(mapping, 100))
    assert (report.rows, report.usable) == (2, 1)
    assert set(report.found) == {
        Finding.CNPJ_MASKED,
        Finding.CNPJ_NUMERIC,
        Finding.GROUP_INVALID,
        Finding.NAME_EMPTY,
        Finding.INACTIVE,
    }
    assert len(await inspector.sample(mapping, 1)) == 1
    with pytest.raises(AppError) as refused:
        await TableInspector(lambda: TableSource(path=f"{path}.old")).sample(BY_TITLE, 1)
    assert refused.value.facts["reason"] == "file_missing"
    with pytest.raises(AppError) as refused:
        await TableInspector(TableSource).candidates()
    assert refused.value.code is Code.DIRECTORY_NOT_CONFIGURED
