"""A shop's own table of companies, in every way that shops and ERPs write one."""

import logging
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.adapters.directory.table import TableDirectory
from desktop.adapters.directory.table_file import TableBusyError, TableFileError, read_table, signature
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.settings import TableSource

BAKERY = Cnpj("62567108000101")
STATION = Cnpj("06981180000116")
BANK = Cnpj("00000000000191")
GROUP = "120363049876543210@g.us"


@dataclass
class Shop:
    """A table file and the directory that reads it."""

    path: Path
    directory: TableDirectory

    def write(self, content: str | bytes) -> None:
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)

    async def names(self) -> dict[str, str | None]:
        return {company.name: company.group for company in await self.directory.search("", 100)}

    async def invalid(self, kind: type[AppError] = NeedsHuman) -> tuple[object, object]:
        """Reason and line of what makes the file unusable."""
        with pytest.raises(kind) as refused:
            await self.directory.check()
        assert type(refused.value) is kind
        assert refused.value.code is Code.DIRECTORY_FILE_INVALID
        assert refused.value.facts["path"] == str(self.path)
        return refused.value.facts["reason"], refused.value.facts.get("line")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    path = tmp_path / "empresas.csv"
    return Shop(path, TableDirectory(lambda: TableSource(path=str(path))))


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_every_dialect_of_csv_is_understood(shop: Shop, delimiter: str, end: str, encoding: str) -> None:
    lines = [["CNPJ", "Razão Social", "Grupo"], ["62567108000101", "Padaria São João", GROUP], []]
    shop.write((end.join(delimiter.join(line) for line in lines)).encode(encoding))
    assert await shop.names() == {"Padaria São João": GROUP}


@pytest.mark.parametrize(
    "header",
    [
        "cnpj;nome;grupo",
        "CNPJ;EMPRESA;WHATSAPP",
        " Cnpj ; Razão Social ; Grupo WhatsApp ",
        '"CNPJ/CPF";"Nome Fantasia";"Número WhatsApp Grupo"',
        "cnpj_co2;razao_social;numero_whatsapp_grupo",
    ],
)
async def test_columns_are_known_by_many_names(shop: Shop, header: str) -> None:
    shop.write(f"{header}\n62567108000101;Padaria;{GROUP}\n")
    assert await shop.names() == {"Padaria": GROUP}


async def test_columns_come_in_any_order_and_others_do_not_matter(shop: Shop) -> None:
    shop.write(f"id;grupo;cidade;cnpj;telefone;nome\n1;{GROUP};Bauru;62567108000101;14;Padaria\n")
    assert await shop.names() == {"Padaria": GROUP}


async def test_a_table_without_names_shows_the_cnpj(shop: Shop) -> None:
    shop.write(f"cnpj;grupo\n62567108000101;{GROUP}\n")
    found = await shop.directory.find(BAKERY)
    assert found is not None
    assert (found.name, found.label) == ("", "62.567.108/0001-01")


async def test_the_line_by_which_excel_names_its_delimiter_is_no_header(shop: Shop) -> None:
    shop.write(f"sep=|\r\ncnpj|nome|grupo\r\n62567108000101|Padaria; e mais|{GROUP}\r\n")
    assert await shop.names() == {"Padaria; e mais": GROUP}


async def test_quoted_names_may_hold_delimiters_quotes_and_line_ends(shop: Shop) -> None:
    shop.write(f'cnpj;nome;grupo\n62567108000101;"Bar ""do Zé"";\nfilial";{GROUP}\n06981180000116;Posto;{GROUP}\n')
    assert await shop.names() == {'Bar "do Zé"; filial': GROUP, "Posto": GROUP}


async def test_empty_lines_and_short_rows_are_no_fault(shop: Shop) -> None:
    shop.write(f"\n\ncnpj;nome;grupo\n\n;;\n62567108000101;Padaria\n06981180000116;Posto;{GROUP};;\n\n")
    assert await shop.names() == {"Padaria": None, "Posto": GROUP}


@pytest.mark.parametrize(
    ("cell", "cnpj"),
    [
        ("62.567.108/0001-01", BAKERY),
        (" 62567108000101 ", BAKERY),
        ('="06981180000116"', STATION),
        ("'06981180000116", STATION),
        ("12.abc.345/01de-35", Cnpj("12ABC34501DE35")),
        # zeros that a spreadsheet took away: the check digits prove them
        ("6981180000116", STATION),
        ("191", BANK),
    ],
)
async def test_a_cnpj_is_read_however_a_spreadsheet_left_it(shop: Shop, cell: str, cnpj: Cnpj) -> None:
    shop.write(f"cnpj;nome;grupo\n{cell};Empresa;{GROUP}\n")
    found = await shop.directory.find(cnpj)
    assert found is not None
    assert found.cnpj == cnpj


@pytest.mark.parametrize(
    ("cell", "cnpj", "reason"),
    [
        ("6981180000117", Cnpj("06981180000117"), "length"),
        ("62567108000A0B", Cnpj("62567108000A00"), "characters"),
        ("6,25671E+13", BAKERY, "scientific"),
        ("", BAKERY, "empty"),
    ],
)
async def test_one_bad_row_stops_no_other_company(
    shop: Shop, cell: str, cnpj: Cnpj, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.write(f"cnpj;nome;grupo\n06981180000116;Posto;{GROUP}\n{cell};Empresa;{GROUP}\n")
    with caplog.at_level(logging.WARNING):
        assert await shop.names() == {"Posto": GROUP}
    assert "1 rows left out" in caplog.text
    assert reason in caplog.text
    assert "line=3" in caplog.text
    if reason == "length":
        with pytest.raises(NeedsHuman) as refused:
            await shop.directory.find(cnpj)
        assert refused.value.facts == {"path": str(shop.path), "reason": "length", "line": 3}
    else:
        assert await shop.directory.find(cnpj) is None


async def test_eleven_digits_that_are_also_a_cpf_are_not_taken_for_a_cnpj(shop: Shop) -> None:
    both = next(
        digits
        for digits in (f"{number:09}" for number in range(1, 1_000_000))
        for digits in [f"{digits}{_cpf_end(digits)}"]
        if Cnpj(f"000{digits}").check_digits_hold
    )
    shop.write(f"cnpj;nome;grupo\n06981180000116;Posto;{GROUP}\n{both};Fulano;{GROUP}\n")
    with pytest.raises(NeedsHuman) as refused:
        await shop.directory.find(Cnpj(f"000{both}"))
    assert refused.value.facts["reason"] == "maybe_cpf"


def _cpf_end(nine: str) -> str:
    first = sum((10 - at) * int(digit) for at, digit in enumerate(nine)) * 10 % 11 % 10
    second = sum((11 - at) * int(digit) for at, digit in enumerate(f"{nine}{first}")) * 10 % 11 % 10
    return f"{first}{second}"


async def test_a_company_with_two_groups_is_sent_to_neither(shop: Shop) -> None:
    shop.write(
        f"cnpj;nome;grupo\n62567108000101;Padaria;{GROUP}\n06981180000116;Posto;{GROUP}\n"
        "62.567.108/0001-01;Padaria;120363011111111111@g.us\n"
    )
    with pytest.raises(NeedsHuman) as refused:
        await shop.directory.find(BAKERY)
    assert refused.value.facts == {"path": str(shop.path), "reason": "duplicate", "line": 4}
    assert await shop.names() == {"Posto": GROUP}


async def test_a_company_that_is_there_twice_with_one_group_is_one_company(shop: Shop) -> None:
    shop.write(f"cnpj;nome;grupo\n62567108000101;Padaria;\n62567108000101;Padaria;{GROUP}\n62567108000101;Outra;\n")
    assert await shop.names() == {"Padaria": GROUP}


async def test_a_row_with_more_cells_than_the_header_is_not_guessed(shop: Shop) -> None:
    shop.write(f"cnpj;nome;grupo\n62567108000101;Padaria;Filial;{GROUP}\n06981180000116;Posto;{GROUP}\n")
    with pytest.raises(NeedsHuman) as refused:
        await shop.directory.find(BAKERY)
    assert refused.value.facts == {"path": str(shop.path), "reason": "columns", "line": 2}


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        ("", "no_cnpj_column", 1),
        ("nome;grupo\nPadaria;x@g.us\n", "no_cnpj_column", 1),
        ("cnpj;nome\n62567108000101;Padaria\n", "no_group_column", 1),
        (f"\n\n62567108000101;Padaria;{GROUP}\n", "no_header", 3),
        (f"cnpj;nome;grupo\n6256;Padaria;{GROUP}\n625;Posto;{GROUP}\n", "length", 2),
        (f'cnpj;nome;grupo\n62567108000101;Padaria;{GROUP}\n06981180000116;"Posto;{GROUP}\nx\ny\n', "quotes", 3),
        (f'cnpj;nome;grupo\n62567108000101;"Pad"aria;{GROUP}\n', "quotes", 2),
        ("cnpj;nome;grupo\n" + "x" * 200_000, "quotes", 2),
        ("x" * 200_000, "quotes", 1),
        (b"cnpj;nome;grupo\n\n62567108000101;\x81\x8d;x@g.us\n", "encoding", 3),
        (b"\xff\xfecnp", "encoding", 1),
        (b"PK\x03\x04planilha", "spreadsheet", None),
        (b"\xd0\xcf\x11\xe0planilha", "spreadsheet", None),
        (b"\x7fELF\0\0\0", "unknown_format", None),
        (b"SQLite format 3\0 not really", "database", None),
    ],
)
async def test_a_file_that_is_no_table_says_why_and_where(
    shop: Shop, content: str | bytes, reason: str, line: int | None
) -> None:
    shop.write(content)
    assert await shop.invalid() == (reason, line)


async def test_a_table_with_nothing_but_a_header_has_no_companies(shop: Shop) -> None:
    shop.write("cnpj;nome;grupo\n")
    assert (await shop.directory.check()).companies == 0
    assert await shop.directory.search("padaria", 10) == []


async def test_a_file_that_is_not_there_or_not_a_file_says_so(shop: Shop) -> None:
    assert await shop.invalid() == ("file_missing", None)
    shop.path.mkdir()
    assert await shop.invalid() == ("not_a_file", None)
    shop.path.rmdir()
    os.mkfifo(shop.path)
    assert await shop.invalid() == ("not_a_file", None)


async def test_a_file_in_a_missing_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "arquivo").write_text("")
    path = tmp_path / "arquivo" / "empresas.csv"
    assert await Shop(path, TableDirectory(lambda: TableSource(path=str(path)))).invalid() == ("folder_missing", None)


async def test_a_file_beyond_every_reason_is_not_read(shop: Shop) -> None:
    shop.write("cnpj;nome;grupo\n")
    os.truncate(shop.path, 1 << 40)
    assert await shop.invalid() == ("too_large", None)


def test_a_file_with_more_rows_than_memory_bears_is_refused(shop: Shop) -> None:
    shop.write("cnpj;nome;grupo\n62567108000101;Padaria;\n6256;;\n06981180000116;Posto;\n")
    with pytest.raises(TableFileError) as refused:
        read_table(shop.path, signature(shop.path), most_rows=2)
    assert (refused.value.fault.reason, refused.value.fault.line) == ("too_large", 4)


def test_a_file_that_changes_while_it_is_read_may_be_read_later(shop: Shop) -> None:
    shop.write("cnpj;nome;grupo\n62567108000101;Pada")
    before = signature(shop.path)
    shop.write("cnpj;nome;grupo\n62567108000101;Padaria;\n")
    with pytest.raises(TableBusyError):
        read_table(shop.path, before)


@pytest.mark.parametrize(("path", "reason"), [("empresas.csv", "relative"), ("/srv/empresas\0.csv", "characters")])
async def test_a_path_that_cannot_be_meant_is_refused(path: str, reason: str) -> None:
    with pytest.raises(NeedsHuman) as refused:
        await TableDirectory(lambda: TableSource(path=path)).find(BAKERY)
    assert refused.value.facts["reason"] == reason


@pytest.mark.parametrize("path", ["", "  "])
async def test_without_a_path_the_directory_is_not_configured(path: str) -> None:
    with pytest.raises(NeedsHuman) as refused:
        await TableDirectory(lambda: TableSource(path=path)).find(BAKERY)
    assert refused.value.code is Code.DIRECTORY_NOT_CONFIGURED


async def test_a_changed_file_is_read_again_by_itself(shop: Shop) -> None:
    shop.write(f"cnpj;nome;grupo\n62567108000101;Padaria;{GROUP}\n")
    assert await shop.names() == {"Padaria": GROUP}
    shop.write(f"cnpj;nome;grupo\n06981180000116;Posto;{GROUP}\n")
    assert await shop.names() == {"Posto": GROUP}
    assert await shop.directory.find(BAKERY) is None


async def test_a_file_replaced_by_one_of_the_same_age_and_size_is_read_again(shop: Shop) -> None:
    shop.write(f"cnpj;nome;grupo\n62567108000101;Padaria;{GROUP}\n")
    os.utime(shop.path, (1e9, 1e9))
    assert await shop.names() == {"Padaria": GROUP}
    other = shop.path.with_suffix(".tmp")
    other.write_bytes(shop.path.read_bytes().replace(b"Padaria", b"Mercado"))
    os.utime(other, (1e9, 1e9))
    other.replace(shop.path)
    assert await shop.names() == {"Mercado": GROUP}


async def test_a_table_that_turned_bad_is_not_used_any_more_and_works_again_once_it_is_good(shop: Shop) -> None:
    shop.write(f"cnpj;nome;grupo\n62567108000101;Padaria;{GROUP}\n")
    assert await shop.names() == {"Padaria": GROUP}
    shop.write("grupo;nome\n")
    assert await shop.invalid() == ("no_cnpj_column", 1)
    assert await shop.invalid() == ("no_cnpj_column", 1)
    shop.write(f"cnpj;nome;grupo\n62567108000101;Padaria;{GROUP}\n")
    assert await shop.names() == {"Padaria": GROUP}


async def test_another_path_in_the_settings_counts_from_the_next_question_on(tmp_path: Path) -> None:
    source = TableSource(path="")
    directory = TableDirectory(lambda: source)
    for name in ("Padaria", "Posto"):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"cnpj;nome;grupo\n62567108000101;{name};{GROUP}\n")
        source = TableSource(path=str(path))
        found = await directory.find(BAKERY)
        assert found is not None
        assert found.name == name


def database(path: Path, *statements: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    return connection


async def test_numbers_and_old_encodings_in_a_database_are_read_as_text(shop: Shop) -> None:
    with closing(
        database(
            shop.path,
            "CREATE TABLE Empresas (CNPJ, NOME, GRUPO)",
            "INSERT INTO empresas VALUES (6981180000116, CAST(x'506F73746F20C3' AS TEXT), '120363049876543210@g.us')",
            "INSERT INTO empresas VALUES (62567108000101.0, 'Padaria', '120363049876543210@g.us')",
            "INSERT INTO empresas VALUES ('12ABC34501DE35', NULL, NULL)",
        )
    ):
        assert await shop.names() == {"Posto Ã": GROUP, "Padaria": GROUP, "": None}


async def test_a_database_is_read_while_its_owner_writes_to_it(shop: Shop) -> None:
    with closing(
        database(
            shop.path,
            "PRAGMA journal_mode=WAL",
            "CREATE TABLE empresas (cnpj, nome, grupo)",
            "INSERT INTO empresas VALUES ('62567108000101', 'Padaria', '120363049876543210@g.us')",
        )
    ) as owner:
        assert await shop.names() == {"Padaria": GROUP}
        owner.execute("UPDATE empresas SET nome = 'Mercado'")
        assert await shop.names() == {"Mercado": GROUP}


async def test_a_database_that_its_owner_locks_may_be_read_later(shop: Shop) -> None:
    with closing(database(shop.path, "CREATE TABLE empresas (cnpj, nome, grupo)", "BEGIN EXCLUSIVE")) as owner:
        assert await shop.invalid(Transient) == ("in_use", None)
        owner.execute("ROLLBACK")
        assert (await shop.directory.check()).companies == 0


async def test_a_database_without_the_table_says_so(shop: Shop) -> None:
    with closing(database(shop.path, "CREATE TABLE clientes (cnpj, nome, grupo)")):
        assert await shop.invalid() == ("no_table", None)


async def test_a_damaged_database_says_so(shop: Shop) -> None:
    with closing(database(shop.path, "CREATE TABLE empresas (cnpj, nome, grupo)")):
        pass
    content = shop.path.read_bytes()
    shop.write(content[:4096] + b"\xff" * (len(content) - 4096))
    assert await shop.invalid() == ("database", None)


async def test_a_slow_disk_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    """A named pipe cannot stand in for it, since only plain files are read: a database under lock can."""
    path = tmp_path / "empresas.db"
    with closing(database(path, "CREATE TABLE empresas (cnpj, nome, grupo)", "BEGIN EXCLUSIVE")):
        directory = TableDirectory(lambda: TableSource(path=str(path)), deadline=0.1)
        assert await Shop(path, directory).invalid(Transient) == ("no_answer", None)


@settings(deadline=None)
@given(st.binary(max_size=120) | st.text("cnpj;,\t\"\n\r0123=' sep", max_size=120).map(str.encode))
def test_no_file_at_all_causes_anything_but_a_fault(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "qualquer.csv"
    path.write_bytes(content)
    try:
        table = read_table(path, signature(path))
    except TableFileError as exc:
        fault = exc.fault
    else:
        assert len(table.companies) >= 0
        return
    assert fault.reason
