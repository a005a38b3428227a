"""What the window says of a send follows the phones, in whatever order their word and the answer come."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtWidgets import QPushButton

from desktop.domain.events import SendChanged
from desktop.domain.send import Send, SendState
from desktop.services.sending import Arrival
from desktop.ui.widgets.note import Note
from tests.ui.stage import Stage


def test_a_receipt_that_overtakes_the_answer_is_not_forgotten(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    sending, read = stage.scene.services.sending, asyncio.Event()
    outcome = sending.outcome

    def listen(event: object) -> None:
        if isinstance(event, SendChanged) and event.send.state is SendState.READ:
            read.set()

    async def late(send: Send, *, within: float) -> Arrival:
        answer = await outcome(send, within=within)
        await read.wait()
        return answer

    stage.scene.look(lambda: stage.scene.services.bus.subscribe(listen))
    monkeypatch.setattr(sending, "outcome", late)
    stage.choose_company("São João")
    stage.click("send")
    button = stage.find(QPushButton, "send")
    assert not button.isEnabled()
    stage.until(button.isEnabled, "the answer")
    assert "Lido às" in stage.find(Note, "outcome").said
