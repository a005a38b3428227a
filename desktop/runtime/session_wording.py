"""A session's state and its one next action in words, from resources/i18n/sessions.json.

A key is a state, `.reason` where a person is needed or `.cause` where the line or the link is gone, and `+until`
where the end is known.
"""

import json
from collections.abc import Mapping
from functools import cache

from desktop.domain.session import Disconnected, LoggedOut, NeedsPerson, Session
from desktop.domain.settings import Language
from desktop.runtime.resources import resource
from desktop.runtime.wording import Wording, shown_time


def describe_session(session: Session, language: Language = Language.PORTUGUESE) -> Wording:
    """Where the session stands and what to do next."""
    until = ""
    match session.status:
        case NeedsPerson(reason=reason, until=end):
            key = f"{session.state.value}.{reason.value}"
            if end is not None:
                key, until = f"{key}+until", shown_time(end, language)
        case Disconnected(cause=cause) | LoggedOut(cause=cause):
            key = f"{session.state.value}.{cause.value}"
        case _:
            key = session.state.value
    table = _table()
    entry = table.get(key) or table[key.partition("+")[0]]
    words = entry["pt" if language is Language.PORTUGUESE else "en"]
    return Wording(words["text"].replace("{until}", until), words["action"])


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    table: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(resource("i18n/sessions.json").read_text("utf-8"))
    return table
