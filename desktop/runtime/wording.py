"""The sentence and the next step for every error code, the same for the window, the API and the command line.

The table is resources/i18n/errors.json. A key is a code, then `.reason` where the sentence holds for one value of the
fact `reason` (or `state`) only, then `+fact` for every fact the sentence needs: `imagem_antiga+modified_at`. A further
`+fact=1` is for what holds of one only, where the plural would be wrong.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code, Fact, Rejected
from desktop.domain.settings import Language
from desktop.runtime.resources import resource

_PLACE = re.compile(r"\{(\w+)\}")
_CNPJS = frozenset({"cnpj", "expected", "suggestion"})
_TIMES = frozenset({"until", "modified_at"})
_SIZES = frozenset({"limit", "max_bytes", "size"})
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Wording:
    text: str
    """What happened, one sentence."""
    action: str
    """What to do about it, one sentence."""


def describe_error(error: AppError, language: Language = Language.PORTUGUESE) -> Wording:
    """The sentences for an error with its own facts."""
    return describe(error.code, error.facts, language)


def describe(code: Code, facts: Mapping[str, Fact], language: Language = Language.PORTUGUESE) -> Wording:
    """The most particular sentences that the facts allow; facts that are missing or unknown never raise."""
    # A number is one also where it is 0.
    held = {name for name, fact in facts.items() if fact is not False and fact not in (None, "")}
    held |= {f"{name}=1" for name, fact in facts.items() if fact == 1 and fact is not True}
    kinds = {str(facts[name]) for name in ("reason", "state") if name in held}
    _, texts = max(
        ((variant.rank, variant.texts) for variant in _table()[code] if variant.holds(kinds, held)),
        key=lambda ranked: ranked[0],
    )
    text, action = texts["pt" if language is Language.PORTUGUESE else "en"]

    def fill(template: str) -> str:
        return _PLACE.sub(lambda place: _shown(place[1], facts.get(place[1]), language), template)

    return Wording(fill(text), fill(action))


@dataclass(frozen=True, slots=True)
class _Variant:
    reason: str
    needs: frozenset[str]
    texts: Mapping[str, tuple[str, str]]
    """Text and action by language (`pt`, `en`)."""

    @property
    def rank(self) -> tuple[bool, int]:
        return bool(self.reason), len(self.needs)

    def holds(self, kinds: set[str], held: set[str]) -> bool:
        return self.needs <= held and (not self.reason or self.reason in kinds)


@cache
def _table() -> Mapping[Code, list[_Variant]]:
    table: dict[Code, list[_Variant]] = {}
    for key, languages in json.loads(resource("i18n/errors.json").read_text("utf-8")).items():
        head, *needs = key.split("+")
        code, _, reason = head.partition(".")
        texts = {name: (entry["text"], entry["action"]) for name, entry in languages.items()}
        table.setdefault(Code(code), []).append(_Variant(reason, frozenset(needs), texts))
    return table


def _shown(name: str, fact: Fact, language: Language) -> str:
    text = "".join(c for c in str(fact) if c.isprintable())
    if name in _CNPJS:
        return _masked(text)
    if name in _TIMES:
        return _local(text, language)
    if name in _SIZES and isinstance(fact, int | float):
        return shown_size(fact, language)
    if isinstance(fact, float):
        return _number(fact, language)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _number(fact: float, language: Language) -> str:
    if not 0 < fact < 1:
        return f"{fact:.0f}"
    text = f"{fact:g}"
    return text.replace(".", ",") if language is Language.PORTUGUESE else text


def shown_size(size: float, language: Language = Language.PORTUGUESE) -> str:
    """Bytes as people read them, with the language's decimal sign."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    text = f"{size / 1_000_000:.1f}".removesuffix(".0")
    return f"{text.replace('.', ',') if language is Language.PORTUGUESE else text} MB"


def _masked(text: str) -> str:
    try:
        return Cnpj.parse(text).masked
    except Rejected:
        return text


def _local(text: str, language: Language) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return shown_time(moment, language)


def shown_time(moment: datetime, language: Language = Language.PORTUGUESE) -> str:
    """A moment in the machine's zone as people write it."""
    moment = moment.astimezone()
    return f"{moment:%d/%m/%Y às %H:%M}" if language is Language.PORTUGUESE else f"{moment:%Y-%m-%d %H:%M}"


def shown_day(day: date, language: Language = Language.PORTUGUESE) -> str:
    """A day as people write it."""
    return f"{day:%d/%m/%Y}" if language is Language.PORTUGUESE else f"{day:%Y-%m-%d}"
