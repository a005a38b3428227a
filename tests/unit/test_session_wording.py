"""Every state a session can be in has words and one next action, in both languages."""

import json
import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from desktop.domain.session import (
    Broken,
    Connected,
    Degraded,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    OfflineCause,
    PairingCode,
    Qr,
    Session,
    SessionState,
    Starting,
    Status,
    Stopped,
    UnlinkCause,
)
from desktop.domain.settings import Language
from desktop.runtime.resources import resource
from desktop.runtime.session_wording import describe_session, engine_warning
from desktop.runtime.wording import Wording

NOW = datetime(2026, 11, 22, 18, 2, tzinfo=UTC)
BUILD = date(2026, 9, 21)
ENDS = (HumanReason.BANNED, HumanReason.RESTRICTED)
DETAILS = {HumanReason.OTHER_ACCOUNT: "5521988887777", HumanReason.CLIENT_OUTDATED: "2026-09-21"}
STATUSES: list[Status] = [
    Starting(),
    Qr("text", NOW),
    PairingCode("SEB3-FM77", "5511999990000", NOW),
    Connected(),
    Degraded(2),
    *(Disconnected("dial", cause) for cause in OfflineCause),
    Stopped(),
    *(LoggedOut(cause) for cause in UnlinkCause),
    Broken("no library"),
    *(NeedsPerson(reason, detail=DETAILS.get(reason, "")) for reason in HumanReason),
    *(NeedsPerson(reason, until=NOW) for reason in ENDS),
]


def session_in(status: Status, build: date | None = BUILD) -> Session:
    return Session(name="principal", status=status, since=NOW, engine_build=build)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("status", STATUSES, ids=repr)
def test_every_state_says_where_it_stands_and_what_to_do(status: Status, language: Language) -> None:
    for build in (BUILD, None):
        wording = describe_session(session_in(status, build), language)
        for words in (wording.text, wording.action):
            assert words[0] in string.ascii_uppercase
            assert words[-1] in ".…"
            assert "{" not in words


def test_every_state_was_tried() -> None:
    assert {status.state for status in STATUSES} == set(SessionState)


def test_no_two_states_are_told_in_the_same_words() -> None:
    for language in Language:
        told = [describe_session(session_in(status), language) for status in STATUSES]
        assert len({wording.text for wording in told}) == len(STATUSES)


def test_no_sentence_is_out_of_reach() -> None:
    table = json.loads(resource("i18n/sessions.json").read_text("utf-8"))
    old = engine_warning(session_in(Connected()), BUILD + timedelta(days=90))
    assert old is not None
    told = {old.action} | {
        describe_session(session_in(status, build)).action for status in STATUSES for build in (BUILD, None)
    }
    assert {entry["pt"]["action"] for entry in table.values()} == told


def test_the_end_of_a_ban_is_told_where_whatsapp_said_it() -> None:
    banned = session_in(NeedsPerson(HumanReason.BANNED, until=NOW))
    assert f"{NOW.astimezone():%d/%m/%Y às %H:%M}" in describe_session(banned).text


def test_a_crash_is_not_blamed_on_the_internet() -> None:
    crashed = session_in(Disconnected("died", OfflineCause.RESTARTING))
    assert "internet" not in describe_session(crashed).action


def test_another_number_and_an_old_build_are_named() -> None:
    other = session_in(NeedsPerson(HumanReason.OTHER_ACCOUNT, detail="5521988887777"))
    assert "+5521988887777" in describe_session(other).text
    outdated = session_in(NeedsPerson(HumanReason.CLIENT_OUTDATED))
    assert "21/09/2026" in describe_session(outdated).text
    assert "2026-09-21" in describe_session(outdated, Language.ENGLISH).text


def test_an_engine_is_called_old_before_whatsapp_refuses_it() -> None:
    session = session_in(Connected())
    assert engine_warning(session, BUILD + timedelta(days=60)) is None
    assert engine_warning(session, BUILD + timedelta(days=61)) == Wording(
        "O motor de WhatsApp deste Malote é de 21/09/2026 e está ficando velho.",
        "Atualize o Malote antes que o WhatsApp deixe de aceitá-lo.",
    )
    assert engine_warning(replace(session, engine_build=None), BUILD + timedelta(days=900)) is None
