"""Nothing but the bridge crosses between the two threads, and it keeps its promises."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.send import Origin, Send, SendState
from desktop.domain.session import SessionState
from desktop.services.sending import SendRequest
from desktop.ui.bridge import Bridge
from tests.ui.scene import Scene


@pytest.fixture
def bridge(qtbot: QtBot, scene: Scene) -> Iterator[Bridge]:
    bridge = Bridge(scene, scene.services)
    yield bridge
    bridge.deleteLater()


def test_the_work_runs_on_the_service_thread_and_the_answer_comes_on_the_window_s(bridge: Bridge, qtbot: QtBot) -> None:
    threads: list[str] = []

    async def work() -> str:
        threads.append(threading.current_thread().name)
        return "answer"

    got: list[str] = []

    def receive(answer: str) -> None:
        threads.append(threading.current_thread().name)
        got.append(answer)

    bridge.call(work, receive)
    qtbot.waitUntil(lambda: got == ["answer"])
    assert threads == ["service", threading.main_thread().name]


def test_a_failure_of_the_world_reaches_whoever_asked(bridge: Bridge, qtbot: QtBot) -> None:
    async def work() -> None:
        raise Rejected(Code.SEND_NOT_FOUND, id="7")

    got: list[AppError] = []
    bridge.call(work, lambda _: None, got.append)
    qtbot.waitUntil(lambda: len(got) == 1)
    assert (got[0].code, got[0].facts) == (Code.SEND_NOT_FOUND, {"id": "7"})


@pytest.mark.expects_error_log("nobody foresaw")
def test_a_bug_is_told_with_its_traceback_and_frees_the_page(bridge: Bridge, qtbot: QtBot) -> None:
    async def work() -> None:
        raise ZeroDivisionError("never mind")

    told: list[str] = []
    got: list[AppError] = []
    bridge.failed.connect(told.append)
    bridge.call(work, lambda _: None, got.append)
    qtbot.waitUntil(lambda: len(got) == 1)
    assert got[0].code is Code.INTERNAL
    assert "ZeroDivisionError: never mind" in told[0]


def test_a_cancelled_question_is_never_answered(bridge: Bridge, qtbot: QtBot) -> None:
    ended = threading.Event()

    async def work() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "late"

    got: list[str] = []
    call = bridge.call(work, got.append)
    bridge.read(lambda: None, lambda _: call.cancel())
    qtbot.waitUntil(ended.is_set)
    asked_later: list[None] = []
    bridge.read(lambda: None, asked_later.append)
    qtbot.waitUntil(lambda: bool(asked_later))
    assert got == []


def test_no_event_overtakes_what_was_read_before_it(bridge: Bridge, scene: Scene, qtbot: QtBot) -> None:
    heard: list[object] = []
    bridge.settings_changed.connect(lambda: heard.append("changed"))
    bus = scene.services.bus

    async def read_then_change() -> str:
        from desktop.domain.events import SettingsChanged

        loop = asyncio.get_running_loop()
        loop.call_soon(bus.publish, SettingsChanged())
        return "read"

    bridge.call(read_then_change, heard.append)
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == ["read", "changed"]


def test_every_step_of_a_send_reaches_the_window(bridge: Bridge, scene: Scene, qtbot: QtBot) -> None:
    steps: list[SendState] = []
    scene.wait_state(SessionState.CONNECTED)

    def note(send: Send) -> None:
        steps.append(send.state)

    bridge.send_changed.connect(note)
    request = SendRequest(cnpj=Cnpj("62567108000101"), origin=Origin.WINDOW)
    bridge.call(lambda: scene.services.sending.send_and_wait(request), lambda _: None)
    qtbot.waitUntil(lambda: SendState.READ in steps)
    assert list(dict.fromkeys(steps)) == [
        SendState.QUEUED,
        SendState.SENDING,
        SendState.SENT,
        SendState.DELIVERED,
        SendState.READ,
    ]


def test_after_the_services_ended_the_window_is_told_so(qtbot: QtBot, scene: Scene) -> None:
    bridge = Bridge(scene, scene.services)
    scene.stop()
    scene.ended.result(15)
    got: list[AppError] = []
    bridge.read(lambda: None, lambda _: None, got.append)
    qtbot.waitUntil(lambda: len(got) == 1)
    assert got[0].code is Code.NOT_RUNNING
    bridge.deleteLater()
