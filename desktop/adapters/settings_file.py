"""The owner's choices in `settings.json`: one object of dotted names, holding only what differs from the defaults.

Reading takes the standard library alone: the command line and the start of the window wait for this file.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path
from re import IGNORECASE
from re import compile as regex
from string import Formatter
from typing import Any, get_type_hints

from desktop.adapters.one_writer import one_writer, put_whole
from desktop.domain.errors import AppError, Code, ConfigError, Fact, Rejected
from desktop.domain.report import unknown_fields
from desktop.domain.select_text import check_select
from desktop.domain.settings import Settings

_YES = frozenset({"sim", "s", "true", "yes", "1"})
_NO = frozenset({"não", "nao", "n", "false", "no", "0"})
_BETWEEN = ";"
"""Stands between the parts of a list that is written as one text."""


class SettingsFile:
    """Implements ports.SettingsStore.

    The fact `reason` of a SETTING_INVALID is one of `unknown` (perhaps with `suggestion`), `text`, `yes_or_no`,
    `number`, `whole_number`, `list`, `choice` (with `choices`), `range` (with `least` and `most`), `no_cnpj`,
    `braces`, `unknown_field` (with `field`), `empty`, `identifier` or `host`; and for the file as a whole, which the
    facts `name` and `path` are then, `byte_order_mark`, `encoding`, `json` (with `line`), `object`, `busy`,
    `unreadable` or `unwritable` (with `detail`).
    """

    def __init__(self, path: Path, *, patience: float = 10) -> None:
        """`patience`: seconds that a change waits for one that another program has begun."""
        self._path = path
        self._patience = patience
        self._known: tuple[_Mark | None, Settings] | None = None

    def load(self) -> Settings:
        try:
            mark, known = self._mark(), self._known
            if known is None or known[0] != mark:
                # Not read back from there: another thread may put there what it read before.
                known = self._known = (mark, _built({} if mark is None else self._values()))
        except OSError as exc:
            raise self._blamed("unreadable", detail=str(exc)) from exc
        return known[1]

    def change(self, values: dict[str, object]) -> Settings:
        """Nothing is written where one of the values does not fit.

        Raises ConfigError where the disk refuses, or another program does not come to the end of its own change.
        """
        changed = {name: _checked(name, value, Rejected) for name, value in values.items()}
        try:
            # What is read decides what is written: nobody else may write in between.
            with one_writer(self._path, self._patience):
                return self._changed(changed)
        except TimeoutError as exc:
            raise self._blamed("busy") from exc
        except OSError as exc:
            raise self._blamed("unwritable", detail=str(exc)) from exc

    def _changed(self, values: dict[str, object]) -> Settings:
        settings = _built(_flat(self.load()) | values)
        defaults = _flat(Settings())
        chosen = {name: value for name, value in _flat(settings).items() if value != defaults[name]}
        # The mark of this very text: another program may put its own there at once.
        mark = _mark_of(put_whole(self._path, json.dumps(chosen, ensure_ascii=False, indent=2) + "\n"))
        self._known = (mark, settings)
        return settings

    def names(self) -> list[str]:
        """Every setting by its dotted name, in the order of their declaration."""
        return list(_kinds())

    def get(self, name: str) -> str:
        """One setting in the form in which `change` takes it from the command line.

        Raises Rejected(SETTING_INVALID) for a name that is none.
        """
        _kind(name, Rejected)
        value = _flat(self.load())[name]
        if isinstance(value, bool):
            return "sim" if value else "não"
        return _BETWEEN.join(value) if isinstance(value, tuple) else str(value)

    def _mark(self) -> "_Mark | None":
        """None where there is no file."""
        try:
            return _mark_of(self._path.stat())
        except FileNotFoundError:
            return None

    def _values(self) -> dict[str, object]:
        content = self._path.read_bytes()
        if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            raise self._blamed("byte_order_mark")
        try:
            read = json.loads(content.decode("utf-8"))
        except UnicodeDecodeError as exc:
            raise self._blamed("encoding") from exc
        except json.JSONDecodeError as exc:
            raise self._blamed("json", line=exc.lineno) from exc
        if not isinstance(read, dict):
            raise self._blamed("object")
        return {name: _checked(name, value, ConfigError) for name, value in read.items()}

    def _blamed(self, reason: str, **facts: Fact) -> ConfigError:
        return ConfigError(Code.SETTING_INVALID, name=self._path.name, path=str(self._path), reason=reason, **facts)


_Mark = tuple[int, int, int]
"""What tells one content of the file from another without reading it."""


def _mark_of(status: os.stat_result) -> _Mark:
    # Two that were written between two ticks of the system's clock are two files.
    return status.st_mtime_ns, status.st_size, status.st_ino


@cache
def _kinds() -> Mapping[str, Any]:
    """The type of each setting by its dotted name."""
    return _kinds_in(Settings, "")


def _kinds_in(group: Any, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in get_type_hints(group).items():
        found |= _kinds_in(kind, f"{prefix}{name}.") if is_dataclass(kind) else {prefix + name: kind}
    return found


def _flat(group: Any, prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for one in fields(group):
        value = getattr(group, one.name)
        found |= _flat(value, f"{prefix}{one.name}.") if is_dataclass(value) else {prefix + one.name: value}
    return found


def _built(values: Mapping[str, object]) -> Settings:
    settings: Settings = _filled(Settings(), values, "")
    return settings


def _filled(group: Any, values: Mapping[str, object], prefix: str) -> Any:
    changes: dict[str, object] = {}
    for one in fields(group):
        name = prefix + one.name
        value = getattr(group, one.name)
        changes[one.name] = _filled(value, values, f"{name}.") if is_dataclass(value) else values.get(name, value)
    return replace(group, **changes)


class _FaultError(Exception):
    """A value that does not fit, before it is clear whether a caller or the file is to blame."""

    def __init__(self, reason: str, **facts: Fact) -> None:
        super().__init__(reason)
        self.facts: dict[str, Fact] = {"reason": reason, **facts}


def _kind(name: str, blame: type[AppError]) -> Any:
    kinds = _kinds()
    if name not in kinds:
        near = get_close_matches(name, kinds, n=1)
        suggestion: dict[str, Fact] = {"suggestion": near[0]} if near else {}
        raise blame(Code.SETTING_INVALID, name=name, reason="unknown", **suggestion)
    return kinds[name]


def _checked(name: str, given: object, blame: type[AppError]) -> object:
    """The value in the setting's own type; where it does not fit, `blame` with the facts `name` and `reason`."""
    kind = _kind(name, blame)
    try:
        value = _converted(kind, given)
        if name in _RULES:
            _RULES[name](value)
    except _FaultError as fault:
        raise blame(Code.SETTING_INVALID, name=name, **fault.facts) from fault
    return value


def _converted(kind: Any, given: object) -> object:
    if kind is bool:
        return _yes_or_no(given)
    if kind is int:
        return _whole_number(given)
    if kind is float:
        return _number(given, "number")
    if kind == tuple[str, ...]:
        return _list(given)
    return _text(given) if kind is str else _choice(kind, _text(given))


def _text(given: object) -> str:
    # A lone surrogate, which a command line may hold, cannot be written to any file.
    if not isinstance(given, str) or any("\ud800" <= letter <= "\udfff" for letter in given):
        raise _FaultError("text")
    return given


def _yes_or_no(given: object) -> bool:
    if isinstance(given, bool):
        return given
    word = given.strip().casefold() if isinstance(given, str) else ""
    if word in _YES or word in _NO:
        return word in _YES
    raise _FaultError("yes_or_no")


def _whole_number(given: object) -> int:
    number = _number(given, "whole_number")
    if not number.is_integer():
        raise _FaultError("whole_number")
    return int(number)


def _number(given: object, reason: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise _FaultError(reason)
    try:
        return float(given.strip().replace(",", ".") if isinstance(given, str) else given)
    except (ValueError, OverflowError) as exc:
        raise _FaultError(reason) from exc


def _choice(kind: type[StrEnum], given: str) -> StrEnum:
    for one in kind:
        if one.value.casefold() == given.strip().casefold():
            return one
    raise _FaultError("choice", choices=", ".join(kind))


def _list(given: object) -> tuple[str, ...]:
    parts = given.split(_BETWEEN) if isinstance(given, str) else given
    if not isinstance(parts, list | tuple):
        raise _FaultError("list")
    return tuple(part.strip() for part in map(_text, parts) if part.strip())


def _between(least: float, most: float) -> Callable[[Any], None]:
    def rule(value: float) -> None:
        # Asked this way round, what is not a number is refused too.
        if not least <= value <= most:
            raise _FaultError("range", least=least, most=most)

    return rule


def _like(pattern: str, reason: str) -> Callable[[Any], None]:
    whole = regex(pattern)

    def rule(value: str | tuple[str, ...]) -> None:
        for part in (value,) if isinstance(value, str) else value:
            if not whole.fullmatch(part):
                raise _FaultError(reason)

    return rule


def _template(value: str) -> None:
    if "{cnpj}" not in value:
        raise _FaultError("no_cnpj" if value.strip() else "empty")
    if "{" in (rest := value.replace("{cnpj}", "")) or "}" in rest:
        raise _FaultError("braces")


def _caption(value: str) -> None:
    try:
        unknown = sorted(unknown_fields(value))
        plain = all(not form and not conversion for _, _, form, conversion in Formatter().parse(value))
    except ValueError as exc:
        raise _FaultError("braces") from exc
    if unknown:
        raise _FaultError("unknown_field", field=unknown[0])
    if not plain:
        raise _FaultError("braces")


def _select(name: str, *binds: str) -> Callable[[Any], None]:
    def rule(value: str) -> None:
        try:
            if value.strip():
                check_select(value, binds=frozenset(binds), setting=name)
        except Rejected as refused:
            facts = {fact: told for fact, told in refused.facts.items() if fact not in ("name", "reason")}
            raise _FaultError(str(refused.facts["reason"]), **facts) from refused

    return rule


def _database_url(value: str) -> None:
    if not value:
        return
    if not regex(r"[a-z0-9]+(?:\+[a-z0-9_]+)?://\S*").fullmatch(value):
        raise _FaultError("database_url")
    # what stands in a settings file is read by whoever reads the file
    if "@" in value or regex(r"[?&](?:password|passwd|pwd|user)=", IGNORECASE).search(value):
        raise _FaultError("password_in_url")


_SECONDS = _between(0.001, 3600)
_PAUSE = _between(0, 3600)
_CAP = _between(1, 1_000_000)
# What needs no quotes in Oracle, which allows 30 characters up to 12.1.
_NAME = r"[A-Za-z][A-Za-z0-9_$#]{0,29}"
# Every database takes these between quotes.
_QUOTABLE = r"[^\s.\"'`\[\];\x00-\x1f][^.\"'`\[\];\x00-\x1f]{0,127}"
_VARIABLE = _like(r"(?:[A-Za-z_][A-Za-z0-9_]*)?", "variable")
_RULES: Mapping[str, Callable[[Any], None]] = {
    # 0: any port that is free.
    "door.port": _between(0, 65535),
    "door.wait_limit": _SECONDS,
    "door.requests_per_minute": _between(0, 10_000_000),
    "door.connections_per_key": _between(1, 100_000),
    "door.lan_port": _between(0, 65535),
    "door.address": _like(r"[0-9a-fA-F:.]+", "host"),
    "door.hosts": _like(r"[^\s/@\\]+", "host"),
    "directory.oracle.host": _like(r"[^\s/@\\]*", "host"),
    "directory.oracle.port": _between(1, 65535),
    "directory.oracle.secret": _like(r"\S+", "empty"),
    "directory.oracle.table": _like(rf"(?:{_NAME}\.)?{_NAME}", "identifier"),
    "directory.oracle.column_cnpj": _like(_NAME, "identifier"),
    "directory.oracle.column_group": _like(_NAME, "identifier"),
    "directory.oracle.column_name": _like(rf"(?:{_NAME})?", "identifier"),
    "directory.oracle.column_active": _like(rf"(?:{_NAME})?", "identifier"),
    "directory.oracle.query": _select("directory.oracle.query", "cnpj"),
    "directory.oracle.query_list": _select("directory.oracle.query_list"),
    "directory.oracle.deadline": _SECONDS,
    "directory.oracle.idle_after": _between(1, 86_400),
    "directory.oracle.client_url": _like(r"(?:https?://[^\s@]+)?", "address"),
    "directory.oracle.password_env": _VARIABLE,
    "directory.database.url": _database_url,
    "directory.database.secret": _like(r"\S+", "empty"),
    "directory.database.password_env": _VARIABLE,
    "directory.database.table": _like(rf"(?:{_QUOTABLE}\.)?{_QUOTABLE}", "identifier"),
    "directory.database.column_cnpj": _like(_QUOTABLE, "identifier"),
    "directory.database.column_group": _like(_QUOTABLE, "identifier"),
    "directory.database.column_name": _like(rf"(?:{_QUOTABLE})?", "identifier"),
    "directory.database.column_active": _like(rf"(?:{_QUOTABLE})?", "identifier"),
    "directory.database.deadline": _SECONDS,
    "report.template": _template,
    "report.caption": _caption,
    "report.url_hosts": _like(r"[^\s/@\\]+", "host"),
    "report.max_bytes": _between(1, 100_000_000),
    "report.deadline": _SECONDS,
    "engine.connect_wait": _PAUSE,
    "engine.ack_deadline": _SECONDS,
    "engine.undelivered_after_hours": _between(0.001, 24 * 365),
    "engine.degraded_after": _between(1, 1000),
    "engine.canary_minutes": _between(0, 1440),
    "messages.keep_days_text": _between(1, 36_500),
    "messages.keep_days_media": _between(1, 36_500),
    "messages.media_max_bytes": _between(1, 2_000_000_000),
    "pace.minimum_gap": _PAUSE,
    "pace.jitter": _PAUSE,
    "pace.hourly_cap": _CAP,
    "pace.daily_cap": _CAP,
}
