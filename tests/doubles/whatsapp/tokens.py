"""The dictionaries of WhatsApp's binary XML, read out of the very library that the engine loads."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FIRST_SINGLE = b"xmlstreamstart"
FIRST_DOUBLE = b"read-self"
DICTIONARIES = 4
DICTIONARY_SIZE = 256
SINGLE_TOKENS_END = 236
RELATIVE = {62: 8, 183: 1027}
"""ELF machine → the number of its relocation "base plus addend" (x86-64 and ARM64)."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """single[i] is the word of byte i; double[d][i] of the dictionary byte d followed by i."""

    single: tuple[str, ...]
    double: tuple[tuple[str, ...], ...]


@cache
def read_tokens(library: Path) -> Tokens:
    """Raises ValueError where the library is no ELF file or has no such tables."""
    image = _Image(library.read_bytes())
    first = next(image.string_headers(FIRST_SINGLE), None)
    # Other tables of the library name the same word: the dictionary is the one that a slice of 256 words points at.
    sizes = struct.pack("<QQ", DICTIONARY_SIZE, DICTIONARY_SIZE)
    tables = (image.pointers_to(header, sizes) for header in image.string_headers(FIRST_DOUBLE))
    slices = next((place for places in tables for place in places), None)
    if first is None or slices is None:
        raise ValueError(f"{library.name} has no token tables where this reader looks for them")
    single = ("", *(image.string_at(first + 16 * i) for i in range(SINGLE_TOKENS_END - 1)))
    double = []
    for number in range(DICTIONARIES):
        start, count = image.pointer(slices + 24 * number), image.word(slices + 24 * number + 8)
        double.append(tuple(image.string_at(start + 16 * i) for i in range(count)))
    return Tokens(single, tuple(double))


class _Image:
    """A shared library as the loader would place it at address 0; pointers come from its relocations."""

    def __init__(self, data: bytes) -> None:
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("the token tables can be read from a 64-bit little-endian ELF library only")
        self.data = data
        (machine,) = struct.unpack_from("<H", data, 18)
        kind = RELATIVE[machine]
        (offset,) = struct.unpack_from("<Q", data, 40)
        size, count, names = struct.unpack_from("<HHH", data, 58)
        sections = [struct.unpack_from("<IIQQQQ", data, offset + i * size) for i in range(count)]
        self.segments: list[tuple[int, int, int]] = [
            (vaddr, at, length) for _, type_, _, vaddr, at, length in sections if type_ == 1 and vaddr
        ]
        _, _, _, _, at, length = next(s for s in sections if self._name(sections[names][4] + s[0]) == ".rela.dyn")
        words = memoryview(data)[at : at + length].cast("Q")
        rows = (words[i : i + 3].tolist() for i in range(0, len(words), 3))
        relocations = sorted((row[0], row[2]) for row in rows if row[1] == kind)
        self.places: list[int] = [place for place, _ in relocations]
        self.targets: list[int] = [target for _, target in relocations]

    def _name(self, at: int) -> str:
        return self.data[at : self.data.index(b"\0", at)].decode()

    def _at(self, address: int) -> int:
        for start, at, length in self.segments:
            if start <= address < start + length:
                return at + address - start
        raise ValueError(f"address {address:#x} is in no section of the library")

    def word(self, address: int) -> int:
        at = self._at(address)
        return int.from_bytes(self.data[at : at + 8], "little")

    def pointer(self, address: int) -> int:
        index = bisect_left(self.places, address)
        if index == len(self.places) or self.places[index] != address:
            raise ValueError(f"no pointer at {address:#x} in the library")
        return self.targets[index]

    def pointers_to(self, target: int, followed_by: bytes) -> Iterator[int]:
        """The addresses of pointers to `target` that have these bytes right after them."""
        for place, pointed in zip(self.places, self.targets, strict=True):
            if pointed == target:
                at = self._at(place) + 8
                if self.data[at : at + len(followed_by)] == followed_by:
                    yield place

    def string_headers(self, text: bytes) -> Iterator[int]:
        """The addresses of the Go string headers whose text this is."""
        at = -1
        while (at := self.data.find(text, at + 1)) >= 0:
            for start, offset, length in self.segments:
                if offset <= at < offset + length:
                    yield from self.pointers_to(start + at - offset, struct.pack("<Q", len(text)))

    def string_at(self, address: int) -> str:
        length = self.word(address + 8)
        if not length:
            return ""
        at = self._at(self.pointer(address))
        return self.data[at : at + length].decode()
