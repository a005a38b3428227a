"""A table of companies that a shop keeps by hand or that an ERP writes: CSV in any of its dialects, Excel or SQLite."""

import csv
import io
import re
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from stdnum.br import cnpj as stdnum_cnpj
from stdnum.br import cpf as stdnum_cpf

from desktop.adapters.directory.matching import CompanyIndex, Row, fold
from desktop.adapters.directory.spreadsheet import SpreadsheetError, is_workbook, workbook_rows
from desktop.adapters.shared_read import open_shared
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Rejected
from desktop.domain.mapping import Role, TableMapping, is_active

_MOST_BYTES = 32_000_000
_MOST_ROWS = 250_000
_SQLITE = b"SQLite format 3\0"
_ZIP = b"PK\x03\x04"
_OTHER_SPREADSHEETS = (_ZIP, b"\xd0\xcf\x11\xe0")  # ods; xls, or an xlsx with a password
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ";\t,"
_LINE_END = re.compile(r"[\r\n]+")
_SEP = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_COLUMNS = {
    Role.CNPJ: ("cnpj", "cnpj_empresa", "cnpj_cpf", "cpf_cnpj", "cnpj_co2"),
    Role.NAME: ("nome", "empresa", "razao_social", "nome_fantasia", "razao", "fantasia"),
    Role.GROUP: ("grupo", "grupo_whatsapp", "whatsapp", "numero_whatsapp_grupo", "whatsapp_grupo", "id_grupo", "jid"),
}
_MASK = str.maketrans("", "", " ./-")
_FORM = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


@dataclass(frozen=True, slots=True)
class Fault:
    reason: str
    line: int | None = None
    """None where no line is to blame; a row's number in SQLite."""


class TableFileError(Exception):
    """The whole file is of no use."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.fault = Fault(reason, line)


class TableBusyError(Exception):
    """Somebody is writing it."""


@dataclass(frozen=True, slots=True)
class Table:
    companies: CompanyIndex
    bad_rows: dict[str, Fault]
    """Rows that name no company for certain, by what their CNPJ cell holds without mask and leading zeros."""

    def bad_row_of(self, cnpj: Cnpj) -> Fault | None:
        """The row that may have been meant for a company that is not among the others."""
        return self.bad_rows.get(_bare(cnpj.value))


Cells = Sequence[object]
Signature = tuple[tuple[int, ...], ...]


def signature(path: Path) -> Signature:
    """What changes whenever the file does, or the log that SQLite writes beside it. Raises OSError."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise TableFileError("not_a_file")
    log = path.with_name(path.name + "-wal")
    states = [found, *([log.stat()] if log.exists() else [])]
    return tuple((state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns) for state in states)


BY_TITLE = TableMapping(cnpj="", group="")
"""No column is named: each is found by the titles that are usual for it."""


def read_table(
    path: Path, before: Signature, mapping: TableMapping = BY_TITLE, *, most_rows: int = _MOST_ROWS
) -> Table:
    """Read every company of a file whose kind its first bytes tell; `before` is its signature.

    Raises OSError, TableFileError, or TableBusyError where it is not as it was before any more.
    """
    return _table(table_rows(path, before), mapping, most_rows)


def table_rows(path: Path, before: Signature) -> Iterator[tuple[int, Cells]]:
    """Every row with its line, the first of them the header; raises what `read_table` raises."""
    if before[0][1] > _MOST_BYTES:
        raise TableFileError("too_large")
    with open_shared(path) as file:
        content = file.read(_MOST_BYTES + 1)
    if content.startswith(_SQLITE):
        yield from _sqlite_rows(path)
        return
    if signature(path) != before:
        raise TableBusyError
    if content.startswith(_ZIP) and is_workbook(content):
        try:
            yield from workbook_rows(content)
        except SpreadsheetError as exc:
            raise TableFileError(exc.reason) from exc
        return
    yield from _csv_rows(content)


def places(header: Cells, line: int, mapping: TableMapping = BY_TITLE) -> dict[Role, int]:
    """Where each column of a mapping stands; TableFileError where one that is needed is not there."""
    titles = [str(cell).strip() for cell in header]
    found = _columns(titles)
    for role, title in mapping.columns.items():
        if title not in titles:
            missing = {Role.CNPJ: "no_cnpj_column", Role.GROUP: "no_group_column"}
            raise TableFileError(missing.get(role, "column_missing"), line)
        found[role] = titles.index(title)
    if Role.CNPJ not in found:
        raise TableFileError("no_header" if any(_key_or_reason(cell)[0] for cell in header) else "no_cnpj_column", line)
    if Role.GROUP not in found:
        raise TableFileError("no_group_column", line)
    return found


def _table(rows: Iterable[tuple[int, Cells]], mapping: TableMapping, most_rows: int) -> Table:
    """Rows come with their line, the first of them being the header."""
    numbered = iter(rows)
    line, header = next(numbered, (1, ()))
    at = places(header, line, mapping)
    at_cnpj, at_name, at_group, at_active = at[Role.CNPJ], at.get(Role.NAME), at[Role.GROUP], at.get(Role.ACTIVE)
    good: dict[str, Row] = {}
    bad: dict[str, Fault] = {}
    for line, cells in numbered:
        if at_active is not None and is_active(_text(cells, at_active)) is False:
            continue
        cell = cells[at_cnpj] if at_cnpj < len(cells) else ""
        key, reason = _key_or_reason(cell)
        if any(cells[len(header) :]):
            key, reason = "", "columns"  # a delimiter within a name: what stands in the other cells is not sure
        row = Row(key, _text(cells, at_name), _text(cells, at_group) or None)
        earlier = good.get(key)
        if earlier is not None and earlier.group and row.group and earlier.group != row.group:
            reason = "duplicate"
        if reason:
            bad.setdefault(_bare(_plain(cell)), Fault(reason, line))
        elif earlier is None or not earlier.group:
            good[key] = row
        if len(good) + len(bad) > most_rows:
            raise TableFileError("too_large", line)
    for key in [key for key in good if _bare(key) in bad]:
        del good[key]
    if bad and not good:
        first = next(iter(bad.values()))
        raise TableFileError(first.reason, first.line)
    return Table(CompanyIndex(good.values()), bad)


def _columns(header: Sequence[str]) -> dict[Role, int]:
    """Where CNPJ, name and group stand, as far as their titles are usual ones."""
    titles = [re.sub(r"[^a-z0-9]+", "_", fold(title)).strip("_") for title in header]
    found = {role: next((word for word in words if word in titles), None) for role, words in _COLUMNS.items()}
    return {role: titles.index(word) for role, word in found.items() if word is not None}


def _text(cells: Cells, at: int | None) -> str:
    if at is None or at >= len(cells) or cells[at] is None:
        return ""
    return " ".join(str(cells[at]).split())


def _plain(cell: object) -> str:
    """What a cell holds without mask; spreadsheets write `="00…"` or `'00…` to keep zeros."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip(" \t='\"").translate(_MASK).upper()


def _bare(plain: str) -> str:
    return plain.lstrip("0")


def _key_or_reason(cell: object) -> tuple[str, str]:
    """The 14 characters that a cell means, or why it cannot be told.

    Leading zeros that a spreadsheet took away are put back where the check digits prove it, unless the same digits
    are somebody's CPF.
    """
    plain = _plain(cell)
    if _FORM.fullmatch(plain):
        return plain, ""
    if _SCIENTIFIC.fullmatch(str(cell).strip()):
        return "", "scientific"
    padded = plain.zfill(14)
    if plain.isascii() and plain.isdigit() and len(plain) < 14 and stdnum_cnpj.is_valid(padded):
        return ("", "maybe_cpf") if stdnum_cpf.is_valid(plain) else (padded, "")
    try:
        return Cnpj.parse(plain).value, ""
    except Rejected as exc:
        return "", str(exc.facts["reason"])


def _csv_rows(content: bytes) -> Iterator[tuple[int, Cells]]:
    text = _decoded(content)
    named = _SEP.match(text)
    above = 1 if named else 0
    last = above
    """The line that the last sound row ended on: quotes that never close are told where they open, not at the end."""
    try:
        delimiter = named[1] if named else _delimiter(text)
        lines = io.StringIO(text[named.end() if named else 0 :], newline="")
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        for cells in reader:
            last = above + reader.line_num
            if any(cell.strip() for cell in cells):
                yield last, cells
    except csv.Error as exc:
        raise TableFileError("quotes", last + 1) from exc


def _decoded(content: bytes) -> str:
    if content.startswith(_OTHER_SPREADSHEETS):
        raise TableFileError("spreadsheet")
    for encoding in ["utf-16"] if content.startswith(_UTF16) else ["utf-8-sig", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as exc:
            line = content.count(b"\n", 0, exc.start) + 1
        else:
            if "\0" in text:
                raise TableFileError("unknown_format")
            return text
    raise TableFileError("encoding", line)


def _delimiter(text: str) -> str:
    """The one that makes the header name a CNPJ; where none does, any shows the same fault."""
    header = _LINE_END.split(text.lstrip(), maxsplit=1)[0]
    split = {mark: next(csv.reader([header], delimiter=mark), []) for mark in _DELIMITERS}
    return next((mark for mark, titles in split.items() if Role.CNPJ in _columns(titles)), _most_titles(split))


def _most_titles(split: Mapping[str, Sequence[str]]) -> str:
    """Where no title is a usual one: the mark that makes the most of them."""
    return max(split, key=lambda mark: len(split[mark]))


def _sqlite_rows(path: Path) -> Iterator[tuple[int, Cells]]:
    name = str(path).replace("\\", "/") if path.drive else str(path)
    uri = f"file://{'' if name.startswith('/') else '/'}{quote(name)}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=2.0)) as database:
            database.text_factory = _legacy_text
            found = database.execute("SELECT * FROM empresas")
            yield 1, [column[0] for column in found.description]
            yield from enumerate(found, start=1)
    except sqlite3.Error as exc:
        code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _BUSY:
            raise TableBusyError from exc
        raise TableFileError("no_table" if code == sqlite3.SQLITE_ERROR else "database") from exc


def _legacy_text(stored: bytes) -> str:
    """SQLite keeps whatever bytes an old program called text."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored.decode("cp1252", "replace")
