"""Callers of every contract while the program ends."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from desktop import app
from desktop.api import server
from desktop.domain.access import EVERYTHING, Access
from desktop.domain.history import HistoryFilter
from tests.harness.patience import PATIENCE
from tests.integration.api.door import GROUP, Door, open_door


def calls(door: Door) -> list[tuple[str, dict[str, str]]]:
    """A message to the same group by contracts B to E."""
    profile = door.services.sessions.default().profile
    assert profile is not None
    return [
        ("/whatsapp/messages/send", {"sessionId": str(profile.id), "to": GROUP, "message": "Olá"}),
        ("/tenants/principal/send", {"phone": GROUP, "message": "Olá"}),
        (f"/whatsapp/chats/{profile.id}:{GROUP}/messages", {"content": "Olá"}),
        ("/instances/principal/message", {"number": GROUP, "message": "Olá"}),
    ]


async def kept(door: Door, count: int) -> None:
    """Return once so many sends are on disk and the engine has one of them."""
    news = asyncio.Event()
    end = door.services.bus.subscribe(lambda _: news.set())
    while len(await door.services.sending.history(HistoryFilter())) < count:
        await news.wait()
        news.clear()
    end()
    while not door.engine.others:
        await door.engine.took.wait()


def test_whoever_waits_for_a_message_while_the_program_closes_hears_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_GRACE", 0.1)
    monkeypatch.setattr(app, "_PIPELINE_GRACE", 0.1)
    with open_door(tmp_path) as door, ThreadPoolExecutor(4) as pool:
        key = door.run(door.services.keys.create("backend", Access(name="", scopes=EVERYTHING))).text

        def call(path: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
            with door.client(key=key) as client:
                answer = client.post(path, json=body)
            return answer.status_code, answer.json()

        door.hold()
        waiting = [pool.submit(call, *one) for one in calls(door)]
        door.run(kept(door, len(waiting)), timeout=PATIENCE)
        door.thread.stop()
        answers = [one.result(PATIENCE) for one in waiting]
    # Not «the program is closed, try again»: one of them is under way.
    assert [status for status, _ in answers] == [504] * 4
    assert [body["incerto"] for _, body in answers if "incerto" in body] == [True]
