"""Companies in memory, found by name or CNPJ as one types: 100,000 of them within a few milliseconds."""

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company

_MASK = str.maketrans("", "", " ./-")
_PART_OF_A_CNPJ = re.compile(r"(?=.*[0-9])[0-9A-Z]{1,14}")
_STRIDE = 15  # a CNPJ and the line end after it


class Row(NamedTuple):
    """A company as little as it can be: objects are made for what is found only."""

    cnpj: str
    name: str
    group: str | None

    def company(self) -> Company:
        return Company(cnpj=Cnpj(self.cnpj), name=self.name, group=self.group)


def fold(text: str) -> str:
    """Take away what people do not type: accents, case, and more than one space in a row."""
    if not text.isascii():
        text = _without_accents(_without_accents(text).casefold())
    return " ".join(text.lower().split())


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


class CompanyIndex:
    """All names in one text and all CNPJs in another, so that a search is one run of str.find over each."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """The CNPJs are distinct."""
        ordered = sorted((fold(row.name), row) for row in rows)
        self._rows = [row for _, row in ordered]
        self._number = {row.cnpj: number for number, row in enumerate(self._rows)}
        self._names = "".join(f"{name}\n" for name, _ in ordered)
        self._starts = array("L")
        """Where each name begins in _names."""
        position = 0
        for name, _ in ordered:
            self._starts.append(position)
            position += len(name) + 1
        self._cnpjs = "".join(f"{row.cnpj}\n" for row in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, cnpj: Cnpj) -> Company | None:
        number = self._number.get(cnpj.value)
        return None if number is None else self._rows[number].company()

    def search(self, text: str, limit: int) -> list[Company]:
        """At most `limit`: names that begin with the text, then names that contain it, then CNPJs that do.

        Each group is in alphabetical order. An empty text finds everything.
        """
        found: dict[int, None] = {}
        for number in self._matches(text):
            if len(found) >= limit:
                break
            found[number] = None
        return [self._rows[number].company() for number in found]

    def _matches(self, text: str) -> Iterator[int]:
        if not self._rows:
            return
        needle = fold(text)
        yield from self._beginning_with(needle)
        yield from self._containing(needle)
        part = text.translate(_MASK).upper()
        if _PART_OF_A_CNPJ.fullmatch(part):
            yield from self._numbered(part)

    def _beginning_with(self, needle: str) -> Iterator[int]:
        number = bisect_left(range(len(self._rows)), needle, key=self._name)
        while number < len(self._rows) and self._name(number).startswith(needle):
            yield number
            number += 1

    def _containing(self, needle: str) -> Iterator[int]:
        at = self._names.find(needle)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield number
            if number + 1 == len(self._rows):
                return
            at = self._names.find(needle, self._starts[number + 1])

    def _name(self, number: int) -> str:
        start = self._starts[number]
        return self._names[start : self._names.index("\n", start)]

    def _numbered(self, part: str) -> Iterator[int]:
        at = self._cnpjs.find(part)
        while at >= 0:
            number = at // _STRIDE
            yield number
            at = self._cnpjs.find(part, (number + 1) * _STRIDE)
