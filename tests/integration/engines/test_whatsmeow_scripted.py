"""The engine's own side against a worker that says what WhatsApp says seldom, or only after minutes."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from desktop.adapters.engines.whatsmeow import WhatsmeowEngine
from desktop.adapters.engines.whatsmeow_life import Limits
from desktop.adapters.restart_policy import RestartPolicy
from desktop.domain.errors import AppError, Code, OutcomeUnknown, Rejected, Transient
from desktop.domain.receipt import Receipt
from desktop.domain.session import Account
from desktop.ports.engine import (
    Banned,
    EngineEvent,
    Failed,
    Heartbeat,
    PairingCodeExpired,
    PairingCodeShown,
    PairingRefused,
    PasskeyAsked,
    QrShown,
    Replaced,
    Restarting,
    Unlinked,
    WentOffline,
    WentOnline,
)
from desktop.runtime.clock import SystemClock
from tests.harness.patience import PATIENCE
from tests.integration.engines.desk import QUICK
from tests.integration.engines.watched import Watched

ONLINE = ("online", {"phone": "5511999990000", "name": "Loja"})
CODE = ("code", {"text": "https://wa.me/settings/linked_devices#1", "valid_for": 60.0})
ACCOUNT = Account(phone="5511999990000", name="Loja")
GROUP = "120363000000000001@g.us"

Script = Callable[..., Watched]


def login(status: str, detail: str = "") -> tuple[str, dict[str, Any]]:
    return "login", {"status": status, "detail": detail, "expired": False}


@pytest_asyncio.fixture
async def says(tmp_path: Path) -> AsyncIterator[Script]:
    """Makes an engine whose worker tells these events as soon as it is to connect."""
    made: list[Watched] = []

    def make(*events: tuple[str, dict[str, Any]], limits: Limits | None = None, ping: str = "answers") -> Watched:
        command = (sys.executable, "-m", "tests.integration.engines.scripted_worker", json.dumps(events), ping)
        watched = Watched(
            lambda on_event: WhatsmeowEngine(
                "principal",
                on_event,
                command=command,
                store_dir=tmp_path / "sessions",
                clock=SystemClock(),
                limits=limits or Limits(offline_retry=QUICK, restart=QUICK),
            )
        )
        made.append(watched)
        return watched

    yield make
    for watched in made:
        await watched.engine.stop()


async def test_a_line_that_stops_answering_is_told_once_and_so_is_its_return(says: Script) -> None:
    gone = ("offline", {"reason": "no_answer"})
    watched = says(ONLINE, gone, gone, ONLINE)
    await watched.engine.start()
    await watched.until(WentOnline)
    await watched.until(WentOnline)
    assert watched.told == [WentOnline(ACCOUNT), WentOffline("no_answer"), WentOnline(ACCOUNT)]


async def test_a_link_that_never_comes_online_is_tried_anew(says: Script) -> None:
    watched = says(CODE, login("success"), limits=Limits(answer=0.2, offline_retry=QUICK))
    await watched.engine.start()
    await watched.until(QrShown)
    assert await watched.until(WentOffline) == WentOffline("no_answer")
    await watched.until(QrShown)


@pytest.mark.parametrize("status", ["passkey-request", "passkey-confirmation"])
async def test_every_form_of_the_passkey_question_ends_the_engine(says: Script, status: str) -> None:
    watched = says(CODE, login(status))
    await watched.engine.start()
    await watched.until(PasskeyAsked)


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (login("error", "invalid device signature"), PairingRefused("invalid device signature")),
        (login("err-unexpected-state"), PairingRefused("err-unexpected-state")),
        (("logged_out", {"reason": "logged_out"}), PairingRefused("logged_out")),
        (("replaced", {}), Replaced()),
        (("banned", {"reason": "", "seconds": 0}), Banned(None, "")),
        (("closed", {"detail": "failed to upgrade database: database or disk is full"}), None),
    ],
)
async def test_what_ends_a_login_is_told_last(
    says: Script, ending: tuple[str, dict[str, Any]], expected: object
) -> None:
    watched = says(CODE, ending, ONLINE)
    await watched.engine.start()
    told = await watched.until(PairingRefused, Replaced, Banned, Failed)
    assert told == (expected or Failed("failed to upgrade database: database or disk is full"))
    assert watched.told[-1] is told


async def test_turned_away_by_whatsapp_it_waits_long_before_it_asks_again(says: Script) -> None:
    patient = RestartPolicy(first=0.01, cap=0.01, slow=3600.0)
    watched = says(("refused", {"reason": "bad_user_agent"}), limits=Limits(offline_retry=patient))
    await watched.engine.start()
    assert await watched.until(WentOffline) == WentOffline("bad_user_agent")
    # It is in the long pause now, and stops at once all the same.
    async with asyncio.timeout(PATIENCE):
        await watched.engine.stop()


async def test_a_worker_that_speaks_another_language_counts_as_dead(says: Script) -> None:
    watched = says(("nonsense", {}))
    await watched.engine.start()
    assert "nonsense" in (await watched.until(Restarting)).detail


async def test_a_logout_that_whatsapp_answers_by_cutting_the_line_has_worked(says: Script, tmp_path: Path) -> None:
    watched = await says(ONLINE).online()
    store = tmp_path / "sessions" / "session-principal.db"
    store.write_bytes(b"keys")
    await watched.engine.logout()
    assert not store.exists()
    assert not any(isinstance(event, Unlinked) for event in watched.told)


async def test_a_receipt_without_a_time_has_come_now(says: Script) -> None:
    untimed = {"ids": ["3EB0"], "kind": "read", "chat": GROUP, "at": -62135596800, "by": "900@lid"}
    watched = says(ONLINE, ("receipt", untimed))
    await watched.engine.start()
    receipt = await watched.until(Receipt)
    assert abs(receipt.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert (await watched.send_text(GROUP, "Bom dia")).at > receipt.at


@pytest.mark.expects_error_log("nobody foresaw")
@pytest.mark.parametrize(
    ("does", "limits", "error", "code"),
    [
        ("bug", Limits(), Rejected, Code.INTERNAL),
        ("submitting bug", Limits(), OutcomeUnknown, Code.OUTCOME_UNKNOWN),
        ("die", Limits(restart=QUICK), Transient, Code.NOT_CONNECTED),
        ("submitting die", Limits(restart=QUICK), OutcomeUnknown, Code.OUTCOME_UNKNOWN),
        ("hang", Limits(upload=0.3, offline_retry=QUICK), Transient, Code.UPLOAD_FAILED),
        ("submitting hang", Limits(ack=0.3, offline_retry=QUICK), OutcomeUnknown, Code.OUTCOME_UNKNOWN),
    ],
)
async def test_only_a_message_that_was_handed_over_can_have_an_unknown_outcome(
    says: Script, does: str, limits: Limits, error: type[AppError], code: Code
) -> None:
    watched = await says(ONLINE, limits=limits).online()
    with pytest.raises(error) as failed:
        await watched.send_text(GROUP, does)
    assert failed.value.code is code
    if "bug" not in does:
        await watched.until(WentOnline)
    if does == "hang":
        # What has so little time can be relied on for nothing but to fail: it was taken up anew.
        with pytest.raises(Transient) as again:
            await watched.send_text(GROUP, does)
        assert again.value.code is code
    else:
        assert (await watched.send_text(GROUP, "again")).message_id == "3EB0"


@pytest.mark.expects_error_log("nobody foresaw")
async def test_questions_fail_as_errors_that_callers_know(says: Script) -> None:
    watched = await says(ONLINE).online()
    with pytest.raises(Rejected) as bug:
        await watched.engine.groups()
    assert bug.value.code is Code.INTERNAL
    await watched.engine.stop()
    hasty = await says(ONLINE, limits=Limits(query=0.2)).online()
    with pytest.raises(Transient) as late:
        await hasty.engine.group(GROUP)
    assert late.value.code is Code.NOT_CONNECTED


async def test_while_it_is_online_it_is_known_to_live(says: Script) -> None:
    began = datetime.now(UTC)
    watched = await says(ONLINE, limits=Limits(heartbeat=0.05)).online()
    first, second = await watched.until(Heartbeat), await watched.until(Heartbeat)
    assert began < first.at < second.at <= datetime.now(UTC)
    await watched.engine.stop()
    assert watched.told == [WentOnline(ACCOUNT), *watched.told[1:]]


async def test_a_worker_that_hangs_does_not_look_alive(says: Script) -> None:
    limits = Limits(heartbeat=0.05, ping=0.2, restart=QUICK)
    watched = await says(ONLINE, limits=limits, ping="hangs").online()
    assert "ping" in (await watched.until(Restarting)).detail
    await watched.until(WentOnline)
    assert not any(isinstance(event, Heartbeat) for event in watched.told)


async def test_a_worker_that_lost_its_line_without_a_word_is_found_out(says: Script) -> None:
    limits = Limits(heartbeat=0.05, offline=0.1, offline_retry=QUICK)
    watched = await says(ONLINE, limits=limits, ping="has no line").online()
    assert await watched.until(WentOffline) == WentOffline("disconnected")
    # Nothing brings the line back by itself: a new worker does.
    await watched.until(WentOnline)
    assert not any(isinstance(event, Heartbeat) for event in watched.told)


async def test_a_long_send_is_not_taken_for_a_worker_that_hangs(says: Script) -> None:
    limits = Limits(heartbeat=0.05, ping=0.1, ack=0.5, offline_retry=QUICK)
    watched = await says(ONLINE, limits=limits, ping="hangs once it sends").online()
    with pytest.raises(OutcomeUnknown) as failed:
        await watched.send_text(GROUP, "submitting hang")
    assert failed.value.facts["reason"] == "no_ack"


async def test_nobody_who_is_not_online_is_asked_for_a_heartbeat(says: Script) -> None:
    watched = says(CODE, limits=Limits(heartbeat=0.02, ping=0.1), ping="hangs")
    await watched.engine.start()
    await watched.until(QrShown)
    # Ten of its periods later it still shows its code, in the same life.
    await asyncio.sleep(0.2)
    assert len(watched.told) == 1


async def test_letters_that_nobody_typed_end_the_engine(says: Script) -> None:
    letters = ("pairing_code", {"code": "SEB3-FM77", "valid_for": 160.0})
    ran_out = ("login", {"status": "timeout", "detail": "", "expired": True})
    watched = says(letters, ran_out)
    await watched.engine.link_by_phone("5511999990000")
    await watched.until(PairingCodeExpired)
    assert watched.told == [PairingCodeShown("SEB3-FM77", "5511999990000", 160.0), PairingCodeExpired()]


@pytest.mark.parametrize("detail", ["websocket not connected", "info query timed out"])
async def test_letters_that_the_line_kept_back_are_asked_for_again(says: Script, detail: str) -> None:
    watched = says(("pairing_failed", {"detail": detail}))
    await watched.engine.link_by_phone("5511999990000")
    assert (await watched.until(WentOffline)).detail == detail


async def test_forgetting_the_link_removes_its_keys_whatever_whatsapp_knows(says: Script, tmp_path: Path) -> None:
    watched = await says(ONLINE).online()
    store = tmp_path / "sessions" / "session-principal.db"
    store.write_bytes(b"keys")
    await watched.engine.forget()
    assert not store.exists()
    with pytest.raises(Transient):
        await watched.engine.groups()
    await watched.engine.forget()


async def test_an_engine_that_is_not_started_sends_nothing(says: Script) -> None:
    watched = says(ONLINE)
    with pytest.raises(Transient):
        await watched.send_text(GROUP, "Bom dia")
    await watched.engine.stop()
    assert watched.told == []


async def test_started_twice_it_connects_once(says: Script) -> None:
    watched = says(ONLINE)
    await watched.engine.start()
    await watched.engine.start()
    await watched.until(WentOnline)
    await watched.engine.stop()
    assert len(watched.told) == 1


async def test_a_folder_that_cannot_be_made_is_told(says: Script, tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("a file")
    watched = says(ONLINE)
    await watched.engine.start()
    assert str(tmp_path) in (await watched.until(Failed)).detail


@pytest.mark.expects_error_log("the engine itself failed")
async def test_an_engine_that_breaks_says_that_it_has_failed(tmp_path: Path) -> None:
    told: list[EngineEvent] = []
    over = asyncio.Event()

    def hear(event: EngineEvent) -> None:
        told.append(event)
        if isinstance(event, Replaced):
            raise RuntimeError("nobody foresaw this")
        over.set()

    command = (sys.executable, "-m", "tests.integration.engines.scripted_worker", json.dumps([["replaced", {}]]))
    engine = WhatsmeowEngine("principal", hear, command=command, store_dir=tmp_path, clock=SystemClock())
    await engine.start()
    async with asyncio.timeout(PATIENCE):
        await over.wait()
    assert told == [Replaced(), Failed("nobody foresaw this")]
    await engine.stop()
