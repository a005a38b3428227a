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
_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")
_DIGIT = re.compile("[0-9]")
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
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", text))
        # nearly every name of a hundred thousand is plain then; the others take the long way
        text = plain if plain.isascii() else _without_accents(_without_accents(text).casefold())
    return " ".join(text.lower().split())


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


class _Names:
    """Folded names in one text, so that a search is one run of str.find; each belongs to a row."""

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        self._rows = array("L")
        self._starts = array("L")
        pieces = []
        position = 0
        for row, name in names:
            self._rows.append(row)
            self._starts.append(position)
            pieces.append(name)
            position += len(name) + 1
        self._text = "\n".join([*pieces, ""])

    def name(self, at: int) -> str:
        start = self._starts[at]
        return self._text[start : self._text.index("\n", start)]

    def beginning_with(self, needle: str) -> Iterator[int]:
        """Rows in alphabetical order, provided that the names are."""
        at = bisect_left(range(len(self._rows)), needle, key=self.name)
        while at < len(self._rows) and self.name(at).startswith(needle):
            yield self._rows[at]
            at += 1

    def containing(self, needle: str) -> Iterator[int]:
        after = 0
        while after < len(self._rows) and (found := self._text.find(needle, self._starts[after])) >= 0:
            after = bisect_right(self._starts, found)
            yield self._rows[after - 1]


class CompanyIndex:
    """A text of all names, one of the few that hold digits, and one of all CNPJs."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """The CNPJs are distinct."""
        ordered = sorted((fold(row.name), row) for row in rows)
        names = [name for name, _ in ordered]
        self._rows = [row for _, row in ordered]
        self._number = {row.cnpj: number for number, row in enumerate(self._rows)}
        self._names = _Names(enumerate(names))
        # Whoever types digits means a CNPJ most of the time: only where a name can hold them is it searched as well.
        self._names_with_digits = _Names((number, name) for number, name in enumerate(names) if _DIGIT.search(name))
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
        needle = fold(text)
        yield from self._names.beginning_with(needle)
        yield from (self._names_with_digits if _DIGIT.search(needle) else self._names).containing(needle)
        part = text.translate(_MASK).upper()
        if _PART_OF_A_CNPJ.fullmatch(part):
            yield from self._numbered(part)

    def _numbered(self, part: str) -> Iterator[int]:
        at = self._cnpjs.find(part)
        while at >= 0:
            number = at // _STRIDE
            yield number
            at = self._cnpjs.find(part, (number + 1) * _STRIDE)
