"""A SELECT that the owner wrote: one statement that reads, with binds, before any database sees it."""

from re import DOTALL, VERBOSE
from re import compile as regex
from typing import Final

from desktop.domain.errors import Code, Rejected

_TOKEN: Final = regex(
    r"""(?P<skipped>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<odd>[nN]?[qQ]'|"[^"]*\Z|'(?:[^']|'')*\Z|/\*)
      | (?P<quoted>[nN]?'(?:[^']|'')*'|"[^"]*")
      | :\s*(?P<bind>[^\W\d]\w*)
      | (?P<word>[^\W\d][\w$#]*)
      | (?P<other>\d[\w.]*|.)""",
    VERBOSE | DOTALL,
)
_LONGEST: Final = 10_000
_FORBIDDEN: Final = frozenset(
    {"INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "BEGIN", "DECLARE", "EXECUTE", "EXEC", "CREATE", "DROP", "ALTER"}
)
"""A SELECT that only reads has no use for them, outside quotes."""
_PACKAGES: Final = ("DBMS_", "UTL_", "XP_", "SP_")
"""What begins so does things."""


def check_select(text: str, *, binds: frozenset[str], setting: str) -> str:
    """The text without blanks around it, where it is one SELECT that takes exactly these binds.

    Raises Rejected(SETTING_INVALID) with `name` and `reason`: `not_a_select`, `semicolon`, `sql_word` (with `word`),
    `sql_quotes`, `bind_missing` or `bind_unknown` (with `word`), `too_long`.
    """

    def refused(reason: str, word: str = "") -> Rejected:
        named = {"word": word} if word else {}
        return Rejected(Code.SETTING_INVALID, name=setting, reason=reason, **named)

    text = text.strip()
    if len(text) > _LONGEST:
        raise refused("too_long")
    words: list[str] = []
    bound: set[str] = set()
    for token in _TOKEN.finditer(text):
        if token["odd"]:
            raise refused("sql_quotes")
        if token["other"] == ";":
            raise refused("semicolon")
        if token["bind"]:
            bound.add(token["bind"].lower())
        if token["word"]:
            words.append(token["word"].upper())
    if words[:1] != ["SELECT"] or text[:6].upper() != "SELECT":
        raise refused("not_a_select")
    for word in words:
        if word in _FORBIDDEN or word.startswith(_PACKAGES):
            raise refused("sql_word", word)
    if missing := sorted(binds - bound):
        raise refused("bind_missing", missing[0])
    if unknown := sorted(bound - binds):
        raise refused("bind_unknown", unknown[0])
    return text
