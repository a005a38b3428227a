"""Every state a session can be in has words and one next action, in both languages."""

import string
from datetime import UTC, datetime

import pytest

from desktop.domain.session import (
    Broken,
    Connected,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    OfflineCause,
    Qr,
    Session,
    SessionState,
    Starting,
    Status,
    Stopped,
    UnlinkCause,
)
from desktop.domain.settings import Language
from desktop.runtime.session_wording import describe_session

NOW = datetime(2026, 11, 22, 18, 2, tzinfo=UTC)
STATUSES: list[Status] = [
    Starting(),
    Qr("text", NOW),
    Connected(),
    Disconnected("dial"),
    Disconnected("died", OfflineCause.RESTARTING),
    Stopped(),
    LoggedOut(UnlinkCause.PHONE),
    LoggedOut(UnlinkCause.HERE),
    Broken("no library"),
    *(NeedsPerson(reason, until=until) for reason in HumanReason for until in (None, NOW)),
]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("status", STATUSES, ids=repr)
def test_every_state_says_where_it_stands_and_what_to_do(status: Status, language: Language) -> None:
    wording = describe_session(Session(name="principal", status=status, since=NOW), language)
    for words in (wording.text, wording.action):
        assert words[0] in string.ascii_uppercase
        assert words[-1] in ".…"
        assert "{" not in words


def test_every_state_was_tried() -> None:
    assert {status.state for status in STATUSES} == set(SessionState)


def test_the_end_of_a_ban_is_told_where_whatsapp_said_it() -> None:
    banned = Session(name="principal", status=NeedsPerson(HumanReason.BANNED, until=NOW), since=NOW)
    assert f"{NOW.astimezone():%d/%m/%Y às %H:%M}" in describe_session(banned).text


def test_a_crash_is_not_blamed_on_the_internet() -> None:
    crashed = Session(name="principal", status=Disconnected("died", OfflineCause.RESTARTING), since=NOW)
    assert "internet" not in describe_session(crashed).action
