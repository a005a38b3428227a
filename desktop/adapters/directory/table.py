"""Companies from a CSV, Excel or SQLite file, for a shop without Oracle; a changed file is read again by itself."""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from desktop.adapters.abandonable import AbandonableCalls, LeftBehindError
from desktop.adapters.directory.examining import examine_by
from desktop.adapters.directory.table_file import (
    Fault,
    Signature,
    Table,
    TableBusyError,
    TableFileError,
    read_table,
    signature,
)
from desktop.adapters.disk_errors import disk_trouble
from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company, DirectoryCheck
from desktop.domain.diagnosis import Step
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.location import path_fault
from desktop.domain.mapping import TableMapping
from desktop.domain.settings import TableSource

_WINDOWS = sys.platform == "win32"
_log = logging.getLogger(__name__)
_MOST_STUCK_READS = 4
_WORKBOOK_TAKES = 6


class TableDirectory:
    """Implements ports.directory.Directory. Nothing is read before the first question.

    Beyond DIRECTORY_NOT_CONFIGURED it raises DIRECTORY_FILE_INVALID with `path`, `reason` and, where one is to blame,
    `line`: NeedsHuman, or Transient (`no_answer`, `in_use`, `network`, `disk`).
    """

    def __init__(self, source: Callable[[], TableSource], *, deadline: float = 10.0) -> None:
        """`deadline` is in seconds and covers reading the whole file; a workbook is given six times as much."""
        self._source = source
        self._deadline = deadline
        self._disk = AbandonableCalls("companies", limit=_MOST_STUCK_READS)
        self._reading = asyncio.Lock()
        self._known: _Known | None = None

    async def find(self, cnpj: Cnpj) -> Company | None:
        """Where the only row that may mean this company is a bad one, the error names its line."""
        path, table = await self._table()
        company = table.companies.find(cnpj)
        if company is None and (row := table.bad_row_of(cnpj)):
            raise _invalid(path, row)
        return company

    async def search(self, text: str, limit: int) -> list[Company]:
        _, table = await self._table()
        return table.companies.search(text, limit)

    async def everybody(self) -> list[Company]:
        _, table = await self._table()
        return table.companies.search("", len(table.companies))

    async def check(self) -> DirectoryCheck:
        path, table = await self._table()
        return DirectoryCheck(source=str(path), companies=len(table.companies))

    async def examine(self, told: Callable[[Step], None]) -> None:
        await examine_by(self.check, told)

    def freshness(self) -> datetime | None:
        return None

    async def close(self) -> None:
        self._known = None

    async def _table(self) -> tuple[Path, Table]:
        source = self._source()
        written, mapping = source.path.strip(), titles_of(source)
        if not written:
            raise NeedsHuman(Code.DIRECTORY_NOT_CONFIGURED)
        path = Path(written)
        if fault := path_fault(written, windows=_WINDOWS, allow_network=True):
            raise _invalid(path, Fault(fault.value))
        deadline = self._deadline * (_WORKBOOK_TAKES if path.suffix.lower() == ".xlsx" else 1)
        try:
            with file_errors(path):
                async with asyncio.timeout(deadline), self._reading:
                    self._known = await self._disk.run(
                        lambda: _read_if_changed(path, mapping, self._known), deadline=deadline
                    )
        except (LeftBehindError, TimeoutError) as exc:
            raise Transient(Code.DIRECTORY_FILE_INVALID, path=written, reason="no_answer") from exc
        if isinstance(self._known.table, Fault):
            raise _invalid(path, self._known.table)
        return path, self._known.table


@dataclass(frozen=True, slots=True)
class _Known:
    path: Path
    mapping: TableMapping
    signature: Signature
    table: Table | Fault
    """A bad file's fault is kept too: a large one is not read again at every question."""


def _invalid(path: Path, fault: Fault) -> AppError:
    line = {} if fault.line is None else {"line": fault.line}
    return NeedsHuman(Code.DIRECTORY_FILE_INVALID, path=str(path), reason=fault.reason, **line)


def titles_of(source: TableSource) -> TableMapping:
    return TableMapping(
        cnpj=source.column_cnpj, group=source.column_group, name=source.column_name, active=source.column_active
    )


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Say in our words why a file cannot be read; a time-out is the caller's to tell."""
    try:
        yield
    except TimeoutError:
        raise
    except TableFileError as exc:
        raise _invalid(path, exc.fault) from exc
    except TableBusyError as exc:
        raise Transient(Code.DIRECTORY_FILE_INVALID, path=str(path), reason="in_use") from exc
    except OSError as exc:
        trouble = disk_trouble(exc)
        kind = Transient if trouble.passing else NeedsHuman
        raise kind(Code.DIRECTORY_FILE_INVALID, path=str(path), reason=trouble.value) from exc


def _read_if_changed(path: Path, mapping: TableMapping, known: _Known | None) -> _Known:
    now: Signature = ()
    try:
        now = signature(path)
        if known is not None and (known.path, known.mapping, known.signature) == (path, mapping, now):
            return known
        table = read_table(path, now, mapping)
    except TableFileError as exc:
        _log.warning("%s cannot be used as a table of companies: %s", path, exc.fault)
        return _Known(path, mapping, now, exc.fault)
    _log.info("%s: %d companies", path, len(table.companies))
    if table.bad_rows:
        _log.warning(
            "%s: %d rows left out, the first: %s", path, len(table.bad_rows), next(iter(table.bad_rows.values()))
        )
    return _Known(path, mapping, now, table)
