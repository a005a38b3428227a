"""A session's state and its one next action in words, from resources/i18n/sessions.json.

A key is a state, `.reason` where a person is needed or `.cause` where the line or the link is gone, and `+until`,
`+phone` or `+build` where that is known. `engine_old` is the warning beside any state.
"""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache

from desktop.domain.session import Disconnected, HumanReason, LoggedOut, NeedsPerson, Session
from desktop.domain.settings import Language
from desktop.runtime.resources import resource
from desktop.runtime.wording import Wording, shown_day, shown_time


def describe_session(session: Session, language: Language = Language.PORTUGUESE) -> Wording:
    """Where the session stands and what to do next."""
    facts: dict[str, str] = {}
    match session.status:
        case NeedsPerson(reason=reason, until=end, detail=detail):
            key = f"{session.state.value}.{reason.value}"
            if end is not None:
                facts["until"] = shown_time(end, language)
            elif reason is HumanReason.OTHER_ACCOUNT:
                facts["phone"] = f"+{detail}"
            elif reason is HumanReason.CLIENT_OUTDATED and session.engine_build is not None:
                facts["build"] = shown_day(session.engine_build, language)
        case Disconnected(cause=cause) | LoggedOut(cause=cause):
            key = f"{session.state.value}.{cause.value}"
        case _:
            key = session.state.value
    return _worded(key, facts, language)


def engine_warning(session: Session, today: date, language: Language = Language.PORTUGUESE) -> Wording | None:
    """What to do before WhatsApp refuses the engine; None where it is young, or its age is not known."""
    if session.engine_build is None or not session.engine_old(today):
        return None
    return _worded("engine_old", {"build": shown_day(session.engine_build, language)}, language)


def _worded(key: str, facts: Mapping[str, str], language: Language) -> Wording:
    table = _table()
    entry = next((table[full] for full in (f"{key}+{name}" for name in facts) if full in table), None) or table[key]
    words = entry["pt" if language is Language.PORTUGUESE else "en"]
    text = words["text"]
    for name, fact in facts.items():
        text = text.replace(f"{{{name}}}", fact)
    return Wording(text, words["action"])


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    table: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(resource("i18n/sessions.json").read_text("utf-8"))
    return table
