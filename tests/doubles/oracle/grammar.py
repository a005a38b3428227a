"""Reads the one kind of statement the double answers: a SELECT over one source, in Oracle 11g's syntax.

    SELECT item, … FROM [owner.]table | (SELECT …) [alias] [WHERE condition] [ORDER BY operand [DESC], …]

An item is `*`, an operand or COUNT(*), with an optional alias. An operand is a column, a literal, a bind, ROWNUM or one
of UPPER, LOWER, TRIM, RTRIM, LTRIM, LENGTH, SUBSTR, REPLACE, NVL over operands. A condition is built over operands from
`= <> != < <= > >= LIKE`, `[NOT] IN (…)`, `IS [NOT] NULL`, AND, OR, NOT and parentheses.
Whatever 11g would refuse is refused with its number: `;` is ORA-00911, FETCH FIRST is ORA-00933.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"[^"]+")
      | (?P<bind>:\s*[A-Za-z0-9_]+)
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<name>[^\W\d][\w$#]*)
      | (?P<sign><>|!=|\^=|<=|>=|[=<>(),*.])""",
    re.VERBOSE | re.DOTALL,
)
_RESERVED = {"FROM", "WHERE", "ORDER", "BY", "AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "AS", "FETCH", "GROUP"}

Sign: TypeAlias = Literal["=", "<>", "<", "<=", ">", ">=", "LIKE"]

_SIGNS: dict[str, Sign] = {
    "=": "=",
    "<>": "<>",
    "!=": "<>",
    "^=": "<>",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_T = TypeVar("_T")


class SqlError(Exception):
    """What Oracle would answer: its number, its sentence and the offset it points at."""

    def __init__(self, number: int, sentence: str, offset: int = 0) -> None:
        super().__init__(f"ORA-{number:05}: {sentence}")
        self.number = number
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class BindRef:
    index: int
    """Position among the statement's placeholders: the driver sends one value per occurrence, in this order."""


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Number:
    value: str


@dataclass(frozen=True, slots=True)
class Null:
    pass


@dataclass(frozen=True, slots=True)
class Rownum:
    pass


@dataclass(frozen=True, slots=True)
class CountAll:
    pass


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Operand", ...]
    offset: int


Operand: TypeAlias = Name | BindRef | Text | Number | Null | Rownum | Call


@dataclass(frozen=True, slots=True)
class Compare:
    left: Operand
    sign: Sign
    right: Operand


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: Operand


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]


Condition: TypeAlias = Compare | IsNull | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Item:
    value: Operand | CountAll
    alias: str | None


@dataclass(frozen=True, slots=True)
class Select:
    items: tuple[Item, ...] | None
    """None: `*`."""
    source: "Name | Select"
    alias: str
    where: Condition | None
    order: tuple[tuple[Operand, bool], ...]
    """Each with whether it descends."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "name" else self.text


_END = "end"


def _tokens(sql: str) -> list[_Token]:
    found, at = [], 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:
            raise SqlError(911, "invalid character", at)
        if match.lastgroup != "space":
            found.append(_Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return [*found, _Token(_END, "", len(sql))]


class _Parser:
    def __init__(self, sql: str) -> None:
        self._tokens = _tokens(sql)
        self._at = 0
        self._binds = 0

    def statement(self) -> Select:
        select = self._select()
        if self._next.kind != _END:
            raise SqlError(933, "SQL command not properly ended", self._next.offset)
        return select

    def _select(self) -> Select:
        self._expect("SELECT", SqlError(900, "invalid SQL statement"))
        items = None if self._take("*") else tuple(self._listed(self._item))
        self._expect("FROM", SqlError(923, "FROM keyword not found where expected", self._next.offset))
        source: Name | Select
        if self._take("("):
            source, alias = self._select(), ""
            self._close()
        else:
            source = self._dotted(SqlError(903, "invalid table name", self._next.offset))
            alias = source.text.rpartition(".")[2]
        if self._is_plain_name():
            alias = self._advance().text
        where = self._any_of() if self._take("WHERE") else None
        order: tuple[tuple[Operand, bool], ...] = ()
        if self._take("ORDER"):
            self._expect("BY", SqlError(924, "missing BY keyword", self._next.offset))
            order = tuple(self._listed(self._ordered))
        return Select(items, source, alias.upper(), where, order)

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _advance(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _take(self, *words: str) -> bool:
        """Move past all of the words in a row, or past none of them."""
        ahead = [token.upper for token in self._tokens[self._at : self._at + len(words)]]
        if ahead != list(words):
            return False
        self._at += len(words)
        return True

    def _expect(self, word: str, otherwise: SqlError) -> None:
        if not self._take(word):
            raise otherwise

    def _close(self) -> None:
        self._expect(")", SqlError(907, "missing right parenthesis", self._next.offset))

    def _is_plain_name(self) -> bool:
        return self._next.kind == "name" and self._next.upper not in _RESERVED

    def _listed(self, one: Callable[[], _T]) -> list[_T]:
        found = [one()]
        while self._take(","):
            found.append(one())
        return found

    def _dotted(self, otherwise: SqlError) -> Name:
        first = self._next
        parts = []
        while True:
            if self._next.kind == "quoted":
                parts.append(self._advance().text.strip('"'))
            elif self._is_plain_name():
                parts.append(self._advance().upper)
            else:
                raise otherwise
            if not self._take("."):
                return Name(".".join(parts), first.offset)

    def _item(self) -> Item:
        value: Operand | CountAll
        value = CountAll() if self._take("COUNT", "(", "*", ")") else self._operand()
        named = self._take("AS")
        return Item(value, self._advance().upper if named or self._is_plain_name() else None)

    def _ordered(self) -> tuple[Operand, bool]:
        operand = self._operand()
        if self._take("DESC"):
            return operand, True
        self._take("ASC")
        return operand, False

    def _operand(self) -> Operand:
        token = self._next
        if token.kind == "bind":
            self._at += 1
            self._binds += 1
            return BindRef(self._binds - 1)
        if token.kind == "text":
            self._at += 1
            inner = token.text[1:-1].replace("''", "'")
            return Text(inner) if inner else Null()
        if token.kind == "number":
            self._at += 1
            return Number(token.text)
        if self._take("NULL"):
            return Null()
        if self._take("ROWNUM"):
            return Rownum()
        if token.kind == "name" and self._tokens[self._at + 1].text == "(":
            self._at += 2
            arguments = tuple(self._listed(self._operand))
            self._close()
            return Call(token.upper, arguments, token.offset)
        return self._dotted(SqlError(936, "missing expression", token.offset))

    def _any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._take("OR"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self) -> Condition:
        if self._take("NOT"):
            return Not(self._one())
        if self._take("("):
            inner = self._any_of()
            self._close()
            return inner
        left = self._operand()
        if self._take("IS", "NOT", "NULL"):
            return Not(IsNull(left))
        if self._take("IS", "NULL"):
            return IsNull(left)
        if self._take("NOT", "IN"):
            return Not(self._among(left))
        if self._take("IN"):
            return self._among(left)
        if self._take("NOT", "LIKE"):
            return Not(Compare(left, "LIKE", self._operand()))
        if self._take("LIKE"):
            return Compare(left, "LIKE", self._operand())
        sign = _SIGNS.get(self._next.text)
        if sign is None:
            raise SqlError(920, "invalid relational operator", self._next.offset)
        self._at += 1
        return Compare(left, sign, self._operand())

    def _among(self, left: Operand) -> Condition:
        self._expect("(", SqlError(906, "missing left parenthesis", self._next.offset))
        values = self._listed(self._operand)
        self._close()
        return AnyOf(tuple(Compare(left, "=", value) for value in values))


def parse(sql: str) -> Select:
    """Read a query; SqlError with the number 11g would give, ORA-01031 for a statement that changes something."""
    first = sql.split(None, 1)[0].upper() if sql.strip() else ""
    if first in {
        "INSERT",
        "UPDATE",
        "DELETE",
        "MERGE",
        "CREATE",
        "DROP",
        "ALTER",
        "TRUNCATE",
        "BEGIN",
        "DECLARE",
        "CALL",
    }:
        raise SqlError(1031, "insufficient privileges")
    return _Parser(sql).statement()
