"""An Excel workbook (.xlsx) as rows of cells; nothing in it is run, and it unfolds to no more than a table may be.

openpyxl is imported with the first workbook: most shops keep none.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell

_WORKBOOK: Final = "xl/workbook.xml"
_MOST_BYTES: Final = 200_000_000
"""Unpacked; a table of 250,000 companies is a quarter of that."""
_MOST_COLUMNS: Final = 200
_FORMAT_TEXT: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


class SpreadsheetError(Exception):
    """It cannot be read; `reason` is spreadsheet_damaged or too_large."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_workbook(content: bytes) -> bool:
    """Whether it is an .xlsx; not the older .xls, nor LibreOffice's .ods, nor one with a password."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            return _WORKBOOK in packed.namelist()
    except zipfile.BadZipFile:
        return False


def workbook_rows(content: bytes) -> Iterator[tuple[int, Sequence[object]]]:
    """Each row of the first sheet that is not empty, with its number; numbers that are shown with zeros keep them."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _MOST_BYTES:
                raise SpreadsheetError("too_large")
        with closing(load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)) as workbook:
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()  # what the file says of its size is often wrong
                found = False
                for line, cells in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
                    values = [_value(cell) for cell in cells]
                    while values and values[-1] in (None, ""):
                        values.pop()
                    if values:
                        found = True
                        yield line, values
                if found:
                    return
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, OSError, EOFError) as exc:
        raise SpreadsheetError("spreadsheet_damaged") from exc


def _value(cell: "Cell | MergedCell | ReadOnlyCell | EmptyCell") -> object:
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # a format such as 00000000000000 is how people keep the zeros of a CNPJ
        zeros = _FORMAT_TEXT.sub("", str(cell.number_format)).partition(";")[0].partition(".")[0].count("0")
        return str(value).zfill(zeros) if zeros > 1 else value
    return "" if value is None else value
