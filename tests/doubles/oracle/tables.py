"""The double's tables: plain rows with declared columns, and who may read them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from .values import Column, Value

Row: TypeAlias = tuple[Value, ...]


@dataclass(slots=True)
class Table:
    """Rows in declared column order; `readable=False` answers ORA-01031 as a grant without SELECT does."""

    columns: Sequence[Column]
    rows: Sequence[Row] = field(default_factory=list)
    readable: bool = True
    view: bool = False
    """Listed in ALL_VIEWS instead of ALL_TABLES; its columns are in ALL_TAB_COLUMNS either way."""

    @classmethod
    def of(
        cls,
        declared: Mapping[str, str],
        rows: Iterable[Mapping[str, object]],
        *,
        readable: bool = True,
        view: bool = False,
    ) -> "Table":
        """Build from `{"CNPJ_CO2": "CHAR(18)"}` and dict rows; a missing column is null, an extra one a ValueError."""
        columns = [Column.declared(name, notation) for name, notation in declared.items()]
        return cls(columns, [_kept(columns, row) for row in rows], readable, view)

    @classmethod
    def from_csv(cls, path: Path) -> "Table":
        """Read a CSV whose header says `NAME:TYPE` per column (`NAME` alone is VARCHAR2(200)); `,` or `;`, UTF-8."""
        text = path.read_text(encoding="utf-8-sig")
        header = text.partition("\n")[0]
        delimiter = ";" if header.count(";") > header.count(",") else ","
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        named = [cell.strip().partition(":") for cell in next(reader, [])]
        declared = {name: notation or "VARCHAR2(200)" for name, _, notation in named}
        return cls.of(declared, (dict(zip(declared, cells, strict=True)) for cells in reader if cells))


def _kept(columns: Sequence[Column], row: Mapping[str, object]) -> Row:
    upper = {name.upper(): value for name, value in row.items()}
    unknown = upper.keys() - {column.name for column in columns}
    if unknown:
        raise ValueError(f"row has columns the table does not declare: {sorted(unknown)}")
    return tuple(column.keep(upper.get(column.name)) for column in columns)
